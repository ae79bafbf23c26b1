// SPDX-License-Identifier: MIT
/**
 * A host for wasi-threads, for test/c/malloc/wasi_threads.c: node test/programs/wasi_threads.mjs
 * MODULE
 *
 * wasi:thread-spawn starts a worker with an instance of its own over the same memory, which calls
 * wasi_thread_start.
 */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

function instantiate(shared) {
  const spawn = (argument) => {
    const id = Atomics.add(shared.ids, 0, 1) + 1;
    new Worker(fileURLToPath(import.meta.url), { workerData: { ...shared, id, argument } });
    return id;
  };
  const imports = { env: { memory: shared.memory }, wasi: { 'thread-spawn': spawn } };
  return new WebAssembly.Instance(shared.module, imports).exports;
}

if (isMainThread) {
  const module = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 2048, shared: true });
  const ids = new Int32Array(new SharedArrayBuffer(4));
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  const wrong = instantiate({ module, memory, ids }).run(seed);
  console.log(`SEED=${seed}: ${ids[0]} threads, ${wrong} wrong`);
  process.exit(wrong === 0 ? 0 : 1);
} else {
  instantiate(workerData).wasi_thread_start(workerData.id, workerData.argument);
}
