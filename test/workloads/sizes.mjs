// SPDX-License-Identifier: MIT
/**
 * The bytes of a module that exports malloc and free, and of one that exports all that the C
 * library has: each linked alone, stripped, put through wasm-opt; whole files, raw and gzip -9.
 */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { must } from '../../wasm/toolchain/steps.mjs';
import { compile, here, link, out, tool, WASI } from './compiler.mjs';

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

/** {allocator, title, optimise, pair, full} of one allocator at one level of optimisation. */
export async function measureSize(allocator, optimise) {
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
