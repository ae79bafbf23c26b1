// SPDX-License-Identifier: MIT
export type TraceKind = 'alloc' | 'free' | 'realloc' | 'fail' | 'grow' | 'reset';

/** What a call did. Fields that a kind has no use for are 0. */
export interface TraceEvent {
  /**
   * `fail` is a request for which no room was found, growth included, or a tryAlloc() that found
   * the pool locked.
   */
  kind: TraceKind;
  /**
   * Where the block is after the call, or was, if it was freed. `fail`: the block that was to be
   * resized, else 0. `grow`: where the added bytes begin.
   */
  pointer: number;
  /** `realloc`: where the block was before. */
  previous: number;
  /** Bytes that were asked for. `free`: that the block held. `grow`: that were added. */
  size: number;
  /** What was asked for, not what the pointer happens to be. */
  align: number;
  /** The block's, in pools that keep tags. */
  tag: number;
  /** Goes up by one with each event; the first after trace() has 0. */
  seq: number;
}

export interface TraceSink {
  /**
   * Called in this realm, after the call that it tells of is complete. The event object is reused:
   * copy what you keep. What it does to this pool itself is counted in `seq`, but not told.
   */
  event?(event: Readonly<TraceEvent>): void;
  /**
   * Written by the C side for every thread and every wasm caller; from createTraceRing(). It is a
   * block of the pool while it is in use; reset() empties it.
   */
  ring?: TraceRing;
}

/** An event in a ring. `seq` is the pool's, from 0 on, modulo 2³². */
export interface RingEvent extends TraceEvent {
  /** 0 for the thread that made the pool, then in the order of attaching. */
  thread: number;
}

/** The last events of a pool, in the pool's own memory. */
export interface TraceRing {
  /** How many events it holds; the oldest are overwritten. */
  readonly capacity: number;
  /** The pool's, while a pool writes to it; else an empty one. */
  readonly buffer: ArrayBufferLike;
  /**
   * The events from number `fromSeq` on that are there at the call, oldest first, each a new
   * object. In another thread, while events are written: a Pool attached there, its trace() given
   * a ring of its own, reads the same events.
   */
  read(fromSeq: number): IterableIterator<Readonly<RingEvent>>;
  /** How many events read() was asked for that had been overwritten. */
  readonly dropped: number;
}
