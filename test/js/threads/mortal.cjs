// SPDX-License-Identifier: MIT
// A worker thread of abandoned.test.ts: it ends, waits or is slow inside a shared pool. Its clock
// runs as fast as the test's, so that time limits are short.
const { parentPort, workerData } = require('node:worker_threads');

const { descriptor, task, speed } = workerData;
const begin = Date.now();
const { now } = Date;
Date.now = () => begin + (now() - begin) * speed;

const { createTraceRing, Pool } = require('../../../dist/index.cjs');

const pool = Pool.attach(descriptor);
const flag = new Int32Array(workerData.flag);
const sleep = () => Atomics.wait(flag, 0, 0);

/** Calls snapshot(), and `work` in the middle of it, while it holds the pool's lock. */
function inside(work) {
  const { Uint32Array: Real } = globalThis;
  globalThis.Uint32Array = class extends Real {
    constructor(...given) {
      super(...given);
      globalThis.Uint32Array = Real;
      work();
    }
  };
  return pool.snapshot().length;
}

const attempt = (call) => {
  const start = now();
  let answer;
  try {
    answer = call();
  } catch ({ code, message }) {
    answer = code ?? message;
  }
  return { answer, took: now() - start };
};

const tasks = {
  /** Holds the lock until this thread is terminated. */
  hold: () =>
    inside(() => {
      parentPort.postMessage('inside');
      sleep();
    }),
  /** Ends itself while it holds the lock. */
  exit: () => inside(() => process.exit(7)),
  /** Throws while it holds the lock. */
  fail: () =>
    inside(() => {
      throw new Error('in the middle');
    }),
  /** Holds the lock until `flag` is set. */
  linger: () =>
    attempt(() =>
      inside(() => {
        parentPort.postMessage('inside');
        sleep();
      }),
    ),
  /** Waits for the lock, and returns the result and the duration. */
  call() {
    parentPort.postMessage('inside');
    const first = attempt(() => pool.alloc(8));
    return [first, attempt(() => pool.stats().usedBlocks)];
  },
  /** Waits for the lock, and is terminated meanwhile. */
  wait() {
    parentPort.postMessage('inside');
    pool.alloc(8);
  },
  /** Destroys its own Pool object while the lock is held and a ring is bound. */
  destroy() {
    pool.trace({ ring: createTraceRing({ capacity: 8 }) });
    parentPort.postMessage('inside');
    sleep();
    return attempt(() => {
      pool.destroy();
      pool.destroy();
      return pool.destroyed;
    });
  },
};

parentPort.postMessage({ result: tasks[task]() });
