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
 * Allocates and frees blocks of memory inside one ArrayBuffer, in constant time. A pointer names a
 * block: it is the block's offset in the buffer. A typed array can view the block.
 *
 * The bookkeeping lies beside the payload in a WebAssembly.Memory, so your own wasm can use the
 * blocks too. A write past a block's end destroys the bookkeeping, as in C.
 */
export class Pool<B extends ArrayBufferLike = ArrayBuffer> implements Disposable {
  readonly label: string;
  /** The offset in `buffer` where the pool begins. */
  readonly byteOffset: number;
  readonly #heap: PoolHeap;
  readonly #listeners = new Set<(pool: this) => void>();
  #imports: WasmImports | undefined;
  #ring: BindableRing | undefined;

  /**
   * Makes a pool, either in a memory of its own or in a region of `options.memory`. Bytes outside
   * the region stay unchanged.
   *
   * @throws {RangeError} `ERR_SEGFIT_SIZE` for an invalid size; `ERR_SEGFIT_REGION` for a region
   * that is too small, lies outside the memory or overlaps a pool; `ERR_SEGFIT_OUT_OF_MEMORY` if
   * the engine has no memory.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` for an option of a wrong type or an unknown name.
   * @throws {Error} `ERR_SEGFIT_WASM_BLOCKED` where WebAssembly may not be compiled.
   */
  constructor(options: PoolOptions & { shared?: false }) {
    // attach() passes a PoolHeap; callers outside the package cannot obtain one.
    this.#heap =
      options instanceof PoolHeap ? options : new PoolHeap(createArena(regionOf(options)));
    this.#heap.onGrow = () => {
      for (const listener of this.#listeners) callGuarded(() => listener(this));
    };
    this.label = this.#heap.label;
    this.byteOffset = this.#heap.byteOffset;
  }

  /**
   * Makes a pool in shared memory, its own or a given one. Other threads attach to it with the
   * result of share(). A call that finds the pool locked waits. A thread that may not wait spins
   * instead: a page's main thread and an AudioWorklet. Calls are short, except blocks(), snapshot()
   * and check(), and every call in a `debug` pool.
   *
   * A thread that ends inside a call keeps the lock. The first call that waits for 10 seconds, or
   * spins for 5, throws `ERR_SEGFIT_LOCK_TIMEOUT`. From then on every call of every thread throws
   * that error at once, including tryAlloc() but not destroy(). If the thread was only slow, its
   * return ends this state.
   *
   * @throws {Error} `ERR_SEGFIT_SHARED_UNAVAILABLE` where memory cannot be shared, such as on a
   * page that is not cross-origin isolated. Also throws what the constructor throws.
   */
  static shared(options: Omit<PoolOptions, 'shared' | 'resizable'>): Pool<SharedArrayBuffer> {
    checkOptions(options, sharedOptions);
    return new Pool<SharedArrayBuffer>({ ...options, shared: true } as never);
  }

  /**
   * Returns the pool that another thread, or this one, described with share(). destroy() of the
   * returned pool detaches only this thread. destroy() of the pool that Pool.shared() made ends the
   * pool for all threads.
   *
   * @throws {Error} `ERR_SEGFIT_DESCRIPTOR` if the descriptor is invalid or its pool was destroyed;
   * `ERR_SEGFIT_LOCK_TIMEOUT` if a thread ended inside the pool.
   */
  static attach(descriptor: PoolDescriptor): Pool<SharedArrayBuffer> {
    return new Pool<SharedArrayBuffer>(new PoolHeap(attachArena(descriptor)) as never);
  }

  get memory(): WasmMemory {
    this.#heap.live();
    return this.#heap.memory;
  }

  /**
   * The address in `memory` of the pool's heap. `attach(pool)` of `segfit/view` and HeapReader of
   * `segfit/core` use it.
   */
  get heap(): number {
    return this.#heap.live() + arenaSize;
  }

