#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** npm run bench:size [-- --json FILE]: how many bytes an allocator adds to a wasm module. */
import fs from 'node:fs';
import { measureSize } from '../test/workloads/sizes.mjs';
import { command, step } from '../wasm/toolchain/steps.mjs';
import { commandArguments, text } from '../wasm/toolchain/arguments.mjs';
import { sizeAllocators } from './malloc/allocators.mjs';
import { conditions } from './malloc/conditions.mjs';
import { sizeTable } from './malloc/size_table.mjs';

async function main() {
  const usage = 'usage: npm run bench:size [-- --json FILE]';
  const { json } = commandArguments({ usage, options: { json: text } });
  const { found, missing } = await sizeAllocators();
  const rows = await step('Building', async () => {
    const all = [];
    for (const allocator of found) {
      for (const optimise of allocator.levels) all.push(await measureSize(allocator, optimise));
    }
    return all;
  });
  missing.forEach((line) => console.log(`  not measured: ${line}`));
  console.log(`\nBytes of a module after wasm-opt:\n\n${sizeTable(rows)}`);
  if (json !== undefined) {
    const about = await conditions();
    fs.writeFileSync(json, `${JSON.stringify({ ...about, missing, rows }, undefined, 1)}\n`);
  }
}

await command(main);
