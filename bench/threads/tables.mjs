// SPDX-License-Identifier: MIT
/** The measurements with several threads, as tables. */
import { markdown, short } from '../malloc/figures.mjs';

/**
 * Prints which programs did not run to their end. Returns the command's exit code; other figures
 * stay.
 */
export function tellFailures(failures) {
  for (const text of failures) console.log(`FAILED: ${text}`);
  return failures.length > 0 ? 1 : 0;
}

/** How many times one thread's throughput `count` threads have. */
function scaling(table, kind, count, name) {
  const [one, several] = [1, count].map((threads) => table[`threads-${kind}-${threads}`][name]);
  return one === undefined || several === undefined
    ? '–'
    : (one.median / several.median).toFixed(2);
}

function scalingRows(table, names) {
  return ['local', 'shared', 'nothing'].flatMap((kind) =>
    [2, 4].flatMap((count) => {
      const rows = [`threads-${kind}-1`, `threads-${kind}-${count}`];
      if (rows.some((row) => table[row] === undefined)) return [];
      const title = `${kind}, ${count} threads`;
      return [[title, ...names.map((name) => scaling(table, kind, count, name))]];
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
        if (table[name][one] === undefined) return '–';
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
