// SPDX-License-Identifier: MIT
/**
 * How this thread waits for a lock that another holds, with a clock and a wait of the test's own. The tests are in
 * order: that waiting is refused is learnt once.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Pool } from 'segfit';

import { thrownBy } from './helpers.ts';

const pool = Pool.shared({ label: 'held' });
const lock = new Int32Array(pool.buffer, pool.share().byteOffset + 4, 1);
const [free, taken, awaited] = [0, 1, 2];

let now = 0;
/** Milliseconds that pass with each look at the clock. */
let pace = 0;

beforeEach(() => {
  now = 1e12;
  pace = 1000;
  jest.spyOn(Date, 'now').mockImplementation(() => (now += pace));
});

afterEach(() => {
  Atomics.store(lock, 0, free);
  jest.restoreAllMocks();
});

/** Has Atomics.wait do `each`, with the number of the wait, and answer; returns what it was asked. */
function waiting(
  each: (round: number) => void,
  answer: (round: number) => 'ok' | 'timed-out' = () => 'timed-out',
): unknown[][] {
  const asked: unknown[][] = [];
  jest.spyOn(Atomics, 'wait').mockImplementation((...given: unknown[]) => {
    asked.push(given);
    each(asked.length);
    return answer(asked.length);
  });
  return asked;
}

const timeout = {
  name: 'Error',
  code: 'ERR_SEGFIT_LOCK_TIMEOUT',
  message: expect.stringContaining('"held"'),
};

test('who may sleep does so until the lock is free', () => {
  pace = 0;
  const asked = waiting((round) => round === 3 && Atomics.store(lock, 0, free));
  Atomics.store(lock, 0, taken);
  const pointer = pool.alloc(8);
  expect(pointer).not.toBe(0);
  pool.free(pointer);
  expect(asked).toHaveLength(3);
  for (const [words, index, value, most] of asked) {
    expect((words as Int32Array).buffer).toBe(pool.buffer);
    expect(Number(index) * 4).toBe(lock.byteOffset);
    expect([value, most]).toEqual([awaited, 1000]);
  }
});

test('who may sleep gives up after 10 seconds, counted anew for each call', () => {
  for (let call = 0; call < 2; call++) {
    pace = 0;
    const begin = now;
    const asked = waiting(() => (now += 2500));
    Atomics.store(lock, 0, taken);
    expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
    // 2.5 seconds a wait, and the fourth ends it.
    expect([asked.length, now - begin]).toEqual([4, 10_000]);
    jest.restoreAllMocks();
    jest.spyOn(Date, 'now').mockImplementation(() => (now += pace));
  }
});

test('who is woken, or sees the lock change, begins to count anew', () => {
  pace = 0;
  const begin = now;
  const asked = waiting(() => (now += 4000), (round) => (round < 6 ? 'ok' : 'timed-out'));
  Atomics.store(lock, 0, taken);
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  expect([asked.length, now - begin]).toEqual([8, 32_000]);
});

test('where waiting is refused it is tried once, and then spins', () => {
  const asked = waiting(() => {
    throw new TypeError('not here');
  });
  let pauses = 0;
  const engine = Atomics as { pause?: unknown };
  const { pause } = engine;
  engine.pause = () => void pauses++;
  Atomics.store(lock, 0, taken);
  const begin = now;
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  expect([asked.length, now - begin]).toEqual([1, 6000]);
  expect(pauses).toBeGreaterThan(1000);
  Atomics.store(lock, 0, taken);
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  expect(asked).toHaveLength(1);
  // An engine without Atomics.pause only looks.
  engine.pause = undefined;
  Atomics.store(lock, 0, taken);
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  engine.pause = pause;
  if (pause === undefined) delete engine.pause;
});

test('who spins and sees the lock change hands begins to count anew', () => {
  waiting(() => {});
  let looks = 0;
  const { load } = Atomics;
  jest.spyOn(Atomics, 'load').mockImplementation(((words: Int32Array, index: number) => {
    // One holder lets go and the next takes it, until from the sixth on one keeps it.
    if (++looks < 6) Atomics.store(lock, 0, taken);
    return load(words, index);
  }) as never);
  Atomics.store(lock, 0, taken);
  const begin = now;
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  // Two looks at the clock in each of the five first rounds, then five seconds.
  expect(now - begin).toBeGreaterThan(10_000);
});

test('who spins goes on as soon as the lock is free', () => {
  pace = 0;
  const asked = waiting(() => {});
  let looks = 0;
  const { load } = Atomics;
  jest.spyOn(Atomics, 'load').mockImplementation(((words: Int32Array, index: number) => {
    looks++;
    if (looks === 5) Atomics.store(lock, 0, free);
    return load(words, index);
  }) as never);
  Atomics.store(lock, 0, taken);
  const pointer = pool.alloc(8);
  expect([pointer === 0, asked.length, looks]).toEqual([false, 0, 5]);
  jest.restoreAllMocks();
  pool.free(pointer);
});
