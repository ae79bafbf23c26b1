// SPDX-License-Identifier: MIT
import type { TypedArrayConstructor, ViewFor } from '../public/typed_arrays.ts';
import { tagOf, typeError, wrongType } from './make_error.ts';

/**
 * Returns the element size of a typed array's constructor, of any realm, or of a class that extends
 * one.
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

/** Returns a view of the same kind as `view`, of any realm or class, with `length` elements. */
export function makeViewLike<V extends ArrayBufferView>(
  view: V,
  buffer: ArrayBufferLike,
  pointer: number,
  length: number,
): V {
  const View = view.constructor as new (buffer: unknown, offset: number, length: number) => V;
  return new View(buffer, pointer, length);
}

/** Returns the element size of a view. A DataView's length counts bytes. */
export function elementSizeOf(view: ArrayBufferView): number {
  if (tagOf(view) === 'DataView') return 1;
  return elementSize(view.constructor as TypedArrayConstructor);
}

/** The memory that views are made over. */
interface ViewedMemory {
  hasBuffer(buffer: ArrayBufferLike): boolean;
}

/**
 * Returns the offset of a view of the pool's memory. Throws different errors for a value that is
 * not a view, a detached view, and a view of another buffer.
 */
export function offsetOf(view: ArrayBufferView, heap: ViewedMemory): number {
  if (!ArrayBuffer.isView(view)) throw wrongType('pointer', 'a number or a view', view);
  if (heap.hasBuffer(view.buffer)) return view.byteOffset;
  if (isDetached(view.buffer)) {
    const message =
      'the view is detached because its memory grew or its buffer was transferred; make a new view';
    throw typeError('ERR_SEGFIT_DETACHED_VIEW', message);
  }
  throw typeError(
    'ERR_SEGFIT_FOREIGN_VIEW',
    `the view of ${view.byteLength} bytes is over another buffer than the pool's; use a view of this pool`,
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
