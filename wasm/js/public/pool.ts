// SPDX-License-Identifier: MIT
import { arenaSize } from '../generated/arena.ts';
import { align as blockAlign } from '../generated/heap_layout.ts';
import { createArena } from '../internal/arena.ts';
import { checkAlignment, checkOptions, checkPointer, checkSize } from '../internal/arguments.ts';
import {
  isOwned,
  makeArray,
  pointerOf,
  remakeArray,
  sizeOfLive,
  viewOf,
} from '../internal/arrays.ts';
import { allocMany, freeMany } from '../internal/batch.ts';
import { callGuarded, callQuietly } from '../internal/callbacks.ts';
import { attachArena, describePool } from '../internal/descriptor.ts';
import { dispose } from '../internal/dispose.ts';
import { blocksOf, checkOf, fillStats, snapshotOf } from '../internal/inspect.ts';
import { wrongType } from '../internal/make_error.ts';
import { wasmImports } from '../internal/malloc_imports.ts';
import { PoolBlock } from '../internal/pool_block.ts';
import { PoolHeap } from '../internal/pool_heap.ts';
import { regionOf, sharedOptions } from '../internal/region.ts';
import { type Request, requestOf } from '../internal/request.ts';
import { type BindableRing, bindRing } from '../internal/ring.ts';
import { checkSink, tracerOf } from '../internal/trace_sink.ts';
import type { Block } from './block.ts';
import type { ViewOf, WasmMemory } from './platform.ts';
import type { PoolDescriptor } from './pool_descriptor.ts';
import type { AllocOptions, PoolOptions } from './pool_options.ts';
import type { BlockInfo, CheckReport, PoolStats } from './pool_stats.ts';
import type { TraceSink } from './trace.ts';
import type { TypedArrayConstructor, ViewFor } from './typed_arrays.ts';
import type { WasmImports } from './wasm_imports.ts';

