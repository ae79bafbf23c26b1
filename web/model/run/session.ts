// SPDX-License-Identifier: MIT
/**
 * Executes the operations of a call log on a real heap in a WebAssembly memory, and fills in the
 * log.
 */
import type { Allocator, HeapEvent } from '../heap/allocator.ts';
import { type HeapImage, readImage, writeImage } from '../heap/heap_image.ts';
import { flags, type CallLog } from './call_log.ts';
import { poolGap, type Settings } from './settings.ts';

/** The state needed to continue from a point. */
export interface Keyframe {
  readonly image: HeapImage;
  readonly end: number;
  readonly count: number;
}

/** Ends an operation halfway and leaves the memory as it is at that moment. */
class Halt extends Error {}

export class Session {
  readonly #allocator: Allocator;
  readonly #settings: Settings;
  readonly heap: number;
  /** A view of the whole memory, which never grows here. */
  readonly #view: DataView;
  #callLog: CallLog;
  #end: number;
  #count = 0;
  /** Whether the memory is inside an operation. Only restoring a keyframe can continue then. */
  #halted = false;

  constructor(allocator: Allocator, settings: Settings, callLog: CallLog) {
    this.#allocator = allocator;
    this.#settings = settings;
    this.#callLog = callLog;
    this.#view = new DataView(allocator.memory.buffer);
    const { base, memory } = allocator;
    const { size, limit, columns, policy, pools } = settings;
    if (base + limit > memory.buffer.byteLength) {
      throw new RangeError(
        `a heap of ${limit} bytes does not fit into the page's memory; choose a smaller one`,
      );
    }
    const part = Math.floor(size / pools / poolGap) * poolGap;
    this.heap = allocator.init(base, pools === 1 ? size : part - poolGap, columns, limit, policy);
    if (this.heap === 0) {
      throw new RangeError(
        `a heap of ${size} bytes is too small for these settings; choose a larger one`,
      );
    }
    for (let pool = 1; pool < pools; pool++) {
      const gap = pool === pools - 1 ? 0 : poolGap;
      allocator.addPool(this.heap, base + pool * part, part - gap);
    }
    this.#end = base + (pools === 1 ? size : part * pools);
    this.#note(0, 0, 0);
  }

  /** The number of executed operations. */
  get count(): number {
    return this.#count;
  }

  get halted(): boolean {
    return this.#halted;
  }

  /** Continues with another log, whose operations so far are the same. */
  set callLog(callLog: CallLog) {
    this.#callLog = callLog;
  }

  /** The memory up to the heap's end, from address 0. Valid until the session continues. */
  get memory(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#allocator.memory.buffer as ArrayBuffer, 0, this.#end);
  }

  save(): Keyframe {
    const { memory, layout } = this.#allocator;
    return { image: readImage(memory, this.heap, layout), end: this.#end, count: this.#count };
  }

  restore({ image, end, count }: Keyframe): void {
    writeImage(this.#allocator.memory, this.#allocator.layout, image);
    this.#end = end;
    this.#count = count;
    this.#halted = false;
  }

  /** Executes the next operation. */
  execute(): void {
    const number = ++this.#count;
    const callLog = this.#callLog;
    const operation = callLog.operations[number - 1]!;
    const subject = callLog.subject[number]!;
    const before = subject === 0 ? 0 : callLog.pointer[subject]!;
    if (operation.kind === 'free') {
      if (before !== 0) {
        this.#allocator.free(this.heap, before);
      }
      this.#note(number, 0, before === 0 ? flags.skipped : 0);
      return;
    }
    const grownTo = this.#end;
    let pointer = this.#attempt(number, before);
    while (pointer === 0 && this.#grow(operation.size)) {
      pointer = this.#attempt(number, before);
    }
    // A failed realloc leaves the block unchanged, under a new id.
    const held = pointer === 0 ? before : pointer;
    callLog.pointer[number] = held;
    callLog.asked[number] =
      pointer === 0 && before !== 0 ? callLog.asked[subject]! : operation.size;
    if (held !== 0) {
      this.#sign(held, number);
    }
    const grew = this.#end === grownTo ? 0 : flags.grew;
    this.#note(number, this.#end - grownTo, grew | (pointer === 0 ? flags.failed : 0));
  }

  /**
   * Same as execute(), but calls `listener` at each event, with the memory as it is at that moment.
   */
  executeWithEvents(listener: (event: HeapEvent) => void): void {
    this.#allocator.onEvent = listener;
    try {
      this.execute();
    } finally {
      this.#allocator.onEvent = null;
    }
  }

  /** Executes the next operation up to its event `index`, counted from 0, and stops there. */
  executeUntil(index: number): void {
    let passed = 0;
    const halt = new Halt();
    try {
      this.executeWithEvents(() => {
        if (passed++ === index) {
          throw halt;
        }
      });
    } catch (error) {
      if (error !== halt) {
        throw error;
      }
      this.#halted = true;
    }
  }

  #attempt(number: number, before: number): number {
    const operation = this.#callLog.operations[number - 1]!;
    const allocator = this.#allocator;
    if (operation.kind === 'realloc') {
      return before === 0
        ? allocator.alloc(this.heap, operation.size)
        : allocator.realloc(this.heap, before, operation.size);
    }
    if (operation.kind !== 'malloc') {
      return 0;
    }
    if (operation.align !== 0) {
      return allocator.allocAligned(this.heap, operation.align, operation.size);
    }
    return operation.zero
      ? allocator.calloc(this.heap, operation.size)
      : allocator.alloc(this.heap, operation.size);
  }

  /** Writes the call's number into its block, so that the block's bytes tell which call made it. */
  #sign(pointer: number, number: number): void {
    this.#view.setUint32(pointer, number, true);
  }

  #note(number: number, grown: number, noted: number): void {
    const callLog = this.#callLog;
    const { layout } = this.#allocator;
    const view = this.#view;
    const used = view.getUint32(this.heap + layout.statsUsed, true);
    const before = number === 0 ? 0 : callLog.held[number - 1]!;
    const subject = callLog.subject[number]!;
    const ends = subject !== 0 && callLog.pointer[subject] !== 0;
    const gains = callLog.pointer[number] !== 0;
    callLog.held[number] =
      before + (gains ? callLog.asked[number]! : 0) - (ends ? callLog.asked[subject]! : 0);
    callLog.grown[number] = grown;
    callLog.flags[number] = (callLog.flags[number]! & eventFlags) | noted;
    callLog.used[number] = used;
    callLog.capacity[number] = view.getUint32(this.heap + layout.statsCapacity, true);
    callLog.largest[number] = this.#allocator.guaranteedAllocation(this.heap);
  }

  /** Grows the heap for a request, if the limit permits. */
  #grow(size: number): boolean {
    const { limit, step } = this.#settings;
    const room = this.#allocator.base + limit - this.#end;
    const wanted = Math.ceil(Math.max(size, 1) / step) * step;
    if (wanted > room) {
      return false;
    }
    const pool = this.#allocator.lastPool(this.heap);
    // Set the end before the call, since events inside it read memory up to the new end.
    this.#end += wanted;
    if (this.#allocator.extendPool(this.heap, pool, wanted) === 0) {
      this.#end -= wanted;
      return false;
    }
    return true;
  }
}

/** The flags that only events report: the first execution records them, later ones keep them. */
const eventFlags = flags.split | flags.merged | flags.moved;
