// SPDX-License-Identifier: MIT
/** Reduces the columns of a run to the width of a picture. Peaks and events are never lost. */
import { flags, type CallLog } from './call_log.ts';

/** A range of operations, both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Bin {
  /** The last operation in the bin. */
  readonly last: number;
  readonly held: number;
  readonly used: number;
  readonly capacity: number;
  /** The minimum of the guaranteed allocation. */
  readonly largest: number;
  readonly failed: boolean;
  readonly grew: boolean;
}

/** Returns at most `count` bins over a range, each with its maximum of held and used bytes. */
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

/** Returns the bin of the operations from `first` to `last`. */
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
