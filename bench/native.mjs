#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:native: the workloads of bench:malloc on this system, with malloc replaced by
 * LD_PRELOAD: segfit, the C library's own, and Debian's mimalloc, jemalloc and tcmalloc.
 */
import fs from 'node:fs';
import { buildDriver } from '../test/workloads/native.mjs';
import { workloads as allWorkloads } from '../test/workloads/workloads.mjs';
import { command, Failure, step } from '../wasm/toolchain/steps.mjs';
import { commandArguments, flag, someOf, text } from '../wasm/toolchain/arguments.mjs';
import { conditions } from './malloc/conditions.mjs';
import { tables } from './malloc/figures.mjs';
import { workloadNames } from './malloc/options.mjs';
import { allocatorNames, preloadable } from './native/allocators.mjs';
import { measureNative } from './native/measure.mjs';
import { memoryTable } from './native/memory_table.mjs';
import { measureThreads } from './threads/measure.mjs';
import { buildThreads } from './threads/native.mjs';
import { tellFailures, threadTables } from './threads/tables.mjs';
import { threadWorkloads } from './threads/workloads.mjs';

const USAGE = `usage: npm run bench:native -- [options]
  --quick              one process a workload and allocator, not five; no threads
  --only NAME,…        only these workloads: those of bench:malloc, or threads
  --allocators NAME,…  only these allocators
  --json FILE          all figures and their conditions`;

function wordsOfCommand() {
  const options = {
    quick: flag,
    only: someOf(workloadNames),
    allocators: someOf(allocatorNames),
    json: text,
  };
  const words = commandArguments({ usage: USAGE, options });
  return { quick: false, processes: words.quick ? 1 : 5, ...words };
}

/** Returns the allocators of `options`, and prints which are missing. */
async function choose(options, threads) {
  const { found, missing } = await preloadable({ threads });
  missing.forEach((line) => console.log(`  not measured: ${line}`));
  const { allocators: names } = options;
  return {
    chosen: found.filter(({ name }) => names === undefined || names.includes(name)),
    missing,
  };
}

async function measureOneThread(options) {
  const chosen = ({ name }) => options.only === undefined || options.only.includes(name);
  const workloads = allWorkloads.filter(chosen);
  if (workloads.length === 0) return undefined;
  const driver = await step('Building', buildDriver);
  const { chosen: allocators, missing } = await choose(options, false);
  const table = await step('Measuring', (say) =>
    measureNative(driver, allocators, workloads, { ...options, say }),
  );
  const { times, medians, speed } = tables(table, allocators, workloads);
  const resident = memoryTable(table, allocators, workloads);
  console.log(['\n## One thread\n', times, medians, speed, resident].join('\n'));
  return { allocators: allocators.map(known), workloads, missing, table };
}

async function measureManyThreads(options) {
  if (options.only === undefined ? options.quick : !options.only.includes('threads')) {
    return undefined;
  }
  const program = await step('Building with threads', buildThreads);
  const { chosen: allocators, missing } = await choose(options, true);
  const programs = allocators.map((one) => ({ ...one, words: [program] }));
  const extent = { passes: options.quick ? 1 : 3, count: 7 };
  const { table, failures } = await step('Measuring threads', (say) =>
    measureThreads(programs, threadWorkloads, { ...extent, say }),
  );
  console.log(`\n## Threads\n\n${threadTables(table, allocators, threadWorkloads)}`);
  const about = { allocators: allocators.map(known), workloads: threadWorkloads };
  return { ...about, missing, failures, table };
}

const known = ({ name, title, peer }) => ({ name, title, peer });

await command(async () => {
  const options = wordsOfCommand();
  if (process.platform !== 'linux') throw new Failure('bench:native needs Linux (LD_PRELOAD)');
  const one = await measureOneThread(options);
  const threads = await measureManyThreads(options);
  if (options.json !== undefined) {
    const all = { ...(await conditions()), processes: options.processes, one, threads };
    fs.writeFileSync(options.json, `${JSON.stringify(all, undefined, 1)}\n`);
  }
  return tellFailures(threads?.failures ?? []);
});
