// SPDX-License-Identifier: MIT
import { describe } from './arguments.ts';
import { callGuarded } from './callbacks.ts';
import { typeError } from './errors.ts';

export type TraceKind = 'alloc' | 'free' | 'realloc' | 'fail' | 'grow' | 'reset';

/** What a call did. Fields that a kind has no use for are 0. */
export interface TraceEvent {
  /** `fail` is a request for which no room was found, growth included. */
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
  /** Goes up by one with each event; the first after trace() has 0. */
  seq: number;
}

export interface TraceSink {
  /**
   * Called in this realm, after the call that it tells of is complete. The event object is reused:
   * copy what you keep. What it does to this pool itself is counted in `seq`, but not told.
   */
  event(event: Readonly<TraceEvent>): void;
}

/** Tells a sink what happens in a pool. */
export class Tracer {
  readonly #sink: TraceSink;
  readonly #event: TraceEvent = {
    kind: 'alloc',
    pointer: 0,
    previous: 0,
    size: 0,
    align: 0,
    seq: 0,
  };
  /** Made once, so that an event makes no garbage. */
  readonly #call = (): void => this.#sink.event(this.#event);
  #next = 0;
  #telling = false;

  /** @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if `sink` is none. */
  constructor(sink: TraceSink) {
    if (typeof sink !== 'object' || sink === null) {
      const message = `a sink must be an object or null, not ${describe(sink)}`;
      throw typeError('ERR_SEGFIT_ARG_TYPE', message);
    }
    if (typeof sink.event !== 'function') {
      const message = `a sink's event must be a function, not ${describe(sink.event)}`;
      throw typeError('ERR_SEGFIT_ARG_TYPE', message);
    }
    this.#sink = sink;
  }

  tell(kind: TraceKind, pointer: number, size: number, align: number, previous = 0): void {
    const seq = this.#next++;
    if (this.#telling) return;
    const event = this.#event;
    event.kind = kind;
    event.pointer = pointer;
    event.previous = previous;
    event.size = size;
    event.align = align;
    event.seq = seq;
    this.#telling = true;
    callGuarded(this.#call);
    this.#telling = false;
  }
}
