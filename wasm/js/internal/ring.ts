// SPDX-License-Identifier: MIT
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
import type { RingEvent, TraceKind, TraceRing } from '../public/trace.ts';
import { checkSize } from './arguments.ts';
import { wrongType } from './make_error.ts';
import type { PoolHeap } from './pool_heap.ts';

/**
 * The method with which a pool binds a ring, or releases it with null. With `atOnce` it does not
 * wait for the pool's lock. A registered symbol works across copies of the package.
 */
export const bindRing: unique symbol = Symbol.for('segfit.bindRing') as never;

export interface BindableRing extends TraceRing {
  [bindRing](heap: PoolHeap | null, atOnce?: boolean): void;
}

export class Ring implements BindableRing {
  dropped = 0;
  readonly #wanted: number;
  readonly #shared: boolean | undefined;
  #heap: PoolHeap | null = null;
  /** The ring's address in the pool's memory. */
  #address = 0;
  /** Whether this object allocated the ring's block. */
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
      // Freeing the block ends the ring.
      if (atOnce) raw.arena_defer(address, this.#address);
      else raw.arena_free(address, this.#address);
    }
    this.#heap = heap;
    this.#made = false;
    if (heap === null || this.#words() !== null) return;
    const { raw, address } = heap;
    const bytes = (ringHeaderWords + this.#wanted * ringEventWords) * 4;
    const block = heap.alloc(bytes, { align: 8, zero: false, tag: undefined });
    // Another thread may have bound a ring meanwhile; then this object reads that one.
    this.#made = raw.arena_trace(address, block, bytes) !== 0;
    if (!this.#made) raw.arena_free(address, block);
  }

  /**
   * Returns the memory's words while the pool writes to this ring. Also updates the address: a
   * reset moves the ring.
   */
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

  /** Returns event `seq`, or null if another event has overwritten it. */
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
