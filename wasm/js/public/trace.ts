// SPDX-License-Identifier: MIT
export type TraceKind = 'alloc' | 'free' | 'realloc' | 'fail' | 'grow' | 'reset';

/** The effect of a call. Fields that do not apply to a kind are 0. */
export interface TraceEvent {
  /**
   * `fail` is a request that failed even after trying to grow, or a tryAlloc() that found the pool
   * locked.
   */
  kind: TraceKind;
  /**
   * The block's pointer after the call, or the freed pointer. `fail`: the block to be resized, else
   * 0. `grow`: where the added bytes begin.
   */
  pointer: number;
  /** `realloc`: the block's pointer before the call. */
  previous: number;
  /** The requested size in bytes. `free`: the block's size. `grow`: the number of added bytes. */
  size: number;
  /** The requested alignment; the pointer may be aligned to more. */
  align: number;
  /** The block's tag, in pools that store tags. */
  tag: number;
  /** Increases by one with each event. The first event after trace() has 0. */
  seq: number;
}

export interface TraceSink {
  /**
   * Called in this realm after the reported call is complete. The event object is reused: copy what
   * you keep. Calls that the callback itself makes to this pool count in `seq` but are not
   * reported.
   */
  event?(event: Readonly<TraceEvent>): void;
  /**
   * A ring from createTraceRing(). The C side writes it for every thread and every wasm caller.
   * While in use, it occupies a block of the pool; reset() empties it.
   */
  ring?: TraceRing;
}

/** An event in a ring. `seq` counts the pool's events from 0, modulo 2³². */
export interface RingEvent extends TraceEvent {
  /** 0 for the thread that made the pool; other threads are numbered in the order of attaching. */
  thread: number;
}

/** The last events of a pool, stored in the pool's own memory. */
export interface TraceRing {
  /** How many events the ring holds. New events overwrite the oldest. */
  readonly capacity: number;
  /** The pool's buffer while a pool writes to the ring; otherwise an empty buffer. */
  readonly buffer: ArrayBufferLike;
  /**
   * Yields the events from number `fromSeq` on that the ring holds at the call, oldest first, each
   * as a new object. To read from another thread while events are written, attach a Pool there and
   * pass a ring of its own to trace(): it reads the same events.
   */
  read(fromSeq: number): IterableIterator<Readonly<RingEvent>>;
  /** How many requested events read() missed because they were overwritten. */
  readonly dropped: number;
}
