// SPDX-License-Identifier: MIT
// The functions that browser.mjs runs in a page, by name. Each returns a value to compare.
import { Pool } from '../../../dist/index.js';
import { lifeIn } from './life.js';

const page = 65536;

function thrownBy(call) {
  try {
    call();
    return 'nothing';
  } catch ({ name, code }) {
    return `${name} ${code}`;
  }
}

const resultOf = ({ result, error }) => {
  if (error !== undefined) throw new Error(error);
  return result;
};

/** Starts a worker with a task; returns its messages and its result. */
function inWorker(pool, task, more, heard = () => {}) {
  const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
  const done = new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      if ('result' in data || 'error' in data) resolve(data);
      else heard(data);
    };
  }).finally(() => worker.terminate());
  worker.postMessage({ descriptor: pool.share(), task, ...more });
  return done.then(resultOf);
}

async function inWorklet(pool, more, quanta) {
  const context = new OfflineAudioContext(1, 128 * (quanta + 8), 44100);
  await context.audioWorklet.addModule(new URL('worklet.js', import.meta.url).href);
  const node = new AudioWorkletNode(context, 'segfit-pool', {
    processorOptions: { descriptor: pool.share(), quanta, ...more },
  });
  const done = new Promise((resolve, reject) => {
    node.onprocessorerror = () => reject(new Error('the processor failed'));
    node.port.onmessage = ({ data }) => resolve(data);
  });
  node.connect(context.destination);
  await context.startRendering();
  return resultOf(await done);
}

/** Performs steps of this page's own use of the pool, with pauses in which the workers start. */
async function onMainThread(pool, seed, steps) {
  const life = lifeIn(pool, 99, seed);
  for (let step = 0; step < steps; step++) {
    life.step();
    if (step % 500 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  life.end();
  return pool.check();
}

const balance = (pool) => {
  const { used, usedBlocks, freeBlocks, allocs, frees, grows } = pool.stats();
  return [used, usedBlocks, freeBlocks, allocs === frees, grows > 0, pool.check().ok];
};

const tests = {
  async threads(seed) {
    const pool = Pool.shared({ size: page, maxSize: 64 * page });
    const checks = await Promise.all([
      ...[1, 2].map((fill) => inWorker(pool, 'live', { fill, seed: seed + fill, steps: 8000 })),
      onMainThread(pool, seed, 8000),
    ]);
    return [checks.every(({ ok }) => ok), ...balance(pool)];
  },

  async worklet(seed) {
    const pool = Pool.shared({ size: page, maxSize: 64 * page });
    const checks = await Promise.all([
      inWorklet(pool, { fill: 5, seed }, 200),
      inWorker(pool, 'live', { fill: 1, seed: seed + 1, steps: 8000 }),
      onMainThread(pool, seed + 2, 4000),
    ]);
    return [checks.every(({ ok }) => ok), ...balance(pool)];
  },

  async spins() {
    const pool = Pool.shared({});
    const lock = pool.share().byteOffset / 4 + 1;
    let given = 'nothing';
    const released = await inWorker(pool, 'hold', { lock }, ({ said }) => {
      const busy = pool.tryAlloc(8);
      Atomics.store(new Int32Array(pool.buffer), said / 4, 1);
      given = [busy, pool.alloc(8) > 0];
    });
    return [released, ...given];
  },

  /**
   * A worker ends inside the pool: the page times out, by a clock ten times as fast, and then all
   * calls throw.
   */
  async orphan() {
    const begin = Date.now();
    const { now } = Date;
    Date.now = () => begin + (now() - begin) * 10;
    const pool = Pool.shared({});
    const holder = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    const heard = new Promise((resolve) => (holder.onmessage = resolve));
    holder.postMessage({ descriptor: pool.share(), task: 'stop' });
    await heard;
    holder.terminate();
    let waits;
    const sleeping = new Promise((resolve) => {
      waits = inWorker(pool, 'wait', {}, resolve);
    });
    await sleeping;
    const thrown = [thrownBy(() => pool.alloc(8))];
    const start = now();
    thrown.push(
      thrownBy(() => pool.tryAlloc(8)),
      thrownBy(() => pool.stats()),
      `Error ${await waits}`,
    );
    pool.destroy();
    const took = now() - start;
    Date.now = now;
    return [...thrown, pool.destroyed, took < 2000];
  },

  plain() {
    const pool = new Pool({ maxSize: 4 * page });
    const array = pool.allocArray(Float32Array, (3 * page) / 4);
    const { malloc } = pool.imports();
    return [array.length, malloc(8) > 0, pool.check().ok];
  },

  /** Float16Array, if the engine has it. */
  halves() {
    const pool = new Pool({});
    const array = pool.allocArray(Float16Array, 3);
    array.set([0.1, 1.5, 65504]);
    const longer = pool.reallocArray(array, 9000);
    const seen = pool.view(longer.byteOffset, Float16Array, 4);
    const values = [...seen];
    const kinds = [longer, seen, pool.block(8).as(Float16Array)].map(
      (each) => each instanceof Float16Array,
    );
    pool.free(longer);
    return [...values, ...kinds, pool.stats().usedBlocks];
  },

  unavailable: () => [crossOriginIsolated, thrownBy(() => Pool.shared({}))],

  blocked: () => [thrownBy(() => new Pool({})), thrownBy(() => new Pool({}))],
};

globalThis.run = (name, seed) => tests[name](seed);
