// SPDX-License-Identifier: MIT
/** The settings of a run's heap. */
import { policies } from 'segfit/core';

import type { Operation } from './operation.ts';

export interface Settings {
  /** The initial size in bytes, control structure included. */
  readonly size: number;
  /** The maximum size in bytes. */
  readonly limit: number;
  /** The minimum growth in bytes. */
  readonly step: number;
  readonly columns: number;
  readonly policy: number;
  /** The alignment of payloads and the unit of block sizes. Each alignment has its own build. */
  readonly align: number;
  /** The number of pools that divide the initial bytes, with gaps between them. */
  readonly pools: number;
}

const kibibyte = 1024;

/** Unused bytes between pools. */
export const poolGap = 512;

/** Returns the maximum number of bytes that the program of a trace holds at once. */
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

/**
 * Returns settings for a heap that is a little too small for the trace's peak, so that it must
 * grow.
 */
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
