// SPDX-License-Identifier: MIT
/// <reference lib="esnext.disposable" preserve="true" />
import { checkAlignment, checkPointer, checkSize, describe } from './arguments.ts';
import { allocMany, freeMany } from './batch.ts';
import { type Block, PoolBlock } from './block.ts';
import { callGuarded } from './callbacks.ts';
import { dispose } from './dispose.ts';
import { hex, rangeError, typeError } from './errors.ts';
import { faultCodes, invariants } from './generated/contract.ts';
import { PoolHeap } from './pool_heap.ts';
import { type AllocOptions, placeOf, type PoolOptions } from './pool_options.ts';
import {
  type BlockInfo,
  blocksOf,
  type CheckReport,
  fillStats,
  type PoolStats,
} from './pool_stats.ts';
import { Tracer, type TraceSink } from './trace.ts';
import {
  elementSize,
  elementSizeOf,
  makeView,
  makeViewLike,
  offsetOf,
  type TypedArrayConstructor,
  type ViewFor,
} from './views.ts';
import { type WasmImports, wasmImports } from './wasm_imports.ts';

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
  readonly #heap: PoolHeap;
  readonly #listeners = new Set<(pool: this) => void>();
  #imports: WasmImports | undefined;

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
    const place = placeOf(options);
    this.#heap = new PoolHeap(place);
    this.#heap.onGrow = () => {
      for (const listener of this.#listeners) callGuarded(() => listener(this));
    };
    this.label = place.label;
    this.byteOffset = place.begin;
  }

  get memory(): WebAssembly.Memory {
    this.#heap.live();
    return this.#heap.memory;
  }

  /** The current buffer. Growth makes another one, so do not keep it. */
  get buffer(): B {
    this.#heap.live();
    return this.#heap.buffer() as B;
  }

  get byteLength(): number {
    return this.#heap.region.length;
  }

  /**
   * Goes up whenever `buffer` becomes another object: compare it to know whether a view is stale.
   */
  get generation(): number {
    this.#heap.live();
    return this.#heap.generation();
  }

  get destroyed(): boolean {
    return this.#heap.address === 0;
  }

  /**
   * Returns the pointer of a block of `size` bytes, uninitialised unless `options.zero`. A size of
   * 0 is served as 1. Constant time, unless the pool grows.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when no block fits and the pool cannot grow.
   */
  alloc(size: number, options?: AllocOptions): number {
    const heap = this.#heap;
    heap.live();
    checkSize(size, 'size');
    if (options === undefined) return heap.need(size, heap.layout.align, false);
    const { align = heap.layout.align, zero = false } = options;
    checkAlignment(align);
    return heap.need(size, align, zero);
  }

  /** As alloc(), but answers 0 when nothing fits. Makes no garbage, unless the pool grows. */
  tryAlloc(size: number, align: number = this.#heap.layout.align): number {
    const heap = this.#heap;
    heap.live();
    checkSize(size, 'size');
    checkAlignment(align);
    return heap.alloc(size, align);
  }

  /**
   * Allocates a block for each size and writes their pointers to `out`, 0 where nothing fitted.
   * Returns how many succeeded. Both arrays may lie in the pool. Linear in the number of sizes.
   *
   * @throws {RangeError} `ERR_SEGFIT_SIZE` if `out` is shorter than `sizes`.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE`, `ERR_SEGFIT_DETACHED_VIEW` for arrays that are no
   * Uint32Array or are detached.
   */
  allocMany(
    sizes: Uint32Array,
    out: Uint32Array,
    align: number = this.#heap.layout.align,
  ): number {
    this.#heap.live();
    checkAlignment(align);
    return allocMany(this.#heap, sizes, out, align);
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
    const heap = this.#heap;
    heap.live();
    checkPointer(pointer);
    checkSize(size, 'size');
    const { align = heap.layout.align, zero = false } = options;
    checkAlignment(align);
    if (pointer === 0) return heap.need(size, align, zero);
    return heap.realloc(pointer, size, align, zero ? heap.sizeOf(pointer) : Infinity);
  }

  /** Changes a block's size in place. False, and nothing changes, if it cannot. Constant time. */
  tryResize(pointer: number, size: number): boolean {
    this.#heap.live();
    checkPointer(pointer);
    checkSize(size, 'size');
    return this.#heap.resize(pointer, size);
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
    this.#heap.live();
    if (typeof pointer === 'number') {
      checkPointer(pointer);
      this.#heap.free(pointer);
    } else {
      this.#heap.free(this.#pointerOf(pointer));
    }
  }

  /**
   * Gives all these blocks back, or none of them: every pointer is looked at before the first is
   * freed. 0 is passed over, so what allocMany() wrote will do. Sorts a copy of the pointers.
   *
   * @throws {RangeError} As free() for the first pointer that is no live block;
   * `ERR_SEGFIT_DOUBLE_FREE` for one that stands there twice.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE`, `ERR_SEGFIT_DETACHED_VIEW` for an array that is no
   * Uint32Array or is detached.
   */
  freeMany(pointers: Uint32Array): void {
    this.#heap.live();
    freeMany(this.#heap, pointers);
  }

  /** Frees all blocks at once. Pointers and views of them are dead. Linear in size classes. */
  reset(): void {
    this.#heap.live();
    this.#heap.reset();
  }

  /** How many bytes a live block holds: at least what was asked for. 0 for 0. */
  sizeOf(pointer: number): number {
    this.#heap.live();
    checkPointer(pointer);
    return this.#heap.sizeOf(pointer);
  }

  /**
   * True if alloc(size) is sure to succeed without growing. After false it may still succeed, by a
   * block within one size class of `largestAlloc`. Constant time.
   */
  canAlloc(size: number, align: number = this.#heap.layout.align): boolean {
    const { layout, raw } = this.#heap;
    const heap = this.#heap.live();
    checkSize(size, 'size');
    checkAlignment(align);
    const widest = align > layout.align ? align + layout.minBlock : 0;
    return raw.segfit_max_alloc(heap) >>> 0 >= Math.max(1, size) + widest;
  }

  /** True if free() would take it, judged in the same way; false for 0 and for a foreign view. */
  owns(pointer: number | ArrayBufferView): boolean {
    this.#heap.live();
    const buffer = this.#heap.buffer();
    let address = pointer;
    if (typeof address === 'number') {
      checkPointer(address);
    } else if (ArrayBuffer.isView(address) && address.buffer !== buffer) {
      return false;
    } else {
      address = offsetOf(address, buffer);
    }
    return this.#heap.faultOf(address) === faultCodes.ok;
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
    this.#heap.live();
    const element = elementSize(type);
    checkSize(length, 'length');
    checkSize(length * element, 'length in bytes');
    // Every block is aligned for the widest element.
    const { align = element, zero = true } = options;
    checkAlignment(align);
    const pointer = this.#heap.need(length * element, align, zero);
    return makeView(type, this.#heap.buffer() as B, pointer, length);
  }

  /**
   * Changes the length of an array that begins where its block begins, and returns it as a new
   * view of the same kind, perhaps elsewhere; `view` is dead. Elements are kept up to the smaller
   * length; what lies beyond `view` is zero unless `options.zero` is false. An `options.align`
   * beyond 8 must be given again each time. For a DataView, `length` is in bytes. Constant time,
   * plus copying when it moves and clearing.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when there is no room; the array is as it was.
   * As free() for a view of no live block.
   * @throws {TypeError} As free() for a view over another buffer.
   */
  reallocArray<V extends ArrayBufferView>(
    view: V,
    length: number,
    options: AllocOptions = {},
  ): V {
    this.#heap.live();
    const pointer = this.#pointerOf(view);
    const element = elementSizeOf(view);
    checkSize(length, 'length');
    checkSize(length * element, 'length in bytes');
    const { align = element, zero = true } = options;
    checkAlignment(align);
    const clearFrom = zero ? view.byteLength : Infinity;
    const moved = this.#heap.realloc(pointer, length * element, align, clearFrom);
    return makeViewLike(view, this.#heap.buffer(), moved, length);
  }

  /**
   * Allocates a block as an object that owns it: `using block = pool.block(64)` gives it back at
   * the end of the scope. Constant time, unless the pool grows.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when no block fits and the pool cannot grow.
   */
  block(size: number, options?: AllocOptions): Block<B> {
    return new PoolBlock<B>(this.#heap, this.alloc(size, options), size);
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
    return makeView(type, this.#heap.buffer(), pointer, elements);
  }

  /** A new DataView of all bytes of a live block. */
  dataView(pointer: number): DataView<B> {
    const size = this.#sizeOfLive(pointer);
    return new DataView(this.#heap.buffer(), pointer, size) as DataView<B>;
  }

  /**
   * Adds at least `bytes` bytes, in whole pages, and calls the listeners. False, and nothing
   * changes, beyond `maxSize`, when the engine has no more, or when something else lies behind the
   * pool.
   */
  grow(bytes: number): boolean {
    this.#heap.live();
    checkSize(bytes, 'bytes');
    return bytes === 0 || this.#heap.extend(bytes);
  }

  /**
   * Has `listener` called whenever this pool has grown; returns what ends that. What it throws is
   * reported as an unhandled rejection and ends nothing.
   */
  onGrow(listener: (pool: this) => void): () => void {
    this.#heap.live();
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
    this.#heap.live();
    if (typeof into !== 'object' || into === null) {
      const message = `stats are filled into an object, not ${describe(into)}`;
      throw typeError('ERR_SEGFIT_ARG_TYPE', message);
    }
    const { region, layout } = this.#heap;
    return fillStats(into, this.#heap.stats(), region.length, layout.wordSize);
  }

  /** All blocks in address order, as they are at the call. Linear in blocks. */
  blocks(): IterableIterator<BlockInfo> {
    return blocksOf(this.snapshot(), this.#heap.layout);
  }

  /**
   * Two numbers for each block, in address order: its pointer and its header word: the block's
   * size, header included, with bit 0 set if it is free and bit 1 if the one before is. Linear in
   * blocks.
   *
   * @throws {Error} `ERR_SEGFIT_CORRUPT` if headers were overwritten so that they cannot be read.
   */
  snapshot(): Uint32Array<ArrayBuffer> {
    this.#heap.live();
    return this.#heap.reader.snapshot();
  }

  /**
   * Whether every invariant of the heap holds, and if not, the first that does not. Linear in
   * blocks.
   */
  check(): CheckReport {
    this.#heap.live();
    const fault = this.#heap.check();
    if (fault === null) return { ok: true, problems: [] };
    const [broken = 0, pointer = 0] = fault;
    const invariant = invariants.find(({ number }) => number === broken);
    const what = `I${broken} ${invariant?.name}, at ${hex(pointer)}, is broken: ${invariant?.text}`;
    return { ok: false, problems: [{ pointer, what }] };
  }

  /**
   * Has each alloc, free, realloc, growth, reset and failed request of this pool told to `sink`
   * from here on; null ends that. What the sink throws is reported as an unhandled rejection and
   * ends nothing. Calls through imports() are not told, except that the pool grew. Without a sink,
   * one compare a call.
   *
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` for a sink that is none.
   */
  trace(sink: TraceSink | null): void {
    this.#heap.live();
    this.#heap.tracer = sink === null ? null : new Tracer(sink);
  }

  /**
   * C's malloc functions over this pool, to be imported by your own module, which shares `memory`.
   * They are functions of a wasm module, the same ones at each call, and stay valid when the pool
   * grows. A size that does not fit gives 0; a pointer that is no live block throws as free() does,
   * through your module. Used from JavaScript, addresses need `>>> 0`.
   */
  imports(): WasmImports {
    this.#heap.live();
    this.#imports ??= wasmImports(this.#heap);
    return this.#imports;
  }

  /**
   * Ends the pool: every call throws `ERR_SEGFIT_DESTROYED` from here on, except this one. A given
   * memory's region can hold another pool; own memory goes when nothing refers to it or its views.
   */
  destroy(): void {
    this.#heap.destroy();
    this.#listeners.clear();
  }

  /** The same as destroy(). */
  [dispose](): void {
    this.destroy();
  }

  #pointerOf(view: ArrayBufferView): number {
    const pointer = offsetOf(view, this.#heap.buffer());
    if (pointer !== 0) return pointer;
    throw rangeError('ERR_SEGFIT_POINTER', 'the view begins at 0, where no block lies');
  }

  #sizeOfLive(pointer: number): number {
    this.#heap.live();
    checkPointer(pointer);
    const size = this.#heap.sizeOf(pointer);
    if (size === 0) throw rangeError('ERR_SEGFIT_POINTER', 'pointer 0 is no block');
    return size;
  }
}
