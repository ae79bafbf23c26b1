// SPDX-License-Identifier: MIT
/** Finds interesting calls of a run. */
import { flags, type CallLog } from './call_log.ts';

export const interests = {
  failure: 'a call returns NULL',
  growth: 'the heap grows',
  peak: 'a maximum of the used bytes',
  move: 'a realloc moves its block',
  split: 'a free block is split',
  merge: 'a freed block merges',
} as const;
export type Interest = keyof typeof interests;

/** The kinds that 'any' selects. Splits and merges are too common. */
const notable: readonly Interest[] = ['failure', 'growth', 'peak'];

function is(callLog: CallLog, number: number, interest: Interest): boolean {
  switch (interest) {
    case 'failure':
      return callLog.has(number, flags.failed);
    case 'growth':
      return callLog.has(number, flags.grew);
    case 'move':
      return callLog.has(number, flags.moved);
    case 'split':
      return callLog.has(number, flags.split);
    case 'merge':
      return callLog.has(number, flags.merged);
    case 'peak':
      return peaksOf(callLog).has(number);
  }
}

const peaks = new WeakMap<CallLog, Set<number>>();

/** A maximum counts as a peak once the use has fallen by this share. */
const fall = 0.1;

function peaksOf(callLog: CallLog): Set<number> {
  let found = peaks.get(callLog);
  if (found === undefined) {
    found = new Set();
    let top = 0;
    for (let number = 1; number <= callLog.length; number++) {
      const used = callLog.used[number]!;
      if (used > callLog.used[top]!) {
        top = number;
      } else if (top !== 0 && used < callLog.used[top]! * (1 - fall)) {
        found.add(top);
      }
    }
    if (top !== 0) {
      found.add(top);
    }
    peaks.set(callLog, found);
  }
  return found;
}

/**
 * Returns the nearest operation before or after `from` of the given interest. 'any' selects the
 * notable kinds and the operations in `marks`. Returns 0 if there is no such operation.
 */
export function nearest(
  callLog: CallLog,
  from: number,
  direction: 1 | -1,
  interest: Interest | 'any',
  marks: ReadonlySet<number> = new Set(),
): number {
  const wanted = interest === 'any' ? notable : [interest];
  for (
    let number = from + direction;
    number >= 1 && number <= callLog.length;
    number += direction
  ) {
    const marked = interest === 'any' && marks.has(number);
    if (marked || wanted.some((each) => is(callLog, number, each))) {
      return number;
    }
  }
  return 0;
}
