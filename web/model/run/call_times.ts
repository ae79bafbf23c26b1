// SPDX-License-Identifier: MIT
/** The times of a run's calls, if its trace has them: seconds since the first call with a time. */
import type { CallLog } from './call_log.ts';
import type { Operation } from './operation.ts';
import { type Bin, binOf, type Range } from './timeline_bins.ts';

/**
 * Times by the call's number, never decreasing; [0] is the beginning. A call without a time has the
 * previous one.
 */
export type Times = Float64Array;

const known = new WeakMap<readonly Operation[], Times | null>();

/** Returns the times of all calls; null if no call has a time, or all have the same. */
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

/** Returns the last call at or before `time`, or 0. */
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
 * Returns `count` bins of equal time over a range of calls. A bin without calls repeats the state
 * after the previous call.
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

/** Returns the state of a bin, without its events. */
function still(bin: Bin): Bin {
  return { ...bin, failed: false, grew: false };
}

const units: readonly (readonly [string, number])[] = [
  ['s', 1],
  ['ms', 1e-3],
  ['µs', 1e-6],
  ['ns', 1e-9],
];

/**
 * Formats a duration with four digits, in the unit that leaves one to three before the point: `1.25
 * s`, `340 µs`.
 */
export function duration(seconds: number): string {
  const [name, size] = units.find((unit) => seconds >= unit[1]) ?? units.at(-1)!;
  return seconds === 0 ? '0 s' : `${Number((seconds / size).toPrecision(4))} ${name}`;
}

/** Parses a duration in seconds: `1.2s`, `340 us`, `0.5`; null for other text. */
export function secondsIn(text: string): number | null {
  const [, value, unit = 's'] = /^(\d+(?:\.\d+)?|\.\d+)\s*([munµμ]?s)?$/.exec(text) ?? [];
  const sizes: Record<string, number> = { s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, μs: 1e-6, ns: 1e-9 };
  return value === undefined ? null : Number(value) * sizes[unit]!;
}
