// SPDX-License-Identifier: MIT
/**
 * What the way of a run's figures says: what is held rises and rises, or it stays level while the
 * largest request that is guaranteed to be served falls.
 */
import { decimal } from '../format.ts';
import type { CallLog } from './call_log.ts';

/** A run is judged by this many stretches, from as many calls on. */
const stretches = 8;
const fewest = 256;

/** How much more is a rise, and within how much something is level. */
const rise = 1.2;
const level = 1.15;
const fall = 0.7;

interface Stretch {
  readonly first: number;
  /** The least that was held, free, and surely to be had. */
  readonly held: number;
  readonly free: number;
  readonly largest: number;
}

/** The last half of the first `number` calls. What a program builds up first is no sign. */
function stretchesOf(callLog: CallLog, number: number): Stretch[] {
  const begin = Math.floor(number / 2);
  const span = number - begin;
  return Array.from({ length: stretches }, (_, at) => {
    const first = begin + Math.floor((at * span) / stretches) + 1;
    const end = begin + Math.floor(((at + 1) * span) / stretches);
    let [held, free, largest] = [Infinity, Infinity, Infinity];
    for (let call = first; call <= end; call++) {
      held = Math.min(held, callLog.held[call]!);
      free = Math.min(free, callLog.capacity[call]! - callLog.used[call]!);
      largest = Math.min(largest, callLog.largest[call]!);
    }
    return { first, held, free, largest };
  });
}

function isLevel(values: readonly number[]): boolean {
  return Math.max(...values) <= level * Math.min(...values);
}

/** A sentence about the calls up to `number`; '' where nothing stands out. */
export function diagnose(callLog: CallLog, number: number): string {
  if (number < fewest) {
    return '';
  }
  const parts = stretchesOf(callLog, number);
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const held = parts.map((part) => part.held);
  const rises = held.every((value, at) => at === 0 || value > held[at - 1]!);
  const since = `since call ${decimal(first.first)}`;
  if (rises && last.held >= rise * first.held) {
    return (
      `What is held has risen ${since} and never fell back. If the program should have come to ` +
      'rest by then, it loses blocks.'
    );
  }
  const falls = last.largest <= fall * first.largest;
  if (isLevel(held) && last.free * level >= first.free && falls) {
    return (
      `What is held and what is free stay level ${since}, but the largest guaranteed request fell from ` +
      `${decimal(first.largest)} to ${decimal(last.largest)}: the heap breaks into pieces.`
    );
  }
  return '';
}
