// SPDX-License-Identifier: MIT
/**
 * Executes a program's calls through the process-wide malloc, with or without its cache, in a
 * memory of its own, and reads the resulting heap.
 */
import { decodeLayout, type Layout, layoutFields } from 'segfit/core';

import type { Classes } from '../heap/classes.ts';
import { snapshotOf } from '../heap/decode.ts';
import type { Snapshot } from '../heap/snapshot.ts';
import { computed, type ReadonlySignal, type Signal, signal } from '../signal.ts';
import { CallLog } from './call_log.ts';
import { type Highlight, nothing } from './highlight.ts';
import type { Operation } from './operation.ts';
import type { Extent, World } from './world.ts';

export const pageSize = 65_536;
const lineSize = 1024;

/** The exports of malloc_module.c. */
interface Malloc {
  malloc(size: number): number;
  calloc(count: number, size: number): number;
  realloc(pointer: number, size: number): number;
  free(pointer: number): void;
  aligned_alloc(align: number, size: number): number;
  watched_heap(): number;
  watched_layout(address: number): void;
  watched_cached(pointer: number): number;
}

export interface MallocStatistics {
  readonly calls: number;
  /** Calls that the cache served without changing the heap. */
  readonly untouched: number;
  readonly failures: number;
  /** The size of the memory in pages. */
  readonly pages: number;
  /** Cached blocks and their bytes. The heap counts them as used. */
  readonly cachedBlocks: number;
  readonly cachedBytes: number;
}

/** Returns the layout of a module's heaps, read in a temporary memory. */
function layoutIn(module: WebAssembly.Module): Layout {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { watched_layout: describe } = linked(module, memory);
  const room = layoutFields.length * 4;
  const address = pageSize - room;
  describe(address);
  return decodeLayout(new Uint8Array(memory.buffer, address, room));
}

function linked(module: WebAssembly.Module, memory: WebAssembly.Memory): Malloc {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Malloc;
}

export class MallocRun implements World {
  readonly #module: WebAssembly.Module;
  readonly #callLog: CallLog;
  readonly #pointers: Uint32Array;
  readonly #layout: Layout;
  #memory = new WebAssembly.Memory({ initial: 1 });
  #malloc: Malloc;
  #count = 0;
  #untouched = 0;
  #failures = 0;

  readonly classes: Classes;
  readonly snapshot: Signal<Snapshot>;
  readonly statistics: Signal<MallocStatistics>;
  readonly highlight: Signal<Highlight> = signal(nothing);
  readonly extent: ReadonlySignal<Extent>;

  /** `classes` are those of a heap with the alignment of this malloc. */
  constructor(module: WebAssembly.Module, operations: readonly Operation[], classes: Classes) {
    this.#module = module;
    this.#callLog = new CallLog(operations);
    this.#pointers = new Uint32Array(operations.length + 1);
    this.#layout = layoutIn(module);
    this.#malloc = linked(module, this.#memory);
    this.classes = classes;
    this.snapshot = signal(this.#read());
    this.statistics = signal(this.#statistics([]));
    this.extent = computed(() => {
      const { begin, end } = this.snapshot.value;
      // The addresses at the map's edge are round.
      const first = Math.floor(begin / lineSize) * lineSize;
      return { begin: first, end: Math.ceil(end / pageSize) * pageSize };
    });
  }

  /** Executes calls until `number` are done. Starts again at the first if more are done already. */
  runTo(number: number): void {
    if (number < this.#count) {
      this.#memory = new WebAssembly.Memory({ initial: 1 });
      this.#malloc = linked(this.#module, this.#memory);
      [this.#count, this.#untouched, this.#failures] = [0, 0, 0];
    }
    while (this.#count < Math.min(number, this.#callLog.length)) {
      this.#execute(++this.#count);
    }
    const cached = this.#cached();
    const blocks = cached.map((pointer) => pointer - this.#layout.blockPayload);
    this.snapshot.value = this.#read();
    this.highlight.value = { ...nothing, blocks };
    this.statistics.value = this.#statistics(blocks);
  }

  ownerOf(): null {
    return null;
  }

  blockOf(): number {
    return 0;
  }

  #execute(number: number): void {
    const operation = this.#callLog.operations[number - 1]!;
    const before = this.#pointers[this.#callLog.subject[number]!]!;
    const changes = this.#changes();
    const pointer = this.#call(operation, before);
    this.#untouched += this.#changes() === changes ? 1 : 0;
    if (operation.kind !== 'free') {
      this.#failures += pointer === 0 ? 1 : 0;
      // A failed realloc leaves the block unchanged.
      this.#pointers[number] = pointer === 0 && operation.kind === 'realloc' ? before : pointer;
    }
  }

  #call(operation: Operation, before: number): number {
    const malloc = this.#malloc;
    switch (operation.kind) {
      case 'free':
        malloc.free(before);
        return 0;
      case 'realloc':
        return malloc.realloc(before, operation.size) >>> 0;
      case 'malloc':
        if (operation.align > this.#layout.align) {
          return malloc.aligned_alloc(operation.align, operation.size) >>> 0;
        }
        return (
          (operation.zero ? malloc.calloc(1, operation.size) : malloc.malloc(operation.size)) >>> 0
        );
    }
  }

  /** Returns a counter that increases with each block that the heap allocates or frees. */
  #changes(): number {
    const heap = this.#malloc.watched_heap();
    const view = new DataView(this.#memory.buffer);
    const { statsAllocs, statsFrees } = this.#layout;
    return view.getUint32(heap + statsAllocs, true) + view.getUint32(heap + statsFrees, true);
  }

  #cached(): number[] {
    const { watched_cached: next } = this.#malloc;
    const cached: number[] = [];
    for (let pointer = next(0) >>> 0; pointer !== 0; pointer = next(pointer) >>> 0) {
      cached.push(pointer);
    }
    return cached;
  }

  #read(): Snapshot {
    const memory = new Uint8Array(this.#memory.buffer);
    const snapshot = snapshotOf(memory, this.#malloc.watched_heap(), this.#layout);
    const { pools } = snapshot;
    // The control structure lies among the program's own data; the map begins at the first block.
    return { ...snapshot, begin: pools[0]?.first ?? 0, end: pools.at(-1)?.end ?? pageSize };
  }

  #statistics(blocks: readonly number[]): MallocStatistics {
    const view = new DataView(this.#memory.buffer);
    const sizeOf = (block: number): number =>
      view.getUint32(block, true) & ~this.#layout.headerFlags;
    return {
      calls: this.#count,
      untouched: this.#untouched,
      failures: this.#failures,
      pages: this.#memory.buffer.byteLength / pageSize,
      cachedBlocks: blocks.length,
      cachedBytes: blocks.reduce((sum, block) => sum + sizeOf(block), 0),
    };
  }
}
