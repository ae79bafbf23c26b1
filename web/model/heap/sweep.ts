// SPDX-License-Identifier: MIT
/**
 * Reads every block of a heap while it changes, a bounded number at a time. The cost of a frame
 * does not depend on the number of blocks.
 */
import { HeapReader, type HeapBytes, type HeapPool, type Layout } from 'segfit/core';

import { BlockColumns, wordsOf } from './block_columns.ts';
import { decodeHeader } from './header_encoding.ts';
import type { Blocks } from './snapshot.ts';

/** How many blocks must look valid before a sweep resumes at an address. */
const witnesses = 8;

/**
 * After this many restarts a sweep runs to its end at once, so that the heap cannot change
 * meanwhile.
 */
const mostRestarts = 3;

const nothing: Blocks = {
  count: 0,
  address: new Uint32Array(0),
  size: new Uint32Array(0),
  header: new Uint32Array(0),
};

export class Sweep {
  readonly #bytes: HeapBytes;
  readonly #reader: HeapReader;
  readonly #layout: Layout;
  readonly #key: number;
  /** The blocks shown, and the blocks being read. A complete sweep swaps them. */
  #shown = new BlockColumns();
  #next = new BlockColumns();
  #words: Uint32Array<ArrayBufferLike> = new Uint32Array(0);
  /** The pools that this sweep has not finished, in address order. */
  #pools: HeapPool[] = [];
  #header = 0;
  #restarts = 0;
  /** Whether all blocks of this sweep so far equal those of the previous one. */
  #same = true;

  /** The blocks of the last complete sweep. Valid until the second next one completes. */
  blocks: Blocks = nothing;
  /** The damage that the last complete sweep met, or ''. */
  problem = '';
  /** The number of complete sweeps. */
  completed = 0;
  /** The number of sweeps that found a change. */
  changes = 0;

  /** `key` decodes the headers, if they are encoded. */
  constructor(bytes: HeapBytes, heap: number, layout: Layout, key = 0) {
    this.#bytes = bytes;
    this.#layout = layout;
    this.#key = key;
    this.#reader = new HeapReader(bytes, heap, layout);
    this.#begin();
  }

  /** Reads up to `most` more blocks. Returns whether that completed a sweep. */
  advance(most: number): boolean {
    this.#refresh();
    const fresh = this.#next.count === 0;
    if (!fresh && !this.#canResume()) {
      return this.#restart(most);
    }
    const problem = this.#walk(this.#restarts >= mostRestarts ? Infinity : most);
    if (problem === null) {
      return false;
    }
    // A sweep in one go sees no change, so the fault is in the heap itself.
    if (problem !== '' && !fresh) {
      return this.#restart(most);
    }
    this.#complete(problem);
    return true;
  }

  #begin(): void {
    this.#next.count = 0;
    this.#same = true;
    this.#pools = [];
    try {
      this.#pools = [...this.#reader.pools()].sort((a, b) => a.first - b.first);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.#header = this.#pools[0]?.first ?? 0;
  }

  #restart(most: number): boolean {
    this.#restarts++;
    this.#begin();
    return this.#restarts < mostRestarts ? false : this.advance(most);
  }

  #complete(problem: string): void {
    const same = this.#same && this.#next.count === this.blocks.count;
    [this.#shown, this.#next] = [this.#next, this.#shown];
    this.blocks = this.#shown.blocks;
    this.changes += same && problem === this.problem ? 0 : 1;
    this.problem = problem;
    this.completed++;
    this.#restarts = 0;
    this.#begin();
  }

  /** Returns null after `most` blocks, '' at the end, or a description of the damage. */
  #walk(most: number): string | null {
    const last = this.#next.count + most;
    for (;;) {
      const pool = this.#pools[0];
      if (pool === undefined) {
        return '';
      }
      const first = this.#next.count;
      const left = last - first;
      this.#header = this.#next.walk(
        this.#words,
        this.#header,
        pool.end,
        this.#layout,
        left,
        this.#key,
      );
      this.#compare(first);
      if (this.#next.count >= last) {
        return null;
      }
      if (this.#header < pool.end) {
        const word = this.#headerAt(this.#header);
        return `the header at 0x${this.#header.toString(16)} is 0x${word.toString(16)}`;
      }
      this.#pools.shift();
      this.#header = this.#pools[0]?.first ?? 0;
    }
  }

  /** Compares the blocks from index `first` on with those of the previous sweep. */
  #compare(first: number): void {
    const { address, header, count } = this.#next.blocks;
    const before = this.blocks;
    for (let index = first; index < count && this.#same; index++) {
      this.#same =
        address[index] === before.address[index] && header[index] === before.header[index];
    }
  }

  /** Returns whether a block probably begins where the sweep stopped. */
  #canResume(): boolean {
    const [pool] = this.#pools;
    if (pool === undefined) {
      return true;
    }
    // The pool may have grown. If it was removed or is smaller, this sweep is invalid.
    const end = this.#word(pool.record + this.#layout.poolEnd);
    if (end < pool.end || end > this.#words.length * 4) {
      return false;
    }
    this.#pools[0] = { ...pool, end };
    return this.#header === pool.first || this.#looksLikeBlocks(this.#header, end);
  }

  #looksLikeBlocks(from: number, end: number): boolean {
    const { headerFlags, headerFree, headerPrevFree, blockFooterBack } = this.#layout;
    let header = from;
    for (let seen = 0; seen < witnesses && header < end; seen++) {
      const word = this.#headerAt(header);
      const size = (word & ~headerFlags) >>> 0;
      const next = header + size;
      if (!this.#isSize(size) || next > end) {
        return false;
      }
      const free = (word & headerFree) !== 0;
      const nextSaysFree = (this.#headerAt(next) & headerPrevFree) !== 0;
      if (free !== nextSaysFree || (free && this.#word(next - blockFooterBack) !== size)) {
        return false;
      }
      header = next;
    }
    return true;
  }

  #headerAt(address: number): number {
    return decodeHeader(this.#word(address), address, this.#layout, this.#key);
  }

  #isSize(size: number): boolean {
    return size >= this.#layout.minBlock && size % this.#layout.align === 0;
  }

  /** Returns 0 outside the memory, which is never a block's size. */
  #word(address: number): number {
    return this.#words[address >>> 2] ?? 0;
  }

  #refresh(): void {
    const { buffer } = this.#bytes;
    if (this.#words.buffer !== buffer || this.#words.length !== buffer.byteLength >>> 2) {
      this.#words = wordsOf({ buffer });
    }
  }
}
