// SPDX-License-Identifier: MIT
/**
 * One contender in a thread of its own, told what to do next. A thread has an engine of its own:
 * what one contender teaches it of types does not slow another, and each heap has one's garbage
 * alone.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runInNewContext } from 'node:vm';
import { contenders } from './contenders.mjs';
import { garbage, latency, timeOf } from './measure.mjs';
import { most, operationsOf, Run } from './workload.mjs';

const { name, live, seed } = workerData;
const contender = (await contenders()).find((each) => each.name === name);
const run = new Run(contender, operationsOf(live, seed));

const tasks = {
  /** How many operations take about `milliseconds`. The calls warm up, too. */
  count({ milliseconds }) {
    let count = 64;
    while (count < most && timeOf(() => run.work(count)) < milliseconds) count *= 2;
    return Math.min(count, most);
  },
  /** Nanoseconds an operation. */
  work: ({ count }) => (timeOf(() => run.work(count)) * 1e6) / count,
  latency: (plan) => latency(run, plan),
  garbage: ({ operations }) => garbage(run, { operations, collect: runInNewContext('gc') }),
  live: () => run.live,
};

parentPort.on('message', ([task, given]) => parentPort.postMessage(tasks[task](given)));
parentPort.postMessage('ready');
