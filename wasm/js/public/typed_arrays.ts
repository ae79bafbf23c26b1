// SPDX-License-Identifier: MIT
import type { MaybeFloat16ArrayConstructor, ViewOf } from './platform.ts';

/** The constructor of a typed array. Includes Float16ArrayConstructor where TypeScript knows it. */
export type TypedArrayConstructor =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Uint8ClampedArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor
  | MaybeFloat16ArrayConstructor;

/** The view that the constructor `C` makes over a buffer of type `B`. */
export type ViewFor<
  C extends TypedArrayConstructor,
  B extends ArrayBufferLike,
> = C extends Int8ArrayConstructor
  ? ViewOf<B>['Int8Array']
  : C extends Uint8ArrayConstructor
    ? ViewOf<B>['Uint8Array']
    : C extends Uint8ClampedArrayConstructor
      ? ViewOf<B>['Uint8ClampedArray']
      : C extends Int16ArrayConstructor
        ? ViewOf<B>['Int16Array']
        : C extends Uint16ArrayConstructor
          ? ViewOf<B>['Uint16Array']
          : C extends Int32ArrayConstructor
            ? ViewOf<B>['Int32Array']
            : C extends Uint32ArrayConstructor
              ? ViewOf<B>['Uint32Array']
              : C extends Float32ArrayConstructor
                ? ViewOf<B>['Float32Array']
                : C extends Float64ArrayConstructor
                  ? ViewOf<B>['Float64Array']
                  : C extends BigInt64ArrayConstructor
                    ? ViewOf<B>['BigInt64Array']
                    : C extends BigUint64ArrayConstructor
                      ? ViewOf<B>['BigUint64Array']
                      : ViewOf<B>['Float16Array'];
