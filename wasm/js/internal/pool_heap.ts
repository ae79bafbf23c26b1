// SPDX-License-Identifier: MIT
import {
  arenaGuardSize,
  arenaSize,
  arenaTagSize,
  beginWord,
  debugOption,
  lengthWord,
  okFault,
  optionsWord,
  sharedOption,
  taggedFlag,
  tagsOption,
  threadsWord,
  tryFlag,
  zeroFlag,
} from '../generated/arena.ts';
import {
  align as blockAlign,
  blockPayload,
  headerFlags,
  minBlock,
  statsCapacity,
  statsUsed,
} from '../generated/heap_layout.ts';
import type { WasmMemory, WasmModule } from '../public/platform.ts';
import type { Arena } from './arena.ts';
import { isShared } from './arguments.ts';
import { callGuarded } from './callbacks.ts';
import type { ArenaExports, Host, HostedPool } from './host.ts';
import { Leaks } from './leaks.ts';
import { destroyedError, outOfMemory } from './make_error.ts';
import type { Request } from './request.ts';
import type { Tracer } from './tracer.ts';

/**
 * A pool's implementation: an arena in a memory, called through wasm. Pool has checked all
 * arguments except pointers, which the C side checks.
 */
export class PoolHeap implements HostedPool {
  readonly label: string;
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly raw: ArenaExports;
  readonly shared: boolean;
  readonly byteOffset: number;
  /** This thread's number in a shared pool. */
  readonly thread: number = 0;
  /** Bytes of each block for its tag or its guard. */
  readonly slack: number;
  readonly debug: boolean;
  /** The receiver of trace events. Null costs one comparison in each call. */
  tracer: Tracer | null = null;
  readonly leaks: Leaks | null;
  /** The arena's address; 0 after destroy(). */
  address: number;
  /** The region's size in bytes, as this thread last read it. */
  length = 0;
  /** Increases when blocks end in another way than free(): reset() and destroy(). */
  epoch = 0;
  generation = 0;
  /** The memory as 32-bit words, replaced together with the buffer. */
  words!: Uint32Array;
  /** Called after the buffer was replaced or the pool grew. */
  onGrow: () => void = () => {};
  /** Called once, by destroy(). */
  onDestroy: () => void = () => {};
  readonly #host: Host;
  readonly #resizable: boolean;
  readonly #owned: boolean;
  #buffer!: ArrayBufferLike;
  /** The buffer at the last call of onGrow. */
  #reported: ArrayBufferLike;
  /** All buffers of a shared memory. A view of an older buffer is still valid. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();

  constructor({ host, memory, address, label, resizable, owned }: Arena) {
    this.label = label;
    this.memory = memory;
    this.module = host.module;
    this.raw = host.raw;
    this.address = address;
    this.#host = host;
    this.#resizable = resizable;
    this.#owned = owned;
    this.#readBuffer();
    this.#reported = this.#buffer;
    const options = this.arenaWord(optionsWord);
    this.byteOffset = this.arenaWord(beginWord);
    this.shared = (options & sharedOption) !== 0;
    this.debug = (options & debugOption) !== 0;
    this.slack = this.debug ? arenaGuardSize : options & tagsOption ? arenaTagSize : 0;
    this.leaks = this.debug
      ? new Leaks(label, (pointer) => this.faultOf(pointer, tryFlag) === okFault)
      : null;
    this.watch(null);
    if (this.shared) this.thread = Atomics.add(this.words, address / 4 + threadsWord, 1);
    host.pools.add(this);
  }

  /** Sends events to `tracer`, and in a debug pool also to the leak finder. */
  watch(tracer: Tracer | null): void {
    const { leaks } = this;
    this.tracer =
      leaks === null
        ? tracer
        : (...event) => {
            leaks.trace(...event);
            tracer?.(...event);
          };
  }

  /** Returns the arena's address. Throws if the pool is destroyed. */
  live(): number {
    if (this.address !== 0) return this.address;
    throw destroyedError(this.label);
  }

  /** Returns a word of the arena, or 0 if the pool is destroyed. */
  arenaWord(index: number): number {
    return this.words[this.address / 4 + index] ?? 0;
  }

  /** Returns a word of the heap at an offset in bytes. */
  heapWord(offset: number): number {
    return this.words[(this.address + arenaSize + offset) >>> 2] ?? 0;
  }

