// SPDX-License-Identifier: MIT
/** The size that a moment concerns: the request and the block size that it needs. */
import type { Snapshot } from '../heap/snapshot.ts';
import type { Execution } from './history.ts';
import type { World } from './world.ts';

export interface SizeInFocus {
  /** The requested size; null where a free block enters its list. */
  readonly request: number | null;
  /** The block size; 0 if this heap cannot have such a large block. */
  readonly size: number;
  /** The class of that size, or −1. */
  readonly index: number;
  /** The class at which the search begins, if it differs; else −1. */
  readonly from: number;
}

/** Returns the size in focus; null if the moment concerns no size. */
export function sizeInFocus(
  { events, steps }: Execution,
  moment: number,
  world: World,
): SizeInFocus | null {
  const { wanted, at } = steps[Math.min(moment, steps.length - 1)]!;
  if (wanted !== null) {
    const search = events.slice(0, at + 1).findLast(({ kind }) => kind === 'search');
    const index = world.classes.of(wanted.b);
    const from = search === undefined || search.a === index ? -1 : search.a;
    return { request: wanted.a, size: index < 0 ? 0 : wanted.b, index, from };
  }
  const put = events.findLast(({ kind }) => kind === 'insert');
  return put === undefined ? null : { request: null, size: put.a, index: put.b, from: -1 };
}

/**
 * Returns a range of `width` classes around `index`, clamped to the heap's classes: `[first, behind
 * the last]`.
 */
export function classesAround(
  index: number,
  width: number,
  { rows, columns }: Snapshot,
): [number, number] {
  const count = rows * columns;
  const first = Math.max(0, Math.min(index - Math.floor(width / 2), count - width));
  return [first, Math.min(first + width, count)];
}
