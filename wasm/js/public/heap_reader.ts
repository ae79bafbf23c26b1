// SPDX-License-Identifier: MIT
import {
  type HeapStats,
  type Layout,
  layoutFields,
  layoutMagic,
  layoutVersion,
} from '../generated/contract.ts';
import { hex, plainError, show, typeError } from '../internal/make_error.ts';
import type { SegfitError } from './errors.ts';
import type { ViewOf } from './platform.ts';

/**
 * Bytes that hold a heap: a WebAssembly.Memory, a Pool, or a typed array over a copy. Each call
 * reads `buffer` again, so that the memory may grow.
 */
export interface HeapBytes {
  readonly buffer: ArrayBufferLike;
}

/** The fields of the control structure. Addresses are the heap's own. */
export interface HeapControl {
  readonly rows: number;
  readonly columns: number;
  /** One of `policies`. */
  readonly policy: number;
  /** The address of the first list head. */
  readonly heads: number;
  /** The address of the last pool's record, or 0. */
  readonly pools: number;
  readonly freshBegin: number;
  readonly freshEnd: number;
}

/** A pool: a contiguous region of a heap. */
export interface HeapPool {
  /** The address of the pool's record. */
  readonly record: number;
  /** The address that segfit_add_pool was given. */
  readonly memory: number;
  /** The address of the first block's header. */
  readonly first: number;
  /** The address of the last header, which ends the sequence of blocks. */
  readonly end: number;
}

/** A block, decoded from its header. */
export interface HeapBlock {
  /** The header's address. */
  readonly header: number;
  /** The payload's address, as segfit_alloc returned it if the block is used. */
  readonly pointer: number;
  /** Bytes to the next header. */
  readonly size: number;
  readonly used: boolean;
  readonly previousFree: boolean;
}

/** A free block with its links, which are addresses of headers. */
export interface FreeBlock extends HeapBlock {
  /** 0 in the last block of a list. */
  readonly next: number;
  /** Meaningless in the first block of a list. */
  readonly previous: number;
}

/**
 * Decodes the bytes of a `segfit_layout_t`, for the heap of another module or of a dump.
 *
 * @throws {Error} `ERR_SEGFIT_CORRUPT` if the bytes are not a layout, or have an unknown version.
 */
