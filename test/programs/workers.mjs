#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * node test/programs/workers.mjs MODULE: workers over one shared memory use
 * test/c/malloc/workers.c, each by an instance of its own. Prints "N passed, N failed".
 *
 * First each works on its own blocks. Then one grows memory and another fills what it allocates
 * there: V8 can trap that, which is counted where the block is handed over and must not happen
 * where malloc gave it.
 */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { seedOr } from '../../wasm/toolchain/arguments.mjs';

const WORKERS = 3;
const HANDOFFS = 150;
const STACK = 65536;

/** Of Emscripten's library, what its malloc calls: as in a worker, which may wait. */
function emscriptenLibrary(memory) {
  return {
    emscripten_resize_heap(size) {
      const missing = Math.ceil(((size >>> 0) - memory.buffer.byteLength) / 65536);
      try {
        if (missing > 0) memory.grow(missing);
        return 1;
      } catch {
        return 0;
      }
    },
    _emscripten_thread_supports_atomics_wait: () => 1,
    // Below the program's data, where nothing else is.
    __errno_location: () => 16,
    write: (_, __, size) => size,
  };
}

function instantiate(module, memory, stack) {
  const env = { memory, ...emscriptenLibrary(memory) };
  const { exports } = new WebAssembly.Instance(module, { env });
  if (stack !== undefined) exports.__stack_pointer.value = stack;
  return exports;
}

/** Fills what the other thread's growth made room for; says how often that trapped. */
function fillAll(exports, raw) {
  let traps = 0;
  for (let round = 1; round <= HANDOFFS; round++) {
    try {
      exports.wait_and_fill(round, raw);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      traps++;
    }
    exports.have_filled(round);
  }
  return traps;
}

function workerMain() {
  const { module, memory, stack, task, seed, raw } = workerData;
  const exports = instantiate(module, memory, stack);
  parentPort.postMessage('ready');
  parentPort.once('message', () => {
    parentPort.postMessage(task === 'work' ? exports.work(seed, 6000) : fillAll(exports, raw));
  });
}

/** A memory and the main thread's instance. */
function start(module) {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 2048, shared: true });
  return { module, memory, exports: instantiate(module, memory) };
}

/** A worker that is ready to begin, and what it answers in the end. */
async function worker({ module, memory, exports }, task) {
  const stack = exports.new_stack(STACK);
  const data = { module, memory, stack, ...task };
  const running = new Worker(fileURLToPath(import.meta.url), { workerData: data });
  const answer = () =>
    new Promise((resolve, reject) => {
      running.once('message', resolve);
      running.once('error', reject);
    });
  await answer();
  const result = answer();
  return { begin: () => running.postMessage('begin'), result, end: () => running.terminate() };
}

async function independent(module, seed) {
  const program = start(module);
  const workers = [];
  for (let i = 0; i < WORKERS; i++) {
    workers.push(await worker(program, { task: 'work', seed: seed + i }));
  }
  const before = program.exports.used();
  for (const { begin } of workers) begin();
  const mine = program.exports.work(seed - 1, 6000);
  const wrong = await Promise.all(workers.map(({ result }) => result));
  for (const { end } of workers) await end();
  const faults = [mine, ...wrong].filter((count) => count !== 0);
  if (faults.length > 0) return `${faults.join(', ')} wrong bytes`;
  if (program.exports.used() !== before) return `${program.exports.used()} blocks, not ${before}`;
  return program.exports.is_sound() ? undefined : 'the heap is not sound';
}

/** How many of the handoffs trapped. */
async function handOver(module, raw) {
  const program = start(module);
  const other = await worker(program, { task: 'fill', raw });
  other.begin();
  for (let round = 1; round <= HANDOFFS; round++) {
    program.exports.grow(round, raw);
    program.exports.wait_until_filled(round);
  }
  const traps = await other.result;
  await other.end();
  return traps;
}

async function main() {
  const module = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
  const seed = seedOr(Math.floor(Math.random() * 2 ** 31));
  console.log(`SEED=${seed}`);
  const checks = {
    'each worker keeps its bytes': () => independent(module, seed),
    'what malloc gives can be filled, whoever grew memory': async () => {
      const traps = await handOver(module, false);
      return traps === 0 ? undefined : `${traps} of ${HANDOFFS} trapped`;
    },
  };
  let failed = 0;
  for (const [title, work] of Object.entries(checks)) {
    const wrong = await work();
    failed += wrong === undefined ? 0 : 1;
    console.log(`${title}: ${wrong ?? 'ok'}`);
  }
  const raw = await handOver(module, true);
  console.log(`handed over without malloc, ${raw} of ${HANDOFFS} trapped in this engine`);
  console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

if (isMainThread) process.exitCode = await main();
else workerMain();
