// SPDX-License-Identifier: MIT
/** The size that a moment is about: what was asked for, and the block that this takes. */
import type { Snapshot } from '../heap/snapshot.ts';
import type { Execution } from './history.ts';
import type { World } from './world.ts';

export interface SizeInFocus {
  /** Bytes that the program asks for; null where a free block is put away. */
  readonly request: number | null;
  /** The block's size; 0 if no block of this heap can be so large. */
  readonly size: number;
  /** The class of that size, −1 if there is none. */
  readonly index: number;
  /** The class at which a search begins, if that is another one; else −1. */
  readonly from: number;
}

/** Null where no size is in question. */
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

/** Classes classesAround one, as far as there are any: `[first, behind the last]`. */
export function classesAround(
  index: number,
  width: number,
  { rows, columns }: Snapshot,
): [number, number] {
  const count = rows * columns;
  const first = Math.max(0, Math.min(index - Math.floor(width / 2), count - width));
  return [first, Math.min(first + width, count)];
}
