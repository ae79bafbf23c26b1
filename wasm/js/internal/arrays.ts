// SPDX-License-Identifier: MIT
import { okFault } from '../generated/arena.ts';
import type { AllocOptions } from '../public/pool_options.ts';
import type { TypedArrayConstructor, ViewFor } from '../public/typed_arrays.ts';
import { checkPointer, checkSize } from './arguments.ts';
import { rangeError } from './make_error.ts';
import type { PoolHeap } from './pool_heap.ts';
import { requestOf } from './request.ts';
import { elementSize, elementSizeOf, makeView, makeViewLike, offsetOf } from './views.ts';

/** Implements Pool.allocArray(). */
export function makeArray<C extends TypedArrayConstructor, B extends ArrayBufferLike>(
  heap: PoolHeap,
  type: C,
  length: number,
  options: AllocOptions,
): ViewFor<C, B> {
  const element = elementSize(type);
  checkSize(length, 'length');
  checkSize(length * element, 'length in bytes');
  const pointer = heap.alloc(length * element, requestOf(options, element, true));
  const view = makeView(type, heap.buffer() as B, pointer, length);
  heap.leaks?.own(view, pointer);
  return view;
}

/** Implements Pool.reallocArray(). */
export function remakeArray<V extends ArrayBufferView>(
  heap: PoolHeap,
  view: V,
  length: number,
  options: AllocOptions,
): V {
  const pointer = pointerOf(heap, view);
  const element = elementSizeOf(view);
  checkSize(length, 'length');
  checkSize(length * element, 'length in bytes');
  const request = requestOf(options, element, true);
  const clearFrom = request.zero ? view.byteLength : Infinity;
  const moved = heap.realloc(pointer, length * element, request, clearFrom);
  const made = makeViewLike(view, heap.buffer(), moved, length);
  heap.leaks?.own(made, moved);
  return made;
}

/** Implements Pool.view(). */
export function viewOf(
  heap: PoolHeap,
  pointer: number,
  type: TypedArrayConstructor = Uint8Array,
  length?: number,
): ArrayBufferView {
  const size = sizeOfLive(heap, pointer);
  const element = elementSize(type);
  const elements = length === undefined && type === Uint8Array ? size : (length as number);
  checkSize(elements, 'length');
  if (elements * element > size) {
    throw rangeError(
      'ERR_SEGFIT_SIZE',
      `length ${elements} needs ${elements * element} bytes; the block at ${pointer} holds ${size}`,
    );
  }
  return makeView(type, heap.buffer(), pointer, elements);
}

/** Returns the pointer of the block that begins where `view` begins. */
export function pointerOf(heap: PoolHeap, view: ArrayBufferView): number {
  const pointer = offsetOf(view, heap);
  if (pointer !== 0) return pointer;
  throw rangeError('ERR_SEGFIT_POINTER', 'the view begins at offset 0, where no block can begin');
}

/** Returns whether free() would accept `pointer`. */
export function isOwned(heap: PoolHeap, pointer: number | ArrayBufferView): boolean {
  let address = pointer;
  if (typeof address === 'number') {
    checkPointer(address);
  } else if (ArrayBuffer.isView(address) && !heap.hasBuffer(address.buffer)) {
    return false;
  } else {
    address = offsetOf(address, heap);
  }
  return heap.faultOf(address) === okFault;
}

export function sizeOfLive(heap: PoolHeap, pointer: number): number {
  checkPointer(pointer);
  if (pointer === 0) throw rangeError('ERR_SEGFIT_POINTER', 'pointer 0 is not a block');
  return heap.sizeOf(pointer);
}
