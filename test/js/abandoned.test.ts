// SPDX-License-Identifier: MIT
/**
 * Shared pools in which a thread ended: one caller waits, all others get the same error at once,
 * and destroy() never waits. In real threads, with a clock that runs faster than the real one.
 */
import { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createTraceRing, Pool } from 'segfit';

import { dispose, thrownBy } from './helpers.ts';

// Threads start slowly on a busy machine.
jest.setTimeout(120_000);

const { now } = Date;
/** How many times faster the package's clock runs than the real one. */
const speed = 20;
/**
 * The maximum duration in milliseconds of a call that does not wait, even on a busy machine. The
 * time limit of a waiting call is much longer.
 */
const atOnce = 800;
const abandoned = { name: 'Error', code: 'ERR_SEGFIT_LOCK_TIMEOUT' };
const [markWord, lockWord] = [0, 1];

type Shared = Pool<SharedArrayBuffer>;
interface Answer {
  answer: unknown;
  took: number;
}

beforeEach(() => {
  const begin = now();
  jest.spyOn(Date, 'now').mockImplementation(() => begin + (now() - begin) * speed);
});

const workers: Worker[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

/** A thread that is inside a call of the pool, or about to enter one. */
class Mortal {
  readonly flag = new SharedArrayBuffer(4);
  readonly worker: Worker;
  readonly inside: Promise<unknown>;
  readonly ended: Promise<unknown>;

  constructor(pool: Shared, task: string) {
    const workerData = { descriptor: pool.share(), task, speed, flag: this.flag };
    this.worker = new Worker('./test/js/threads/mortal.cjs', { workerData, stderr: true });
    workers.push(this.worker);
    this.inside = new Promise((resolve) => this.worker.once('message', resolve));
    this.ended = new Promise((resolve) => {
      let result: unknown;
      this.worker.on('message', (value: { result?: unknown }) => (result = value.result));
      this.worker.once('error', (error) => (result = error));
      this.worker.once('exit', (code) => resolve(result ?? code));
    });
  }

  goOn(): void {
    const words = new Int32Array(this.flag);
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
  }
}

/** Ends a thread in the middle of a call. */
async function killInside(pool: Shared): Promise<void> {
  const holder = new Mortal(pool, 'hold');
  await holder.inside;
  await holder.worker.terminate();
}

function timed(call: () => unknown): number {
  const begin = now();
  call();
  return now() - begin;
}

const lockOf = (pool: Shared): Int32Array =>
  new Int32Array(pool.memory.buffer, pool.share().byteOffset, lockWord + 1);

/** Every operation that takes the lock, or defers work to the next call that takes it. */
const callsOf = (pool: Shared, pointer: number): (() => unknown)[] => {
  const imports = pool.imports();
  const attached = Pool.attach(pool.share());
  return [
    () => pool.alloc(8),
    () => pool.tryAlloc(8),
    () => pool.realloc(pointer, 900),
    () => pool.realloc(0, 8),
    () => pool.tryResize(pointer, 4),
    () => pool.free(pointer),
    () => pool.freeDeferred(pointer),
    () => pool.allocMany(Uint32Array.of(8), new Uint32Array(1)),
    () => pool.freeMany(Uint32Array.of(pointer)),
    () => pool.reset(),
    () => pool.sizeOf(pointer),
    () => pool.canAlloc(8),
    () => pool.owns(pointer),
    () => pool.allocArray(Float32Array, 4),
    () => pool.reallocArray(new Uint8Array(pool.buffer, pointer, 8), 900),
    () => pool.view(pointer),
    () => pool.dataView(pointer),
    () => pool.block(8),
    () => pool.grow(1),
    () => pool.stats(),
    () => pool.blocks(),
    () => pool.snapshot(),
    () => pool.check(),
    () => pool.trace({ ring: createTraceRing() }),
    () => imports.malloc(8),
    () => imports.calloc(1, 8),
    () => imports.realloc(pointer, 900),
    () => imports.free(pointer),
    () => imports.aligned_alloc(64, 8),
    () => imports.malloc_usable_size(pointer),
    () => attached.alloc(8),
    () => attached.tryAlloc(8),
    () => Pool.attach(pool.share()),
  ];
};

describe('a thread that ends inside a pool', () => {
  test.each([
    ['', {}],
    [' with tags', { tags: true }],
    [' with guards', { debug: true }],
  ])('makes one call wait; all later calls%s throw at once', async (_, options) => {
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    const pool = Pool.shared({ label: 'orphan', ...options });
    const pointer = pool.alloc(100);
    const calls = callsOf(pool, pointer);
    const block = pool.block(8);
    await killInside(pool);
    expect(thrownBy(() => pool.alloc(8))).toMatchObject({
      ...abandoned,
      message: expect.stringContaining('"orphan"'),
    });
    const took = timed(() => {
      for (const call of [...calls, () => block.free(), () => block[dispose]()]) {
        expect(thrownBy(call)).toMatchObject(abandoned);
      }
    });
    expect(took).toBeLessThan(atOnce);
    expect(timed(() => pool.destroy())).toBeLessThan(atOnce);
    for (const call of calls.slice(0, 20)) {
      expect(thrownBy(call).code).toBe('ERR_SEGFIT_DESTROYED');
    }
  });

  test('leaves the pool locked if it ends itself', async () => {
    const pool = Pool.shared({});
    const exiting = new Mortal(pool, 'exit');
    expect(await exiting.ended).toBe(7);
    expect(thrownBy(() => pool.alloc(8))).toMatchObject(abandoned);
    expect(timed(() => thrownBy(() => pool.alloc(8)))).toBeLessThan(atOnce);
    pool.destroy();
  });

  test('wakes all sleeping threads together; later calls do not wait', async () => {
    const pool = Pool.shared({});
    await killInside(pool);
    const waiting = [1, 2, 3].map(() => new Mortal(pool, 'call'));
    await Promise.all(waiting.map(({ inside }) => inside));
    const begin = now();
    const answers = (await Promise.all(waiting.map(({ ended }) => ended))) as Answer[][];
    expect(now() - begin).toBeLessThan(2 * 10_000);
    for (const [first, second] of answers) {
      expect([first?.answer, second?.answer]).toEqual([abandoned.code, abandoned.code]);
      expect(second?.took).toBeLessThan(atOnce);
    }
    expect(timed(() => thrownBy(() => pool.stats()))).toBeLessThan(atOnce);
    pool.destroy();
  });

  test('harms nobody if it only waited: another sleeping thread continues', async () => {
    const pool = Pool.shared({});
    const lock = lockOf(pool);
    Atomics.store(lock, lockWord, 1);
    const caller = new Mortal(pool, 'call');
    await caller.inside;
    while (Atomics.load(lock, lockWord) !== 2)
      await new Promise((resolve) => setTimeout(resolve, 1));
    // As if the woken thread ended before it took the lock.
    Atomics.store(lock, lockWord, 0);
    const [first] = (await caller.ended) as Answer[];
    expect(first?.answer).toBeGreaterThan(0);
    expect(pool.check().ok).toBe(true);
  });

  test('leaves the pool usable if it throws', async () => {
    const pool = Pool.shared({});
    const failing = new Mortal(pool, 'fail');
    expect(await failing.ended).toMatchObject({ message: 'in the middle' });
    expect(timed(() => pool.free(pool.alloc(8)))).toBeLessThan(atOnce);
  });
});

test('the return of a slow thread makes the pool usable again', async () => {
  const pool = Pool.shared({});
  const pointer = pool.alloc(100);
  const slow = new Mortal(pool, 'linger');
  await slow.inside;
  expect(thrownBy(() => pool.alloc(8))).toMatchObject(abandoned);
  expect(thrownBy(() => pool.free(pointer))).toMatchObject(abandoned);
  slow.goOn();
  expect(await slow.ended).toMatchObject({ answer: 4 });
  pool.free(pointer);
  expect(pool.stats()).toMatchObject({ usedBlocks: 0, allocs: 1, frees: 1, failures: 0 });
  expect(pool.check().ok).toBe(true);
  expect(Pool.attach(pool.share()).tryAlloc(8)).toBeGreaterThan(0);
});

test('a lock that many threads use is busy, not abandoned', () => {
  const pool = Pool.shared({});
  const lock = lockOf(pool);
  let rounds = 0;
  jest.spyOn(Atomics, 'wait').mockImplementation((() => {
    if (++rounds > 50) Atomics.store(lock, lockWord, 0);
    const until = now() + 20;
    while (now() < until);
    return 'ok';
  }) as never);
  Atomics.store(lock, lockWord, 1);
  expect(timed(() => expect(pool.alloc(8)).toBeGreaterThan(0)) * speed).toBeGreaterThan(15_000);
});

describe('destroy() while a thread is inside a call', () => {
  test('called by the maker, ends at once and wakes sleeping threads', async () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
    const region = { memory, byteOffset: 4096, byteLength: 40_000 };
    const pool = Pool.shared(region);
    const attached = Pool.attach(pool.share());
    pool.trace({ ring: createTraceRing({ capacity: 8 }) });
    await killInside(pool);
    const sleeper = new Mortal(pool, 'call');
    await sleeper.inside;
    const lock = lockOf(pool);
    while (Atomics.load(lock, lockWord) !== 2)
      await new Promise((resolve) => setTimeout(resolve, 1));
    const took = timed(() => {
      pool.destroy();
      pool.destroy();
    });
    expect(took).toBeLessThan(atOnce);
    const [first, second] = (await sleeper.ended) as Answer[];
    expect([first?.answer, second?.answer]).toEqual(Array(2).fill('ERR_SEGFIT_DESTROYED'));
    expect(Atomics.load(lock, markWord)).toBe(0);
    expect(thrownBy(() => attached.tryAlloc(8)).code).toBe('ERR_SEGFIT_DESTROYED');
    expect(thrownBy(() => attached.freeDeferred(8192)).code).toBe('ERR_SEGFIT_DESTROYED');
    attached.destroy();
    // The region can hold another pool.
    const next = Pool.shared(region);
    next.free(next.alloc(8));
    expect(next.check().ok).toBe(true);
  });

  test('called by an attached thread, ends at once; its ring is freed after the call ends', async () => {
    const pool = Pool.shared({});
    const leaver = new Mortal(pool, 'destroy');
    await leaver.inside;
    expect(pool.stats().usedBlocks).toBe(1);
    const lock = lockOf(pool);
    Atomics.store(lock, lockWord, 1);
    leaver.goOn();
    const { answer, took } = (await leaver.ended) as Answer;
    expect(answer).toBe(true);
    expect(took).toBeLessThan(atOnce);
    Atomics.store(lock, lockWord, 0);
    expect(pool.stats()).toMatchObject({ usedBlocks: 0, freeBlocks: 1 });
    const ring = createTraceRing({ capacity: 16 });
    pool.trace({ ring });
    expect(ring.capacity).toBe(16);
  });

  test.each([1, 2, 3])('neither waits nor throws when the lock is %d', (state) => {
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => {});
    for (const options of [{}, { tags: true }, { debug: true }]) {
      for (const attach of [false, true]) {
        const made = Pool.shared(options);
        const pool = attach ? Pool.attach(made.share()) : made;
        pool.allocArray(Uint8Array, 8);
        pool.trace({ ring: createTraceRing({ capacity: 8 }) });
        Atomics.store(lockOf(pool), lockWord, state);
        expect(timed(() => pool[dispose]())).toBeLessThan(atOnce);
        expect(pool.destroyed).toBe(true);
        expect(timed(() => made.destroy())).toBeLessThan(atOnce);
      }
    }
    expect(warned).not.toHaveBeenCalled();
  });

  test('does not throw if the console does', () => {
    const rejected = jest.fn();
    jest.spyOn(Promise, 'reject').mockImplementation(rejected as never);
    jest.spyOn(console, 'warn').mockImplementation(() => {
      throw new Error('no console');
    });
    const pool = new Pool({ debug: true });
    pool.alloc(8);
    pool.destroy();
    expect([pool.destroyed, rejected.mock.calls.length]).toEqual([true, 1]);
  });
});

test('collecting a view while the lock is held throws nothing', () => {
  const real = globalThis.FinalizationRegistry;
  let collect: (held: unknown) => void = () => {};
  let held: unknown;
  globalThis.FinalizationRegistry = class {
    constructor(tell: (held: unknown) => void) {
      collect = tell;
    }
    register(_: object, what: unknown): void {
      held = what;
    }
  } as never;
  const warned = jest.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const pool = Pool.shared({ debug: true });
    pool.allocArray(Uint8Array, 8);
    for (const state of [1, 3]) {
      Atomics.store(lockOf(pool), lockWord, state);
      expect(timed(() => collect(held))).toBeLessThan(atOnce);
    }
    expect(warned).not.toHaveBeenCalled();
    Atomics.store(lockOf(pool), lockWord, 0);
    pool.destroy();
    expect(warned).toHaveBeenCalledTimes(1);
  } finally {
    globalThis.FinalizationRegistry = real;
  }
});
