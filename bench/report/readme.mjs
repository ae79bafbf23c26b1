// SPDX-License-Identifier: MIT
/** README's figures: a block between two markers, from the recorded results alone. */
import { markdown, short } from '../malloc/figures.mjs';
import { figuresAgainstPeers } from '../malloc/summary.mjs';
import { where } from './results.mjs';

const BEGIN = '<!-- bench:begin, by bench/report.mjs from bench/results; do not edit -->';
const END = '<!-- bench:end -->';

/** Those that a reader compares; the others are on the page of results. */
const SHOWN = ['segfit', 'segfit-level0', 'mimalloc', 'dlmalloc', 'emmalloc'];
const WEIGHED = ['segfit', 'mimalloc', 'dlmalloc'];
const OURS = ['segfit', 'segfit-level0'];

const present = (names, allocators) =>
  names.filter((name) => allocators.some((one) => one.name === name));

function speedTable({ allocators, workloads, engines }) {
  const { table } = engines[0];
  const shown = present(SHOWN, allocators);
  const weighed = present(WEIGHED, allocators);
  const rows = workloads.map(({ name, title }) => [
    title,
    ...shown.map((one) => short(table[name][one].min)),
    ...weighed.map((one) => String(table[name][one].pages)),
  ]);
  return markdown(['ns a pair; pages', ...shown, ...weighed.map((name) => `${name}, pages`)], rows);
}

const ratio = (value) => (value === undefined ? '–' : value.toFixed(2));

function engineTable({ allocators, engines }) {
  const peers = allocators.filter(({ peer }) => peer).map(({ name }) => name);
  const rows = engines.flatMap(({ engine, table }) =>
    present(OURS, allocators).map((name) => {
      const found = figuresAgainstPeers(table, name, peers);
      const { mean, againstMimalloc, worst, withinFivePercent, workloads } = found;
      const within = `${withinFivePercent} of ${workloads}`;
      return [
        `${name}, ${engine}`,
        ratio(mean),
        ratio(againstMimalloc),
        ratio(worst.speed),
        within,
      ];
    }),
  );
  return markdown(['times as fast', 'fastest peer', 'mimalloc', 'worst', 'within 5 %'], rows);
}

const SIZES = [
  ['segfit-small', '-Oz'],
  ['segfit', '-Oz'],
  ['segfit', '-O2'],
  ['emmalloc', '-Oz'],
  ['dlmalloc-em', '-Oz'],
  ['mimalloc', '-Oz'],
];

function sizes({ rows }) {
  const cells = SIZES.flatMap(([name, level]) => {
    const row = rows.find((one) => one.allocator === name && one.optimise === level);
    if (row === undefined) return [];
    const { title, pair, full } = row;
    const figures = [pair.raw, pair.gzip, full.raw, full.gzip].map((size) =>
      size.toLocaleString('en'),
    );
    return [[`${title}, ${level}`, ...figures]];
  });
  return markdown(['bytes of wasm', 'malloc+free', 'gzip', 'full set', 'gzip'], cells);
}

/** How many times the throughput of one thread two have, and of dlmalloc's four, four have. */
function threads({ threads: found }) {
  const table = found?.table;
  const needed = ['local-1', 'local-2', 'local-4', 'nothing-1', 'nothing-2'];
  if (needed.some((name) => table?.[`threads-${name}`]?.segfit === undefined)) {
    return 'Threads: not measured.';
  }
  const time = (count, name) => table[`threads-local-${count}`][name].median;
  const nothing =
    table['threads-nothing-1'].segfit.median / table['threads-nothing-2'].segfit.median;
  const parts = [
    `two threads have ${ratio(time(1, 'segfit') / time(2, 'segfit'))} times the throughput of one`,
    `(arithmetic alone: ${ratio(nothing)})`,
  ];
  if (table['threads-local-4'].dlmalloc !== undefined) {
    const times = time(4, 'dlmalloc') / time(4, 'segfit');
    parts.push(`and four ${ratio(times)} times that of four with dlmalloc`);
  }
  return `Threads (Emscripten, ${found.engine}): ${parts.join(' ')}.`;
}

/** The whole block, markers included. */
export function block({ malloc, size }) {
  const { rounds, passes } = malloc;
  return `${BEGIN}
A free and an allocation in nanoseconds, and pages of 64 KiB at peak; ${malloc.engines[0].engine} on
${where(malloc)}. The fastest of ${rounds * passes} runs, all allocators in turn.

${speedTable(malloc)}

Geometric mean of how many times as fast as the fastest peer of each workload (mimalloc, dlmalloc,
emmalloc, stock TLSF), as mimalloc, the lowest, and on how many it is within 5 % of the fastest:

${engineTable(malloc)}

${threads(malloc)}

${sizes(size)}

[Every figure](bench/results/wasm-malloc.md), [beside glibc, jemalloc and
tcmalloc](bench/results/native-malloc.md), [how to measure](bench/README.md).
${END}`;
}

/** `text` with its block replaced by `fresh`. Throws where it has none. */
export function withBlock(text, fresh) {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`no ${BEGIN} … ${END} in the text`);
  return text.slice(0, begin) + fresh + text.slice(end + END.length);
}