export function decodeLayout(bytes: Uint8Array): Layout {
  if (bytes.byteLength < layoutFields.length * 4) {
    throw corrupt(0, `a layout has ${layoutFields.length * 4} bytes, not ${bytes.byteLength}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = layoutFields.map((name, index) => [name, view.getUint32(index * 4, true)]);
  const layout = Object.fromEntries(entries) as Layout;
  if (layout.magic !== layoutMagic) {
    throw corrupt(0, `not a layout: it begins with ${hex(layout.magic)}, not ${hex(layoutMagic)}`);
  }
  if (layout.version !== layoutVersion) {
    throw corrupt(
      4,
      `the layout has version ${layout.version}; this reader knows version ${layoutVersion}`,
    );
  }
  const { wordSize, align, minBlock } = layout;
  if ((wordSize === 4 || wordSize === 8) && align >= wordSize && minBlock >= align) return layout;
  throw corrupt(
    8,
    `the layout has words of ${wordSize} bytes and a smallest block of ${minBlock} bytes`,
  );
}

const corrupt = (address: number, what: string): SegfitError =>
  plainError('ERR_SEGFIT_CORRUPT', `at ${hex(address)}: ${what}`);

/**
 * The maximum number of rows and columns of a heap: the row bitmap is one word, a column bitmap has
 * 32 bits.
 */
const bitsOf = (bytes: number): number => bytes * 8;
const columnBits = 32;

/**
 * Reads a heap through its layout and changes nothing. It needs no module, so the bytes may come
 * from a file.
 *
 * It does not trust the bytes: it checks every address before it follows it, and every walk ends
 * even if links and sizes were overwritten. Unreadable bytes throw `ERR_SEGFIT_CORRUPT` with their
 * address; a generator first yields everything before them.
 */
export class HeapReader {
  readonly layout: Layout;
  /** The heap's address. */
  readonly heap: number;
  readonly #bytes: HeapBytes;
  readonly #base: number;
  readonly #key: bigint;
  #view: DataView;

  /**
   * `heap` is the heap's address. `base` is the address of the first byte, for a dump that does not
   * begin at address 0. `key` is the key that `segfit_set_key` was given, for a library that
   * encodes headers (SEGFIT_CHECK 3 or more).
   */
  constructor(bytes: HeapBytes, heap: number, layout: Layout, base = 0, key: number | bigint = 0) {
    if (typeof bytes !== 'object' || bytes === null || !('buffer' in bytes)) {
      throw typeError(
        'ERR_SEGFIT_ARG_TYPE',
        `bytes must have a buffer to read a heap from; ${show(bytes)} has none`,
      );
    }
    if (typeof key !== 'bigint' && !Number.isSafeInteger(key)) {
      throw typeError('ERR_SEGFIT_ARG_TYPE', `key must be a whole number, not ${show(key)}`);
    }
    this.#bytes = bytes;
    this.#base = base;
    this.#key = BigInt(key);
    this.heap = heap;
    this.layout = layout;
    this.#view = viewOf(bytes);
  }

  /** Returns the geometry and the anchors, checked. */
  control(): HeapControl {
    this.#refresh();
    const { layout, heap } = this;
    const rows = this.#byte(heap + layout.controlRows);
    const columnsLog2 = this.#byte(heap + layout.controlColumnsLog2);
    if (rows < 1 || rows > bitsOf(layout.wordSize))
      throw corrupt(heap, `the heap has ${rows} rows`);
    if (1 << columnsLog2 > columnBits || columnsLog2 > 5) {
      throw corrupt(heap, `the heap has 2^${columnsLog2} columns`);
    }
    return {
      rows,
      columns: 1 << columnsLog2,
      policy: this.#byte(heap + layout.controlPolicy),
      heads: heap + this.#u32(heap + layout.controlHeadsOffset),
      pools: this.#word(heap + layout.controlPools),
      freshBegin: this.#word(heap + layout.controlFreshBegin),
      freshEnd: this.#word(heap + layout.controlFreshEnd),
    };
  }

  /** Returns for each row whether any of its lists holds a block. */
  rowBits(): boolean[] {
    const { layout } = this;
    const { rows } = this.control();
    const address = this.heap + layout.controlRowBitmap;
    const bits: boolean[] = [];
    for (let row = 0; row < rows; row++) {
      bits.push(((this.#u32(address + (row >> 5) * 4) >>> (row & 31)) & 1) === 1);
    }
    return bits;
  }

  /** Returns a row's column bitmap: bit `column` is set if that list holds a block. */
  columnBits(row: number): number {
    this.#refresh();
    return this.#u32(this.heap + this.layout.controlColumnBitmaps + row * 4);
  }

  /**
   * Returns the address of the first header in the list of class `index` (row · columns + column),
   * or 0.
   */
  head(index: number): number {
    return this.#word(this.control().heads + index * this.layout.wordSize);
  }

  /** Returns the address of the first header of every class, or 0, by index. */
  heads(): number[] {
    const { rows, columns, heads } = this.control();
    const all: number[] = [];
    for (let index = 0; index < rows * columns; index++) {
      all.push(this.#word(heads + index * this.layout.wordSize));
    }
    return all;
  }

  /** Yields the blocks of class `index` (row · columns + column), in the order of its list. */
  *list(index: number): Generator<FreeBlock, void, undefined> {
    const { rows, columns } = this.control();
    if (index < 0 || index >= rows * columns) return;
    const seen = new Set<number>();
    for (let header = this.head(index); header !== 0; ) {
      if (seen.has(header)) throw corrupt(header, `list ${index} contains a cycle`);
      seen.add(header);
      const block = this.freeBlock(header);
      yield block;
      header = block.next;
    }
  }

  /** Returns the block whose header lies at `header`. */
  block(header: number): HeapBlock {
    this.#refresh();
    const word = this.#header(header);
    const flags = this.#flagsOf(word);
    return {
      header,
      pointer: header + this.layout.blockPayload,
      size: word - flags,
      used: (flags & this.layout.headerFree) === 0,
      previousFree: (flags & this.layout.headerPrevFree) !== 0,
    };
  }

  /** Returns the block at `header` with its links, which are valid if it is free. */
  freeBlock(header: number): FreeBlock {
    return {
      ...this.block(header),
      next: this.#word(header + this.layout.blockNextFree),
      previous: this.#word(header + this.layout.blockPrevFree),
    };
  }

  /** Yields the pools, the last added first. */
  *pools(): Generator<HeapPool, void, undefined> {
    const { layout } = this;
    const seen = new Set<number>();
    for (let record = this.control().pools; record !== 0; ) {
      if (seen.has(record)) throw corrupt(record, 'the chain of pools contains a cycle');
      seen.add(record);
      this.#refresh();
      const pool = {
        record,
        memory: this.#word(record + layout.poolMemory),
        first: record + layout.poolFirst,
        end: this.#word(record + layout.poolEnd),
      };
      if (pool.end < pool.first)
        throw corrupt(record, `the pool ends at ${hex(pool.end)}, before its first block`);
      const next = this.#word(record + layout.poolNext);
      yield pool;
      record = next;
    }
  }

  /** Yields every block, pool by pool in address order. */
  *blocks(): Generator<HeapBlock, void, undefined> {
    for (const pool of this.#poolsByAddress()) {
      for (let header = pool.first; header !== pool.end; ) {
        const block = this.block(header);
        this.#checkSize(block.size, header, pool);
        yield block;
        header += block.size;
      }
    }
  }

  /**
   * Returns two numbers for each block, in address order: its pointer and its header word, which is
   * the size, header included, with `layout.headerFlags` in it. For words of 4 bytes.
   */
  snapshot(): ViewOf<ArrayBuffer>['Uint32Array'] {
    let pairs = new Uint32Array(256);
    let length = 0;
    for (const pool of this.#poolsByAddress()) {
      for (let header = pool.first; header !== pool.end; length += 2) {
        const word = this.#header(header);
        const size = word - this.#flagsOf(word);
        this.#checkSize(size, header, pool);
        if (length === pairs.length) pairs = enlarged(pairs);
        pairs[length] = header + this.layout.blockPayload;
        pairs[length + 1] = word;
        header += size;
      }
    }
    return pairs.slice(0, length);
  }

  /** Returns the statistics of segfit_stats, except `largestAlloc`. */
  stats(): Omit<HeapStats, 'largestAlloc'> {
    this.#refresh();
    const { layout, heap } = this;
    const statistic = (offset: number): number => this.#word(heap + offset);
    const capacity = statistic(layout.statsCapacity);
    const used = statistic(layout.statsUsed);
    const allocs = statistic(layout.statsAllocs);
    const frees = statistic(layout.statsFrees);
    return {
      capacity,
      used,
      free: capacity - used,
      peakUsed: statistic(layout.statsPeakUsed),
      peakRequest: statistic(layout.statsPeakRequest),
      usedBlocks: allocs - frees,
      freeBlocks: statistic(layout.statsFreeBlocks),
      allocs,
      frees,
      failures: statistic(layout.statsFailures),
      grows: statistic(layout.statsGrows),
      overhead: statistic(layout.statsOverhead) + this.#controlSize(),
      largestFree: this.#largestFree(),
    };
  }

  /** Returns the word at an address: 4 or 8 bytes, as the layout says. */
  word(address: number): number {
    this.#refresh();
    return this.#word(address);
  }

  #word(address: number): number {
    if (this.layout.wordSize === 4) return this.#u32(address);
    return this.#u32(address) + this.#u32(address + 4) * 2 ** 32;
  }

  #controlSize(): number {
    const { rows, columns, heads } = this.control();
    return heads - this.heap + rows * columns * this.layout.wordSize;
  }

  /** The payload size of the first block in the largest class that holds any. */
  #largestFree(): number {
    const { columns } = this.control();
    const row = this.rowBits().lastIndexOf(true);
    if (row < 0) return 0;
    const column = columnBits - 1 - Math.clz32(this.columnBits(row));
    if (column < 0)
      throw corrupt(
        this.heap,
        `row ${row} is marked as holding a block, but none of its columns is`,
      );
    const header = this.head(row * columns + column);
    return this.block(header).size - this.layout.blockPayload;
  }

  #poolsByAddress(): HeapPool[] {
    const pools = [...this.pools()].sort((a, b) => a.first - b.first);
    let end = 0;
    for (const pool of pools) {
      if (pool.first < end) throw corrupt(pool.record, 'the pool overlaps another');
      end = pool.end;
    }
    return pools;
  }

  #header(header: number): number {
    if ((header + this.layout.blockPayload) % this.layout.align !== 0) {
      throw corrupt(header, 'a header cannot lie at this address');
    }
    return this.layout.headerInverse === 0 ? this.#word(header) : this.#decoded(header);
  }

  /** Decodes the header at `header`, as key.h of the library describes. */
  #decoded(header: number): number {
    const { wordSize, headerInverse, headerInverseHigh } = this.layout;
    const bits = wordSize * 8;
    const high = wordSize === 8 ? this.#u32(header + 4) : 0;
    const word = (BigInt(high) << 32n) | BigInt(this.#u32(header));
    const inverse = (BigInt(headerInverseHigh) << 32n) | BigInt(headerInverse);
    const mask = BigInt.asUintN(bits, BigInt(header) + this.#key);
    return Number(BigInt.asUintN(bits, (word ^ mask) * inverse));
  }

  #flagsOf(word: number): number {
    return (word >>> 0) & this.layout.headerFlags;
  }

  #checkSize(size: number, header: number, pool: HeapPool): void {
    const { align, minBlock } = this.layout;
    if (size >= minBlock && size % align === 0 && header + size <= pool.end) return;
    throw corrupt(
      header,
      `the block has ${size} bytes, ${pool.end - header} bytes before the pool's end`,
    );
  }

  #byte(address: number): number {
    return this.#within(address, 1).getUint8(address - this.#base);
  }

  #u32(address: number): number {
    return this.#within(address, 4).getUint32(address - this.#base, true);
  }

  /** Returns the view after checking that it contains `bytes` bytes at `address`. */
  #within(address: number, bytes: number): DataView {
    const view = this.#view;
    const offset = address - this.#base;
    if (offset >= 0 && offset + bytes <= view.byteLength) return view;
    throw corrupt(address, `the address lies outside the ${view.byteLength} bytes given`);
  }

  /** Replaces the view if the memory has grown: the old view is detached or too short. */
  #refresh(): void {
    if (this.#view.buffer !== this.#bytes.buffer) this.#view = viewOf(this.#bytes);
  }
}

/** Without a length, so that the view follows a buffer that is resized in place. */
function viewOf(bytes: HeapBytes): DataView {
  const whole: unknown = bytes;
  if (!ArrayBuffer.isView(whole)) return new DataView(bytes.buffer);
  return new DataView(bytes.buffer, whole.byteOffset, whole.byteLength);
}

function enlarged(pairs: ViewOf<ArrayBuffer>['Uint32Array']): ViewOf<ArrayBuffer>['Uint32Array'] {
  const larger = new Uint32Array(pairs.length * 2);
  larger.set(pairs);
  return larger;
}
