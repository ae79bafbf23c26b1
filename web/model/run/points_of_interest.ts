// SPDX-License-Identifier: MIT
/** Where in a run something worth seeing happens. */
import { flags, type CallLog } from './call_log.ts';

export const interests = {
  failure: 'a call answered by NULL',
  growth: 'the heap grows',
  peak: 'more in use than ever, and less afterwards',
  move: 'a realloc moves its block',
  split: 'a free block is cut',
  merge: 'a freed block merges',
} as const;
export type Interest = keyof typeof interests;

/** Those that 'any' means: cuts and merges are too common to be news. */
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

/** A peak counts once the use has fallen by this share of it. */
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
 * The nearest operation before or after `from` that is of `interest`, or, for any, of a notable one or
 * among `marks`; 0 if there is none.
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
