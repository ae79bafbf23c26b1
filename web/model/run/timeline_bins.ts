// SPDX-License-Identifier: MIT
/** A run's columns, thinned to what a picture has room for. Peaks and marks never get lost. */
import { flags, type CallLog } from './call_log.ts';

/** Operations from `from` to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Bin {
  /** The last operation in it. */
  readonly last: number;
  readonly held: number;
  readonly used: number;
  readonly capacity: number;
  /** The least there was of what is surely to be had. */
  readonly largest: number;
  readonly failed: boolean;
  readonly grew: boolean;
}

/** At most `count` bins over a range, each with the most that was held and used in it. */
export function binsOf(callLog: CallLog, { from, to }: Range, count: number): Bin[] {
  const span = to - from + 1;
  const bins: Bin[] = [];
  const width = Math.max(span / count, 1);
  for (let begin = 0; begin < span; begin += width) {
    const first = from + Math.floor(begin);
    const last = Math.min(from + Math.max(Math.floor(begin + width) - 1, Math.floor(begin)), to);
    bins.push(binOf(callLog, first, last));
  }
  return bins;
}

/** What the operations from `first` to `last` came to. */
export function binOf(callLog: CallLog, first: number, last: number): Bin {
  let [held, used, largest, noted] = [0, 0, Infinity, 0];
  for (let number = first; number <= last; number++) {
    held = Math.max(held, callLog.held[number]!);
    used = Math.max(used, callLog.used[number]!);
    largest = Math.min(largest, callLog.largest[number]!);
    noted |= callLog.flags[number]!;
  }
  return {
    last,
    held,
    used,
    capacity: callLog.capacity[last]!,
    largest,
    failed: (noted & flags.failed) !== 0,
    grew: (noted & flags.grew) !== 0,
  };
}
