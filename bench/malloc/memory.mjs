// SPDX-License-Identifier: MIT
/**
 * The pages that allocators take, apart from their time: the same in every engine, and for as many
 * pairs in a short run as in a long one, since memory creeps up while blocks are replaced.
 */
import { instantiate, pagesOf } from './measure.mjs';

/** A workload runs for this many times the pairs of a timed run. */
const LENGTH = 20;
/** A trace asks for the same each time: what repeats it can still change shows the second time. */
const REPLAYS = 3;

function peak(module, { id, pairs, step }, seed) {
  const exports = instantiate(module);
  exports.seed(seed);
  exports.setup(id, 0);
  exports.run(id, id >= exports.first_trace() ? REPLAYS * step : LENGTH * pairs, 0);
  const pages = pagesOf(exports);
  if (exports.finish(0) !== 0) throw new Error('an allocation failed');
  return pages;
}

/** {workload: {allocator: pages}}: the median of `seeds` sequences of random numbers. */
export function measurePages(modules, workloads, seeds, say = () => {}) {
  const table = {};
  for (const workload of workloads) {
    say(workload.title);
    table[workload.name] = {};
    for (const { name, module } of modules) {
      const found = Array.from({ length: seeds }, (_, seed) => peak(module, workload, seed + 1));
      table[workload.name][name] = found.sort((a, b) => a - b)[seeds >> 1];
    }
  }
  return table;
}
