// SPDX-License-Identifier: MIT
/**
 * What a pool tells of its calls: `segfit/trace`. The functions are those of `segfit`.
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
