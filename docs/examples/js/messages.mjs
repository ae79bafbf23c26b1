// SPDX-License-Identifier: MIT
// Threads that pass work by pointer: node messages.mjs
//
// The threads sort arrays in a pool that all of them share. A message is a pointer and a length.
// Nothing is copied, and each side frees blocks of the other.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Pool } from 'segfit';

const threads = 4;
const jobs = 400;

/** Sorts each array in place, and answers with a block that it allocates. */
function work() {
  const pool = Pool.attach(workerData);
  parentPort.on('message', ([pointer, length]) => {
    const values = pool.view(pointer, Float64Array, length).sort();
    const answer = pool.allocArray(Float64Array, 3, { zero: false });
    answer.set([values[0], values[length >> 1], values[length - 1]]);
    pool.free(pointer);
    parentPort.postMessage(answer.byteOffset);
  });
}

/** Sends the jobs: each thread gets its next job when it has answered. */
async function main() {
  const pool = Pool.shared({ size: 4 * 1024 * 1024, label: 'jobs' });
  let sent = 0;
  let bytes = 0;
  const medians = [];

  const send = (worker) => {
    const length = 100 + Math.floor(Math.random() * 20_000);
    const values = pool.allocArray(Float64Array, length, { zero: false });
    for (let at = 0; at < length; at++) values[at] = Math.random();
    worker.postMessage([values.byteOffset, length]);
    bytes += values.byteLength;
    sent++;
  };

  const serve = (worker) =>
    new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (pointer) => {
        const [least, median, most] = pool.view(pointer, Float64Array, 3);
        pool.free(pointer);
        if (!(least <= median && median <= most)) reject(new Error(`${[least, median, most]}`));
        medians.push(median);
        if (sent < jobs) send(worker);
        else resolve(worker.terminate());
      });
      send(worker);
    });

  const begin = performance.now();
  const file = new URL(import.meta.url);
  const workers = Array.from(
    { length: threads },
    () => new Worker(file, { workerData: pool.share() }),
  );
  await Promise.all(workers.map(serve));
  const mean = medians.reduce((sum, median) => sum + median, 0) / medians.length;
  const time = performance.now() - begin;
  const sorted = `${medians.length} arrays sorted by ${threads} threads`;
  console.log(`${sorted}, the mean of their medians ${mean.toFixed(2)}`);
  console.log(`${(bytes / 2 ** 20).toFixed(0)} MiB went by pointer in ${time.toFixed(0)} ms`);
  console.log(
    `all given back: ${pool.stats().usedBlocks === 0}, the heap is whole: ${pool.check().ok}`,
  );
}

if (isMainThread) await main();
else work();
