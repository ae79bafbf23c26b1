// SPDX-License-Identifier: MIT
/**
 * The workloads by number, as in workloads.c. `pairs` are those of one timed run, the same for
 * every allocator, so that all do the same work and their memory can be compared: about two
 * milliseconds, less than a busy system lets a process run in one go, so that some runs are not
 * disturbed. Where there is a `step`, pairs are a multiple of it.
 */
import { allocationsOf, traces } from './trace.mjs';

const synthetic = [
  { id: 0, name: 'lifo', title: '24 B, LIFO of 64', pairs: 128_000, step: 64 },
  { id: 1, name: 'small-1k', title: '8–128 B, 1,000 live, random', pairs: 50_000 },
  { id: 2, name: 'small-100k', title: '8–128 B, 100,000 live, random', pairs: 20_000 },
  { id: 3, name: 'fifo', title: '8–128 B, FIFO of 10,000', pairs: 50_000 },
  { id: 4, name: 'mixed', title: '8 B–64 KB, 10,000 live, random', pairs: 30_000 },
  { id: 5, name: 'large', title: '4–256 KB, 200 live, random', pairs: 10_000 },
  { id: 6, name: 'vectors', title: '16 vectors growing by half (realloc)', pairs: 4_000 },
  { id: 7, name: 'calloc', title: 'calloc 16 B–1 KB, 1,000 live, random', pairs: 25_000 },
  { id: 8, name: 'aligned', title: 'aligned to 16 or 64, 16 B–1 KB, 1,000 live', pairs: 25_000 },
];
const FIRST_TRACE = synthetic.length;
const TRACE_PAIRS = 50_000;

/** The traces that are replayed, with their operations. */
export const replayed = traces();

export const isTrace = ({ id }) => id >= FIRST_TRACE;

export const workloads = [
  ...synthetic,
  ...replayed.map((trace, index) => {
    const step = allocationsOf(trace);
    const pairs = step * Math.max(1, Math.round(TRACE_PAIRS / step));
    const name = `trace-${trace.name}`;
    return { id: FIRST_TRACE + index, name, title: `${trace.name}, replayed`, pairs, step };
  }),
];
