// SPDX-License-Identifier: MIT
/** Bytes to snapshot, through the allocator's own layout and the package's reader. */
import { HeapReader, type Layout } from 'segfit/core';

import type { Blocks, Pool, Snapshot } from './snapshot.ts';

/** Takes what a walk gives until it ends or meets bytes that cannot be read, which it notes. */
function collect<T>(walk: Iterable<T>, problems: string[]): T[] {
  const found: T[] = [];
  try {
    for (const each of walk) {
      found.push(each);
    }
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return found;
}

function readBlocks(reader: HeapReader, problems: string[]): Blocks {
  const found = collect(reader.blocks(), problems);
  return {
    count: found.length,
    address: Uint32Array.from(found, (block) => block.header),
    size: Uint32Array.from(found, (block) => block.size),
    header: Uint32Array.from(found, (block) => reader.word(block.header)),
  };
}

function readLists(
  reader: HeapReader,
  heads: Uint32Array,
  problems: string[],
): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  heads.forEach((head, index) => {
    if (head !== 0) {
      lists.set(
        index,
        collect(reader.list(index), problems).map((block) => block.header),
      );
    }
  });
  return lists;
}

/** Decodes the heap at `heap` in `memory`, whose first byte has address 0. */
export function snapshotOf(memory: Uint8Array, heap: number, layout: Layout): Snapshot {
  const problems: string[] = [];
  const reader = new HeapReader(memory, heap, layout);
  const { rows, columns } = reader.control();
  const heads = Uint32Array.from(reader.heads());
  const lists = readLists(reader, heads, problems);
  const classes = new Map<number, number>();
  lists.forEach((list, index) => list.forEach((address) => classes.set(address, index)));
  const pools: Pool[] = collect(reader.pools(), problems).sort((a, b) => a.first - b.first);
  return {
    layout,
    memory,
    rows,
    columns,
    heads,
    lists,
    classes,
    pools,
    problems,
    begin: heap,
    end: memory.byteLength,
    rowBitmap:
      reader.rowBits().reduce((word, bit, row) => (bit ? word | (1 << row) : word), 0) >>> 0,
    columnBitmaps: Array.from({ length: rows }, (_, row) => reader.columnBits(row)),
    blocks: readBlocks(reader, problems),
    statistics: reader.stats(),
  };
}
