#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * node bench/smoke.mjs [--quick]: every allocator that can be built here passes every workload's
 * own check: each byte as it was left, each block where nothing else is, zeros from calloc,
 * alignment.
 * Nothing is timed. --quick does a tenth of the pairs.
 */
import fs from 'node:fs';
import { workloads } from '../test/workloads/workloads.mjs';
import { command } from '../wasm/toolchain/steps.mjs';
import { commandArguments, flag } from '../wasm/toolchain/arguments.mjs';
import { buildModules } from './malloc/build.mjs';
import { check } from './malloc/measure.mjs';

async function main() {
  const usage = 'usage: node bench/smoke.mjs [--quick]';
  const part = commandArguments({ usage, options: { quick: flag } }).quick ? 10 : 1;
  const { modules, missing } = await buildModules();
  missing.forEach((line) => console.log(`not checked: ${line}`));
  let failed = 0;
  for (const { name, file } of modules) {
    const module = new WebAssembly.Module(fs.readFileSync(file));
    for (const workload of workloads) {
      const errors = check(module, workload, part);
      if (errors !== 0) console.log(`${name}, ${workload.name}: ${errors} errors`);
      failed += errors !== 0;
    }
    console.log(`${name}: ${workloads.length} workloads checked`);
  }
  return failed === 0 ? 0 : 1;
}

await command(main);
