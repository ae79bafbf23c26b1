// SPDX-License-Identifier: MIT
/** Builds one module an allocator: the same workloads, linked with it. */
import fs from 'node:fs';
import path from 'node:path';
import { compile, here, link, linksForWasi, out, WASI } from '../../test/workloads/compiler.mjs';
import { traceSource } from '../../test/workloads/trace.mjs';
import { replayed } from '../../test/workloads/workloads.mjs';
import { Failure } from '../../wasm/toolchain/steps.mjs';
import { allocators, baseAllocators, variantsOf } from './allocators.mjs';

const NEEDS =
  'the benchmark needs clang-19 with wasi-libc ' +
  '(Debian: apt-get install clang-19 lld-19 libclang-rt-19-dev-wasm32 wasi-libc)';

/** A module that is started by _initialize, and then called. */
const REACTOR = ['-mexec-model=reactor'];

/** The workloads' objects, compiled to call the names of `allocator`. */
async function workloadObjects(allocator, trace) {
  const flags = [WASI, '-O2', `-I${here}`, ...(allocator.rename ?? [])];
  const suffix = allocator.rename === undefined ? '' : `-${allocator.name}`;
  return [
    await compile(`workloads${suffix}`, path.join(here, 'workloads.c'), flags),
    await compile(`replay${suffix}`, path.join(here, 'trace.c'), flags),
    await compile('trace', trace, flags),
    await compile('support', path.join(here, 'support.c'), [WASI, '-O2']),
  ];
}

/**
 * Every module that can be built here: `modules`, each an allocator with its `file`; `missing`, a
 * line for each that cannot; `traces`, what those replayed are of. `names`: which to build;
 * `variants` and `base`: more of them, see options.mjs.
 */
export async function buildModules({ allocators: names, variants = [], base } = {}) {
  if (!(await linksForWasi())) throw new Failure(NEEDS);
  const trace = path.join(out, 'trace-data.c');
  fs.writeFileSync(trace, traceSource(replayed));
  const { found, missing } = await allocators();
  const more = [...variantsOf(variants), ...(base === undefined ? [] : await baseAllocators(base))];
  const modules = [];
  const chosen = found.filter(({ name }) => names === undefined || names.includes(name));
  const unknown = names?.find((name) => !found.some((one) => one.name === name));
  if (unknown !== undefined) {
    const known = found.map(({ name }) => name).join(', ');
    throw new Failure(`no allocator here is named ${unknown}; there are ${known}`);
  }
  for (const allocator of [...chosen, ...more]) {
    const own = await allocator.objects();
    const objects = [...(await workloadObjects(allocator, trace)), ...own];
    modules.push({ ...allocator, file: await link(allocator.name, objects, REACTOR) });
  }
  return { modules, missing, traces: replayed.map(({ title }) => title) };
}
