// SPDX-License-Identifier: MIT
/**
 * Updates the blocks of a large heap from one moment to the next. It reads only the blocks around
 * those that the calls between them touched: a call touches few, while a walk reads all.
 */
import type { Layout } from 'segfit/core';

import { BlockColumns } from '../heap/block_columns.ts';
import { blockIndexAt, type BlockLayout, type Blocks } from '../heap/snapshot.ts';
import type { CallLog } from './call_log.ts';

interface Pool {
  readonly first: number;
  readonly end: number;
}

/** With more blocks to read around a touched one, a walk is faster. */
const mostAround = 4096;

const samePools = (left: readonly Pool[], right: readonly Pool[]): boolean =>
  left.length === right.length &&
  left.every(({ first, end }, at) => first === right[at]!.first && end === right[at]!.end);

/** Over more operations a walk is faster. */
const mostOperations = 256;

/**
 * Returns the headers of all blocks that the operations between two moments may have changed; null
 * if there are too many. The moments may lie inside the first and the last operation.
 */
export function touchedBetween(
  callLog: CallLog,
  one: number,
  other: number,
  { blockPayload }: BlockLayout,
): number[] | null {
  const [first, last] = [Math.max(Math.min(one, other), 1), Math.max(one, other)];
  if (last - first > mostOperations) {
    return null;
  }
  const touched: number[] = [];
  for (let number = first; number <= last; number++) {
    const pointers = [callLog.pointer[number]!, callLog.pointer[callLog.subject[number]!]!];
    touched.push(...pointers.filter((each) => each !== 0).map((each) => each - blockPayload));
  }
  return touched;
}

export class IncrementalBlocks {
  readonly #columns: BlockColumns;
  readonly #pools: readonly Pool[];

  /** `blocks` is the result of a walk. This object changes it from now on. */
  constructor(blocks: Blocks, pools: readonly Pool[]) {
    this.#columns = BlockColumns.adopt(blocks);
    this.#pools = pools;
  }

  /**
   * Returns the current blocks, valid until the next call. `touched` holds the headers of all
   * blocks that calls since then made, changed or freed, in any order. Returns null if only a walk
   * can tell: the pools changed, or blocks cannot be read.
   */
  update(
    words: Uint32Array,
    pools: readonly Pool[],
    layout: Layout,
    touched: readonly number[],
  ): Blocks | null {
    if (!samePools(pools, this.#pools)) {
      return null;
    }
    let done = 0;
    for (const header of [...touched].sort((a, b) => a - b)) {
      if (header >= done) {
        done = this.#readAround(words, layout, header);
        if (done === 0) {
          return null;
        }
      }
    }
    return this.#columns.blocks;
  }

  /**
   * Reads the blocks around a touched one. Returns the address from which the blocks are unchanged;
   * 0 if they cannot be read.
   */
  #readAround(words: Uint32Array, layout: Layout, header: number): number {
    const blocks = this.#columns.blocks;
    const { address, size, count } = blocks;
    const index = blockIndexAt(blocks, header);
    const pool = this.#pools.find(({ first, end }) => header >= first && header < end);
    if (index < 0 || pool === undefined) {
      return 0;
    }
    // The block may have merged with its left neighbour, whose address is unchanged.
    const from = address[index]! > pool.first ? index - 1 : index;
    const least = address[index]! + size[index]!;
    const found = new BlockColumns();
    let at = address[from]!;
    let to = from;
    while (at < pool.end) {
      while (to < count && address[to]! < at) {
        to++;
      }
      if (at >= least && address[to] === at && blocks.header[to] === words[at >>> 2]) {
        break;
      }
      const next = found.walk(words, at, pool.end, layout, 1);
      if (next === at || found.count > mostAround) {
        return 0;
      }
      at = next;
    }
    while (to < count && address[to]! < at) {
      to++;
    }
    this.#columns.replace(from, to, found.blocks);
    return at;
  }
}
