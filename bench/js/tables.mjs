// SPDX-License-Identifier: MIT
/** Figures as text. */
import { percentiles } from './measure.mjs';

const width = 20;
const cell = (text) => String(text).padStart(10);
const round = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
/** Bytes an operation: what is less than a tenth of one is noise, or none at all. */
const bytes = (value) => (Math.abs(value) < 0.1 ? '0' : round(value));

const heads = [
  'ns/op',
  'least',
  'ratio',
  ...percentiles.map((each) => `p${each}`),
  'heap B',
  'other B',
];

function line({ name, time, latency, garbage }) {
  const calls = percentiles.map((each) => round(latency[`p${each}`]));
  const left = [garbage.heap, garbage.external].map(bytes);
  const cells = [round(time.median), round(time.minimum), time.ratio.toFixed(2), ...calls, ...left];
  return name.padEnd(width) + cells.map(cell).join('');
}

/** One table for each number of live blocks. */
export function tables(results) {
  return results
    .map(({ live, rows }) => {
      const head = `${live} live`.padEnd(width) + heads.map(cell).join('');
      return [head, ...rows.map(line), ''].join('\n');
    })
    .join('\n');
}
