// SPDX-License-Identifier: MIT
/**
 * The result of each operation of a run, as one column for each field, indexed by the operation's
 * number from 1. The allocator is deterministic, so the results of the first execution hold for
 * every later one, and a keyframe needs only the heap.
 */
import type { Operation } from './operation.ts';

/** Properties of an operation, as bits. */
export const flags = {
  failed: 1,
  skipped: 2,
  grew: 4,
  split: 8,
  merged: 16,
  moved: 32,
} as const;

/** The value of `ended` for a block that no operation ends. */
export const neverEnded = 0xffff_ffff;

export class CallLog {
  readonly operations: readonly Operation[];
  readonly length: number;
  /** The operation that made the block which this one frees or changes, or 0. */
  readonly subject: Uint32Array;
  /** The operation that ends the block which this one made, or `neverEnded`. */
  readonly ended: Uint32Array;
  /** The pointer that this operation returned; 0 for a free or a failure. */
  readonly pointer: Uint32Array;
  /** The requested size of that pointer in bytes. */
  readonly asked: Uint32Array;
  /** Bytes by which the heap grew. */
  readonly grown: Uint32Array;
  readonly flags: Uint8Array;
  /** After the operation: bytes that the program requested and holds. */
  readonly held: Float64Array;
  /**
   * After the operation: bytes in used blocks, bytes in all blocks, and the guaranteed allocation.
   */
  readonly used: Uint32Array;
  readonly capacity: Uint32Array;
  readonly largest: Uint32Array;

  constructor(operations: readonly Operation[]) {
    const size = operations.length + 1;
    this.operations = operations;
    this.length = operations.length;
    this.subject = new Uint32Array(size);
    this.ended = new Uint32Array(size).fill(neverEnded);
    this.pointer = new Uint32Array(size);
    this.asked = new Uint32Array(size);
    this.grown = new Uint32Array(size);
    this.flags = new Uint8Array(size);
    this.held = new Float64Array(size);
    this.used = new Uint32Array(size);
    this.capacity = new Uint32Array(size);
    this.largest = new Uint32Array(size);
    this.#link();
  }

  has(number: number, flag: number): boolean {
    return (this.flags[number]! & flag) !== 0;
  }

  /** Copies the results of the first `count` operations, which are the same, from another log. */
  adopt(other: CallLog, count: number): void {
    const columns = ['pointer', 'asked', 'grown', 'flags', 'held', 'used', 'capacity', 'largest'];
    for (const name of columns as 'pointer'[]) {
      this[name].set(other[name].subarray(0, count + 1));
    }
  }

  /** Finds for each operation the one that made its block. */
  #link(): void {
    const born = new Map<number, number>();
    this.operations.forEach((operation, index) => {
      const number = index + 1;
      if (operation.kind !== 'malloc') {
        const id = operation.kind === 'free' ? operation.id : operation.oldId;
        const subject = born.get(id) ?? 0;
        this.subject[number] = subject;
        if (subject !== 0) {
          this.ended[subject] = number;
          born.delete(id);
        }
      }
      if (operation.kind !== 'free') {
        born.set(operation.id, number);
      }
    });
  }
}