  buffer(): ArrayBufferLike {
    // A buffer that growth replaced has no words left; after growth of shared memory the length
    // word differs. Reading `memory.buffer` each time is slower.
    const same = this.words[this.address / 4 + lengthWord] === this.length;
    if (!same || this.#buffer !== this.#reported) this.refresh();
    return this.#buffer;
  }

  /**
   * Updates the buffer after growth. `before` is the previous size in bytes if this thread grew the
   * pool; undefined if another thread did, or if the memory grew beside the pool.
   */
  refresh(before?: number): void {
    this.#readBuffer();
    const changed = this.#buffer !== this.#reported;
    this.#reported = this.#buffer;
    if (changed) this.generation++;
    if (before !== undefined) {
      this.tracer?.('grow', this.byteOffset + before, this.length - before, 0, 0, 0);
    }
    if (changed || before !== undefined) this.onGrow();
  }

  /** Reads the memory's current buffer. Calls no listener, so it may run under the lock. */
  #readBuffer(): void {
    const { memory } = this;
    const growable = memory as { toResizableBuffer?(): ArrayBufferLike };
    this.#useBuffer((this.#resizable && growable.toResizableBuffer?.()) || memory.buffer);
    const end = this.arenaWord(beginWord) + this.length;
    if (end <= this.#buffer.byteLength || !isShared(this.#buffer)) return;
    // Another thread grew the memory. Growing by 0 makes this thread's object notice.
    memory.grow(0);
    this.#useBuffer(memory.buffer);
  }

  #useBuffer(buffer: ArrayBufferLike): void {
    this.#buffer = buffer;
    this.#buffers.add(buffer);
    this.words = new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.length = this.arenaWord(lengthWord);
  }

  /** Returns whether `buffer` belongs to this pool's memory. */
  hasBuffer(buffer: ArrayBufferLike): boolean {
    if (buffer === this.buffer()) return true;
    if (!this.shared || !isShared(buffer)) return false;
    return this.#buffers.has(buffer) || buffer === this.memory.buffer;
  }

  /** Returns a block's pointer, or 0. The common case: default alignment, not cleared. */
  tryAlloc(size: number, align: number): number {
    const flags = this.shared ? tryFlag : 0;
    const wanted = align < blockAlign ? blockAlign : align;
    const pointer = this.raw.arena_alloc(this.live(), size, wanted, flags) >>> 0;
    if (this.tracer !== null) this.#traceAlloc(pointer, size, align, 0);
    // A listener or sink may have destroyed the pool.
    if (pointer === 0) this.live();
    return pointer;
  }

  /** Returns a block's pointer; throws if nothing fits. */
  alloc(size: number, { align, zero, tag }: Request): number {
    const flags = (zero ? zeroFlag : 0) | flagsOf(tag);
    const wanted = align < blockAlign ? blockAlign : align;
    const pointer = this.raw.arena_alloc(this.live(), size, wanted, flags) >>> 0;
    if (this.tracer !== null) this.#traceAlloc(pointer, size, align, tag ?? 0);
    if (pointer === 0) throw this.outOfMemory(size, align);
    return pointer;
  }

