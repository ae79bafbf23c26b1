// SPDX-License-Identifier: MIT
import { Pool } from '../../../dist/index.js';
import { lifeIn } from './life.js';

const tasks = {
  live(pool, { fill, seed, steps }) {
    const life = lifeIn(pool, fill, seed);
    for (let step = 0; step < steps; step++) life.step();
    life.end();
    return pool.check();
  },
  /** Stops inside a call, with the lock held, until the page ends this thread. */
  stop(pool) {
    const { Uint32Array: Real } = globalThis;
    globalThis.Uint32Array = class extends Real {
      constructor(...given) {
        super(...given);
        postMessage({ inside: true });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
    };
    return pool.snapshot();
  },
  /** Waits for the lock and reports the result. */
  wait(pool) {
    postMessage({ inside: true });
    try {
      return pool.alloc(8);
    } catch ({ code }) {
      return code;
    }
  },
  /** Holds the lock until the page is about to wait for it, and a while longer. */
  hold(pool, { lock }) {
    const words = new Int32Array(pool.buffer);
    const said = new Int32Array(pool.buffer, pool.alloc(4), 1);
    said[0] = 0;
    Atomics.store(words, lock, 1);
    postMessage({ said: said.byteOffset });
    while (Atomics.load(said, 0) === 0);
    for (let turn = 0; turn < 1e6; turn++) Atomics.load(said, 0);
    Atomics.store(words, lock, 0);
    Atomics.notify(words, lock);
    return 'released';
  },
};

self.onmessage = ({ data }) => {
  try {
    const pool = Pool.attach(data.descriptor);
    postMessage({ result: tasks[data.task](pool, data) });
  } catch (error) {
    postMessage({ error: `${error.code ?? ''} ${error.stack ?? error}` });
  }
};
