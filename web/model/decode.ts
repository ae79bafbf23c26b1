// SPDX-License-Identifier: MIT
/** Bytes to snapshot, through the allocator's own layout and the package's reader. */
import { HeapReader, type Layout } from 'segfit/core';

import type { Blocks, Pool, Snapshot } from './snapshot.ts';

/** Takes what a walk gives until it ends or meets bytes that cannot be read, which it notes. */
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

/** All blocks, the fast way; of a damaged heap those before the damage. */
function readBlocks(reader: HeapReader, layout: Layout, problems: string[]): Blocks {
  try {
    return blocksOf(reader.snapshot(), layout);
  } catch {
    const pairs = collect(reader.blocks(), problems).flatMap(({ pointer, header }) => [
      pointer,
      reader.word(header),
    ]);
    return blocksOf(Uint32Array.from(pairs), layout);
  }
}

/** `pairs`: a pointer and a header word for each block. */
function blocksOf(pairs: Uint32Array, { blockPayload, headerFlags }: Layout): Blocks {
  const count = pairs.length / 2;
  const address = new Uint32Array(count);
  const size = new Uint32Array(count);
  const header = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    const word = pairs[2 * index + 1]!;
    address[index] = pairs[2 * index]! - blockPayload;
    header[index] = word;
    size[index] = word & ~headerFlags;
  }
  return { count, address, size, header };
}

/**
 * Decodes the heap at `heap` in `memory`, whose first byte has address 0. Links and words are read
 * when they are asked for: `again` then sees to it that the memory is as it was here.
 */
export function snapshotOf(
  memory: Uint8Array,
  heap: number,
  layout: Layout,
  again: () => Uint8Array = () => memory,
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
    blocks: readBlocks(reader, layout, problems),
    statistics: reader.stats(),
    list(index, most = Infinity) {
      again();
      return index < 0 ? [] : collect(reader.list(index), [], most).map((block) => block.header);
    },
  };
}
