// SPDX-License-Identifier: MIT
/** Resident memory that bench:native found, as a table. */
import { markdown } from '../malloc/figures.mjs';

export function memoryTable(table, allocators, workloads) {
  const names = allocators.map(({ name }) => name);
  const rows = workloads.map(({ name, title }) => [
    title,
    ...names.map((one) => (table[name][one].kib / 1024).toFixed(1)),
  ]);
  return `Peak of resident memory in MiB, the program's own 2 to 5 included:

${markdown(['workload', ...names], rows)}
`;
}
