// SPDX-License-Identifier: MIT
/**
 * segfit's malloc in the builds that are measured. Each has `objects` that define the C library's
 * names.
 */
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { compile, WASI } from './compiler.mjs';

const segfitSource = path.join(root, 'src/malloc/malloc.c');

/** An allocator that is segfit with `flags`. `peer`: one that the others are measured against. */
export function segfit(name, title, flags, more = {}) {
  const source = more.source ?? segfitSource;
  const objects = async (optimise = more.optimise ?? '-O2') => [
    await compile(name + optimise, source, [WASI, optimise, '-DSEGFIT_MALLOC=1', ...flags]),
  ];
  return { name, title, align: 16, peer: false, levels: ['-O2', '-Oz'], objects, ...more };
}

const BARE = ['-DSEGFIT_CHECK=0', '-DSEGFIT_STATS=0'];
const NO_CACHE = ['-DSEGFIT_CACHE=0'];
/** Probes save a growing heap a little memory in rare cases; a small build does without. */
const SMALL = [...BARE, ...NO_CACHE, '-DSEGFIT_PROBES=0', '-DSEGFIT_MALLOC_EXHAUSTED=0'];
const STOCK = ['-DSEGFIT_FIXED_POLICY=SEGFIT_POLICY_STOCK', ...BARE, ...NO_CACHE];
const ALIGN_8 = ['-DSEGFIT_ALIGN=8'];
const eight = { align: 8 };

/** The builds to measure the time of. */
export function ours() {
  return [
    segfit('segfit', 'segfit, default (level 1)', []),
    segfit('segfit-no-cache', 'segfit, default, no cache', NO_CACHE),
    segfit('segfit-level0', 'segfit, level 0', ['-DSEGFIT_CHECK=0']),
    segfit('segfit-bare', 'segfit, level 0, no statistics', BARE),
    segfit('segfit-small', 'segfit, small (-Oz, no cache or probes)', SMALL, { optimise: '-Oz' }),
    segfit('segfit-align8', 'segfit, default, 8-byte alignment', ALIGN_8, eight),
    segfit('stock-tlsf', 'stock TLSF (segfit with its policy, as bare)', STOCK, { peer: true }),
  ];
}

/** For size, small is without errno as well: such a module needs nothing of the C library. */
export function oursBySize() {
  const alone = ['-DSEGFIT_MALLOC_ERRNO=0', ...SMALL];
  return [
    ...ours().filter(({ name }) => !['segfit-small', 'stock-tlsf'].includes(name)),
    segfit('segfit-small', 'segfit, small: level 0, no statistics, cache, probes, errno', alone),
    segfit('segfit-small8', 'segfit, small, 8-byte alignment', [...alone, ...ALIGN_8], eight),
  ];
}

/** Of oursBySize, the one of that name. */
export function ownSizeAllocator(name) {
  return oursBySize().find((allocator) => allocator.name === name);
}
