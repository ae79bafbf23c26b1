// SPDX-License-Identifier: MIT
/** A heap at one moment, decoded once for all panels. */

/** The fields of the allocator's layout that panels need; `Layout` of segfit/core has them. */
export interface BlockLayout {
  readonly wordSize: number;
  readonly align: number;
  readonly minBlock: number;
  readonly headerFree: number;
  readonly headerPrevFree: number;
  readonly headerFlags: number;
  /** 0 if headers are not encoded; see header_encoding.ts. */
  readonly headerInverse: number;
  /** Offsets from a block's header. */
  readonly blockPayload: number;
  readonly blockNextFree: number;
  readonly blockPrevFree: number;
  /** Offset back from a free block's end. */
  readonly blockFooterBack: number;
}

/** All blocks in address order, with one array for each field. Addresses are those of headers. */
export interface Blocks {
  readonly count: number;
  readonly address: Uint32Array;
  readonly size: Uint32Array;
  readonly header: Uint32Array;
}

export interface Pool {
  /** The first block's header. */
  readonly first: number;
  /** The header of size 0 at the pool's end. */
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
  /** The region of the heap: control structure, pools, their ends. */
  readonly begin: number;
  readonly end: number;
  readonly rows: number;
  readonly columns: number;
  readonly policy: number;
  readonly rowBitmap: number;
  readonly columnBitmaps: readonly number[];
  /** For each class the header address of the first block in its list, or 0. */
  readonly heads: Uint32Array;
  readonly blocks: Blocks;
  readonly pools: readonly Pool[];
  readonly statistics: Statistics;
  /** Addresses of the bitmaps and list heads in the control structure. */
  readonly control: { readonly rowBitmap: number; readonly heads: number };
  /** Descriptions of unreadable parts. Empty if everything could be read. */
  readonly problems: readonly string[];
  /** The memory at this snapshot's moment, from address 0. Do not keep it. */
  readonly memory: Uint8Array;
  /** Returns the header addresses in the list of a class, in list order, at most `most`. */
  list(index: number, most?: number): readonly number[];
}

/** The limit for counting the blocks of a list. */
export const countedLength = 100;

/** Returns the index in `blocks` of the block that contains `address`, or −1. */
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

/** Returns the index of the block whose header is at `address`, or −1. */
export function blockIndexOf(blocks: Blocks, address: number): number {
  const index = blockIndexAt(blocks, address);
  return index >= 0 && blocks.address[index] === address ? index : -1;
}

export function isFree(snapshot: Snapshot, index: number): boolean {
  return (snapshot.blocks.header[index]! & snapshot.layout.headerFree) !== 0;
}

/**
 * Returns whether a free block is the first of its list. Its link to the previous block is then
 * meaningless.
 */
export function isFirst({ heads }: Snapshot, address: number): boolean {
  return heads.includes(address);
}

/** Returns the word at `address`, or 0 outside the memory. */
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

/** Returns the number and bytes of the free blocks, headers included. */
export function summarizeFree(snapshot: Snapshot): FreeSummary {
  const known = summaries.get(snapshot.blocks);
  if (known !== undefined) {
    return known;
  }
  const summary = countFree(snapshot);
  summaries.set(snapshot.blocks, summary);
  return summary;
}

/** Cached, since several panels ask about one moment. */
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
