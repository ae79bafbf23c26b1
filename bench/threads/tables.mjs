// SPDX-License-Identifier: MIT
/** What was measured with several threads, as tables. */
import { markdown, short } from '../malloc/figures.mjs';

/** How many times one thread's throughput `count` threads have. */
function scaling(table, kind, count, name) {
  return table[`threads-${kind}-1`][name].median / table[`threads-${kind}-${count}`][name].median;
}

function scalingRows(table, names) {
  return ['local', 'shared', 'nothing'].flatMap((kind) =>
    [2, 4].flatMap((count) => {
      const rows = [`threads-${kind}-1`, `threads-${kind}-${count}`];
      if (rows.some((row) => table[row] === undefined)) return [];
      const title = `${kind}, ${count} threads`;
      return [[title, ...names.map((name) => scaling(table, kind, count, name).toFixed(2))]];
    }),
  );
}

/** The tables of `table`, as measureThreads gives it, for `programs`. */
export function threadTables(table, programs, workloads) {
  const names = programs.map(({ name }) => name);
  const head = ['workload', ...names];
  const rows = workloads
    .filter(({ name }) => table[name] !== undefined)
    .map(({ name, kind, title, threads }) => [
      `${kind}: ${title}, ${threads} thread${threads > 1 ? 's' : ''}`,
      ...names.map((one) => {
        const { median, spread } = table[name][one];
        return `${short(median)} ±${(spread * 50).toFixed(0)}%`;
      }),
    ]);
  const scale = scalingRows(table, names);
  return `Nanoseconds on the clock by the pairs of all threads, median ± half the middle half:

${markdown(head, rows)}
${
  scale.length === 0
    ? ''
    : `
Times the throughput of one thread ("nothing": what the machine had to give):

${markdown(head, scale)}
`
}`;
}
