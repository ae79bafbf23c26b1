// SPDX-License-Identifier: MIT
/** From times to figures: minimum, median, spread; ratios to the fastest peer; the tables. */

function quantile(sorted, part) {
  const position = (sorted.length - 1) * part;
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
}

const rounded = (value) => Number(value.toPrecision(4));

/** The figures of one series; `spread` is the middle half of the runs, as a part of the median. */
export function figuresOf(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return {
    min: rounded(sorted[0]),
    median: rounded(median),
    spread: rounded((quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median),
  };
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * {workload, allocator, times} as {workload: {allocator: {min, median, spread, pages}}}, with the
 * pages that memory.mjs found.
 */
export function collect(results, pages) {
  const table = {};
  for (const { workload, allocator, times } of results) {
    const figures = { ...figuresOf(times), pages: pages[workload][allocator] };
    (table[workload] ??= {})[allocator] = figures;
  }
  return table;
}

/** The time of the fastest of `peers` other than `name`. */
function fastestPeer(row, peers, name) {
  const times = peers.filter((peer) => peer !== name && row[peer]).map((peer) => row[peer].min);
  return Math.min(...times);
}

/** By workload, how many times as fast each allocator is as its fastest peer; and their mean. */
export function ratios(table, allocators) {
  const peers = allocators.filter(({ peer }) => peer).map(({ name }) => name);
  const byWorkload = {};
  for (const [workload, row] of Object.entries(table)) {
    byWorkload[workload] = Object.fromEntries(
      allocators.map(({ name }) => [name, rounded(fastestPeer(row, peers, name) / row[name].min)]),
    );
  }
  const mean = Object.fromEntries(
    allocators.map(({ name }) => [
      name,
      rounded(geometricMean(Object.values(byWorkload).map((row) => row[name]))),
    ]),
  );
  return { byWorkload, mean };
}

/** A markdown table whose first column is text and whose others are numbers. */
export function markdown(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map((cell) => [...cell].length)),
  );
  const pad = (cell, column) =>
    column === 0
      ? cell + ' '.repeat(widths[column] - [...cell].length)
      : ' '.repeat(widths[column] - [...cell].length) + cell;
  const line = (cells) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

export const short = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

const ratio = (value) => (Number.isFinite(value) ? value.toFixed(2) : '–');

/** The tables of one engine, each with the line above it. */
export function tables(table, allocators, workloads) {
  const names = allocators.map(({ name }) => name);
  const measured = workloads.filter(({ name }) => table[name] !== undefined);
  const { byWorkload, mean } = ratios(table, allocators);
  const rowsOf = (cell) =>
    measured.map(({ name, title }) => [title, ...names.map((one) => cell(name, one))]);
  const times = rowsOf((workload, name) => short(table[workload][name].min));
  const medians = rowsOf((workload, name) => {
    const { median, spread } = table[workload][name];
    return `${short(median)} ±${(spread * 50).toFixed(0)}%`;
  });
  const speed = rowsOf((workload, name) => ratio(byWorkload[workload][name]));
  speed.push(['geometric mean', ...names.map((name) => ratio(mean[name]))]);
  const pages = rowsOf((workload, name) => String(table[workload][name].pages));
  const head = ['workload', ...names];
  return {
    times: `Nanoseconds a pair of free and malloc, minimum:\n\n${markdown(head, times)}\n`,
    medians: `The same, median ± half the middle half of the runs:\n\n${markdown(head, medians)}\n`,
    speed: `Times as fast as the fastest peer of that workload (for a peer: the fastest other one):

${markdown(head, speed)}
`,
    pages: `Pages of 64 KiB at most, without the workloads' own:

${markdown(head, pages)}
`,
  };
}