  #traceAlloc(pointer: number, size: number, align: number, tag: number): void {
    this.tracer?.(pointer === 0 ? 'fail' : 'alloc', pointer, size, align, 0, tag);
  }

  /**
   * Returns the block's new pointer, and clears its bytes from `clearFrom` on. Throws if nothing
   * fits.
   */
  realloc(pointer: number, size: number, { align, tag }: Request, clearFrom: number): number {
    const wanted = align < blockAlign ? blockAlign : align;
    const { raw } = this;
    const moved = raw.arena_realloc(this.live(), pointer, size, wanted, flagsOf(tag)) >>> 0;
    if (moved === 0) {
      this.tracer?.('fail', pointer, size, align, 0, 0);
      throw this.outOfMemory(size, align);
    }
    if (clearFrom < Infinity) {
      const holds = this.sizeOf(moved);
      if (holds > clearFrom)
        new Uint8Array(this.buffer(), moved + clearFrom, holds - clearFrom).fill(0);
    }
    this.tracer?.(
      'realloc',
      moved,
      size,
      align,
      pointer,
      this.tracer === null ? 0 : this.tagOf(moved),
    );
    return moved;
  }

  /** Changes a block's size in place; returns whether that was possible. */
  resize(pointer: number, size: number): boolean {
    const done = this.raw.arena_resize(this.live(), pointer, size) !== 0;
    if (this.tracer !== null && pointer !== 0) {
      const [kind, previous] = done ? (['realloc', pointer] as const) : (['fail', 0] as const);
      this.tracer(kind, pointer, size, blockAlign, previous, this.tagOf(pointer));
    }
    return done;
  }

  free(pointer: number): void {
    if (this.tracer === null || pointer === 0) {
      this.raw.arena_free(this.live(), pointer);
      return;
    }
    const size = this.sizeOf(pointer);
    const tag = this.tagOf(pointer);
    this.raw.arena_free(this.address, pointer);
    this.tracer('free', pointer, size, 0, 0, tag);
  }

  freeDeferred(pointer: number): void {
    const traced = this.tracer !== null && pointer !== 0;
    if (traced) this.buffer();
    const size = traced ? this.usableSize(pointer) : 0;
    this.raw.arena_defer(this.live(), pointer);
    if (pointer !== 0) this.tracer?.('free', pointer, size, 0, 0, 0);
  }

  reset(): void {
    this.raw.arena_reset(this.live());
    this.epoch++;
    this.tracer?.('reset', 0, 0, 0, 0, 0);
  }

  destroy(): void {
    const { address } = this;
    if (address === 0) return;
    callGuarded(() => this.leaks?.report());
    this.address = 0;
    this.epoch++;
    this.tracer = null;
    this.#host.pools.delete(this);
    this.onDestroy();
    if (this.#owned) this.raw.arena_end(address);
  }

  /** Returns how many bytes the block at `pointer` holds; 0 for 0. */
  sizeOf(pointer: number): number {
    return this.raw.arena_size(this.live(), pointer) >>> 0;
  }

  /** Returns the tag of a used block, which is its last byte. */
  tagOf(pointer: number): number {
    this.buffer();
    return this.tagAt(pointer);
  }

  /** Same as tagOf(), between lock() and unlock(). */
  tagAt(pointer: number): number {
    if (this.slack === 0) return 0;
    return new Uint8Array(this.#buffer, this.#endOf(pointer) - 1, 1)[0] ?? 0;
  }

  /** Same as sizeOf(), without checking that a block begins at `pointer`. */
  usableSize(pointer: number): number {
    const end = this.#endOf(pointer);
    return this.debug ? (this.words[end / 4 - 2] ?? 0) : end - pointer - this.slack;
  }

  #endOf(pointer: number): number {
    const header = pointer - blockPayload;
    return header + (((this.words[header / 4] ?? 0) & ~headerFlags) >>> 0);
  }

  /**
   * Returns one of `faultCodes`; with `tryFlag`, `busyFault` while another thread holds the lock.
   */
  faultOf(pointer: number, flags = 0): number {
    return this.raw.arena_fault(this.live(), pointer, flags);
  }

  /** Returns the payload of the first block in the largest class. Between lock() and unlock(). */
  largestFree(): number {
    return this.raw.arena_max(this.address) >>> 0;
  }

  /** Returns whether a request is guaranteed to succeed without growing. */
  canAlloc(size: number, align: number): boolean {
    const alignmentGap = align > blockAlign ? align + minBlock : 0;
    this.lock();
    const largest = this.largestFree();
    this.unlock();
    return largest >= Math.max(1, size) + alignmentGap + this.slack;
  }

  /** Keeps other threads out until unlock(), so that the heap can be read consistently. */
  lock(): void {
    this.raw.arena_lock(this.live(), 1);
    // The next call reports the growth: listeners may use the pool, which is locked here.
    if (this.words[this.address / 4 + lengthWord] !== this.length) this.#readBuffer();
  }

  unlock(): void {
    this.raw.arena_lock(this.address, 0);
  }

  outOfMemory(size: number, align: number): RangeError {
    this.lock();
    const free = this.heapWord(statsCapacity) - this.heapWord(statsUsed);
    const largest = this.largestFree();
    this.unlock();
    const guaranteed = Math.max(0, largest - this.slack);
    const why =
      `${free} bytes are free; the guaranteed allocation is ${guaranteed} bytes, ` +
      `aligned to ${blockAlign}`;
    return outOfMemory(size, align, why, largest, free);
  }
}

const flagsOf = (tag: number | undefined): number =>
  tag === undefined ? 0 : taggedFlag | (tag << 8);
