// SPDX-License-Identifier: MIT
/**
 * The workloads by number, as in workloads.c. `pairs` are those of one timed run, the same for
 * every allocator, so that all do the same work and their memory can be compared: about two
 * milliseconds, less than a busy system lets a process run in one go, so that some runs are not
 * disturbed.
 */
export const workloads = [
  { id: 0, name: 'lifo', title: '24 B, LIFO of 64', pairs: 128_000 },
  { id: 1, name: 'small-1k', title: '8–128 B, 1,000 live, random', pairs: 50_000 },
  { id: 2, name: 'small-100k', title: '8–128 B, 100,000 live, random', pairs: 20_000 },
  { id: 3, name: 'fifo', title: '8–128 B, FIFO of 10,000', pairs: 50_000 },
  { id: 4, name: 'mixed', title: '8 B–64 KB, 10,000 live, random', pairs: 30_000 },
  { id: 5, name: 'large', title: '4–256 KB, 200 live, random', pairs: 10_000 },
  { id: 6, name: 'vectors', title: '16 vectors growing by half (realloc)', pairs: 4_000 },
  { id: 7, name: 'calloc', title: 'calloc 16 B–1 KB, 1,000 live, random', pairs: 25_000 },
  { id: 8, name: 'aligned', title: 'aligned to 16 or 64, 16 B–1 KB, 1,000 live', pairs: 25_000 },
  { id: 9, name: 'trace', title: 'real program, replayed', pairs: 30_000 },
];
