// SPDX-License-Identifier: MIT
import { describe, tagOf } from './arguments.ts';
import { typeError } from './errors.ts';

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
  | BigUint64ArrayConstructor;

/** What a typed array's constructor makes over a buffer of type `B`. */
export type ViewFor<C extends TypedArrayConstructor, B extends ArrayBufferLike> =
  C extends Int8ArrayConstructor ? Int8Array<B>
  : C extends Uint8ArrayConstructor ? Uint8Array<B>
  : C extends Uint8ClampedArrayConstructor ? Uint8ClampedArray<B>
  : C extends Int16ArrayConstructor ? Int16Array<B>
  : C extends Uint16ArrayConstructor ? Uint16Array<B>
  : C extends Int32ArrayConstructor ? Int32Array<B>
  : C extends Uint32ArrayConstructor ? Uint32Array<B>
  : C extends Float32ArrayConstructor ? Float32Array<B>
  : C extends Float64ArrayConstructor ? Float64Array<B>
  : C extends BigInt64ArrayConstructor ? BigInt64Array<B>
  : BigUint64Array<B>;

/**
 * The element size of a typed array's constructor, of any realm, or of a class that extends one.
 */
export function elementSize(type: TypedArrayConstructor): number {
  const size: unknown = typeof type === 'function' ? type.BYTES_PER_ELEMENT : undefined;
  if (size === 1 || size === 2 || size === 4 || size === 8) return size;
  throw typeError(
    'ERR_SEGFIT_ARG_TYPE',
    `type must be a typed array's constructor, not ${describe(type)}`,
  );
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
 * The offset of a view over `buffer`; refuses what is none, and tells a detached view from
 * another's.
 */
export function offsetOf(view: ArrayBufferView, buffer: ArrayBufferLike): number {
  if (!ArrayBuffer.isView(view)) {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `a pointer or a view is needed, not ${describe(view)}`);
  }
  if (view.buffer === buffer) return view.byteOffset;
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
