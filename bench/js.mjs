#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:js [-- --quick] [--json FILE] [--seed N]: the pools of the npm package beside the
 * bare wasm, another pool library and the garbage collector, in Node. Prints tables; --json writes
 * the figures. --quick takes seconds and proves that everything runs, not how fast.
 */
import fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { buildPackage } from '../wasm/toolchain/parts.mjs';
import { command, Failure } from '../wasm/toolchain/steps.mjs';
import { contenders } from './js/contenders.mjs';
import { garbage, latency, timePerOperation, timerLatency } from './js/measure.mjs';
import { tables } from './js/tables.mjs';
import { operationsOf, Run } from './js/workload.mjs';
import { conditions } from './malloc/conditions.mjs';

const full = {
  live: [100, 1000, 10_000, 100_000],
  time: { rounds: 15, milliseconds: 20 },
  latency: { calls: 1_000_000, seconds: 5 },
  garbage: 2000,
};
const quick = {
  live: [1000],
  time: { rounds: 3, milliseconds: 2 },
  latency: { calls: 5000, seconds: 0.2 },
  garbage: 2000,
};

function collector() {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

function measure(list, live, plan, seed, collect) {
  const operations = operationsOf(live, seed);
  const runs = list.map((contender) => new Run(contender, operations));
  const times = timePerOperation(runs, plan.time);
  // One that is slow does fewer: an operation leaves the same each time.
  const countFor = ({ median }) => Math.min(plan.garbage, Math.ceil(2e8 / median));
  return runs.map((run, index) => ({
    name: run.contender.name,
    time: times[index],
    latency: latency(run, plan.latency),
    garbage: garbage(run, { operations: countFor(times[index]), collect }),
    live: run.live,
  }));
}

function wordsOf(args) {
  try {
    const string = { type: 'string' };
    const options = { quick: { type: 'boolean', default: false }, json: string, seed: string };
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw Object.assign(new Failure(error.message), { exitCode: 2 });
  }
}

await command(async () => {
  const words = wordsOf(process.argv.slice(2));
  const seed = Number(words.seed ?? Date.now() % 1_000_000);
  const plan = words.quick ? quick : full;
  await buildPackage();
  const list = await contenders();
  const collect = collector();
  console.log(`seed ${seed}`);
  const results = [];
  for (const live of plan.live) {
    results.push({ live, rows: measure(list, live, plan, seed, collect) });
    console.log(tables([results.at(-1)]));
  }
  const timer = timerLatency(plan.latency.calls);
  const about = list.map(({ name, about: text }) => ({ name, about: text }));
  const { machine, date, commit, node, v8 } = await conditions();
  const report = { machine, date, commit, node, v8, seed, ...plan, about, timer, results };
  console.log(`The timer alone: p50 ${timer.p50.toFixed(0)} ns, p99.99 ${timer['p99.99'].toFixed(0)} ns`);
  if (words.json !== undefined) fs.writeFileSync(words.json, `${JSON.stringify(report, null, 1)}\n`);
  return 0;
});
