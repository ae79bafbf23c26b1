// SPDX-License-Identifier: MIT
/**
 * A real heap in a WebAssembly memory, driven by operations. Each event inside an operation can be
 * kept with the memory as it was at that moment.
 */
import type { Operation } from './operation.ts';

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

/** As the allocator reports it: `block` is a header's address or 0; `a`, `b` depend on the kind. */
export interface HeapEvent {
  readonly kind: EventKind;
  readonly block: number;
  readonly a: number;
  readonly b: number;
}

/** The allocator, instantiated in a memory of its own. */
export interface Allocator {
  readonly memory: WebAssembly.Memory;
  /** Where a heap may begin. */
  readonly base: number;
  /** Called at each event while it is set. */
  onEvent: ((event: HeapEvent) => void) | null;
  init(address: number, size: number, columns: number, largest: number, policy: number): number;
  /** The address by which the heap's last pool is known. */
  lastPool(heap: number): number;
  extendPool(heap: number, pool: number, size: number): number;
  alloc(heap: number, size: number): number;
  allocAligned(heap: number, align: number, size: number): number;
  calloc(heap: number, size: number): number;
  realloc(heap: number, pointer: number, size: number): number;
  free(heap: number, pointer: number): void;
}

export interface Settings {
  /** Bytes of the heap at first, control structure included. */
  readonly size: number;
  /** Bytes that it may grow to. */
  readonly limit: number;
  /** Bytes that it grows by at least. */
  readonly step: number;
  readonly columns: number;
  readonly policy: number;
}

/** A block that the program holds. */
export interface Live {
  readonly pointer: number;
  readonly requested: number;
  /** The operation that made it, counted from 1. */
  readonly born: number;
}

export type Result = 'done' | 'failed' | 'skipped';

export interface Outcome {
  readonly result: Result;
  /** The pointer that the operation was given; 0 if none. */
  readonly before: number;
  /** The pointer that it returned; 0 for free and for NULL. */
  readonly pointer: number;
  readonly requested: number;
  /** Bytes by which the heap grew on the way. */
  readonly grown: number;
}

export interface Moment {
  /** Null for the state after the operation. */
  readonly event: HeapEvent | null;
  /** The memory as it was then. Read before the history changes. */
  readonly memory: Uint8Array<ArrayBuffer>;
}

/** All that is needed to go on from a point. */
export interface Keyframe {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly live: ReadonlyMap<number, Live>;
  readonly end: number;
  readonly count: number;
}

export class Session {
  readonly #allocator: Allocator;
  readonly #settings: Settings;
  readonly heap: number;
  #end: number;
  #count = 0;
  #live = new Map<number, Live>();

  constructor(allocator: Allocator, settings: Settings) {
    this.#allocator = allocator;
    this.#settings = settings;
    const { base, memory } = allocator;
    new Uint8Array(memory.buffer).fill(0, base);
    const { size, limit, columns, policy } = settings;
    if (base + limit > memory.buffer.byteLength) {
      throw new RangeError(`a heap of ${limit} bytes does not fit into the page's memory`);
    }
    this.heap = allocator.init(base, size, columns, limit, policy);
    if (this.heap === 0) {
      throw new RangeError(`a heap of ${size} bytes cannot be made`);
    }
    this.#end = base + size;
  }

  /** How many operations led here. */
  get count(): number {
    return this.#count;
  }

  /** The blocks that the program holds, by id. */
  get live(): ReadonlyMap<number, Live> {
    return this.#live;
  }

  /** A copy of everything up to the heap's end, addresses kept. */
  copyMemory(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#allocator.memory.buffer).slice(0, this.#end);
  }

  save(): Keyframe {
    return {
      memory: this.copyMemory(),
      live: new Map(this.#live),
      end: this.#end,
      count: this.#count,
    };
  }

  restore(keyframe: Keyframe): void {
    const all = new Uint8Array(this.#allocator.memory.buffer);
    all.set(keyframe.memory);
    all.fill(0, keyframe.end);
    this.#live = new Map(keyframe.live);
    this.#end = keyframe.end;
    this.#count = keyframe.count;
  }

  execute(operation: Operation): Outcome {
    this.#count++;
    switch (operation.kind) {
      case 'malloc':
        return this.#malloc(operation.id, operation.size, (size) =>
          this.#allocate(operation, size),
        );
      case 'realloc':
        return this.#realloc(operation.id, operation.oldId, operation.size);
      case 'free':
        return this.#free(operation.id);
    }
  }

  /** As `execute`, and tells each event while the memory is as it was at that moment. */
  executeTelling(operation: Operation, listener: (event: HeapEvent) => void): Outcome {
    this.#allocator.onEvent = listener;
    try {
      return this.execute(operation);
    } finally {
      this.#allocator.onEvent = null;
    }
  }

  #allocate(operation: { readonly align: number; readonly zero: boolean }, size: number): number {
    if (operation.align !== 0) {
      return this.#allocator.allocAligned(this.heap, operation.align, size);
    }
    return operation.zero
      ? this.#allocator.calloc(this.heap, size)
      : this.#allocator.alloc(this.heap, size);
  }

  #malloc(id: number, size: number, allocate: (size: number) => number): Outcome {
    const { pointer, grown } = this.#orGrow(size, () => allocate(size));
    if (pointer !== 0) {
      this.#live.set(id, { pointer, requested: size, born: this.#count });
    }
    const result = pointer === 0 ? 'failed' : 'done';
    return { result, before: 0, pointer, requested: size, grown };
  }

  /** When it fails, the program is taken to go on with the block as it was, under its new id. */
  #realloc(id: number, oldId: number, size: number): Outcome {
    const old = this.#live.get(oldId);
    if (old === undefined) {
      return this.#malloc(id, size, (each) => this.#allocator.alloc(this.heap, each));
    }
    const { pointer, grown } = this.#orGrow(size, () =>
      this.#allocator.realloc(this.heap, old.pointer, size),
    );
    this.#live.delete(oldId);
    this.#live.set(id, pointer === 0 ? old : { pointer, requested: size, born: this.#count });
    const result = pointer === 0 ? 'failed' : 'done';
    return { result, before: old.pointer, pointer, requested: size, grown };
  }

  #free(id: number): Outcome {
    const block = this.#live.get(id);
    if (block === undefined) {
      return { result: 'skipped', before: 0, pointer: 0, requested: 0, grown: 0 };
    }
    this.#allocator.free(this.heap, block.pointer);
    this.#live.delete(id);
    return {
      result: 'done',
      before: block.pointer,
      pointer: 0,
      requested: block.requested,
      grown: 0,
    };
  }

  /** Tries, and while there is no room and the heap may grow, makes it grow and tries again. */
  #orGrow(size: number, attempt: () => number): { pointer: number; grown: number } {
    let grown = 0;
    for (;;) {
      const pointer = attempt();
      const taken = pointer === 0 ? this.#grow(size) : 0;
      if (taken === 0) {
        return { pointer, grown };
      }
      grown += taken;
    }
  }

  #grow(size: number): number {
    const { limit, step } = this.#settings;
    const room = this.#allocator.base + limit - this.#end;
    const wanted = Math.ceil(Math.max(size, 1) / step) * step;
    if (wanted > room) {
      return 0;
    }
    const pool = this.#allocator.lastPool(this.heap);
    // The region ends here before the call: events inside it copy memory up to the new end.
    this.#end += wanted;
    if (this.#allocator.extendPool(this.heap, pool, wanted) === 0) {
      this.#end -= wanted;
      return 0;
    }
    return wanted;
  }
}
