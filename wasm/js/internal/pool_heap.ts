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
 * A pool without its public face: the arena in a memory, called through wasm. Arguments are checked
 * already, except for pointers, which the C side judges.
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
  /** Bytes that a block takes beyond the user's: for its tag, or its guard. */
  readonly slack: number;
  readonly debug: boolean;
  /** Null costs one compare a call. */
  tell: Tracer | null = null;
  readonly leaks: Leaks | null;
  /** The arena's address; 0 once the pool is destroyed. */
  address: number;
  /** Bytes of the region, as far as this thread knows. */
  length = 0;
  /** Goes up when blocks die other than by being freed. */
  epoch = 0;
  generation = 0;
  /** The memory as words; replaced with the buffer. */
  words!: Uint32Array;
  /** Called after the buffer changed. */
  onGrow: () => void = () => {};
  /** Called once, when the pool ends. */
  onDestroy: () => void = () => {};
  readonly #host: Host;
  readonly #resizable: boolean;
  readonly #owned: boolean;
  #buffer!: ArrayBufferLike;
  /** The buffer that was current when onGrow was last called. */
  #told: ArrayBufferLike;
  /** All buffers of a shared memory; views of an older one are as good. */
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
    this.#take();
    this.#told = this.#buffer;
    const options = this.arenaWord(optionsWord);
    this.byteOffset = this.arenaWord(beginWord);
    this.shared = (options & sharedOption) !== 0;
    this.debug = (options & debugOption) !== 0;
    this.slack = this.debug ? arenaGuardSize : options & tagsOption ? arenaTagSize : 0;
    this.leaks = this.debug ? new Leaks(label, (pointer) => this.faultOf(pointer, tryFlag) === okFault) : null;
    this.watch(null);
    if (this.shared) this.thread = Atomics.add(this.words, address / 4 + threadsWord, 1);
    host.pools.add(this);
  }

  /** Has what happens told to `tracer`, and in a debug pool to what finds leaks. */
  watch(tracer: Tracer | null): void {
    const { leaks } = this;
    this.tell =
      leaks === null
        ? tracer
        : (...event) => {
            leaks.tell(...event);
            tracer?.(...event);
          };
  }

  /** The arena's address, of a pool that is not destroyed. */
  live(): number {
    if (this.address !== 0) return this.address;
    throw destroyedError(this.label);
  }

  /** A word of the arena; 0 of a destroyed one. */
  arenaWord(index: number): number {
    return this.words[this.address / 4 + index] ?? 0;
  }

  /** A word of the heap, by its offset there. */
  heapWord(offset: number): number {
    return this.words[(this.address + arenaSize + offset) >>> 2] ?? 0;
  }

  buffer(): ArrayBufferLike {
    // A buffer that growth replaced has no words left; one of a shared memory has a new length.
    // Asking the memory each time is slower.
    const same = this.words[this.address / 4 + lengthWord] === this.length;
    if (!same || this.#buffer !== this.#told) this.refresh();
    return this.#buffer;
  }

  /** After growth, by this thread from `before` bytes on, by another, or beside the pool. */
  refresh(before?: number): void {
    this.#take();
    const changed = this.#buffer !== this.#told;
    this.#told = this.#buffer;
    if (changed) this.generation++;
    if (before !== undefined) {
      this.tell?.('grow', this.byteOffset + before, this.length - before, 0, 0, 0);
    }
    if (changed || before !== undefined) this.onGrow();
  }

  /** Looks at the memory anew. Tells nobody, so that it can be done in a lock. */
  #take(): void {
    const { memory } = this;
    const growable = memory as { toResizableBuffer?(): ArrayBufferLike };
    this.#see((this.#resizable && growable.toResizableBuffer?.()) || memory.buffer);
    const end = this.arenaWord(beginWord) + this.length;
    if (end <= this.#buffer.byteLength || !isShared(this.#buffer)) return;
    // What another thread added: this one's memory learns of it by being asked for no more.
    memory.grow(0);
    this.#see(memory.buffer);
  }

  #see(buffer: ArrayBufferLike): void {
    this.#buffer = buffer;
    this.#buffers.add(buffer);
    this.words = new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.length = this.arenaWord(lengthWord);
  }

  /** True for the buffer of this pool's memory, or one that shares its bytes. */
  hasBuffer(buffer: ArrayBufferLike): boolean {
    if (buffer === this.buffer()) return true;
    if (!this.shared || !isShared(buffer)) return false;
    return this.#buffers.has(buffer) || buffer === this.memory.buffer;
  }

  /** The pointer of a block, or 0. The common case: aligned as all blocks are, uncleared. */
  tryAlloc(size: number, align: number): number {
    const flags = this.shared ? tryFlag : 0;
    const wanted = align < blockAlign ? blockAlign : align;
    const pointer = this.raw.arena_alloc(this.live(), size, wanted, flags) >>> 0;
    if (this.tell !== null) this.#tellAlloc(pointer, size, align, 0);
    // A listener or sink may have ended the pool.
    if (pointer === 0) this.live();
    return pointer;
  }

  /** The pointer of a block; throws for want of room. */
  alloc(size: number, { align, zero, tag }: Request): number {
    const flags = (zero ? zeroFlag : 0) | flagsOf(tag);
    const wanted = align < blockAlign ? blockAlign : align;
    const pointer = this.raw.arena_alloc(this.live(), size, wanted, flags) >>> 0;
    if (this.tell !== null) this.#tellAlloc(pointer, size, align, tag ?? 0);
    if (pointer === 0) throw this.outOfMemory(size, align);
    return pointer;
  }

  #tellAlloc(pointer: number, size: number, align: number, tag: number): void {
    this.tell?.(pointer === 0 ? 'fail' : 'alloc', pointer, size, align, 0, tag);
  }

  /**
   * Where the block is afterwards, its bytes from `clearFrom` on zero; throws for want of room.
   */
  realloc(pointer: number, size: number, { align, tag }: Request, clearFrom: number): number {
    const wanted = align < blockAlign ? blockAlign : align;
    const { raw } = this;
    const moved = raw.arena_realloc(this.live(), pointer, size, wanted, flagsOf(tag)) >>> 0;
    if (moved === 0) {
      this.tell?.('fail', pointer, size, align, 0, 0);
      throw this.outOfMemory(size, align);
    }
    if (clearFrom < Infinity) {
      const holds = this.sizeOf(moved);
      if (holds > clearFrom) new Uint8Array(this.buffer(), moved + clearFrom, holds - clearFrom).fill(0);
    }
    this.tell?.('realloc', moved, size, align, pointer, this.tell === null ? 0 : this.tagOf(moved));
    return moved;
  }

  /** Changes a block's size in place or not at all. */
  resize(pointer: number, size: number): boolean {
    const done = this.raw.arena_resize(this.live(), pointer, size) !== 0;
    if (this.tell !== null && pointer !== 0) {
      const [kind, previous] = done ? (['realloc', pointer] as const) : (['fail', 0] as const);
      this.tell(kind, pointer, size, blockAlign, previous, this.tagOf(pointer));
    }
    return done;
  }

  free(pointer: number): void {
    if (this.tell === null || pointer === 0) {
      this.raw.arena_free(this.live(), pointer);
      return;
    }
    const size = this.sizeOf(pointer);
    const tag = this.tagOf(pointer);
    this.raw.arena_free(this.address, pointer);
    this.tell('free', pointer, size, 0, 0, tag);
  }

  freeDeferred(pointer: number): void {
    const told = this.tell !== null && pointer !== 0;
    if (told) this.buffer();
    const size = told ? this.usableSize(pointer) : 0;
    this.raw.arena_defer(this.live(), pointer);
    if (pointer !== 0) this.tell?.('free', pointer, size, 0, 0, 0);
  }

  reset(): void {
    this.raw.arena_reset(this.live());
    this.epoch++;
    this.tell?.('reset', 0, 0, 0, 0, 0);
  }

  destroy(): void {
    const { address } = this;
    if (address === 0) return;
    callGuarded(() => this.leaks?.report());
    this.address = 0;
    this.epoch++;
    this.tell = null;
    this.#host.pools.delete(this);
    this.onDestroy();
    if (this.#owned) this.raw.arena_end(address);
  }

  /** How many bytes the block at `pointer` holds; 0 for 0. */
  sizeOf(pointer: number): number {
    return this.raw.arena_size(this.live(), pointer) >>> 0;
  }

  /** The tag of a used block: its last byte. */
  tagOf(pointer: number): number {
    this.buffer();
    return this.tagAt(pointer);
  }

  /** The same, between lock() and unlock(). */
  tagAt(pointer: number): number {
    if (this.slack === 0) return 0;
    return new Uint8Array(this.#buffer, this.#endOf(pointer) - 1, 1)[0] ?? 0;
  }

  /** As sizeOf(), without looking whether a block begins at `pointer`. */
  usableSize(pointer: number): number {
    const end = this.#endOf(pointer);
    return this.debug ? (this.words[end / 4 - 2] ?? 0) : end - pointer - this.slack;
  }

  #endOf(pointer: number): number {
    const header = pointer - blockPayload;
    return header + (((this.words[header / 4] ?? 0) & ~headerFlags) >>> 0);
  }

  /** One of `faultCodes`. With `tryFlag`, `busyFault` while another thread holds the lock. */
  faultOf(pointer: number, flags = 0): number {
    return this.raw.arena_fault(this.live(), pointer, flags);
  }

  /** Bytes that the first block of the largest class holds. Between lock() and unlock(). */
  largestFree(): number {
    return this.raw.arena_max(this.address) >>> 0;
  }

  /** Whether a request is sure to succeed without growing. */
  canAlloc(size: number, align: number): boolean {
    const alignmentGap = align > blockAlign ? align + minBlock : 0;
    this.lock();
    const largest = this.largestFree();
    this.unlock();
    return largest >= Math.max(1, size) + alignmentGap + this.slack;
  }

  /** Keeps other threads out until unlock(), so that the heap can be read. */
  lock(): void {
    this.raw.arena_lock(this.live(), 1);
    // Listeners hear of growth at the next call: they may use the pool, which now is locked.
    if (this.words[this.address / 4 + lengthWord] !== this.length) this.#take();
  }

  unlock(): void {
    this.raw.arena_lock(this.address, 0);
  }

  outOfMemory(size: number, align: number): RangeError {
    this.lock();
    const free = this.heapWord(statsCapacity) - this.heapWord(statsUsed);
    const largest = this.largestFree();
    this.unlock();
    const sure = Math.max(0, largest - this.slack);
    const why = `${free} bytes are free; up to ${sure} bytes aligned to ${blockAlign} surely fit`;
    return outOfMemory(size, align, why, largest, free);
  }
}

const flagsOf = (tag: number | undefined): number =>
  tag === undefined ? 0 : taggedFlag | (tag << 8);
