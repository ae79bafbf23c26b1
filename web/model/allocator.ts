// SPDX-License-Identifier: MIT
/** The package's instrumented module, in a memory of its own. */
import { eventKinds, HeapReader, instantiate, type Layout } from 'segfit/core';

import type { Allocator, EventKind, HeapEvent } from './session.ts';

const pageSize = 65_536;

/** Addresses begin here, so that 0 and small numbers never look like one. */
const base = 0x1000;

const kindNames: ReadonlyMap<number, EventKind> = new Map(
  eventKinds.map(({ number, name }) => [number, name as EventKind]),
);

export interface Instance {
  readonly allocator: Allocator;
  readonly layout: Layout;
  /** The smallest block size of a class, as the allocator of `heap` computes it. */
  classSize(heap: number, index: number): number;
  /** The class in which a free block of that size is kept, −1 if it is too large for the heap. */
  classOf(heap: number, size: number): number;
}

/** `module` is segfit-events.wasm; `room` how many bytes the largest heap takes. */
export function createAllocator(module: WebAssembly.Module, room: number): Instance {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((base + room) / pageSize) });
  let onEvent: ((event: HeapEvent) => void) | null = null;
  const { exports, layout } = instantiate(module, memory, {
    event(_heap, number, block, a, b) {
      const kind = kindNames.get(number);
      if (kind !== undefined) {
        onEvent?.({ kind, block, a, b });
      }
    },
  });
  const allocator: Allocator = {
    memory,
    base,
    get onEvent() {
      return onEvent;
    },
    set onEvent(listener) {
      onEvent = listener;
    },
    init: (address, size, columns, largest, policy) =>
      exports.segfit_init(address, size, 0, columns, largest, policy) >>> 0,
    lastPool(heap) {
      const [pool] = new HeapReader(memory, heap, layout).pools();
      return pool?.memory ?? 0;
    },
    extendPool: (heap, pool, size) => exports.segfit_extend_pool(heap, pool, size) >>> 0,
    alloc: (heap, size) => exports.segfit_alloc(heap, size) >>> 0,
    allocAligned: (heap, align, size) => exports.segfit_alloc_aligned(heap, align, size) >>> 0,
    calloc: (heap, size) => exports.segfit_calloc(heap, 1, size) >>> 0,
    realloc: (heap, pointer, size) => exports.segfit_realloc(heap, pointer, size) >>> 0,
    free: (heap, pointer) => exports.segfit_free(heap, pointer),
  };
  return {
    allocator,
    layout,
    classSize: (heap, index) => exports.segfit_class_size(heap, index) >>> 0,
    classOf(heap, size) {
      const largest = (exports.segfit_max_request(heap) >>> 0) + layout.blockPayload;
      return size === 0 || size > largest ? -1 : exports.segfit_class_of(heap, size) >>> 0;
    },
  };
}
