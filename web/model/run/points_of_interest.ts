// SPDX-License-Identifier: MIT
/** Where in a run something worth seeing happens. */
import { flags, type Ledger } from './call_log.ts';

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

function is(ledger: Ledger, number: number, interest: Interest): boolean {
  switch (interest) {
    case 'failure':
      return ledger.has(number, flags.failed);
    case 'growth':
      return ledger.has(number, flags.grew);
    case 'move':
      return ledger.has(number, flags.moved);
    case 'split':
      return ledger.has(number, flags.split);
    case 'merge':
      return ledger.has(number, flags.merged);
    case 'peak':
      return peaksOf(ledger).has(number);
  }
}

const peaks = new WeakMap<Ledger, Set<number>>();

/** A peak counts once the use has fallen by this share of it. */
const fall = 0.1;

function peaksOf(ledger: Ledger): Set<number> {
  let found = peaks.get(ledger);
  if (found === undefined) {
    found = new Set();
    let top = 0;
    for (let number = 1; number <= ledger.length; number++) {
      const used = ledger.used[number]!;
      if (used > ledger.used[top]!) {
        top = number;
      } else if (top !== 0 && used < ledger.used[top]! * (1 - fall)) {
        found.add(top);
      }
    }
    if (top !== 0) {
      found.add(top);
    }
    peaks.set(ledger, found);
  }
  return found;
}

/**
 * The nearest operation before or after `from` that is of `interest`, or, for any, of a notable one or
 * among `marks`; 0 if there is none.
 */
export function nearest(
  ledger: Ledger,
  from: number,
  direction: 1 | -1,
  interest: Interest | 'any',
  marks: ReadonlySet<number> = new Set(),
): number {
  const wanted = interest === 'any' ? notable : [interest];
  for (let number = from + direction; number >= 1 && number <= ledger.length; number += direction) {
    const marked = interest === 'any' && marks.has(number);
    if (marked || wanted.some((each) => is(ledger, number, each))) {
      return number;
    }
  }
  return 0;
}
