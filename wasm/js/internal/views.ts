// SPDX-License-Identifier: MIT
import { tagOf, typeError, wrongType } from './make_error.ts';
import type { MaybeFloat16ArrayConstructor, ViewOf } from '../public/platform.ts';
import type { PoolHeap } from './pool_heap.ts';

/** Float16ArrayConstructor is one too, where TypeScript knows it. */
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

/** What a typed array's constructor makes over a buffer of type `B`. */
export type ViewFor<C extends TypedArrayConstructor, B extends ArrayBufferLike> =
  C extends Int8ArrayConstructor ? ViewOf<B>['Int8Array']
  : C extends Uint8ArrayConstructor ? ViewOf<B>['Uint8Array']
  : C extends Uint8ClampedArrayConstructor ? ViewOf<B>['Uint8ClampedArray']
  : C extends Int16ArrayConstructor ? ViewOf<B>['Int16Array']
  : C extends Uint16ArrayConstructor ? ViewOf<B>['Uint16Array']
  : C extends Int32ArrayConstructor ? ViewOf<B>['Int32Array']
  : C extends Uint32ArrayConstructor ? ViewOf<B>['Uint32Array']
  : C extends Float32ArrayConstructor ? ViewOf<B>['Float32Array']
  : C extends Float64ArrayConstructor ? ViewOf<B>['Float64Array']
  : C extends BigInt64ArrayConstructor ? ViewOf<B>['BigInt64Array']
  : C extends BigUint64ArrayConstructor ? ViewOf<B>['BigUint64Array']
  : ViewOf<B>['Float16Array'];

/**
 * The element size of a typed array's constructor, of any realm, or of a class that extends one.
 */
export function elementSize(type: TypedArrayConstructor): number {
  const size: unknown = typeof type === 'function' ? type.BYTES_PER_ELEMENT : undefined;
  if (size === 1 || size === 2 || size === 4 || size === 8) return size;
  throw wrongType('type', "a typed array's constructor", type);
}

export function makeView<C extends TypedArrayConstructor, B extends ArrayBufferLike>(
  type: C,
  buffer: B,
  pointer: number,
  length: number,
): ViewFor<C, B> {
  const View = type as unknown as new (buffer: B, offset: number, length: number) => ViewFor<C, B>;
  return new View(buffer, pointer, length);
}

export const bytesOf = (heap: PoolHeap, pointer: number, length: number): Uint8Array =>
  new Uint8Array(heap.buffer(), pointer, length);

/** A view of the same kind as `view`, of any realm or class, with `length` elements. */
export function makeViewLike<V extends ArrayBufferView>(
  view: V,
  buffer: ArrayBufferLike,
  pointer: number,
  length: number,
): V {
  const View = view.constructor as new (buffer: unknown, offset: number, length: number) => V;
  return new View(buffer, pointer, length);
}

/** Bytes of an element of a view; a DataView's length counts bytes. */
export function elementSizeOf(view: ArrayBufferView): number {
  if (tagOf(view) === 'DataView') return 1;
  return elementSize(view.constructor as TypedArrayConstructor);
}

/**
 * The offset of a view of the pool's memory; refuses what is none, and tells a detached view from
 * another's.
 */
export function offsetOf(view: ArrayBufferView, heap: PoolHeap): number {
  if (!ArrayBuffer.isView(view)) throw wrongType('pointer', 'a number or a view', view);
  if (heap.hasBuffer(view.buffer)) return view.byteOffset;
  if (isDetached(view.buffer)) {
    const message = 'the view is detached: its memory grew, or its buffer was transferred';
    throw typeError('ERR_SEGFIT_DETACHED_VIEW', message);
  }
  throw typeError(
    'ERR_SEGFIT_FOREIGN_VIEW',
    `the view of ${view.byteLength} bytes lies in another buffer than the pool`,
  );
}

export function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength !== 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
