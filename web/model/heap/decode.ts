// SPDX-License-Identifier: MIT
/** Decodes a heap's bytes into a snapshot, with the allocator's layout and the package's reader. */
import { HeapReader, type Layout } from 'segfit/core';

import { BlockColumns, wordsOf } from './block_columns.ts';
import type { Blocks, Pool, Snapshot } from './snapshot.ts';

/**
 * Collects the values of a walk until it ends or throws. Adds the message of an exception to
 * `problems`.
 */
function collect<T>(walk: Iterable<T>, problems: string[], most = Infinity): T[] {
  const found: T[] = [];
  try {
    for (const each of walk) {
      if (found.push(each) >= most) {
        break;
      }
    }
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return found;
}

/** Reads all blocks; of a damaged heap, the blocks before the damage. */
function readBlocks(
  reader: HeapReader,
  memory: Uint8Array,
  pools: readonly Pool[],
  problems: string[],
): Blocks {
  const { usedBlocks, freeBlocks } = reader.stats();
  const columns = new BlockColumns(Math.min(usedBlocks + freeBlocks, memory.byteLength >>> 3));
  const words = wordsOf(memory);
  for (const { first, end } of pools) {
    const reached = columns.walk(words, first, end, reader.layout, Infinity);
    if (reached !== end) {
      problems.push(`the bytes at 0x${reached.toString(16)} are not the header of a block`);
      break;
    }
  }
  return columns.blocks;
}

/**
 * Decodes the heap at `heap` in `memory`, whose first byte has address 0. The snapshot reads lists
 * and words on demand; `again` first restores the memory to this moment. `known` may supply the
 * blocks without a walk, or returns null.
 */
export function snapshotOf(
  memory: Uint8Array,
  heap: number,
  layout: Layout,
  again: () => Uint8Array = () => memory,
  known: (words: Uint32Array, pools: readonly Pool[]) => Blocks | null = () => null,
): Snapshot {
  const problems: string[] = [];
  const reader = new HeapReader(memory, heap, layout);
  const { rows, columns, policy, heads } = reader.control();
  const pools: Pool[] = collect(reader.pools(), problems).sort((a, b) => a.first - b.first);
  return {
    layout,
    get memory() {
      return again();
    },
    rows,
    columns,
    policy,
    pools,
    problems,
    begin: heap,
    end: memory.byteOffset + memory.byteLength,
    control: { rowBitmap: heap + layout.controlRowBitmap, heads },
    heads: Uint32Array.from(reader.heads()),
    rowBitmap:
      reader.rowBits().reduce((word, bit, row) => (bit ? word | (1 << row) : word), 0) >>> 0,
    columnBitmaps: Array.from({ length: rows }, (_, row) => reader.columnBits(row)),
    blocks: known(wordsOf(memory), pools) ?? readBlocks(reader, memory, pools, problems),
    statistics: reader.stats(),
    list(index, most = Infinity) {
      again();
      return index < 0 ? [] : collect(reader.list(index), [], most).map((block) => block.header);
    },
  };
}
