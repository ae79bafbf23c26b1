// SPDX-License-Identifier: MIT
/**
 * A copy of a heap without the payloads: the control structure, the pool records, and of each block
 * the header, the links or the first word of the payload, and the footer. These few words are all
 * that the allocator reads.
 */
import { HeapReader, type Layout } from 'segfit/core';

interface Patch {
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface HeapImage {
  readonly patches: readonly Patch[];
  /** The first and the last header of each pool. */
  readonly pools: readonly { readonly first: number; readonly end: number }[];
  /** For each block its header and the following words: two if it is free, else one. */
  readonly words: Uint32Array<ArrayBuffer>;
  readonly byteLength: number;
}

interface Memory {
  readonly buffer: ArrayBufferLike;
}

export function readImage(memory: Memory, heap: number, layout: Layout): HeapImage {
  const reader = new HeapReader(memory, heap, layout);
  const { heads, rows, columns } = reader.control();
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  const pools = [...reader.pools()];
  const pieces: [number, number][] = [
    [heap, heads + rows * columns * layout.wordSize],
    ...pools.flatMap(({ record, first, end }): [number, number][] => [
      [record, first],
      [end, end + layout.wordSize],
    ]),
  ];
  const patches = pieces.map(([begin, end]) => ({
    address: begin,
    bytes: bytes.slice(begin, end),
  }));
  const { usedBlocks, freeBlocks } = reader.stats();
  const expected = 2 * usedBlocks + 3 * freeBlocks;
  const firsts = new Set(reader.heads());
  const all = new Uint32Array(memory.buffer as ArrayBuffer);
  const words = readBlocks(all, pools, layout, firsts, expected);
  const control = patches.reduce((sum, patch) => sum + patch.bytes.length, 0);
  return { patches, pools, words, byteLength: control + words.byteLength };
}

function readBlocks(
  all: Uint32Array<ArrayBuffer>,
  pools: readonly { readonly first: number; readonly end: number }[],
  layout: Layout,
  firsts: ReadonlySet<number>,
  expected: number,
): Uint32Array<ArrayBuffer> {
  // In the middle of an operation the statistics may differ by a few blocks.
  let found = new Uint32Array(expected + 16);
  let length = 0;
  const { headerFlags, headerFree } = layout;
  for (const { first, end } of pools) {
    for (let header = first; header < end; ) {
      if (length + 3 > found.length) {
        const larger = new Uint32Array(found.length * 2);
        larger.set(found);
        found = larger;
      }
      const word = all[header >>> 2]!;
      found[length++] = word;
      if ((word & headerFree) !== 0) {
        found[length++] = all[(header + layout.blockNextFree) >>> 2]!;
        // In a list's first block that link is meaningless.
        const first = firsts.has(header);
        found[length++] = first ? 0 : all[(header + layout.blockPrevFree) >>> 2]!;
      } else {
        found[length++] = all[(header + layout.blockPayload) >>> 2]!;
      }
      header += (word & ~headerFlags) >>> 0;
    }
  }
  return found.subarray(0, length);
}

/** Writes an image back into a memory. Leaves all other bytes unchanged: no heap reads them. */
export function writeImage(
  memory: Memory,
  layout: Layout,
  { patches, pools, words }: HeapImage,
): void {
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  const all = new Uint32Array(memory.buffer as ArrayBuffer);
  for (const patch of patches) {
    bytes.set(patch.bytes, patch.address);
  }
  const { headerFlags, headerFree, blockNextFree, blockPrevFree, blockPayload } = layout;
  let at = 0;
  for (const { first, end } of pools) {
    for (let header = first; header < end; ) {
      const word = words[at++]!;
      const size = (word & ~headerFlags) >>> 0;
      all[header >>> 2] = word;
      if ((word & headerFree) === 0) {
        all[(header + blockPayload) >>> 2] = words[at++]!;
      } else {
        all[(header + blockNextFree) >>> 2] = words[at++]!;
        all[(header + blockPrevFree) >>> 2] = words[at++]!;
        all[(header + size - layout.blockFooterBack) >>> 2] = size;
      }
      header += size;
    }
  }
}
