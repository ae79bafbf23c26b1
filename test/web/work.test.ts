// SPDX-License-Identifier: MIT
/** Work with pauses has the same result as work without. */
import { expect, test } from '@jest/globals';

import { writeHeapl } from '../../web/formats/heapl.ts';
import { writeRep } from '../../web/formats/malloc_lab.ts';
import { readingTrace, readTrace } from '../../web/formats/read_trace.ts';
import { Store } from '../../web/model/page/store.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { finish, inSlices, type Work } from '../../web/model/work.ts';
import { build, small, trace } from './real.ts';

/** Four times the calls of the page's own trace, enough to pause in the middle. */
const operations = [0, 1, 2, 3].flatMap((time) =>
  trace.operations.map((each): Operation => {
    const id = each.id + time * 1e6;
    return each.kind === 'realloc'
      ? { ...each, id, oldId: each.oldId + time * 1e6 }
      : { ...each, id };
  }),
);

/** Returns the reported shares and the result of the work. */
function told<T>(work: Work<T>): [number[], T] {
  const shares: number[] = [];
  for (;;) {
    const { done, value } = work.next();
    if (done === true) {
      return [shares, value];
    }
    shares.push(value as number);
  }
}

const rising = (shares: readonly number[]): boolean =>
  shares.every((share, at) => share >= 0 && share <= 1 && share >= (shares[at - 1] ?? 0));

test.each([
  ['.heapl', writeHeapl({ title: 'four', meta: {}, operations })],
  ['.rep', writeRep(operations, 65_536)],
])('%s: pauses do not change the result', (_, text) => {
  const [shares, read] = told(readingTrace(text));
  expect(shares.length).toBeGreaterThan(5);
  expect(rising(shares)).toBe(true);
  expect(read).toEqual(readTrace(text));
  expect(read.trace.operations).toHaveLength(operations.length);
});

test('a run executed with pauses is shown only when it is complete', () => {
  const store = new Store([build], trace, small);
  store.seek(700);
  const before = store.world;
  const loading = store.loading({ title: 'four', meta: {}, operations });
  expect(loading.next().done).toBe(false);
  expect(store.world).toBe(before);
  store.seek(800);
  expect(store.position.value.operation).toBe(800);
  finish(loading);
  expect([store.history.length, store.position.value.operation]).toEqual([operations.length, 0]);
  const once = new Store([build], { title: 'four', meta: {}, operations });
  expect(store.history.callLog).toEqual(once.history.callLog);
});

function* counting(to: number): Work<string> {
  for (let done = 0; done < to; done++) {
    const begin = performance.now();
    while (performance.now() - begin < 2) {
      // Some slow work.
    }
    yield done / to;
  }
  return 'done';
}

test('work in slices lets other code run, and reports its progress', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const shares: number[] = [];
  expect(await inSlices(counting(100), (share) => shares.push(share))).toBe('done');
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
  expect(shares.length).toBeGreaterThan(2);
  expect(rising(shares)).toBe(true);
});

test('work that is no longer wanted stops', async () => {
  let shares = 0;
  const work = counting(1000);
  expect(
    await inSlices(
      work,
      () => shares++,
      () => shares < 2,
    ),
  ).toBe(null);
  expect(shares).toBe(2);
});
