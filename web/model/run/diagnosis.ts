// SPDX-License-Identifier: MIT
/**
 * Diagnoses a run from its statistics. It detects a leak, where the held bytes only rise, and
 * growing fragmentation, where the held bytes stay level while the guaranteed allocation falls.
 */
import { decimal } from '../format.ts';
import type { CallLog } from './call_log.ts';

/** The number of intervals compared, and the smallest number of calls. */
const stretches = 8;
const fewest = 256;

/** The factors that count as a rise, a level and a fall. */
const rise = 1.2;
const level = 1.15;
const fall = 0.7;

interface Stretch {
  readonly first: number;
  /** The minimum of the held bytes, the free bytes and the guaranteed allocation. */
  readonly held: number;
  readonly free: number;
  readonly largest: number;
}

/**
 * Divides the last half of the first `number` calls into intervals. The first half is ignored,
 * since programs build up data at first.
 */
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

/** Returns a sentence about the calls up to `number`, or ''. */
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
      `The held bytes have risen ${since} and never fell back. If the program should be ` +
      'at rest by then, it leaks blocks.'
    );
  }
  const falls = last.largest <= fall * first.largest;
  if (isLevel(held) && last.free * level >= first.free && falls) {
    return (
      `The held and the free bytes stay level ${since}, but the guaranteed allocation fell from ` +
      `${decimal(first.largest)} to ${decimal(last.largest)}: the heap fragments.`
    );
  }
  return '';
}
