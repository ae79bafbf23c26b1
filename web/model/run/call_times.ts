// SPDX-License-Identifier: MIT
/** When a run's calls were made, where its trace says so: seconds since the first that does. */
import type { CallLog } from './call_log.ts';
import type { Operation } from './operation.ts';
import { type Bin, binOf, type Range } from './timeline_bins.ts';

/** By the call's number, never falling; [0] is the beginning. A call without a time has the last. */
export type Times = Float64Array;

const known = new WeakMap<readonly Operation[], Times | null>();

/** Null if no call has a time, or all have the same. */
export function timesOf(operations: readonly Operation[]): Times | null {
  const before = known.get(operations);
  if (before !== undefined) {
    return before;
  }
  const times = read(operations);
  known.set(operations, times);
  return times;
}

function read(operations: readonly Operation[]): Times | null {
  const first = operations.find(({ time }) => time !== undefined)?.time;
  if (first === undefined) {
    return null;
  }
  const times = new Float64Array(operations.length + 1);
  operations.forEach(({ time }, index) => {
    times[index + 1] = Math.max(times[index]!, time === undefined ? 0 : time - first);
  });
  return times.at(-1)! > 0 ? times : null;
}

/** The last call at `time` or before it; 0 if there is none. */
export function callAt(times: Times, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return Math.max(low - 1, 0);
}

/**
 * `count` bins of equal time over the calls of a range. Where no call was made, a bin shows what
 * the last one left.
 */
export function binsOfTime(
  callLog: CallLog,
  times: Times,
  { from, to }: Range,
  count: number,
): Bin[] {
  const begin = times[from]!;
  const span = times[to]! - begin;
  const bins: Bin[] = [];
  let before = from;
  for (let index = 1; index <= count; index++) {
    const last = index === count ? to : callAt(times, begin + (span * index) / count);
    const reached = Math.min(Math.max(last, before), to);
    const first = index === 1 ? from : before + 1;
    bins.push(
      first <= reached ? binOf(callLog, first, reached) : still(binOf(callLog, before, before)),
    );
    before = reached;
  }
  return bins;
}

/** What was left is there still; that the heap grew, or a call failed, was before. */
function still(bin: Bin): Bin {
  return { ...bin, failed: false, grew: false };
}

const units: readonly (readonly [string, number])[] = [
  ['s', 1],
  ['ms', 1e-3],
  ['µs', 1e-6],
  ['ns', 1e-9],
];

/** `1.25 s`, `340 µs`: four digits, in the unit that leaves one to three before the point. */
export function duration(seconds: number): string {
  const [name, size] = units.find((unit) => seconds >= unit[1]) ?? units.at(-1)!;
  return seconds === 0 ? '0 s' : `${Number((seconds / size).toPrecision(4))} ${name}`;
}

/** Seconds that a reader means by `1.2s`, `340 us`, `0.5`; null if it is none of these. */
export function secondsIn(text: string): number | null {
  const [, value, unit = 's'] = /^(\d+(?:\.\d+)?|\.\d+)\s*([munµμ]?s)?$/.exec(text) ?? [];
  const sizes: Record<string, number> = { s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, μs: 1e-6, ns: 1e-9 };
  return value === undefined ? null : Number(value) * sizes[unit]!;
}
