// SPDX-License-Identifier: MIT
/** One build's bounds from its machine code, beside the most that was counted. */
import { deepestStack, longestPath } from './longest_path.mjs';
import { BYTES, COPYING, makeTarget, OUTSIDE } from './targets.mjs';

const outside = [...OUTSIDE, ...BYTES];

/**
 * The operations, the function of each, and what the bound leaves out. A failing alloc is an alloc.
 * A realloc that copies is bounded beside the copy itself, and counted only where it stays.
 */
export const operations = [
  { name: 'alloc', call: 'segfit_alloc', counted: ['alloc', 'failing'] },
  { name: 'free', call: 'segfit_free', counted: ['free'] },
  { name: 'alloc_aligned', call: 'segfit_alloc_aligned', counted: ['aligned'] },
  { name: 'resize', call: 'segfit_resize', counted: ['resize'] },
  { name: 'realloc, no copy', call: 'segfit_realloc', counted: ['realloc'], never: COPYING },
  { name: 'realloc, beside the copy', call: 'segfit_realloc', counted: [] },
  { name: 'usable_size', call: 'segfit_usable_size', counted: ['usable_size'] },
  { name: 'max_alloc', call: 'segfit_max_alloc', counted: [] },
  // For memory that is all zero. Other memory is read through, which takes time in its size.
  {
    name: 'add_pool',
    call: 'segfit_add_zeroed_pool',
    counted: ['add_pool'],
    pools: 2,
    never: ['region_forget'],
  },
];

const most = (heaps, phase, names) =>
  heaps.map((heap) => Math.max(0, ...names.map((name) => heap[phase][name])));

/**
 * `pools`: the operation looks at each pool once; the bound is for so many of them, the heap's and
 * the new one, and `perPool` more for each further.
 */
function boundOf(program, { call, never, pools }) {
  if (pools === undefined) return { bound: longestPath(program, call, { outside, never }).count };
  const [one, two] = [pools, pools + 1].map(
    (rounds) => longestPath(program, call, { outside, never, rounds }).count,
  );
  return { bound: one, perPool: two - one };
}

/**
 * The instructions of the empty function whose call was subtracted from the counts of an operation.
 */
const nothingOf = (program, name) =>
  longestPath(program, `${name === 'failing' ? 'alloc' : name}_nothing`).count;

/** {heaps, rows, failing}: a row an operation, `fixed` and `most` a figure a heap. */
export async function measure(target, variant, search) {
  const made = await makeTarget(target, variant, search);
  const { program, frames } = made;
  const heaps = await made.count();
  for (const heap of heaps) {
    for (const phase of [heap.fixed, heap.most]) {
      for (const name of Object.keys(phase)) phase[name] += nothingOf(program, name);
    }
  }
  const rows = operations.map((operation) => {
    const { name, call, counted } = operation;
    const stack = frames === undefined ? undefined : deepestStack(program, call, frames, outside);
    const bound = boundOf(program, operation);
    if (counted.length === 0) return { name, ...bound, stack };
    const [fixed, all] = ['fixed', 'most'].map((phase) => most(heaps, phase, counted));
    return { name, ...bound, stack, fixed, most: all };
  });
  const failing = heaps.map((heap) => heap.most.failing);
  return { heaps: heaps.map(({ heap, blocks }) => ({ heap, blocks })), rows, failing };
}
