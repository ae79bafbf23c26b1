// SPDX-License-Identifier: MIT
/**
 * Reads every block of a heap that changes meanwhile, a bounded number at a time, so that a frame
 * costs the same however many blocks there are.
 */
import { HeapReader, type HeapBytes, type HeapPool, type Layout } from 'segfit/core';

import type { Blocks } from './snapshot.ts';

/** How many blocks behind a resumed one must look like blocks before it is believed. */
const witnesses = 8;

/** A sweep that had to start over this often is done in one go: then nothing changes under it. */
const mostRestarts = 3;

/** One array a field, of one length. */
class Columns {
  #address = new Uint32Array(1024);
  #size = new Uint32Array(1024);
  #header = new Uint32Array(1024);
  count = 0;

  add(address: number, size: number, header: number): void {
    const at = this.count++;
    if (at === this.#address.length) {
      this.#grow();
    }
    this.#address[at] = address;
    this.#size[at] = size;
    this.#header[at] = header;
  }

  get blocks(): Blocks {
    const { count } = this;
    return {
      count,
      address: this.#address.subarray(0, count),
      size: this.#size.subarray(0, count),
      header: this.#header.subarray(0, count),
    };
  }

  #grow(): void {
    const larger = (from: Uint32Array): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#address = larger(this.#address);
    this.#size = larger(this.#size);
    this.#header = larger(this.#header);
  }
}

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
  /** What is drawn, and what is being read: exchanged when a sweep is complete. */
  #shown = new Columns();
  #next = new Columns();
  #words: Uint32Array<ArrayBufferLike> = new Uint32Array(0);
  /** The pools that this sweep has yet to finish, in address order. */
  #pools: HeapPool[] = [];
  #header = 0;
  #restarts = 0;
  /** Of all headers read so far: two sweeps with one sum have most surely found the same. */
  #sum = 0;
  #shownSum = 0;

  /** The blocks as the last complete sweep found them. Valid until the one after the next. */
  blocks: Blocks = nothing;
  /** What could not be read in the last complete sweep; '' if everything could. */
  problem = '';
  /** How many sweeps were completed. */
  completed = 0;
  /** How many of them found something else than the one before. */
  changes = 0;

  constructor(bytes: HeapBytes, heap: number, layout: Layout) {
    this.#bytes = bytes;
    this.#layout = layout;
    this.#reader = new HeapReader(bytes, heap, layout);
    this.#begin();
  }

  /** Reads up to `most` blocks on. True if that completed a sweep. */
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
    // In one go nothing can have changed meanwhile: what is wrong is wrong in the heap.
    if (problem !== '' && !fresh) {
      return this.#restart(most);
    }
    this.#complete(problem);
    return true;
  }

  #begin(): void {
    this.#next.count = 0;
    this.#sum = 0;
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
    [this.#shown, this.#next] = [this.#next, this.#shown];
    this.blocks = this.#shown.blocks;
    this.problem = problem;
    this.completed++;
    this.changes += this.#sum === this.#shownSum ? 0 : 1;
    this.#shownSum = this.#sum;
    this.#restarts = 0;
    this.#begin();
  }

  /** Null when `most` are read; else '' at the end, or what is wrong. */
  #walk(most: number): string | null {
    const { headerFlags } = this.#layout;
    let left = most;
    for (;;) {
      const pool = this.#pools[0];
      if (pool === undefined) {
        return '';
      }
      while (this.#header < pool.end) {
        const header = this.#header;
        const word = this.#word(header);
        const size = (word & ~headerFlags) >>> 0;
        if (!this.#isSize(size) || header + size > pool.end) {
          return `the block at 0x${header.toString(16)} has a size of ${size}`;
        }
        this.#next.add(header, size, word);
        this.#sum = (Math.imul(this.#sum, 31) + word + 1) | 0;
        this.#header += size;
        if (--left === 0) {
          return null;
        }
      }
      this.#pools.shift();
      this.#header = this.#pools[0]?.first ?? 0;
    }
  }

  /** Whether a block begins where the sweep stopped, as far as its surroundings tell. */
  #canResume(): boolean {
    const [pool] = this.#pools;
    if (pool === undefined) {
      return true;
    }
    // The pool may have grown; one that is gone or smaller makes this sweep worthless.
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
      const word = this.#word(header);
      const size = (word & ~headerFlags) >>> 0;
      const next = header + size;
      if (!this.#isSize(size) || next > end) {
        return false;
      }
      const free = (word & headerFree) !== 0;
      const nextSaysFree = (this.#word(next) & headerPrevFree) !== 0;
      if (free !== nextSaysFree || (free && this.#word(next - blockFooterBack) !== size)) {
        return false;
      }
      header = next;
    }
    return true;
  }

  #isSize(size: number): boolean {
    return size >= this.#layout.minBlock && size % this.#layout.align === 0;
  }

  /** 0 outside the memory, which is no block's size. */
  #word(address: number): number {
    return this.#words[address >>> 2] ?? 0;
  }

  #refresh(): void {
    const { buffer } = this.#bytes;
    const bytes = buffer.byteLength & ~3;
    if (this.#words.buffer !== buffer || this.#words.byteLength !== bytes) {
      this.#words = new Uint32Array(buffer, 0, bytes / 4);
    }
  }
}
