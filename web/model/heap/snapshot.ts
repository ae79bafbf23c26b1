// SPDX-License-Identifier: MIT
/** What a heap's bytes say at one moment, decoded once, for panels to draw. */

/** The fields of the allocator's layout that panels need; `Layout` of segfit/core has them. */
export interface BlockLayout {
  readonly wordSize: number;
  readonly align: number;
  readonly minBlock: number;
  readonly headerFree: number;
  readonly headerPrevFree: number;
  readonly headerFlags: number;
  /** 0: a header reads as it is written; see header_encoding.ts. */
  readonly headerInverse: number;
  /** From a block's header. */
  readonly blockPayload: number;
  readonly blockNextFree: number;
  readonly blockPrevFree: number;
  /** From a free block's end. */
  readonly blockFooterBack: number;
}

/** All blocks in address order, one array a field. Addresses are those of headers. */
export interface Blocks {
  readonly count: number;
  readonly address: Uint32Array;
  readonly size: Uint32Array;
  readonly header: Uint32Array;
}

export interface Pool {
  /** Its first block's header. */
  readonly first: number;
  /** The header of size 0 at its end. */
  readonly end: number;
}

export interface Statistics {
  readonly capacity: number;
  readonly used: number;
  readonly peakUsed: number;
  readonly freeBlocks: number;
  readonly allocs: number;
  readonly frees: number;
  readonly failures: number;
}

export interface Snapshot {
  readonly layout: BlockLayout;
  /** The region that the heap lies in: control structure, pools, their ends. */
  readonly begin: number;
  readonly end: number;
  readonly rows: number;
  readonly columns: number;
  readonly policy: number;
  readonly rowBitmap: number;
  readonly columnBitmaps: readonly number[];
  /** Per class the header address of its list's first block, or 0. */
  readonly heads: Uint32Array;
  readonly blocks: Blocks;
  readonly pools: readonly Pool[];
  readonly statistics: Statistics;
  /** Where in the control structure bitmaps and heads lie, for those who show its words. */
  readonly control: { readonly rowBitmap: number; readonly heads: number };
  /** What could not be read, in words; empty when everything could. */
  readonly problems: readonly string[];
  /** As it is at this snapshot's moment; addresses begin at 0. Not to be kept. */
  readonly memory: Uint8Array;
  /** The header addresses in the list of a class, first to last, `most` of them at most. */
  list(index: number, most?: number): readonly number[];
}

/** How far lists are counted where only their length matters. */
export const countedLength = 100;

/** The position in `blocks` of the block that holds `address`, or −1. */
export function blockIndexAt(blocks: Blocks, address: number): number {
  let low = 0;
  let high = blocks.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks.address[middle]! <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const index = low - 1;
  return index >= 0 && address < blocks.address[index]! + blocks.size[index]! ? index : -1;
}

/** The position of the block whose header is at `address`, or −1. */
export function blockIndexOf(blocks: Blocks, address: number): number {
  const index = blockIndexAt(blocks, address);
  return index >= 0 && blocks.address[index] === address ? index : -1;
}

export function isFree(snapshot: Snapshot, index: number): boolean {
  return (snapshot.blocks.header[index]! & snapshot.layout.headerFree) !== 0;
}

/**
 * Whether a free block is the first of its list: its link to the previous one has no meaning then.
 */
export function isFirst({ heads }: Snapshot, address: number): boolean {
  return heads.includes(address);
}

/** The word at `address`, as the allocator would read it. */
export function wordAt(snapshot: Snapshot, address: number): number {
  const { buffer, byteOffset, byteLength } = snapshot.memory;
  if (address < 0 || address + snapshot.layout.wordSize > byteLength) {
    return 0;
  }
  return new DataView(buffer, byteOffset).getUint32(address, true);
}

export function rowBit(snapshot: Snapshot, row: number): boolean {
  return ((snapshot.rowBitmap >>> row) & 1) === 1;
}

export function columnBit(snapshot: Snapshot, index: number): boolean {
  const row = Math.floor(index / snapshot.columns);
  return (((snapshot.columnBitmaps[row] ?? 0) >>> (index % snapshot.columns)) & 1) === 1;
}

export interface FreeSummary {
  readonly total: number;
  readonly count: number;
  readonly largest: number;
}

/** Free blocks as the walk finds them, headers included. */
export function summarizeFree(snapshot: Snapshot): FreeSummary {
  const known = summaries.get(snapshot.blocks);
  if (known !== undefined) {
    return known;
  }
  const summary = countFree(snapshot);
  summaries.set(snapshot.blocks, summary);
  return summary;
}

/** Several panels ask about one moment. */
const summaries = new WeakMap<Blocks, FreeSummary>();

function countFree(snapshot: Snapshot): FreeSummary {
  let total = 0;
  let count = 0;
  let largest = 0;
  for (let index = 0; index < snapshot.blocks.count; index++) {
    if (isFree(snapshot, index)) {
      const size = snapshot.blocks.size[index]!;
      total += size;
      count++;
      largest = Math.max(largest, size);
    }
  }
  return { total, count, largest };
}
