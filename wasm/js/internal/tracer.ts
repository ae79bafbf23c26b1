// SPDX-License-Identifier: MIT
import type { TraceKind } from '../public/trace.ts';

/** Receives an event for each call. */
export type Tracer = (
  kind: TraceKind,
  pointer: number,
  size: number,
  align: number,
  previous: number,
  tag: number,
) => void;
