// SPDX-License-Identifier: MIT
/**
 * The heap of another running program, in any WebAssembly memory: reads only, frame by frame. The
 * cost of a frame does not depend on the number of blocks.
 */
import { decodeLayout, HeapReader, type HeapBytes, type Layout, layoutFields } from 'segfit/core';

import { wordsOf } from './block_columns.ts';
import { findKey } from './header_encoding.ts';
import type { Pool, Snapshot } from './snapshot.ts';
import { Sweep } from './sweep.ts';

/** The address of a heap, and the layout of its bytes. */
export interface LiveSource {
  /** A WebAssembly.Memory, or any object whose `buffer` holds the program's current bytes. */
  readonly memory: HeapBytes;
  /** The heap's address. */
  readonly heap: number;
  /** The program's `segfit_layout`: decoded, its bytes, or its address in the memory. */
  readonly layout: Layout | Uint8Array | number;
  /**
   * The key that `segfit_set_key` was given, if headers are encoded. Without it, the key is found.
   */
  readonly key?: number | bigint | undefined;
}

/** Blocks to read in one frame, which takes about a millisecond. */
const blocksAFrame = 100_000;

/** The maximum number of blocks read from a list. */
export const listLimit = 1000;

function layoutFrom({ memory, layout }: LiveSource): Layout {
  if (layout instanceof Uint8Array) {
    return decodeLayout(layout);
  }
  if (typeof layout !== 'number') {
    return layout;
  }
  const bytes = layoutFields.length * 4;
  if (!Number.isInteger(layout) || layout < 0 || layout + bytes > memory.buffer.byteLength) {
    throw new RangeError(`no segfit_layout can lie at address ${layout}`);
  }
  return decodeLayout(new Uint8Array(memory.buffer, layout, bytes));
}

/** Returns the low half of the key. Words of 4 bytes do not use the high half. */
function keyFrom({ memory, key }: LiveSource, reader: HeapReader): number {
  if (key !== undefined) {
    return Number(BigInt.asUintN(32, BigInt(key)));
  }
  const found = findKey(wordsOf(memory), [...reader.pools()], reader.layout);
  if (found === null) {
    throw new RangeError('the headers are encoded (SEGFIT_CHECK 3) under a key that is not found');
  }
  return found;
}

export class LiveHeap {
  readonly #memory: HeapBytes;
  readonly #reader: HeapReader;
  readonly #sweep: Sweep;
  #seen = '';
  readonly heap: number;
  readonly layout: Layout;
  snapshot: Snapshot;

  /**
   * Reads the heap for the first time.
   *
   * @throws {Error} if there is no segfit heap at that address, or its words are not of 4 bytes.
   */
  constructor(source: LiveSource) {
    this.layout = layoutFrom(source);
    this.heap = source.heap;
    this.#memory = source.memory;
    if (this.layout.wordSize !== 4) {
      throw new RangeError(`a heap of ${this.layout.wordSize}-byte words; this view reads 4`);
    }
    this.#reader = new HeapReader(source.memory, source.heap, this.layout);
    const { heads } = this.#reader.control();
    // An impossible offset of the list heads is the best sign of a wrong address.
    if (heads <= source.heap + this.layout.controlColumnBitmaps) {
      throw new RangeError(`no heap at address ${source.heap}`);
    }
    const key = keyFrom(source, this.#reader);
    this.#reader = new HeapReader(source.memory, source.heap, this.layout, 0, key);
    this.#sweep = new Sweep(source.memory, source.heap, this.layout, key);
    this.#sweep.advance(blocksAFrame);
    this.snapshot = this.#read();
  }

  /** Reads the heap again. Returns false if nothing visible has changed. */
  refresh(blocks = blocksAFrame): boolean {
    this.#sweep.advance(blocks);
    const seen = this.#fingerprint();
    if (seen === this.#seen) {
      return false;
    }
    this.#seen = seen;
    this.snapshot = this.#read();
    return true;
  }

  /** Reads all blocks at once, whatever their number. */
  refreshAll(): void {
    while (!this.#sweep.advance(Infinity)) {
      // A sweep that was incomplete when the heap changed restarts.
    }
    this.snapshot = this.#read();
  }

  #fingerprint(): string {
    const { allocs, frees, used, capacity, failures } = this.#reader.stats();
    return [this.#sweep.changes, allocs, frees, used, capacity, failures].join();
  }

  #read(): Snapshot {
    const reader = this.#reader;
    const problems: string[] = this.#sweep.problem === '' ? [] : [this.#sweep.problem];
    const { rows, columns, policy, heads } = reader.control();
    const pools = this.#pools(problems);
    return {
      layout: this.layout,
      memory: new Uint8Array(this.#memory.buffer as ArrayBuffer),
      rows,
      columns,
      policy,
      pools,
      problems,
      // The control structure may lie far from the blocks; the map begins at the first block.
      begin: pools[0]?.first ?? this.heap,
      end: pools.at(-1)?.end ?? this.heap,
      control: { rowBitmap: this.heap + this.layout.controlRowBitmap, heads },
      heads: Uint32Array.from(reader.heads()),
      rowBitmap:
        reader.rowBits().reduce((word, bit, row) => (bit ? word | (1 << row) : word), 0) >>> 0,
      columnBitmaps: Array.from({ length: rows }, (_, row) => reader.columnBits(row)),
      blocks: this.#sweep.blocks,
      statistics: reader.stats(),
      list: (index, most = listLimit) => this.#list(index, Math.min(most, listLimit)),
    };
  }

  /** Reads the current list, which may be newer than the snapshot. */
  #list(index: number, most: number): number[] {
    const list: number[] = [];
    try {
      for (const { header } of this.#reader.list(index)) {
        if (list.push(header) >= most) {
          break;
        }
      }
    } catch {
      // The walk over all blocks reports the damage.
    }
    return list;
  }

  #pools(problems: string[]): Pool[] {
    try {
      return [...this.#reader.pools()].sort((a, b) => a.first - b.first);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  }
}
