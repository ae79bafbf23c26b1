// SPDX-License-Identifier: MIT
/**
 * Counts the allocator's own words that each call of a run changes: control structure, headers,
 * links and footers, but not the payloads.
 */
import { HeapReader, type Layout } from 'segfit/core';

import type { Instance } from '../heap/allocator.ts';
import { flags, CallLog } from './call_log.ts';
import type { Operation } from './operation.ts';
import { Session } from './session.ts';
import type { Settings } from './settings.ts';

export interface WordCounts {
  /** The number of calls by the number of changed words, without calls that grew the heap. */
  readonly calls: readonly number[];
  readonly growing: number;
  readonly counted: number;
  /** The maximum, and the first call that reached it. */
  readonly most: number;
  readonly call: number;
}

/** Runs a trace in its own heap, one call with each step(). */
export class WordCounter {
  readonly #session: Session;
  readonly #callLog: CallLog;
  readonly #layout: Layout;
  readonly #calls: number[] = [];
  #growing = 0;
  #counted = 0;
  #most = 0;
  #call = 0;
  /** A copy of the memory before the next call. */
  #before = new Uint32Array();

  constructor(instance: Instance, settings: Settings, operations: readonly Operation[]) {
    this.#callLog = new CallLog(operations);
    this.#session = new Session(instance.allocator, settings, this.#callLog);
    this.#layout = instance.layout;
    this.#keep();
  }

  get done(): boolean {
    return this.#session.count >= this.#callLog.length;
  }

  get counts(): WordCounts {
    return {
      calls: Array.from(this.#calls, (each) => each ?? 0),
      growing: this.#growing,
      counted: this.#counted,
      most: this.#most,
      call: this.#call,
    };
  }

  /** Executes the next call and counts the changed words. */
  step(): void {
    this.#session.execute();
    const number = this.#session.count;
    if (this.#callLog.has(number, flags.grew)) {
      this.#growing++;
    } else {
      this.#note(number, this.#changed());
    }
    this.#keep();
  }

  #note(number: number, changed: number): void {
    this.#counted++;
    this.#calls[changed] = (this.#calls[changed] ?? 0) + 1;
    if (changed > this.#most) {
      this.#most = changed;
      this.#call = number;
    }
  }

  #words(): Uint32Array {
    const { memory } = this.#session;
    return new Uint32Array(memory.buffer, 0, memory.byteLength >>> 2);
  }

  #keep(): void {
    const words = this.#words();
    if (this.#before.length !== words.length) {
      this.#before = new Uint32Array(words.length);
    }
    this.#before.set(words);
  }

  #changed(): number {
    const { memory, heap } = this.#session;
    const after = this.#words();
    const before = this.#before;
    let changed = 0;
    const compare = (address: number): void => {
      changed += after[address >>> 2] === before[address >>> 2] ? 0 : 1;
    };
    const layout = this.#layout;
    const reader = new HeapReader(memory, heap, layout);
    const { heads, rows, columns } = reader.control();
    const controlEnd = heads + rows * columns * layout.wordSize;
    for (let address = heap; address < controlEnd; address += layout.wordSize) {
      compare(address);
    }
    for (const { first, end } of reader.pools()) {
      for (let header = first; header < end; ) {
        const word = after[header >>> 2]!;
        const size = word & ~layout.headerFlags;
        compare(header);
        if ((word & layout.headerFree) !== 0) {
          compare(header + layout.blockNextFree);
          compare(header + layout.blockPrevFree);
          compare(header + size - layout.blockFooterBack);
        }
        header += size;
      }
      compare(end);
    }
    return changed;
  }
}