  /** The current buffer. Growth replaces it, so do not keep it. */
  get buffer(): B {
    this.#heap.live();
    return this.#heap.buffer() as B;
  }

  get byteLength(): number {
    if (!this.destroyed) this.#heap.buffer();
    return this.#heap.length;
  }

  /**
   * Increases whenever growth replaces `buffer`. Compare it to find out whether a view is stale.
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
   * Allocates `size` bytes and returns their pointer. The bytes are uninitialised unless
   * `options.zero` is true. A size of 0 counts as 1. Constant time, unless the pool grows.
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
   * Same as alloc(), but returns 0 when nothing fits. In a shared pool it never waits: it also
   * returns 0 while another thread holds the lock. `failures` of stats() counts the first case
   * only. Makes no garbage, unless the pool grows.
   */
  tryAlloc(size: number, align: number = blockAlign): number {
    const heap = this.#heap;
    heap.live();
    checkSize(size, 'size');
    checkAlignment(align);
    return heap.tryAlloc(size, align);
  }

  /**
   * Allocates one block for each size and writes the pointers to `out`, 0 where nothing fitted.
   * Returns how many allocations succeeded. Both arrays may lie in the pool. Linear in the number
   * of sizes.
   *
   * @throws {RangeError} `ERR_SEGFIT_SIZE` if `out` is shorter than `sizes`.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if an array is not a Uint32Array,
   * `ERR_SEGFIT_DETACHED_VIEW` if it is detached.
   */
  allocMany(sizes: Uint32Array, out: Uint32Array, align: number = blockAlign): number {
    this.#heap.live();
    checkAlignment(align);
    return allocMany(this.#heap, sizes, out, align);
  }

  /**
   * Changes a block's size and returns its pointer, which differs if the block moved. The content
   * stays up to the smaller size. A pointer of 0 acts as alloc(). `options.zero` clears the bytes
   * beyond sizeOf(pointer), which may exceed the requested size by a few bytes. Pass
   * `options.align` beyond 8 again in each call. Constant time, plus copying if the block moves.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when there is no room; the block is unchanged.
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
   * Changes a block's size in place. Returns false if that is impossible: the block is unchanged,
   * and `failures` of stats() counts the attempt. Constant time.
   */
  tryResize(pointer: number, size: number): boolean {
    this.#heap.live();
    checkPointer(pointer);
    checkSize(size, 'size');
    return this.#heap.resize(pointer, size);
  }

  /**
   * Frees a block, given by its pointer or by a view that begins at its first byte. 0 does nothing.
   * Constant time.
   *
   * @throws {RangeError} `ERR_SEGFIT_POINTER` for a pointer that this pool did not return,
   * `ERR_SEGFIT_DOUBLE_FREE` for a freed one. Nothing changes then. The check reads the block's
   * header and its neighbours; bytes that look like a header can deceive it.
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
   * Frees a block of a shared pool without taking the lock, for threads that must never wait. It
   * performs one atomic store, and repeats it if another thread does the same at that moment. The
   * free is deferred: the next call elsewhere that takes the lock completes it. 0 does nothing. In
   * a pool that is not shared, the same as free().
   *
   * @throws {RangeError} As free(), as far as the check needs no lock. A second freeDeferred() of
   * the same block may report `ERR_SEGFIT_POINTER` instead of `ERR_SEGFIT_DOUBLE_FREE`.
   */
  freeDeferred(pointer: number): void {
    this.#heap.live();
    checkPointer(pointer);
    this.#heap.freeDeferred(pointer);
  }

  /**
   * Frees all these blocks, or none of them: checks every pointer before it frees the first. Skips
   * pointers of 0, so it accepts what allocMany() wrote. Sorts a copy of the pointers.
   *
   * @throws {RangeError} As free() for the first pointer that is not a live block;
   * `ERR_SEGFIT_DOUBLE_FREE` for a pointer that occurs twice.
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if the array is not a Uint32Array,
   * `ERR_SEGFIT_DETACHED_VIEW` if it is detached.
   */
  freeMany(pointers: Uint32Array): void {
    this.#heap.live();
    freeMany(this.#heap, pointers);
  }

  /**
   * Frees all blocks at once. Their pointers and views become invalid: free(), realloc(),
   * tryResize() and sizeOf() throw `ERR_SEGFIT_DOUBLE_FREE` for such a pointer, and owns() returns
   * false, until its memory is used again. Linear in blocks and size classes.
   */
  reset(): void {
    this.#heap.live();
    this.#heap.reset();
  }

  /** Returns how many bytes a live block holds: at least the requested size. Returns 0 for 0. */
  sizeOf(pointer: number): number {
    this.#heap.live();
    checkPointer(pointer);
    return this.#heap.sizeOf(pointer);
  }

  /**
   * Returns true if alloc(size) is guaranteed to succeed without growing. After false it may still
   * succeed, with a block within one size class of `largestAlloc`. Constant time.
   */
  canAlloc(size: number, align: number = blockAlign): boolean {
    const heap = this.#heap;
    heap.live();
    checkSize(size, 'size');
    checkAlignment(align);
    return heap.canAlloc(size, align);
  }

  /**
   * Returns whether free() would accept `pointer`, by the same checks. Returns false for 0 and for
   * a view of another buffer.
   */
  owns(pointer: number | ArrayBufferView): boolean {
    this.#heap.live();
    return isOwned(this.#heap, pointer);
  }

  /**
   * Allocates `length` elements and returns them as a typed array. The elements are 0 unless
   * `options.zero` is false. Free the block with free(array).
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
   * Changes the length of an array that begins where its block begins. Returns a new view of the
   * same kind; the block may have moved, and `view` becomes invalid. Elements stay up to the
   * smaller length. Bytes beyond `view` are 0 unless `options.zero` is false. Pass `options.align`
   * beyond 8 again in each call. For a DataView, `length` counts bytes. Constant time, plus copying
   * if the block moves, and clearing.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when there is no room; the array is unchanged.
   * As free() if the view belongs to no live block.
   * @throws {TypeError} As free() for a view over another buffer.
   */
  reallocArray<V extends ArrayBufferView>(view: V, length: number, options: AllocOptions = {}): V {
    this.#heap.live();
    return remakeArray(this.#heap, view, length, options);
  }

  /**
   * Allocates a block and returns an object that owns it: `using block = pool.block(64)` frees it
   * at the end of the scope. Constant time, unless the pool grows.
   *
   * @throws {RangeError} `ERR_SEGFIT_OUT_OF_MEMORY` when no block fits and the pool cannot grow.
   */
  block(size: number, options?: AllocOptions): Block<B> {
    const block = new PoolBlock<B>(this.#heap, this.alloc(size, options), size);
    this.#heap.leaks?.own(block, block.pointer);
    return block;
  }

  /**
   * Returns a new view of a live block: all its bytes, or the first `length` elements.
   *
   * @throws {RangeError} `ERR_SEGFIT_SIZE` if the block holds fewer elements; as free() if
   * `pointer` is not a live block.
   */
  view(pointer: number): ViewOf<B>['Uint8Array'];
  view<C extends TypedArrayConstructor>(pointer: number, type: C, length: number): ViewFor<C, B>;
  view(pointer: number, type?: TypedArrayConstructor, length?: number): ArrayBufferView {
    this.#heap.live();
    return viewOf(this.#heap, pointer, type, length);
  }

  /** Returns a new DataView of all bytes of a live block. */
  dataView(pointer: number): ViewOf<B>['DataView'] {
    this.#heap.live();
    const size = sizeOfLive(this.#heap, pointer);
    return new DataView(this.#heap.buffer(), pointer, size) as ViewOf<B>['DataView'];
  }

  /**
   * Grows the pool by at least `bytes` bytes, in whole pages, and calls the listeners. Returns
   * false, and changes nothing, beyond `maxSize`, when the engine has no more memory, or when
   * something else lies behind the pool.
   */
  grow(bytes: number): boolean {
    this.#heap.live();
    checkSize(bytes, 'bytes');
    return bytes === 0 || this.#heap.raw.arena_grow(this.#heap.live(), bytes) !== 0;
  }

  /**
   * Calls `listener` whenever this pool has grown. Returns a function that removes the listener. An
   * exception of the listener becomes an unhandled rejection and interrupts nothing.
   */
  onGrow(listener: (pool: this) => void): () => void {
    this.#heap.live();
    if (typeof listener !== 'function') throw wrongType('listener', 'a function', listener);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Returns the pool's statistics. If you pass an object, fills that instead of making a new one.
   * Constant time.
   */
  stats(): PoolStats;
  stats<T extends Partial<PoolStats>>(into: T): T & PoolStats;
  stats(into: Partial<PoolStats> = {}): Partial<PoolStats> {
    this.#heap.live();
    if (typeof into !== 'object' || into === null) throw wrongType('into', 'an object', into);
    return fillStats(into, this.#heap);
  }

  /**
   * Returns all blocks in address order, as they are at the call. Linear in blocks.
   *
   * @throws {Error} `ERR_SEGFIT_CORRUPT` if overwritten headers cannot be read.
   */
  blocks(): IterableIterator<BlockInfo> {
    this.#heap.live();
    return blocksOf(this.#heap);
  }

  /**
   * Returns two numbers for each block, in address order: its pointer and its header word. The
   * header word is the block's size, header included, with bit 0 set if the block is free and bit 1
   * if the previous block is free. Linear in blocks.
   *
   * @throws {Error} `ERR_SEGFIT_CORRUPT` if overwritten headers cannot be read.
   */
  snapshot(): ViewOf<ArrayBuffer>['Uint32Array'] {
    this.#heap.live();
    return snapshotOf(this.#heap);
  }

  /**
   * Checks every invariant of the heap and reports the first that does not hold. Linear in blocks.
   */
  check(): CheckReport {
    this.#heap.live();
    return checkOf(this.#heap);
  }

  /**
   * Reports each alloc, free, realloc, growth, reset and failed request of this pool to `sink` from
   * this call on; null ends that. An exception of the sink becomes an unhandled rejection and
   * interrupts nothing. Calls through imports() are not reported, except that the pool grew.
   * Without a sink, tracing costs one comparison in each call.
   *
   * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if `sink` is not a valid sink.
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
   * Returns the descriptor that Pool.attach() needs in another thread. Send it there with
   * postMessage(), or pass it as `workerData` or `processorOptions`.
   *
   * @throws {TypeError} `ERR_SEGFIT_NOT_SHARED` unless the pool is from Pool.shared() or attach().
   */
  share(): PoolDescriptor {
    this.#heap.live();
    return describePool(this.#heap);
  }

  /**
   * Returns C's malloc functions over this pool, to be imported by your own module, which shares
   * `memory`. They are functions of a wasm module, the same ones at each call, and stay valid when
   * the pool grows. A size that does not fit returns 0. An invalid pointer throws the error of
   * free(), through your module. From JavaScript, apply `>>> 0` to the addresses.
   *
   * @throws {Error} `ERR_SEGFIT_WASM_BLOCKED` where bytes may not be compiled, as in workerd.
   */
  imports(): WasmImports {
    this.#heap.live();
    this.#imports ??= wasmImports(this.#heap);
    return this.#imports;
  }

  /**
   * Ends the pool: from now on every call throws `ERR_SEGFIT_DESTROYED`, except this one. The
   * region of a given memory can hold another pool. The engine reclaims the pool's own memory when
   * nothing refers to it or its views.
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
