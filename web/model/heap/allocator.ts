// SPDX-License-Identifier: MIT
/** The allocator in a memory of its own: the package's module with events and the one without. */
import { eventKinds, HeapReader, instantiate, type Layout, layoutOf } from 'segfit/core';

export type EventKind =
  | 'map'
  | 'probe'
  | 'search'
  | 'take'
  | 'split'
  | 'merge'
  | 'insert'
  | 'use'
  | 'release'
  | 'move'
  | 'grow'
  | 'fail';

/**
 * An event that the allocator reports: `block` is a header's address or 0; `a` and `b` depend on
 * the kind.
 */
export interface HeapEvent {
  readonly kind: EventKind;
  readonly block: number;
  readonly a: number;
  readonly b: number;
}

/** The allocator, instantiated in a memory of its own. */
export interface Allocator {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  /** The lowest address for a heap. */
  readonly base: number;
  /** Called at each event, if not null. */
  onEvent: ((event: HeapEvent) => void) | null;
  init(address: number, size: number, columns: number, largest: number, policy: number): number;
  addPool(heap: number, address: number, size: number): number;
  /** Returns the address that the heap's last pool was added with. */
  lastPool(heap: number): number;
  extendPool(heap: number, pool: number, size: number): number;
  alloc(heap: number, size: number): number;
  allocAligned(heap: number, align: number, size: number): number;
  calloc(heap: number, size: number): number;
  realloc(heap: number, pointer: number, size: number): number;
  free(heap: number, pointer: number): void;
  /** Returns the guaranteed allocation: the largest request that cannot fail. */
  guaranteedAllocation(heap: number): number;
}

const pageSize = 65_536;

/** The lowest address, so that 0 and small numbers are never addresses. */
const base = 0x1000;

const kindNames: ReadonlyMap<number, EventKind> = new Map(
  eventKinds.map(({ number, name }) => [number, name as EventKind]),
);

/** The allocator compiled for one alignment, with and without events. */
export interface Build {
  readonly plain: WebAssembly.Module;
  readonly events: WebAssembly.Module;
}

export interface Instance {
  readonly allocator: Allocator;
  readonly layout: Layout;
  /** Returns the smallest block size of a class of `heap`. */
  classSize(heap: number, index: number): number;
  /**
   * Returns the class of a free block of that size; −1 if the size exceeds the heap's largest
   * class.
   */
  classOf(heap: number, size: number): number;
  /** Returns the block size that a request needs; 0 if the heap can never serve it. */
  blockSize(heap: number, request: number): number;
  /**
   * Returns the number of the first invariant that does not hold, and the address; null if all
   * hold.
   */
  check(heap: number): { readonly invariant: number; readonly where: number } | null;
}

/** Returns the build with that alignment, or else the first. */
export function buildFor(builds: readonly Build[], align: number): Build {
  return builds.find(({ plain }) => layoutOf(plain).align === align) ?? builds[0]!;
}

/** Instantiates the allocator. `room` is the size of the largest heap in bytes. */
export function createAllocator({ plain, events }: Build, room: number): Instance {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((base + room) / pageSize) });
  let onEvent: ((event: HeapEvent) => void) | null = null;
  const { exports: plainExports, layout } = instantiate(plain, memory);
  const { exports: withEvents } = instantiate(events, memory, {
    event(_heap, number, block, a, b) {
      const kind = kindNames.get(number);
      if (kind !== undefined) {
        onEvent?.({ kind, block, a, b });
      }
    },
  });
  let code = plainExports;
  const allocator: Allocator = {
    memory,
    base,
    layout,
    get onEvent() {
      return onEvent;
    },
    set onEvent(listener) {
      onEvent = listener;
      code = listener === null ? plainExports : withEvents;
    },
    init: (address, size, columns, largest, policy) =>
      plainExports.segfit_init(address, size, 0, columns, largest, policy) >>> 0,
    addPool: (heap, address, size) => plainExports.segfit_add_pool(heap, address, size) >>> 0,
    lastPool(heap) {
      const [pool] = new HeapReader(memory, heap, layout).pools();
      return pool?.memory ?? 0;
    },
    extendPool: (heap, pool, size) => code.segfit_extend_pool(heap, pool, size) >>> 0,
    alloc: (heap, size) => code.segfit_alloc(heap, size) >>> 0,
    allocAligned: (heap, align, size) => code.segfit_alloc_aligned(heap, align, size) >>> 0,
    calloc: (heap, size) => code.segfit_calloc(heap, 1, size) >>> 0,
    realloc: (heap, pointer, size) => code.segfit_realloc(heap, pointer, size) >>> 0,
    free: (heap, pointer) => code.segfit_free(heap, pointer),
    guaranteedAllocation: (heap) => plainExports.segfit_max_alloc(heap) >>> 0,
  };
  return {
    allocator,
    layout,
    classSize: (heap, index) => plainExports.segfit_class_size(heap, index) >>> 0,
    classOf(heap, size) {
      const largest = (plainExports.segfit_max_request(heap) >>> 0) + layout.blockPayload;
      return size < layout.minBlock || size > largest
        ? -1
        : plainExports.segfit_class_of(heap, size) >>> 0;
    },
    blockSize: (heap, request) => plainExports.segfit_block_size_for(heap, request) >>> 0,
    check(heap) {
      // The unused bytes below the heaps hold the result.
      const answer = base - 16;
      if (plainExports.segfit_check(heap, answer) !== 0) {
        return null;
      }
      const view = new DataView(memory.buffer);
      return {
        invariant: view.getUint32(answer, true),
        where: view.getUint32(answer + layout.wordSize, true),
      };
    },
  };
}
