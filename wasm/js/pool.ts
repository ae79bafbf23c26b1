// SPDX-License-Identifier: MIT
/// <reference lib="esnext.disposable" preserve="true" />
import { checkAlignment, checkPointer, checkSize, describe } from './arguments.ts';
import type { RawExports } from './core.ts';
import { hex, outOfMemory, plainError, rangeError, typeError } from './errors.ts';
import { faultCodes, invariants, type Layout } from './generated/contract.ts';
import { HeapReader } from './heap_reader.ts';
import { claimRegion, type Host, hostOf, type Region, releaseRegion } from './inlined.ts';
import { pageSize, placeOf, type PoolOptions } from './pool_options.ts';
import {
  type BlockInfo,
  blocksOf,
  type CheckReport,
  figureOf,
  fillStats,
  type PoolStats,
} from './pool_stats.ts';
import {
  elementSize,
  makeView,
  offsetOf,
  type TypedArrayConstructor,
  type ViewFor,
} from './views.ts';

export interface AllocOptions {
  /** A power of two. Default: 8 for alloc(), the element's size for allocArray(). */
  align?: number;
  /** Fills the bytes with zeros. Default: false for alloc(), true for allocArray(). */
  zero?: boolean;
}

/** What lies before a pool's heap: a place for results that are more than a number. */
const prefixSize = 64;
/** Of which prefix and heap are multiples. */
const unit = 16;

/** Node has Symbol.dispose, some other environments have not. */
const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/**
 * Blocks of memory inside one ArrayBuffer, given out and taken back in constant time. A block is
 * named by its pointer, its offset in the buffer; view it as a typed array.
 *
 * Bookkeeping lies beside the payload in a WebAssembly.Memory, so your own wasm can use the blocks
 * too. A write past a block's end destroys it, as in C.
 */
export class Pool<B extends ArrayBufferLike = ArrayBuffer> implements Disposable {
  readonly label: string;
  /** Where the pool begins in `buffer`. */
  readonly byteOffset: number;
  readonly #memory: WebAssembly.Memory;
  readonly #host: Host;
  readonly #raw: RawExports;
  readonly #layout: Layout;
  readonly #region: Region;
  readonly #maxLength: number;
  readonly #scratch: number;
  readonly #reader: HeapReader;
  readonly #listeners = new Set<(pool: this) => void>();
  /** The heap's address; 0 once the pool is destroyed. */
  #heap: number;
  #buffer: ArrayBufferLike;
  #generation = 0;
  /** The words at #scratch, in #buffer. */
  #words: Uint32Array;

