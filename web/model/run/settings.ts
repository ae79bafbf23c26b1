// SPDX-License-Identifier: MIT
/** How the heap of a run is made. */
import { policies } from 'segfit/core';

import type { Operation } from './operation.ts';

export interface Settings {
  /** Bytes of the heap at first, control structure included. */
  readonly size: number;
  /** Bytes that it may grow to. */
  readonly limit: number;
  /** Bytes that it grows by at least. */
  readonly step: number;
  readonly columns: number;
  readonly policy: number;
  /** Of payloads, and the unit of block sizes: each has a build of its own. */
  readonly align: number;
  /** Into how many regions with gaps between them the first bytes are cut. */
  readonly pools: number;
}

const kibibyte = 1024;

/** Bytes that are nobody's, between pools. */
export const poolGap = 512;

/** The most bytes that the program of a trace holds at once. */
export function peakOf(operations: readonly Operation[]): number {
  const sizes = new Map<number, number>();
  let held = 0;
  let peak = 0;
  for (const operation of operations) {
    const ended = operation.kind === 'realloc' ? operation.oldId : operation.id;
    held -= sizes.get(ended) ?? 0;
    sizes.delete(ended);
    if (operation.kind !== 'free') {
      held += operation.size;
      sizes.set(operation.id, operation.size);
    }
    peak = Math.max(peak, held);
  }
  return peak;
}

/** A heap that is somewhat too small for what a trace holds at its peak, so that it must grow. */
export function settingsFor(operations: readonly Operation[]): Settings {
  const peak = peakOf(operations);
  const step =
    16 * kibibyte * 2 ** Math.max(0, Math.ceil(Math.log2((peak + 1) / (128 * kibibyte))));
  const size = Math.max(Math.floor((peak * 0.85) / step), 1) * step;
  return {
    size,
    limit: Math.max(size + 4 * step, 7 * step),
    step,
    columns: 16,
    policy: policies.probe,
    align: 8,
    pools: 1,
  };
}
