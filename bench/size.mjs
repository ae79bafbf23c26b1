#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/** npm run bench:size [-- --json FILE]: how many bytes an allocator adds to a wasm module. */
import fs from 'node:fs';
import { command, Failure, step } from '../wasm/toolchain/steps.mjs';
import { sizeAllocators } from './malloc/allocators.mjs';
import { conditions } from './malloc/conditions.mjs';
import { measureSize } from './malloc/sizes.mjs';
import { sizeTable } from './malloc/size_table.mjs';

async function main() {
  const words = process.argv.slice(2);
  const json = words[0] === '--json' ? words[1] : undefined;
  if (words.length > 0 && json === undefined) {
    throw Object.assign(new Failure('usage: npm run bench:size [-- --json FILE]'), { exitCode: 2 });
  }
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
