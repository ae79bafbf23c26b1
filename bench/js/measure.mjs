// SPDX-License-Identifier: MIT
/** Time, latency and garbage of contenders in the middle of a workload. */
import { most } from './workload.mjs';

const now = () => performance.now();

/** Milliseconds that `work` takes. */
export function timeOf(work) {
  const begin = now();
  work();
  return now() - begin;
}

const sorted = (values) => Float64Array.from(values).sort();
const median = (values) => sorted(values)[Math.floor(values.length / 2)];

/**
 * Nanoseconds per operation in each thread, median and minimum of `rounds`, and the median of its
 * ratios to the first thread, which was measured right before or after.
 */
export async function timePerOperation(threads, { rounds, milliseconds }) {
  const counts = [];
  for (const thread of threads) counts.push(await thread.do('count', { milliseconds }));
  const times = threads.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another, so that none always follows the same one.
    for (let turn = 0; turn < threads.length; turn++) {
      const index = (turn + round) % threads.length;
      times[index].push(await threads[index].do('work', { count: counts[index] }));
    }
  }
  return times.map((own) => ({
    median: median(own),
    minimum: sorted(own)[0],
    ratio: median(own.map((time, round) => time / times[0][round])),
  }));
}

export const percentiles = [50, 99, 99.9, 99.99];

/** Nanoseconds of single calls at the percentiles, the timer's own included. */
export function latency(run, { calls, seconds }) {
  const times = new Float64Array(Math.min(calls, most));
  const first = new Float64Array(Math.min(1000, times.length));
  const slow = timeOf(() => run.time(first, now)) / first.length;
  const count = Math.min(times.length, Math.max(first.length, Math.floor((seconds * 1000) / slow)));
  const own = times.subarray(0, count);
  run.time(own, now);
  return { calls: count, ...atPercentiles(own) };
}

function atPercentiles(times) {
  const order = sorted(times);
  const at = (percent) =>
    order[Math.min(order.length - 1, Math.floor((order.length * percent) / 100))];
  const entries = percentiles.map((percent) => [`p${percent}`, at(percent) * 1e6]);
  return { ...Object.fromEntries(entries), max: order.at(-1) * 1e6 };
}

/** The same of a call that does nothing. */
export function timerLatency(calls) {
  const times = new Float64Array(calls);
  for (let pass = 0; pass < 2; pass++) {
    for (let at = 0; at < times.length; at++) {
      const begin = now();
      times[at] = now() - begin;
    }
  }
  return { calls, ...atPercentiles(times) };
}

function memoryNow() {
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external };
}

/**
 * Bytes that an operation leaves to the garbage collector, in its heap and outside: by how much
 * both grow while as much is made as is dropped. `operations` should be so few that nothing is
 * collected meanwhile; `collect` collects all.
 */
export function garbage(run, { operations, collect }) {
  for (let pass = 0; pass < 20; pass++) run.work(operations);
  const grown = (count) => {
    // The second waits until what the first has found is swept.
    collect();
    collect();
    const before = memoryNow();
    if (count > 0) run.work(count);
    const after = memoryNow();
    return [after.heapUsed - before.heapUsed, after.external - before.external];
  };
  // The engine itself allocates now and then, to compile: the least of several passes is without
  // that. Asking for the figures allocates in every pass.
  const passes = (count) => Array.from({ length: 10 }, () => grown(count));
  const least = (all) => Math.min(...all.map(([heap]) => heap));
  const made = passes(operations);
  return {
    heap: (least(made) - least(passes(0))) / operations,
    external: median(made.map(([, external]) => external)) / operations,
  };
}
