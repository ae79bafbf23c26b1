// SPDX-License-Identifier: MIT
/** The recorded traces (traces/), as workloads and as the constants that trace.c replays. */
import fs from 'node:fs';
import path from 'node:path';
import { here } from './compiler.mjs';
import { decode, FREE } from './traces/format.mjs';

const folder = path.join(here, 'traces');
const SUFFIX = '.trace.gz';

/** Every recorded trace: its name, title and operations. */
export function traces() {
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) => ({
      name: file.slice(0, -SUFFIX.length),
      ...decode(fs.readFileSync(path.join(folder, file))),
    }));
}

/** How many operations of a trace allocate: the pairs of one replay. */
export function allocationsOf({ operations }) {
  return operations.filter(([kind]) => kind !== FREE).length;
}

/** All `found` traces, one behind the other, as C. */
export function traceSource(found) {
  const arrays = found.map(({ operations }, index) => {
    const words = operations.map(([kind, slot, size]) => `${kind | (slot << 2)}u,${size}u`);
    return `static const uint32_t trace_${index}[] = {${words.join(',\n')}};\n`;
  });
  const entries = found.map(({ operations }, index) => `{trace_${index}, ${operations.length}},`);
  return `#include "workloads.h"
${arrays.join('')}const trace_t bench_traces[] = {${entries.join(' ')}};
const uint32_t bench_trace_count = ${found.length};
`;
}
