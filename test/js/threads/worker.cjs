// SPDX-License-Identifier: MIT
// A worker thread of shared.test.ts. It always uses the CommonJS copy of the package, so that tests
// with the other copy show that both share pools.
const { parentPort, workerData } = require('node:worker_threads');
const { createTraceRing, Pool } = require('../../../dist/index.cjs');

const { descriptor, task, id, seed, count } = workerData;
const pool = Pool.attach(descriptor);

/** Integers from 0 to below `limit`, the same for the same seed. */
let state = (seed + id * 0x9e3779b9) >>> 0;
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % limit;
}

const fill = id + 1;
function checked(pointer, size) {
  const bytes = pool.view(pointer, Uint8Array, size);
  if (!bytes.every((byte) => byte === fill)) throw new Error(`block ${pointer} was overwritten`);
  return bytes;
}

function give([pointer, size]) {
  checked(pointer, size);
  const how = random(4);
  if (how === 0) pool.freeDeferred(pointer);
  else if (how === 1) pool.free(pool.view(pointer, Uint8Array, size));
  else pool.free(pointer);
}

function take() {
  const size = 1 + random(random(20) === 0 ? 30000 : 700);
  const align = 1 << random(8);
  let pointer = random(2) ? pool.tryAlloc(size, align) : 0;
  pointer ||= pool.alloc(size, { align, zero: random(2) === 0, tag: id });
  if (pointer % align !== 0) throw new Error(`${pointer} is not aligned to ${align}`);
  pool.view(pointer, Uint8Array, size).fill(fill);
  return [pointer, size];
}

function change(block) {
  const size = 1 + random(900);
  const moved = pool.realloc(block[0], size);
  checked(moved, Math.min(size, block[1]));
  pool.view(moved, Uint8Array, size).fill(fill);
  return [moved, size];
}

const tasks = {
  /** Uses the pool at random, and frees every block. */
  live() {
    const live = [];
    for (let step = 0; step < count; step++) {
      const at = random(live.length || 1);
      if (live.length === 0 || (live.length < 60 && random(2))) live.push(take());
      else if (random(4) === 0) live[at] = change(live[at]);
      else give(live.splice(at, 1)[0]);
    }
    live.forEach(give);
    return pool.check();
  },
  /** Frees received pointers without the lock. */
  handBack() {
    for (const pointer of workerData.pointers) pool.freeDeferred(pointer);
  },
  /** Grows the pool while other threads only read. */
  grow() {
    return [pool.grow(count), pool.byteLength, pool.generation];
  },
  /** Uses the pool through a wasm module. */
  wasm() {
    const env = { memory: pool.memory, ...pool.imports() };
    const { keep, free } = new WebAssembly.Instance(workerData.module, { env }).exports;
    for (let step = 0; step < count; step++) free(keep(step));
    return keep(id);
  },
  /** Is recorded by a ring, together with the other threads. */
  trace() {
    const ring = createTraceRing();
    pool.trace({ ring });
    for (let step = 0; step < count; step++) pool.free(pool.alloc(8 + id));
    const { capacity } = ring;
    pool.trace(null);
    return capacity;
  },
  /** Destroys its own Pool object. */
  leave() {
    pool.destroy();
    return pool.destroyed;
  },
};

parentPort.postMessage(tasks[task]());
