// SPDX-License-Identifier: MIT
import { checkOptions, checkSize, checkSwitch } from '../internal/arguments.ts';
import { rangeError, wrongType } from '../internal/make_error.ts';
import {
  alignOfEvent,
  capacityOfRing,
  kindOfEvent,
  nextOfRing,
  pointerOfEvent,
  previousOfEvent,
  ringEventWords,
  ringHeaderWords,
  ringKinds,
  ringWord,
  seqOfEvent,
  sizeOfEvent,
  threadOfEvent,
} from '../generated/arena.ts';
import type { PoolHeap } from '../internal/pool_heap.ts';
import {
  type BindableRing,
  bindRing,
  type RingEvent,
  type TraceKind,
  type TraceRing,
} from './trace.ts';

class Ring implements BindableRing {
  dropped = 0;
  readonly #wanted: number;
  readonly #shared: boolean | undefined;
  #heap: PoolHeap | null = null;
  /** The ring's address in the pool. */
  #address = 0;
  /** Whether this object put it there. */
  #made = false;

  constructor(capacity: number, shared: boolean | undefined) {
    this.#wanted = capacity;
    this.#shared = shared;
  }

  get capacity(): number {
    return this.#words() === null ? this.#wanted : this.#at(capacityOfRing);
  }

  get buffer(): ArrayBufferLike {
    return this.#words()?.buffer ?? new ArrayBuffer(0);
  }

  *read(fromSeq: number): IterableIterator<Readonly<RingEvent>> {
    checkSize(fromSeq, 'fromSeq');
    if (this.#words() === null) return;
    const next = this.#at(nextOfRing);
    const first = Math.max(fromSeq, next - this.#at(capacityOfRing));
    this.dropped += first - Math.min(fromSeq, first);
    for (let seq = first; seq < next; seq++) {
      const event = this.#event(seq);
      if (event === null) this.dropped++;
      else yield event;
    }
  }

  [bindRing](heap: PoolHeap | null, atOnce = false): void {
    if (heap !== null && (this.#shared ?? heap.shared) !== heap.shared) {
      throw wrongType("the ring's option shared", `${heap.shared} for this pool`, this.#shared);
    }
    if (this.#heap !== null && this.#made && this.#words() !== null) {
      const { raw, address } = this.#heap;
      // The ring ends with its block.
      if (atOnce) raw.arena_defer(address, this.#address);
      else raw.arena_free(address, this.#address);
    }
    this.#heap = heap;
    this.#made = false;
    if (heap === null || this.#words() !== null) return;
    const { raw, address } = heap;
    const bytes = (ringHeaderWords + this.#wanted * ringEventWords) * 4;
    const block = heap.alloc(bytes, { align: 8, zero: false, tag: undefined });
    // Another thread may have bound one meanwhile; then that is read.
    this.#made = raw.arena_trace(address, block, bytes) !== 0;
    if (!this.#made) raw.arena_free(address, block);
  }

  /** The memory's words while the pool writes to this ring; a reset puts it elsewhere. */
  #words(): Uint32Array | null {
    const heap = this.#heap;
    if (heap === null || heap.address === 0) return null;
    heap.buffer();
    const now = heap.arenaWord(ringWord);
    if (now === 0) return null;
    this.#address = now;
    return heap.words;
  }

  #at(index: number): number {
    const words = this.#heap?.words;
    return words === undefined ? 0 : Atomics.load(words, this.#address / 4 + index);
  }

  /** Event `seq`; null if another is there, or is written meanwhile. */
  #event(seq: number): RingEvent | null {
    if (this.#words() === null) return null;
    const base = ringHeaderWords + (seq % this.#at(capacityOfRing)) * ringEventWords;
    const word = (index: number): number => this.#at(base + index);
    const mark = (seq + 1) >>> 0;
    if (word(seqOfEvent) !== mark) return null;
    const kind = word(kindOfEvent);
    const event: RingEvent = {
      kind: ringKinds[kind & 255] as TraceKind,
      tag: kind >>> 8,
      pointer: word(pointerOfEvent),
      previous: word(previousOfEvent),
      size: word(sizeOfEvent),
      align: word(alignOfEvent),
      thread: word(threadOfEvent),
      seq,
    };
    return word(seqOfEvent) === mark ? event : null;
  }
}

export interface TraceRingOptions {
  /** How many events it holds, 32 bytes each. Default: 1024. */
  capacity?: number;
  /**
   * A ring is shared where its pool is. With true, a pool that is not shared refuses the ring; with
   * false, a shared one. Default: any pool takes it.
   */
  shared?: boolean;
}

/**
 * A ring for Pool.trace(), which takes a block of the pool for it. A pool has one ring; a second
 * one bound to the pool, in another thread too, reads the same events.
 *
 * @throws {RangeError} `ERR_SEGFIT_SIZE` for a capacity that is none, 0 included.
 */
export function createTraceRing(options: TraceRingOptions = {}): TraceRing {
  checkOptions(options, ['capacity', 'shared']);
  const { capacity = 1024, shared } = options;
  checkSize(capacity, 'capacity');
  checkSwitch(shared, 'shared');
  if (capacity === 0 || capacity > 2 ** 26) {
    throw rangeError('ERR_SEGFIT_SIZE', `a ring of ${capacity} events cannot be`);
  }
  return new Ring(capacity, shared);
}
