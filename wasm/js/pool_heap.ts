// SPDX-License-Identifier: MIT
import type { RawExports } from './core.ts';
import { outOfMemory, plainError, rangeError } from './errors.ts';
import type { Layout } from './generated/contract.ts';
import { HeapReader } from './heap_reader.ts';
import { claimRegion, type Host, hostOf, type Region, releaseRegion } from './inlined.ts';
import { pageSize, type Place } from './pool_options.ts';
import { figureOf } from './pool_stats.ts';
import type { Tracer } from './trace.ts';

/** What lies before a pool's heap: a place for results that are more than a number. */
const prefixSize = 64;
/** Of which prefix and heap are multiples. */
const unit = 16;

/**
 * A pool without its public face: a heap in a region of a memory, which grows when a request does
 * not fit, and tells a tracer. Arguments are checked already, except for pointers, which the C side
 * judges.
 */
export class PoolHeap {
  readonly label: string;
  readonly memory: WebAssembly.Memory;
  readonly raw: RawExports;
  readonly layout: Layout;
  readonly region: Region;
  readonly reader: HeapReader;
  /** Null costs one compare a call. */
  tracer: Tracer | null = null;
  /** The heap's address; 0 once the pool is destroyed. */
  address: number;
  /** Goes up when blocks die other than by being freed. */
  epoch = 0;
  /** Called after each growth. */
  onGrow: () => void = () => {};
  /** Called once, when the pool ends. */
  onDestroy: () => void = () => {};
  readonly #host: Host;
  readonly #maxLength: number;
  readonly #scratch: number;
  #buffer: ArrayBufferLike;
  #generation = 0;
  /** The words at #scratch, in #buffer. */
  #words: Uint32Array;

