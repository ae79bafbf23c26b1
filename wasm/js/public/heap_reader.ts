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
 * Bytes that hold a heap: a WebAssembly.Memory, a Pool, or a typed array over a copy. `buffer` is
 * looked at anew in each call, so that it may grow.
 */
export interface HeapBytes {
  readonly buffer: ArrayBufferLike;
}

/** The control structure's fields. Addresses are as the heap knows them. */
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

/** A contiguous region of a heap. */
export interface HeapPool {
  /** Where its record lies. */
  readonly record: number;
  /** Its address as it was given to segfit_add_pool. */
  readonly memory: number;
  /** Its first block's header. */
  readonly first: number;
  /** Its last header, which ends the row of blocks. */
  readonly end: number;
}

/** A block as its header tells it. */
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

/** A free block with its links: addresses of headers. */
export interface FreeBlock extends HeapBlock {
  /** 0 in a list's last block. */
  readonly next: number;
  /** Of no meaning in a list's first block. */
  readonly previous: number;
}

/**
 * Decodes the bytes of a `segfit_layout_t`, for a heap of another module or of a dump.
 *
 * @throws {Error} `ERR_SEGFIT_CORRUPT` if they are none, or of a version that is not known here.
 */
export function decodeLayout(bytes: Uint8Array): Layout {
  if (bytes.byteLength < layoutFields.length * 4) {
    throw corrupt(0, `a layout has ${layoutFields.length * 4} bytes, not ${bytes.byteLength}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = layoutFields.map((name, index) => [name, view.getUint32(index * 4, true)]);
  const layout = Object.fromEntries(entries) as Layout;
  if (layout.magic !== layoutMagic) {
    throw corrupt(0, `no layout: it begins with ${hex(layout.magic)}`);
  }
  if (layout.version !== layoutVersion) {
    throw corrupt(4, `a layout of version ${layout.version}; this reader knows ${layoutVersion}`);
  }
  const { wordSize, align, minBlock } = layout;
  if ((wordSize === 4 || wordSize === 8) && align >= wordSize && minBlock >= align) return layout;
  throw corrupt(8, `a layout of ${wordSize}-byte words and blocks from ${minBlock} bytes on`);
}

const corrupt = (address: number, what: string): SegfitError =>
  plainError('ERR_SEGFIT_CORRUPT', `at ${hex(address)}: ${what}`);

/**
 * The most rows and columns that any heap can have: its row bitmap is a word, a column one 32 bits.
 */
const bitsOf = (bytes: number): number => bytes * 8;
const columnBits = 32;

/**
 * Reads a heap through its layout, and changes nothing. It needs no module, so the bytes may come
 * from a file.
 *
 * Nothing in them is trusted: every address is checked before it is followed, and every walk ends
 * however links and sizes were overwritten. What cannot be read throws `ERR_SEGFIT_CORRUPT` with
 * the address; generators do so after what came before it.
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
   * `heap` is the heap's address; `base` the address of the first byte, for a dump that does not
   * begin at address 0; `key` what `segfit_set_key` was given, of a library whose headers are
   * encoded (SEGFIT_CHECK 3 or more).
   */
  constructor(
    bytes: HeapBytes,
    heap: number,
    layout: Layout,
    base = 0,
    key: number | bigint = 0,
  ) {
    if (typeof bytes !== 'object' || bytes === null || !('buffer' in bytes)) {
      throw typeError('ERR_SEGFIT_ARG_TYPE', `${show(bytes)} has no buffer to read a heap from`);
    }
    if (typeof key !== 'bigint' && !Number.isSafeInteger(key)) {
      throw typeError('ERR_SEGFIT_ARG_TYPE', `${show(key)} is no key, a whole number`);
    }
    this.#bytes = bytes;
    this.#base = base;
    this.#key = BigInt(key);
    this.heap = heap;
    this.layout = layout;
    this.#view = viewOf(bytes);
  }

  /** The geometry and the anchors, checked: what follows stays within them. */
  control(): HeapControl {
    this.#refresh();
    const { layout, heap } = this;
    const rows = this.#byte(heap + layout.controlRows);
    const columnsLog2 = this.#byte(heap + layout.controlColumnsLog2);
    if (rows < 1 || rows > bitsOf(layout.wordSize)) throw corrupt(heap, `a heap of ${rows} rows`);
    if (1 << columnsLog2 > columnBits || columnsLog2 > 5) {
      throw corrupt(heap, `a heap of 2^${columnsLog2} columns`);
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

  /** For each row, whether a list of it holds something. */
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

  /** A row's column bitmap: bit `column` is set where that list holds something. */
  columnBits(row: number): number {
    this.#refresh();
    return this.#u32(this.heap + this.layout.controlColumnBitmaps + row * 4);
  }

  /** The header of the first block of class `index` (row · columns + column), or 0. */
  head(index: number): number {
    return this.#word(this.control().heads + index * this.layout.wordSize);
  }

  /** The first header of every class, or 0, by index. */
  heads(): number[] {
    const { rows, columns, heads } = this.control();
    const all: number[] = [];
    for (let index = 0; index < rows * columns; index++) {
      all.push(this.#word(heads + index * this.layout.wordSize));
    }
    return all;
  }

  /** The blocks of class `index` (row · columns + column), in the order of its list. */
  *list(index: number): Generator<FreeBlock, void, undefined> {
    const { rows, columns } = this.control();
    if (index < 0 || index >= rows * columns) return;
    const seen = new Set<number>();
    for (let header = this.head(index); header !== 0; ) {
      if (seen.has(header)) throw corrupt(header, `list ${index} leads back to a block before`);
      seen.add(header);
      const block = this.freeBlock(header);
      yield block;
      header = block.next;
    }
  }

  /** The block whose header lies at `header`. */
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

  /** The block at `header` with the links that it has if it is free. */
  freeBlock(header: number): FreeBlock {
    return {
      ...this.block(header),
      next: this.#word(header + this.layout.blockNextFree),
      previous: this.#word(header + this.layout.blockPrevFree),
    };
  }

  /** The pools, last added first. */
  *pools(): Generator<HeapPool, void, undefined> {
    const { layout } = this;
    const seen = new Set<number>();
    for (let record = this.control().pools; record !== 0; ) {
      if (seen.has(record)) throw corrupt(record, 'the chain of pools leads back to one before');
      seen.add(record);
      this.#refresh();
      const pool = {
        record,
        memory: this.#word(record + layout.poolMemory),
        first: record + layout.poolFirst,
        end: this.#word(record + layout.poolEnd),
      };
      if (pool.end < pool.first) throw corrupt(record, `a pool that ends at ${hex(pool.end)}`);
      const next = this.#word(record + layout.poolNext);
      yield pool;
      record = next;
    }
  }

  /** Every block, pool by pool in address order. */
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
   * Two numbers for each block, in address order: its pointer and its header word, which is the
   * size, header included, with `layout.headerFlags` in it. For words of 4 bytes.
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

  /** The figures as segfit_stats gives them, `largestAlloc` excepted. */
  stats(): Omit<HeapStats, 'largestAlloc'> {
    this.#refresh();
    const { layout, heap } = this;
    const figure = (offset: number): number => this.#word(heap + offset);
    const capacity = figure(layout.statsCapacity);
    const used = figure(layout.statsUsed);
    const allocs = figure(layout.statsAllocs);
    const frees = figure(layout.statsFrees);
    return {
      capacity,
      used,
      free: capacity - used,
      peakUsed: figure(layout.statsPeakUsed),
      peakRequest: figure(layout.statsPeakRequest),
      usedBlocks: allocs - frees,
      freeBlocks: figure(layout.statsFreeBlocks),
      allocs,
      frees,
      failures: figure(layout.statsFailures),
      grows: figure(layout.statsGrows),
      overhead: figure(layout.statsOverhead) + this.#controlSize(),
      largestFree: this.#largestFree(),
    };
  }

  /** The word at an address: 4 or 8 bytes, as the layout says. */
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

  /** Payload of the first block of the largest class that holds any. */
  #largestFree(): number {
    const { columns } = this.control();
    const row = this.rowBits().lastIndexOf(true);
    if (row < 0) return 0;
    const column = columnBits - 1 - Math.clz32(this.columnBits(row));
    if (column < 0) throw corrupt(this.heap, `row ${row} is marked, none of its columns is`);
    const header = this.head(row * columns + column);
    return this.block(header).size - this.layout.blockPayload;
  }

  #poolsByAddress(): HeapPool[] {
    const pools = [...this.pools()].sort((a, b) => a.first - b.first);
    let end = 0;
    for (const pool of pools) {
      if (pool.first < end) throw corrupt(pool.record, 'a pool that overlaps another');
      end = pool.end;
    }
    return pools;
  }

  #header(header: number): number {
    if ((header + this.layout.blockPayload) % this.layout.align !== 0) {
      throw corrupt(header, 'no header can lie here');
    }
    return this.layout.headerInverse === 0 ? this.#word(header) : this.#decoded(header);
  }

  /** The header at `header` of a library that encodes them: key.h says how. */
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
    throw corrupt(header, `a block of ${size} bytes, ${pool.end - header} before the pool's end`);
  }

  #byte(address: number): number {
    return this.#within(address, 1).getUint8(address - this.#base);
  }

  #u32(address: number): number {
    return this.#within(address, 4).getUint32(address - this.#base, true);
  }

  /** The view, once `bytes` at `address` are known to lie in it. */
  #within(address: number, bytes: number): DataView {
    const view = this.#view;
    const offset = address - this.#base;
    if (offset >= 0 && offset + bytes <= view.byteLength) return view;
    throw corrupt(address, `outside the ${view.byteLength} bytes that there are`);
  }

  /** Before reading: a view that was made before a growth is detached, or too short. */
  #refresh(): void {
    if (this.#view.buffer !== this.#bytes.buffer) this.#view = viewOf(this.#bytes);
  }
}

/** Without a length, so that it follows a buffer that can be resized in place. */
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
