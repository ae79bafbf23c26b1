// SPDX-License-Identifier: MIT
/**
 * `segfit/trace`: the part of `segfit` that reports a pool's calls.
 *
 * @module
 */
export { createTraceRing } from './index.ts';
export type {
  RingEvent,
  TraceEvent,
  TraceKind,
  TraceRing,
  TraceRingOptions,
  TraceSink,
} from './index.ts';
