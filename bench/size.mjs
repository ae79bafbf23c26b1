#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * npm run bench:size [-- --json FILE]: how many bytes an allocator adds to a wasm module.
 *
 * A module that exports malloc and free, and one that exports all that the C library has, each
 * linked alone, stripped, and put through wasm-opt; whole files, raw and gzip -9.
 */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { command, Failure, must, step } from '../wasm/toolchain/steps.mjs';
import { sizeAllocators } from './malloc/allocators.mjs';
import { compile, here, link, out, tool, WASI } from './malloc/compiler.mjs';
import { conditions } from './malloc/conditions.mjs';
import { sizeTable } from './malloc/size_table.mjs';

const PAIR = ['malloc', 'free'];
const REST = ['calloc', 'realloc', 'posix_memalign', 'aligned_alloc', 'malloc_usable_size'];
const FULL = [...PAIR, ...REST];
/** A module that nothing starts. */
const ALONE = ['-nostartfiles', '-Wl,--no-entry'];
const FEATURES = ['--enable-bulk-memory', '--enable-sign-ext', '--enable-nontrapping-float-to-int'];

/** The raw and gzip bytes of a module that exports `names`. */
async function sizeOf(allocator, optimise, objects, names) {
  const prefix = allocator.prefix ?? '';
  const exports = names.map((name) => `-Wl,--export=${prefix}${name}`);
  const label = `size-${allocator.name}${optimise}-${names.length}`;
  const module = await link(label, objects, [...ALONE, ...exports]);
  const optimised = path.join(out, `${label}-opt.wasm`);
  await must(tool('wasm-opt'), [optimise, ...FEATURES, module, '-o', optimised]);
  const bytes = fs.readFileSync(optimised);
  return { raw: bytes.length, gzip: zlib.gzipSync(bytes, { level: 9 }).length };
}

async function measure(allocator, optimise) {
  const support = await compile('support', path.join(here, 'support.c'), [WASI, '-Oz']);
  const objects = [...(await allocator.objects(optimise)), support];
  return {
    allocator: allocator.name,
    title: allocator.title,
    optimise,
    pair: await sizeOf(allocator, optimise, objects, PAIR),
    full: await sizeOf(allocator, optimise, objects, FULL),
  };
}

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
      for (const optimise of allocator.levels) all.push(await measure(allocator, optimise));
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
