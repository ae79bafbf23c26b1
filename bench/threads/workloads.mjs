// SPDX-License-Identifier: MIT
/** The workloads of several threads, numbered as in threads.c. */
const kinds = [
  { id: 0, kind: 'local', title: 'each thread 64 blocks of its own', counts: [1, 2, 4] },
  { id: 1, kind: 'shared', title: 'all replace in one array of 1,024', counts: [1, 2, 4] },
  { id: 2, kind: 'handoff', title: 'one allocates, another frees', counts: [2, 4] },
  { id: 3, kind: 'nothing', title: 'no malloc, for comparison', counts: [1, 2, 4] },
];

export const threadWorkloads = kinds.flatMap(({ id, kind, title, counts }) =>
  counts.map((threads) => ({ id, kind, threads, title, name: `threads-${kind}-${threads}` })),
);
