#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:js [-- --quick] [--live N,…] [--json FILE] [--seed N]: the pools of the npm package
 * beside the bare wasm, another pool library and the garbage collector, in Node. Prints tables;
 * --json writes the figures. --quick takes seconds and proves that everything runs, not how fast.
 */
import fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { buildPackage } from '../wasm/toolchain/parts.mjs';
import { command } from '../wasm/toolchain/steps.mjs';
import {
  commandArguments,
  flag,
  number,
  seed as seedOption,
  text,
} from '../wasm/toolchain/arguments.mjs';
import { contenders } from './js/contenders.mjs';
import { timePerOperation, timerLatency } from './js/measure.mjs';
import { tables } from './js/tables.mjs';
import { Thread } from './js/thread.mjs';
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

async function measure(list, live, plan, seed) {
  const threads = [];
  for (const { name } of list) threads.push(await Thread.start(name, live, seed));
  const times = await timePerOperation(threads, plan.time);
  const rows = [];
  for (const [index, thread] of threads.entries()) {
    const time = times[index];
    // One that is slow does fewer: an operation leaves the same each time.
    const operations = Math.min(plan.garbage, Math.ceil(2e8 / time.median));
    rows.push({
      name: list[index].name,
      time,
      latency: await thread.do('latency', plan.latency),
      garbage: await thread.do('garbage', { operations }),
      live: await thread.do('live'),
    });
    await thread.end();
  }
  return rows;
}

const numbers = (value, word) => value.split(',').map((one) => number(1, 1e6)(one, word));

await command(async () => {
  const words = commandArguments({
    usage: 'usage: npm run bench:js [-- --quick --live N,… --json FILE --seed N]',
    options: { quick: flag, live: numbers, json: text, seed: seedOption },
  });
  const seed = words.seed ?? Date.now() % 1_000_000;
  const plan = { ...(words.quick ? quick : full) };
  if (words.live !== undefined) plan.live = words.live;
  await buildPackage();
  const list = await contenders();
  // Threads that start later have the function `gc`.
  setFlagsFromString('--expose-gc');
  console.log(`seed ${seed}`);
  const results = [];
  for (const live of plan.live) {
    results.push({ live, rows: await measure(list, live, plan, seed) });
    console.log(tables([results.at(-1)]));
  }
  const timer = timerLatency(plan.latency.calls);
  const about = list.map(({ name, about: text }) => ({ name, about: text }));
  const { machine, date, commit, node, v8 } = await conditions();
  const report = { machine, date, commit, node, v8, seed, ...plan, about, timer, results };
  console.log(
    `The timer alone: p50 ${timer.p50.toFixed(0)} ns, p99.99 ${timer['p99.99'].toFixed(0)} ns`,
  );
  if (words.json !== undefined)
    fs.writeFileSync(words.json, `${JSON.stringify(report, null, 1)}\n`);
  return 0;
});