  /**
   * Makes a pool, in a memory of its own or in a given one, which is then changed in the pool's
   * region only.
   *
   * @throws {RangeError} `ERR_SEGFIT_SIZE` for a size that is none; `ERR_SEGFIT_REGION` for a
   * region that is too small, outside the memory or overlapping a pool; `ERR_SEGFIT_OUT_OF_MEMORY`
   * if the engine has no memory.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` for options of a wrong type or an unknown name.
   * @throws {Error} `ERR_SEGFIT_WASM_BLOCKED` where WebAssembly may not be compiled.
   */
  constructor(options: PoolOptions) {
    const { memory, begin, length, maxLength, label } = placeOf(options);
    const scratch = begin + ((unit - (begin % unit)) % unit);
    const region = { begin, length };
    this.#host = hostOf(memory);
    this.#raw = this.#host.core.exports;
    this.#layout = this.#host.core.layout;
    claimRegion(this.#host, region);
    const lead = scratch - begin + prefixSize;
    const heap =
      length > lead
        ? this.#raw.segfit_init(begin + lead, length - lead, 0, 0, maxLength - lead, 0) >>> 0
        : 0;
    if (heap === 0) {
      releaseRegion(this.#host, region);
      throw rangeError('ERR_SEGFIT_REGION', `${length} bytes at ${begin} are too few for a pool`);
    }
    this.label = label;
    this.byteOffset = begin;
    this.#memory = memory;
    this.#region = region;
    this.#maxLength = maxLength;
    this.#scratch = scratch;
    this.#heap = heap;
    this.#reader = new HeapReader(memory, heap, this.#layout);
    this.#buffer = memory.buffer;
    this.#words = new Uint32Array(memory.buffer, scratch, prefixSize / 4);
  }

  get memory(): WebAssembly.Memory {
    this.#live();
    return this.#memory;
  }

  /** The current buffer. Growth makes another one, so do not keep it. */
  get buffer(): B {
    this.#live();
    return this.#currentBuffer() as B;
  }

  get byteLength(): number {
    return this.#region.length;
  }

  /**
   * Goes up whenever `buffer` becomes another object: compare it to know whether a view is stale.
   */
  get generation(): number {
    this.#live();
    this.#currentBuffer();
    return this.#generation;
  }

  get destroyed(): boolean {
    return this.#heap === 0;
  }

  /**
   * Returns the pointer of a block of `size` bytes, uninitialised unless `options.zero`. A size of
   * 0 is served as 1. Constant time, unless the pool grows.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when no block fits and the pool cannot grow.
   */
  alloc(size: number, options?: AllocOptions): number {
    const heap = this.#live();
    checkSize(size, 'size');
    if (options === undefined) {
      const pointer = this.#raw.segfit_alloc(heap, size) >>> 0;
      return pointer === 0 ? this.#allocGrown(heap, size, this.#layout.align) : pointer;
    }
    const { align = this.#layout.align, zero = false } = options;
    checkAlignment(align);
    return this.#allocAs(heap, size, align, zero);
  }

  /** As alloc(), but answers 0 when nothing fits. Makes no garbage, unless the pool grows. */
  tryAlloc(size: number, align: number = this.#layout.align): number {
    const heap = this.#live();
    checkSize(size, 'size');
    checkAlignment(align);
    const pointer = this.#request(heap, size, align);
    if (pointer !== 0 || !this.#makeRoom(heap, size, align)) return pointer;
    return this.#request(heap, size, align);
  }

  /**
   * Changes a block's size, keeping its content up to the smaller size, and returns where it is
   * afterwards; it may have moved. A pointer of 0 acts as alloc(). `options.zero` clears the bytes
   * that the block gains; `options.align` beyond 8 must be given again each time. Constant time,
   * plus copying when it moves.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when there is no room; the block is as it was.
   */
  realloc(pointer: number, size: number, options: AllocOptions = {}): number {
    const heap = this.#live();
    checkPointer(pointer);
    checkSize(size, 'size');
    const { align = this.#layout.align, zero = false } = options;
    checkAlignment(align);
    if (pointer === 0) return this.#allocAs(heap, size, align, zero);
    const before = this.#raw.segfit_usable_size(heap, pointer) >>> 0;
    let moved = this.#raw.segfit_realloc_aligned(heap, pointer, align, size) >>> 0;
    if (moved === 0 && this.#makeRoom(heap, size, align)) {
      moved = this.#raw.segfit_realloc_aligned(heap, pointer, align, size) >>> 0;
    }
    if (moved === 0) throw this.#outOfMemory(size, align);
    const after = this.#raw.segfit_usable_size(heap, moved) >>> 0;
    if (zero && after > before) this.#clear(moved + before, after - before);
    return moved;
  }

  /** Changes a block's size in place. False, and nothing changes, if it cannot. Constant time. */
  tryResize(pointer: number, size: number): boolean {
    const heap = this.#live();
    checkPointer(pointer);
    checkSize(size, 'size');
    return this.#raw.segfit_resize(heap, pointer, size) !== 0;
  }

  /**
   * Gives a block back, by its pointer or by a view that begins where it begins. 0 does nothing.
   * Constant time.
   *
   * @throws {RangeError} `ERR_SEGFIT_POINTER` for a pointer that this pool did not give,
   * `ERR_SEGFIT_DOUBLE_FREE` for one that was freed. Nothing changes then. This is judged by the
   * block's header and its neighbours: bytes made to look like a header can deceive it.
   * @throws {TypeError} `ERR_SEGFIT_FOREIGN_VIEW`, `ERR_SEGFIT_DETACHED_VIEW` for a view over
   * another buffer, or over one that growth replaced.
   */
  free(pointer: number | ArrayBufferView): void {
    const heap = this.#live();
    if (typeof pointer === 'number') {
      checkPointer(pointer);
      this.#raw.segfit_free(heap, pointer);
    } else {
      this.#raw.segfit_free(heap, this.#pointerOf(pointer));
    }
  }

  /** Frees all blocks at once. Pointers and views of them are dead. Linear in size classes. */
  reset(): void {
    this.#raw.segfit_reset(this.#live());
  }

  /** How many bytes a live block holds: at least what was asked for. 0 for 0. */
  sizeOf(pointer: number): number {
    const heap = this.#live();
    checkPointer(pointer);
    return this.#raw.segfit_usable_size(heap, pointer) >>> 0;
  }

  /**
   * True if alloc(size) is sure to succeed without growing. After false it may still succeed, by a
   * block within one size class of `largestAlloc`. Constant time.
   */
  canAlloc(size: number, align: number = this.#layout.align): boolean {
    const heap = this.#live();
    checkSize(size, 'size');
    checkAlignment(align);
    const widest = align > this.#layout.align ? align + this.#layout.minBlock : 0;
    return this.#raw.segfit_max_alloc(heap) >>> 0 >= Math.max(1, size) + widest;
  }

  /** True if free() would take it, judged in the same way; false for 0 and for a foreign view. */
  owns(pointer: number | ArrayBufferView): boolean {
    const heap = this.#live();
    let address = pointer;
    if (typeof address === 'number') {
      checkPointer(address);
    } else if (ArrayBuffer.isView(address) && address.buffer !== this.#currentBuffer()) {
      return false;
    } else {
      address = offsetOf(address, this.#currentBuffer());
    }
    return this.#raw.segfit_pointer_fault(heap, address) === faultCodes.ok;
  }

  /**
   * Allocates `length` elements, zero unless `options.zero` is false, and returns them as a typed
   * array. Give the block back by free(array).
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when no block fits and the pool cannot grow.
   */
  allocArray<C extends TypedArrayConstructor>(
    type: C,
    length: number,
    options: AllocOptions = {},
  ): ViewFor<C, B> {
    const heap = this.#live();
    const element = elementSize(type);
    checkSize(length, 'length');
    checkSize(length * element, 'length in bytes');
    // Every block is aligned for the widest element.
    const { align = element, zero = true } = options;
    checkAlignment(align);
    const pointer = this.#allocAs(heap, length * element, align, zero);
    return makeView(type, this.#currentBuffer() as B, pointer, length);
  }

  /**
   * A new view of a live block: all its bytes, or `length` elements from its begin.
   *
   * @throws {RangeError} `ERR_SEGFIT_SIZE` if the block does not hold that many; as free() for a
   * pointer that is no live block.
   */
  view(pointer: number): Uint8Array<B>;
  view<C extends TypedArrayConstructor>(pointer: number, type: C, length: number): ViewFor<C, B>;
  view(
    pointer: number,
    type: TypedArrayConstructor = Uint8Array,
    length?: number,
  ): ArrayBufferView {
    const size = this.#sizeOfLive(pointer);
    const element = elementSize(type);
    const elements = length === undefined && type === Uint8Array ? size : (length as number);
    checkSize(elements, 'length');
    if (elements * element > size) {
      throw rangeError(
        'ERR_SEGFIT_SIZE',
        `length ${elements} is ${elements * element} bytes; the block at ${pointer} holds ${size}`,
      );
    }
    return makeView(type, this.#currentBuffer(), pointer, elements);
  }

  /** A new DataView of all bytes of a live block. */
  dataView(pointer: number): DataView<B> {
    const size = this.#sizeOfLive(pointer);
    return new DataView(this.#currentBuffer(), pointer, size) as DataView<B>;
  }

  /**
   * Adds at least `bytes` bytes, in whole pages, and calls the listeners. False, and nothing
   * changes, beyond `maxSize`, when the engine has no more, or when something else lies behind the
   * pool.
   */
  grow(bytes: number): boolean {
    const heap = this.#live();
    checkSize(bytes, 'bytes');
    return bytes === 0 || this.#extend(heap, bytes);
  }

  /** Has `listener` called whenever this pool has grown; returns what ends that. */
  onGrow(listener: (pool: this) => void): () => void {
    this.#live();
    if (typeof listener !== 'function') {
      const message = `listener must be a function, not ${describe(listener)}`;
      throw typeError('ERR_SEGFIT_ARG_TYPE', message);
    }
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The pool's figures; pass an object to have it filled instead of a new one. Constant time. */
  stats(): PoolStats;
  stats<T extends Partial<PoolStats>>(into: T): T & PoolStats;
  stats(into: Partial<PoolStats> = {}): Partial<PoolStats> {
    const heap = this.#live();
    if (typeof into !== 'object' || into === null) {
      const message = `stats are filled into an object, not ${describe(into)}`;
      throw typeError('ERR_SEGFIT_ARG_TYPE', message);
    }
    this.#raw.segfit_stats(heap, this.#scratch);
    return fillStats(into, this.#scratchWords(), this.#region.length, this.#layout.wordSize);
  }

  /** All blocks in address order, as they are at the call. Linear in blocks. */
  blocks(): IterableIterator<BlockInfo> {
    return blocksOf(this.snapshot(), this.#layout);
  }

  /**
   * Two numbers for each block, in address order: its pointer and its header word: the block's
   * size, header included, with bit 0 set if it is free and bit 1 if the one before is. Linear in
   * blocks.
   *
   * @throws {Error} `ERR_SEGFIT_CORRUPT` if headers were overwritten so that they cannot be read.
   */
  snapshot(): Uint32Array<ArrayBuffer> {
    this.#live();
    return this.#reader.snapshot();
  }

  /**
   * Whether every invariant of the heap holds, and if not, the first that does not. Linear in
   * blocks.
   */
  check(): CheckReport {
    const heap = this.#live();
    if (this.#raw.segfit_check(heap, this.#scratch) !== 0) return { ok: true, problems: [] };
    const [broken = 0, pointer = 0] = this.#scratchWords();
    const invariant = invariants.find(({ number }) => number === broken);
    const what = `I${broken} ${invariant?.name}, at ${hex(pointer)}, is broken: ${invariant?.text}`;
    return { ok: false, problems: [{ pointer, what }] };
  }

  /**
   * Ends the pool: every call throws `ERR_SEGFIT_DESTROYED` from here on, except this one. A given
   * memory's region can hold another pool; own memory goes when nothing refers to it or its views.
   */
  destroy(): void {
    if (this.#heap === 0) return;
    this.#heap = 0;
    this.#listeners.clear();
    releaseRegion(this.#host, this.#region);
  }

  /** The same as destroy(). */
  [dispose](): void {
    this.destroy();
  }

  /** The heap's address, of a pool that is not destroyed. */
  #live(): number {
    if (this.#heap !== 0) return this.#heap;
    throw plainError('ERR_SEGFIT_DESTROYED', `the pool "${this.label}" is destroyed`);
  }

  #currentBuffer(): ArrayBufferLike {
    // A buffer that growth replaced has no bytes left; asking the memory each time is slower.
    if (this.#buffer.byteLength === 0) {
      this.#buffer = this.#memory.buffer;
      this.#generation++;
    }
    return this.#buffer;
  }

  #scratchWords(): Uint32Array {
    const buffer = this.#currentBuffer();
    if (this.#words.buffer !== buffer) {
      this.#words = new Uint32Array(buffer, this.#scratch, prefixSize / 4);
    }
    return this.#words;
  }

  #request(heap: number, size: number, align: number): number {
    return align <= this.#layout.align
      ? this.#raw.segfit_alloc(heap, size) >>> 0
      : this.#raw.segfit_alloc_aligned(heap, align, size) >>> 0;
  }

  #allocAs(heap: number, size: number, align: number, zero: boolean): number {
    const pointer = this.#request(heap, size, align) || this.#allocGrown(heap, size, align);
    if (zero) this.#clear(pointer, size);
    return pointer;
  }

  /** After a request that failed. */
  #allocGrown(heap: number, size: number, align: number): number {
    const pointer = this.#makeRoom(heap, size, align) ? this.#request(heap, size, align) : 0;
    if (pointer === 0) throw this.#outOfMemory(size, align);
    return pointer;
  }

  #clear(pointer: number, size: number): void {
    new Uint8Array(this.#currentBuffer(), pointer, size).fill(0);
  }

  #outOfMemory(size: number, align: number): RangeError {
    this.#raw.segfit_stats(this.#heap, this.#scratch);
    const words = this.#scratchWords();
    return outOfMemory(size, align, figureOf(words, 'largestFree'), figureOf(words, 'free'));
  }

  #pointerOf(view: ArrayBufferView): number {
    const pointer = offsetOf(view, this.#currentBuffer());
    if (pointer !== 0) return pointer;
    throw rangeError('ERR_SEGFIT_POINTER', 'the view begins at 0, where no block lies');
  }

  #sizeOfLive(pointer: number): number {
    const heap = this.#live();
    checkPointer(pointer);
    const size = this.#raw.segfit_usable_size(heap, pointer) >>> 0;
    if (size === 0) throw rangeError('ERR_SEGFIT_POINTER', 'pointer 0 is no block');
    return size;
  }

  /** Grows so that a request surely fits: by a quarter, or by just what is missing. */
  #makeRoom(heap: number, size: number, align: number): boolean {
    const room = this.#maxLength - this.#region.length;
    if (room <= 0) return false;
    const whole = this.#raw.segfit_pool_size_to_contain(heap, size, align) >>> 0;
    const missing = whole - this.#freeTail();
    if (whole === 0 || missing > room) return false;
    const ample = Math.min(room, Math.max(missing, Math.floor(this.#region.length / 4)));
    return this.#extend(heap, ample) || this.#extend(heap, missing);
  }

  /** Bytes of the free block at the pool's end, which new pages enlarge. */
  #freeTail(): number {
    for (const { end } of this.#reader.pools()) {
      if (!this.#reader.block(end).previousFree) return 0;
      return this.#reader.word(end - this.#layout.blockFooterBack);
    }
    return 0;
  }

  #extend(heap: number, bytes: number): boolean {
    const { begin, length } = this.#region;
    const pages = Math.ceil(bytes / pageSize);
    if (pages * pageSize > this.#maxLength - length) return false;
    if (this.#memory.buffer.byteLength !== begin + length) return false;
    try {
      this.#memory.grow(pages);
    } catch {
      return false;
    }
    this.#region.length += pages * pageSize;
    for (const pool of this.#reader.pools()) {
      const end = pool.end + this.#layout.wordSize;
      this.#raw.segfit_extend_pool(heap, pool.memory, begin + this.#region.length - end);
    }
    this.#currentBuffer();
    for (const listener of this.#listeners) listener(this);
    return true;
  }
}
