// SPDX-License-Identifier: MIT
/**
 * Tests how this thread waits for a lock that another thread holds, with a simulated clock and
 * wait. The order of the tests matters: the module learns once that waiting throws.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Pool } from 'segfit';

import { thrownBy } from './helpers.ts';

const pool = Pool.shared({ label: 'held' });
const lock = new Int32Array(pool.buffer, pool.share().byteOffset + 4, 1);
const [free, taken, awaited] = [0, 1, 2];

let now = 0;
/** Milliseconds that pass with each reading of the clock. */
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

/**
 * Replaces Atomics.wait by `each`, called with the number of the wait; returns the recorded
 * arguments.
 */
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

test('a thread that may sleep sleeps until the lock is free', () => {
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

test('a sleeping thread gives up after 10 seconds, counted anew for each call', () => {
  for (let call = 0; call < 2; call++) {
    pace = 0;
    const begin = now;
    const asked = waiting(() => (now += 2500));
    Atomics.store(lock, 0, taken);
    expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
    // Each wait takes 2.5 seconds, and the fourth reaches the limit.
    expect([asked.length, now - begin]).toEqual([4, 10_000]);
    jest.restoreAllMocks();
    jest.spyOn(Date, 'now').mockImplementation(() => (now += pace));
  }
});

test('a thread that is woken, or sees the lock change, restarts its count', () => {
  pace = 0;
  const begin = now;
  const asked = waiting(
    () => (now += 4000),
    (round) => (round < 6 ? 'ok' : 'timed-out'),
  );
  Atomics.store(lock, 0, taken);
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  expect([asked.length, now - begin]).toEqual([8, 32_000]);
});

test('a thread whose wait throws tries it once and then spins', () => {
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
  // An engine without Atomics.pause only reads the word.
  engine.pause = undefined;
  Atomics.store(lock, 0, taken);
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  engine.pause = pause;
  if (pause === undefined) delete engine.pause;
});

test('a spinning thread that sees the lock change restarts its count', () => {
  waiting(() => {});
  let looks = 0;
  const { load } = Atomics;
  jest.spyOn(Atomics, 'load').mockImplementation(((words: Int32Array, index: number) => {
    // One holder releases the lock and the next takes it; the sixth keeps it.
    if (++looks < 6) Atomics.store(lock, 0, taken);
    return load(words, index);
  }) as never);
  Atomics.store(lock, 0, taken);
  const begin = now;
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(timeout);
  // Two readings of the clock in each of the first five rounds, then five seconds.
  expect(now - begin).toBeGreaterThan(10_000);
});

test('a spinning thread continues as soon as the lock is free', () => {
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
