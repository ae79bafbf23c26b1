// SPDX-License-Identifier: MIT
/**
 * A summary of a table of figures: a line for each build of segfit, in the words of the targets.
 */
import { geometricMean, markdown } from './figures.mjs';

/** The allocators that ours must be faster than everywhere, and take no more memory than. */
const GLOBAL_PEERS = ['dlmalloc', 'dlmalloc-em', 'emmalloc'];
const MEMORY_PEERS = ['dlmalloc', 'dlmalloc-em'];

/**
 * Of every workload, how many times as fast `name` is as the fastest of `peers`; none is left out.
 */
function speeds(table, name, peers) {
  return Object.entries(table).flatMap(([workload, row]) => {
    const times = peers.filter((peer) => peer !== name && row[peer]).map((peer) => row[peer].min);
    const speed = Math.min(...times) / row[name].min;
    return times.length === 0 ? [] : [{ workload, speed }];
  });
}

const meanOf = (found) => geometricMean(found.map(({ speed }) => speed));

/** The workloads where `name` takes more pages than each of the peers that were measured. */
function heavier(table, name) {
  return Object.entries(table)
    .filter(([, row]) => {
      const pages = MEMORY_PEERS.filter((peer) => row[peer]).map((peer) => row[peer].pages);
      return pages.length > 0 && row[name].pages > Math.max(...pages);
    })
    .map(([workload]) => workload);
}

/** The figures of one allocator, by what the targets ask of it. */
export function figuresAgainstPeers(table, name, peers) {
  const fastest = speeds(table, name, peers);
  if (fastest.length === 0) return undefined;
  const mimalloc = speeds(table, name, ['mimalloc']);
  const worst = fastest.reduce((a, b) => (b.speed < a.speed ? b : a));
  return {
    mean: meanOf(fastest),
    againstMimalloc: mimalloc.length === 0 ? undefined : meanOf(mimalloc),
    worst,
    withinFivePercent: fastest.filter(({ speed }) => speed >= 1 / 1.05).length,
    workloads: fastest.length,
    slower: speeds(table, name, GLOBAL_PEERS)
      .filter(({ speed }) => speed < 1)
      .map(({ workload }) => workload),
    heavier: heavier(table, name),
  };
}

const list = (names) => names.join(', ') || 'none';
const times = (value) => (value === undefined ? '–' : value.toFixed(2));

/** The same of all allocators that are no peers, as a table with what it means. */
export function summary(table, allocators) {
  const peers = allocators.filter(({ peer }) => peer).map(({ name }) => name);
  const rows = allocators
    .filter(({ peer }) => !peer)
    .flatMap(({ name }) => {
      const found = figuresAgainstPeers(table, name, peers);
      if (found === undefined) return [];
      const { mean, againstMimalloc, worst, withinFivePercent, workloads } = found;
      const lowest = `${times(worst.speed)} ${worst.workload}`;
      const within = `${withinFivePercent} of ${workloads}`;
      return [
        [
          name,
          times(mean),
          times(againstMimalloc),
          lowest,
          within,
          list(found.slower),
          list(found.heavier),
        ],
      ];
    });
  if (rows.length === 0) return '';
  const head = ['allocator', 'mean', 'mimalloc', 'worst', '≤ 5 %', 'slower', 'heavier'];
  return `Mean: geometric mean of times as fast as the fastest peer of each workload; mimalloc: the
same against mimalloc alone. Worst: the lowest of them. ≤ 5 %: workloads that take at most 5 % longer
than with their fastest peer. Slower: workloads on which dlmalloc or emmalloc is faster. Heavier:
those that take more pages than with dlmalloc.

${markdown(head, rows)}
`;
}