const plain: Request = { align: blockAlign, zero: false, tag: undefined };

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
  #ring: BindableRing | undefined;

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
  constructor(options: PoolOptions & { shared?: false }) {
    // attach() passes the heap; no other caller can have one.
    this.#heap = options instanceof PoolHeap ? options : new PoolHeap(createArena(regionOf(options)));
    this.#heap.onGrow = () => {
      for (const listener of this.#listeners) callGuarded(() => listener(this));
    };
    this.label = this.#heap.label;
    this.byteOffset = this.#heap.byteOffset;
  }

  /**
   * Makes a pool in shared memory, its own or a given one, that other threads attach to by what
   * share() gives. A call that finds the pool locked waits, or spins where a thread may not wait:
   * on a page and in an AudioWorklet. Calls are short, except blocks(), snapshot() and check(), and
   * all in a `debug` pool.
   *
   * A thread that is ended inside a call keeps the lock. The first call that waits for 10 seconds,
   * or spins for 5, throws `ERR_SEGFIT_LOCK_TIMEOUT`. Then each call of each thread throws that at
   * once, tryAlloc() too; not destroy(). If the thread was only slow, its return ends this state.
   *
   * @throws {Error} `ERR_SEGFIT_SHARED_UNAVAILABLE` where memory cannot be shared: on a page that
   * is not cross-origin isolated. As the constructor besides.
   */
  static shared(options: Omit<PoolOptions, 'shared' | 'resizable'>): Pool<SharedArrayBuffer> {
    checkOptions(options, sharedOptions);
    return new Pool<SharedArrayBuffer>({ ...options, shared: true } as never);
  }

  /**
   * The pool that another thread, or this one, described by share(). Its destroy() ends the use of
   * it here; that of the Pool that Pool.shared() made ends it everywhere.
   *
   * @throws {Error} `ERR_SEGFIT_DESCRIPTOR` for what is no descriptor, and for one of a pool that
   * was destroyed; `ERR_SEGFIT_LOCK_TIMEOUT` if a thread was ended inside the pool.
   */
  static attach(descriptor: PoolDescriptor): Pool<SharedArrayBuffer> {
    return new Pool<SharedArrayBuffer>(new PoolHeap(attachArena(descriptor)) as never);
  }

  get memory(): WasmMemory {
    this.#heap.live();
    return this.#heap.memory;
  }

  /**
   * The address in `memory` of the pool's heap, for what reads heaps: `attach(pool)` of
   * `segfit/view`, HeapReader of `segfit/core`.
   */
  get heap(): number {
    return this.#heap.live() + arenaSize;
  }

  /** The current buffer. Growth makes another one, so do not keep it. */
  get buffer(): B {
    this.#heap.live();
    return this.#heap.buffer() as B;
  }

  get byteLength(): number {
    if (!this.destroyed) this.#heap.buffer();
    return this.#heap.length;
  }

  /**
   * Goes up whenever `buffer` becomes another object: compare it to know whether a view is stale.
   */
  get generation(): number {
    this.#heap.live();
    this.#heap.buffer();
    return this.#heap.generation;
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
    return heap.alloc(size, options === undefined ? plain : requestOf(options, blockAlign, false));
  }

  /**
   * As alloc(), but answers 0 when nothing fits, and in a shared pool when another thread has it
   * locked: it never waits. `failures` of stats() counts the first, not the second. Makes no
   * garbage, unless the pool grows.
   */
  tryAlloc(size: number, align: number = blockAlign): number {
    const heap = this.#heap;
    heap.live();
    checkSize(size, 'size');
    checkAlignment(align);
    return heap.tryAlloc(size, align);
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
    align: number = blockAlign,
  ): number {
    this.#heap.live();
    checkAlignment(align);
    return allocMany(this.#heap, sizes, out, align);
  }

  /**
   * Changes a block's size, keeping its content up to the smaller size, and returns where it is
   * afterwards; it may have moved. A pointer of 0 acts as alloc(). `options.zero` clears the bytes
   * beyond sizeOf(pointer), which may be a few more than were asked for; `options.align` beyond 8
   * must be given again each time. Constant time, plus copying when it moves.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when there is no room; the block is as it was.
   */
  realloc(pointer: number, size: number, options: AllocOptions = {}): number {
    const heap = this.#heap;
    heap.live();
    checkPointer(pointer);
    checkSize(size, 'size');
    const request = requestOf(options, blockAlign, false);
    if (pointer === 0) return heap.alloc(size, request);
    return heap.realloc(pointer, size, request, request.zero ? heap.sizeOf(pointer) : Infinity);
  }

  /**
   * Changes a block's size in place. False if it cannot: the block is as it was, and `failures` of
   * stats() counts it. Constant time.
   */
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
      this.#heap.free(pointerOf(this.#heap, pointer));
    }
  }

  /**
   * Gives a block of a shared pool back without its lock, for threads that must never wait: one
   * atomic store, tried again if another thread does the same at the moment. The block is freed by
   * the next call elsewhere that takes the lock. 0 does nothing. In a pool that is not shared, the
   * same as free().
   *
   * @throws {RangeError} As free(), for what can be told without the lock; a block that is handed
   * back twice may be told only by its not being there.
   */
  freeDeferred(pointer: number): void {
    this.#heap.live();
    checkPointer(pointer);
    this.#heap.freeDeferred(pointer);
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

  /**
   * Frees all blocks at once. Pointers and views of them are dead: free(), realloc(), tryResize()
   * and sizeOf() throw `ERR_SEGFIT_DOUBLE_FREE` for such a pointer, and owns() answers false, until
   * its memory is used again. Linear in blocks and size classes.
   */
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
  canAlloc(size: number, align: number = blockAlign): boolean {
    const heap = this.#heap;
    heap.live();
    checkSize(size, 'size');
    checkAlignment(align);
    return heap.canAlloc(size, align);
  }

  /** True if free() would take it, judged in the same way; false for 0 and for a foreign view. */
  owns(pointer: number | ArrayBufferView): boolean {
    this.#heap.live();
    return isOwned(this.#heap, pointer);
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
    return makeArray<C, B>(this.#heap, type, length, options);
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
    return remakeArray(this.#heap, view, length, options);
  }

  /**
   * Allocates a block as an object that owns it: `using block = pool.block(64)` gives it back at
   * the end of the scope. Constant time, unless the pool grows.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when no block fits and the pool cannot grow.
   */
  block(size: number, options?: AllocOptions): Block<B> {
    const block = new PoolBlock<B>(this.#heap, this.alloc(size, options), size);
    this.#heap.leaks?.own(block, block.pointer);
    return block;
  }

  /**
   * A new view of a live block: all its bytes, or `length` elements from its begin.
   *
   * @throws {RangeError} `ERR_SEGFIT_SIZE` if the block does not hold that many; as free() for a
   * pointer that is no live block.
   */
  view(pointer: number): ViewOf<B>['Uint8Array'];
  view<C extends TypedArrayConstructor>(pointer: number, type: C, length: number): ViewFor<C, B>;
  view(pointer: number, type?: TypedArrayConstructor, length?: number): ArrayBufferView {
    this.#heap.live();
    return viewOf(this.#heap, pointer, type, length);
  }

  /** A new DataView of all bytes of a live block. */
  dataView(pointer: number): ViewOf<B>['DataView'] {
    this.#heap.live();
    const size = sizeOfLive(this.#heap, pointer);
    return new DataView(this.#heap.buffer(), pointer, size) as ViewOf<B>['DataView'];
  }

  /**
   * Adds at least `bytes` bytes, in whole pages, and calls the listeners. False, and nothing
   * changes, beyond `maxSize`, when the engine has no more, or when something else lies behind the
   * pool.
   */
  grow(bytes: number): boolean {
    this.#heap.live();
    checkSize(bytes, 'bytes');
    return bytes === 0 || this.#heap.raw.arena_grow(this.#heap.live(), bytes) !== 0;
  }

  /**
   * Has `listener` called whenever this pool has grown; returns what ends that. What it throws is
   * reported as an unhandled rejection and ends nothing.
   */
  onGrow(listener: (pool: this) => void): () => void {
    this.#heap.live();
    if (typeof listener !== 'function') throw wrongType('listener', 'a function', listener);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The pool's figures; pass an object to have it filled instead of a new one. Constant time. */
  stats(): PoolStats;
  stats<T extends Partial<PoolStats>>(into: T): T & PoolStats;
  stats(into: Partial<PoolStats> = {}): Partial<PoolStats> {
    this.#heap.live();
    if (typeof into !== 'object' || into === null) throw wrongType('into', 'an object', into);
    return fillStats(into, this.#heap);
  }

  /**
   * All blocks in address order, as they are at the call. Linear in blocks.
   *
   * @throws {Error} `ERR_SEGFIT_CORRUPT` if headers were overwritten so that they cannot be read.
   */
  blocks(): IterableIterator<BlockInfo> {
    this.#heap.live();
    return blocksOf(this.#heap);
  }

  /**
   * Two numbers for each block, in address order: its pointer and its header word: the block's
   * size, header included, with bit 0 set if it is free and bit 1 if the one before is. Linear in
   * blocks.
   *
   * @throws {Error} `ERR_SEGFIT_CORRUPT` if headers were overwritten so that they cannot be read.
   */
  snapshot(): ViewOf<ArrayBuffer>['Uint32Array'] {
    this.#heap.live();
    return snapshotOf(this.#heap);
  }

  /**
   * Whether every invariant of the heap holds, and if not, the first that does not. Linear in
   * blocks.
   */
  check(): CheckReport {
    this.#heap.live();
    return checkOf(this.#heap);
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
    const heap = this.#heap;
    heap.live();
    if (sink !== null) checkSink(sink);
    const ring = sink?.ring as BindableRing | undefined;
    if (ring !== this.#ring) {
      this.#ring?.[bindRing](null);
      this.#ring = undefined;
      ring?.[bindRing](heap);
      this.#ring = ring;
    }
    heap.watch(sink?.event === undefined ? null : tracerOf(sink));
  }

  /**
   * What Pool.attach() needs in another thread; it can be sent there by postMessage(), or given as
   * `workerData` or `processorOptions`.
   *
   * @throws {TypeError} `ERR_SEGFIT_NOT_SHARED` unless the pool is from Pool.shared() or attach().
   */
  share(): PoolDescriptor {
    this.#heap.live();
    return describePool(this.#heap);
  }

  /**
   * C's malloc functions over this pool, to be imported by your own module, which shares `memory`.
   * They are functions of a wasm module, the same ones at each call, and stay valid when the pool
   * grows. A size that does not fit gives 0; a pointer that is no live block throws as free() does,
   * through your module. Used from JavaScript, addresses need `>>> 0`.
   *
   * @throws {Error} `ERR_SEGFIT_WASM_BLOCKED` where bytes may not be compiled, as in workerd.
   */
  imports(): WasmImports {
    this.#heap.live();
    this.#imports ??= wasmImports(this.#heap);
    return this.#imports;
  }

  /**
   * Ends the pool: every call throws `ERR_SEGFIT_DESTROYED` from here on, except this one. A given
   * memory's region can hold another pool; own memory goes when nothing refers to it or its views.
   *
   * Never throws or waits. A thread that stays inside a call for more than a millisecond may still
   * write to the region: end that thread before you use the region for something else.
   */
  destroy(): void {
    if (this.destroyed) return;
    callQuietly(() => this.#ring?.[bindRing](null, true));
    this.#heap.destroy();
    this.#listeners.clear();
  }

  [dispose](): void {
    this.destroy();
  }
}
