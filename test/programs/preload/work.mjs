// SPDX-License-Identifier: MIT
// Work for Node: its own heap, buffers outside it, its pool of threads, workers.
import crypto from 'node:crypto';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import zlib from 'node:zlib';

function texts(seed, count) {
  const all = [];
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    all.push(`${state} ${'x'.repeat(state % 300)}`);
  }
  return all;
}

const digest = (data) => crypto.createHash('sha256').update(data).digest('hex');

/** Compresses and hashes on the pool of threads, several at a time. */
async function pooled(seed) {
  const jobs = [];
  for (let i = 0; i < 12; i++) {
    const text = Buffer.from(texts(seed + i, 3000).join('\n'));
    jobs.push(
      new Promise((resolve, reject) =>
        zlib.deflate(text, { level: 4 + (i % 5) }, (error, packed) =>
          error ? reject(error) : resolve(`${packed.length} ${digest(zlib.inflateSync(packed))}`),
        ),
      ),
      new Promise((resolve, reject) =>
        crypto.scrypt(`key ${i}`, 'salt', 40, { N: 512 }, (error, key) =>
          error ? reject(error) : resolve(key.toString('hex')),
        ),
      ),
    );
  }
  return digest((await Promise.all(jobs)).join('\n'));
}

if (isMainThread) {
  const table = new Map(texts(5, 30000).map((text) => [text.slice(0, 12), { text }]));
  const json = JSON.stringify([...table]);
  console.log(table.size, json.length, digest(json));
  console.log(await pooled(100));
  const answers = [1, 2, 3, 4].map(
    (seed) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: seed });
        worker.on('message', resolve);
        worker.on('error', reject);
      }),
  );
  console.log((await Promise.all(answers)).join('\n'));
  const buffers = Array.from({ length: 200 }, (_, i) => Buffer.alloc(i * 3000, i));
  console.log(digest(Buffer.concat(buffers)));
} else {
  parentPort.postMessage(await pooled(workerData * 1000));
}
