// SPDX-License-Identifier: MIT
/** Which class a size belongs to in a heap elsewhere: the allocator itself says, for its geometry. */
import { instantiate, layoutOf } from 'segfit/core';

import type { Classes } from './explain.ts';

const pageSize = 65_536;
const address = 1024;

export interface Geometry {
  readonly rows: number;
  readonly columns: number;
  /** The unit of block sizes. */
  readonly align: number;
}

/**
 * Classes of a heap of that geometry. `module` is segfit.wasm or segfit-events.wasm, whose own
 * alignment may differ: classes are the same, in units of the alignment.
 */
export function classesOf(module: WebAssembly.Module, { rows, columns, align }: Geometry): Classes {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = instantiate(module, memory);
  const own = layoutOf(module);
  const unit = align / own.align;
  const room = pageSize - address;
  const heap = exports.segfit_init(address, room, rows, columns, 0, 0) >>> 0;
  if (heap === 0) {
    throw new RangeError(`no heap can have ${rows} rows and ${columns} columns`);
  }
  const largest = (exports.segfit_max_request(heap) >>> 0) + own.blockPayload;
  return {
    sizeOf: (index) => (exports.segfit_class_size(heap, index) >>> 0) * unit,
    of(size) {
      const scaled = Math.floor(size / unit);
      const fits = scaled >= own.minBlock && scaled <= largest;
      return fits ? exports.segfit_class_of(heap, scaled) >>> 0 : -1;
    },
  };
}
