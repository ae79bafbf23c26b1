// SPDX-License-Identifier: MIT
import type { TraceEvent, TraceSink } from '../public/trace.ts';
import { checkCallbacks } from './arguments.ts';
import { callGuarded } from './callbacks.ts';
import { wrongType } from './make_error.ts';
import { type BindableRing, bindRing } from './ring.ts';
import type { Tracer } from './tracer.ts';

/**
 * Checks a sink.
 *
 * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if `sink` is not a valid sink.
 */
export function checkSink(sink: TraceSink): void {
  if (typeof sink !== 'object' || sink === null) {
    throw wrongType('a sink', 'an object or null', sink);
  }
  checkCallbacks(sink, ['event', 'ring']);
  const { event, ring } = sink;
  if (ring !== undefined && typeof (ring as BindableRing | null)?.[bindRing] !== 'function') {
    throw wrongType("a sink's ring", 'made by createTraceRing()', ring);
  }
  if (typeof event !== 'function' && (event !== undefined || ring === undefined)) {
    throw wrongType("a sink's event", 'a function', event);
  }
}

/** Returns a tracer that reports a pool's events to a sink. */
export function tracerOf(sink: TraceSink): Tracer {
  const event: TraceEvent = {
    kind: 'alloc',
    pointer: 0,
    previous: 0,
    size: 0,
    align: 0,
    tag: 0,
    seq: 0,
  };
  /** Made once, so that an event makes no garbage. */
  const call = (): void => sink.event?.(event);
  let next = 0;
  let reporting = false;
  return (kind, pointer, size, align, previous, tag) => {
    const seq = next++;
    if (reporting) return;
    event.kind = kind;
    event.pointer = pointer;
    event.previous = previous;
    event.size = size;
    event.align = align;
    event.tag = tag;
    event.seq = seq;
    reporting = true;
    callGuarded(call);
    reporting = false;
  };
}
