// SPDX-License-Identifier: MIT
/** Size classes of a heap in another memory, computed by the allocator for the same geometry. */
import { instantiate, layoutOf } from 'segfit/core';

const pageSize = 65_536;
const address = 1024;

/** The mapping between block sizes and size classes. */
export interface Classes {
  /** Returns the smallest block size of a class. */
  readonly sizeOf: (index: number) => number;
  /** Returns the class of a block size; −1 if the heap has no class that large. */
  readonly of: (size: number) => number;
  /** Returns the block size that a request needs; 0 if the heap can never serve it. */
  readonly blockFor: (request: number) => number;
}

export interface Geometry {
  readonly rows: number;
  readonly columns: number;
  /** The unit of block sizes. */
  readonly align: number;
}

/**
 * Returns the classes of a heap of that geometry. `modules` holds segfit.wasm for one alignment or
 * more. For another alignment the classes are the same in units of the alignment, but blockFor()
 * returns 0.
 */
export function classesOf(
  modules: readonly WebAssembly.Module[],
  { rows, columns, align }: Geometry,
): Classes {
  const module = modules.find((each) => layoutOf(each).align === align) ?? modules[0]!;
  const { exports, layout } = instantiate(module, new WebAssembly.Memory({ initial: 1 }));
  const unit = align / layout.align;
  const room = pageSize - address;
  const heap = exports.segfit_init(address, room, rows, columns, 0, 0) >>> 0;
  if (heap === 0) {
    throw new RangeError(`no heap can have ${rows} rows and ${columns} columns`);
  }
  const largest = (exports.segfit_max_request(heap) >>> 0) + layout.blockPayload;
  return {
    sizeOf: (index) => (exports.segfit_class_size(heap, index) >>> 0) * unit,
    of(size) {
      const scaled = Math.floor(size / unit);
      const fits = scaled >= layout.minBlock && scaled <= largest;
      return fits ? exports.segfit_class_of(heap, scaled) >>> 0 : -1;
    },
    blockFor: (request) =>
      unit === 1 && request <= largest ? exports.segfit_block_size_for(heap, request) >>> 0 : 0,
  };
}