  constructor({ memory, begin, length, maxLength, label }: Place) {
    const scratch = begin + ((unit - (begin % unit)) % unit);
    const region = { begin, length };
    this.#host = hostOf(memory);
    this.raw = this.#host.core.exports;
    this.layout = this.#host.core.layout;
    claimRegion(this.#host, region);
    const lead = scratch - begin + prefixSize;
    const address =
      length > lead
        ? this.raw.segfit_init(begin + lead, length - lead, 0, 0, maxLength - lead, 0) >>> 0
        : 0;
    if (address === 0) {
      releaseRegion(this.#host, region);
      throw rangeError('ERR_SEGFIT_REGION', `${length} bytes at ${begin} are too few for a pool`);
    }
    this.label = label;
    this.memory = memory;
    this.region = region;
    this.address = address;
    this.reader = new HeapReader(memory, address, this.layout);
    this.#maxLength = maxLength;
    this.#scratch = scratch;
    this.#buffer = memory.buffer;
    this.#words = new Uint32Array(memory.buffer, scratch, prefixSize / 4);
  }

  /** The heap's address, of a pool that is not destroyed. */
  live(): number {
    if (this.address !== 0) return this.address;
    throw this.destroyedError();
  }

  destroyedError(): Error {
    return plainError('ERR_SEGFIT_DESTROYED', `the pool "${this.label}" is destroyed`);
  }

  buffer(): ArrayBufferLike {
    // A buffer that growth replaced has no bytes left; asking the memory each time is slower.
    if (this.#buffer.byteLength === 0) {
      this.#buffer = this.memory.buffer;
      this.#generation++;
    }
    return this.#buffer;
  }

  generation(): number {
    this.buffer();
    return this.#generation;
  }

  /** The pointer of a block, or 0. */
  alloc(size: number, align: number, zero = false): number {
    const pointer = this.#request(size, align) || this.#requestGrown(size, align);
    if (zero && pointer !== 0) this.#clear(pointer, size);
    if (this.tracer !== null) {
      this.tracer.tell(pointer === 0 ? 'fail' : 'alloc', pointer, size, align);
    }
    return pointer;
  }

  /** The pointer of a block; throws for want of room. */
  need(size: number, align: number, zero: boolean): number {
    const pointer = this.alloc(size, align, zero);
    if (pointer === 0) throw this.#outOfMemory(size, align);
    return pointer;
  }

  /**
   * Where the block is afterwards, its bytes from `clearFrom` on zero; throws for want of room.
   */
  realloc(pointer: number, size: number, align: number, clearFrom: number): number {
    const { raw, address } = this;
    let moved = raw.segfit_realloc_aligned(address, pointer, align, size) >>> 0;
    if (moved === 0 && this.makeRoom(size, align)) {
      moved = raw.segfit_realloc_aligned(this.live(), pointer, align, size) >>> 0;
    }
    if (moved === 0) {
      this.tracer?.tell('fail', pointer, size, align);
      throw this.#outOfMemory(size, align);
    }
    const holds = this.sizeOf(moved);
    if (holds > clearFrom) this.#clear(moved + clearFrom, holds - clearFrom);
    this.tracer?.tell('realloc', moved, size, align, pointer);
    return moved;
  }

  /** Changes a block's size in place or not at all. */
  resize(pointer: number, size: number): boolean {
    const done = this.raw.segfit_resize(this.address, pointer, size) !== 0;
    if (this.tracer !== null && pointer !== 0) {
      if (done) this.tracer.tell('realloc', pointer, size, this.layout.align, pointer);
      else this.tracer.tell('fail', pointer, size, this.layout.align);
    }
    return done;
  }

  free(pointer: number): void {
    if (this.tracer === null || pointer === 0) {
      this.raw.segfit_free(this.address, pointer);
      return;
    }
    const size = this.sizeOf(pointer);
    this.raw.segfit_free(this.address, pointer);
    this.tracer.tell('free', pointer, size, 0);
  }

  reset(): void {
    this.raw.segfit_reset(this.address);
    this.epoch++;
    this.tracer?.tell('reset', 0, 0, 0);
  }

  destroy(): void {
    if (this.address === 0) return;
    this.address = 0;
    this.epoch++;
    this.tracer = null;
    releaseRegion(this.#host, this.region);
    this.onDestroy();
  }

  /** How many bytes the block at `pointer` holds; 0 for 0. */
  sizeOf(pointer: number): number {
    return this.raw.segfit_usable_size(this.address, pointer) >>> 0;
  }

  /** One of `faultCodes`. */
  faultOf(pointer: number): number {
    return this.raw.segfit_pointer_fault(this.address, pointer);
  }

  /** The figures of the heap: a segfit_stats_t, until the next call. */
  stats(): Uint32Array {
    this.raw.segfit_stats(this.live(), this.#scratch);
    return this.#scratchWords();
  }

  /** Number and place of the first broken invariant, until the next call; null if all hold. */
  check(): Uint32Array | null {
    const holds = this.raw.segfit_check(this.address, this.#scratch) !== 0;
    return holds ? null : this.#scratchWords();
  }

  /** Grows so that a request surely fits: by a quarter, or by just what is missing. */
  makeRoom(size: number, align: number): boolean {
    const room = this.#maxLength - this.region.length;
    if (room <= 0) return false;
    const whole = this.raw.segfit_pool_size_to_contain(this.address, size, align) >>> 0;
    const missing = whole - this.#freeTail();
    if (whole === 0 || missing > room) return false;
    const ample = Math.min(room, Math.max(missing, Math.floor(this.region.length / 4)));
    return this.extend(ample) || this.extend(missing);
  }

  /** Adds whole pages at the end. False, and nothing changes, if it cannot. */
  extend(bytes: number): boolean {
    const { begin, length } = this.region;
    const added = Math.ceil(bytes / pageSize) * pageSize;
    if (added > this.#maxLength - length) return false;
    if (this.memory.buffer.byteLength !== begin + length) return false;
    try {
      this.memory.grow(added / pageSize);
    } catch {
      return false;
    }
    this.region.length += added;
    for (const pool of this.reader.pools()) {
      const end = pool.end + this.layout.wordSize;
      this.raw.segfit_extend_pool(this.address, pool.memory, begin + this.region.length - end);
    }
    this.buffer();
    this.tracer?.tell('grow', begin + length, added, 0);
    this.onGrow();
    return true;
  }

  #outOfMemory(size: number, align: number): RangeError {
    const words = this.stats();
    return outOfMemory(size, align, figureOf(words, 'largestFree'), figureOf(words, 'free'));
  }

  #clear(pointer: number, size: number): void {
    new Uint8Array(this.buffer(), pointer, size).fill(0);
  }

  #request(size: number, align: number): number {
    return align <= this.layout.align
      ? this.raw.segfit_alloc(this.address, size) >>> 0
      : this.raw.segfit_alloc_aligned(this.address, align, size) >>> 0;
  }

  /** After a request that failed. A listener or sink may have ended the pool meanwhile. */
  #requestGrown(size: number, align: number): number {
    if (!this.makeRoom(size, align)) return 0;
    this.live();
    return this.#request(size, align);
  }

  /** Bytes of the free block at the pool's end, which new pages enlarge. */
  #freeTail(): number {
    for (const { end } of this.reader.pools()) {
      if (!this.reader.block(end).previousFree) return 0;
      return this.reader.word(end - this.layout.blockFooterBack);
    }
    return 0;
  }

  #scratchWords(): Uint32Array {
    const buffer = this.buffer();
    if (this.#words.buffer !== buffer) {
      this.#words = new Uint32Array(buffer, this.#scratch, prefixSize / 4);
    }
    return this.#words;
  }
}
