// SPDX-License-Identifier: MIT
/**
 * What each operation of a run came to, a column a field, by the operation's number counted from 1.
 * The allocator is deterministic, so what the first execution noted holds for every later one, and
 * a keyframe needs to hold nothing but the heap.
 */
import type { Operation } from './operation.ts';

/** What an operation was, as bits: several may hold. */
export const flags = {
  failed: 1,
  skipped: 2,
  grew: 4,
  split: 8,
  merged: 16,
  moved: 32,
} as const;

/** No operation ends the block. */
export const neverEnded = 0xffff_ffff;

export class CallLog {
  readonly operations: readonly Operation[];
  readonly length: number;
  /** The operation that made the block which this one ends or changes; 0 if none did. */
  readonly subject: Uint32Array;
  /** The operation that ends the block which this one made, or `neverEnded`. */
  readonly ended: Uint32Array;
  /** The pointer that the program holds through this operation; 0 for a free or a failure. */
  readonly pointer: Uint32Array;
  /** Bytes that the program asked for behind that pointer. */
  readonly asked: Uint32Array;
  /** Bytes by which the heap grew. */
  readonly grown: Uint32Array;
  readonly flags: Uint8Array;
  /** After the operation: bytes that the program asked for and holds. */
  readonly held: Float64Array;
  /** After the operation: bytes in used blocks, in all blocks, and what is surely to be had. */
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

  /** Takes over what another callLog noted of the first `count` operations, which are the same. */
  adopt(other: CallLog, count: number): void {
    const columns = ['pointer', 'asked', 'grown', 'flags', 'held', 'used', 'capacity', 'largest'];
    for (const name of columns as 'pointer'[]) {
      this[name].set(other[name].subarray(0, count + 1));
    }
  }

  /** Which operation made what each one ends: ids are looked up once, here. */
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
