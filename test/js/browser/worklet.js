// SPDX-License-Identifier: MIT
import { Pool } from '../../../dist/index.js';
import { lifeIn } from './life.js';

/** Uses a shared pool in each quantum of audio, and frees its blocks when it ends. */
class PoolProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions: { descriptor, fill, seed, quanta } }) {
    super();
    this.pool = Pool.attach(descriptor);
    this.life = lifeIn(this.pool, fill, seed);
    this.left = quanta;
  }

  process() {
    try {
      for (let step = 0; step < 20; step++) this.life.step();
      if (--this.left > 0) return true;
      this.life.end();
      this.port.postMessage({ result: this.pool.check() });
    } catch (error) {
      this.port.postMessage({ error: `${error.code ?? ''} ${error.stack ?? error}` });
    }
    return false;
  }
}

registerProcessor('segfit-pool', PoolProcessor);
