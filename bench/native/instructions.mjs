// SPDX-License-Identifier: MIT
/** The builds whose instructions are counted, and all counts. */
import os from 'node:os';
import { Failure } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { isTrace, replayed } from '../malloc/workloads.mjs';
import { buildCounted } from './build.mjs';
import { count } from './callgrind.mjs';

const builds = [64, 32].flatMap((bits) => [
  { name: `level1-${bits}`, bits, flags: [] },
  { name: `level0-${bits}`, bits, flags: ['-DSEGFIT_CHECK=0'] },
]);

/** Fails with what to install where instructions cannot be counted. */
export function checkTools() {
  const debian = 'Debian: apt-get install clang-19 valgrind gcc-multilib libc6-dev-i386';
  if (process.arch !== 'x64') throw new Failure(`needs x86-64, not ${process.arch}`);
  if (onPath('valgrind') === undefined) throw new Failure(`needs valgrind (${debian})`);
}

/** Does `work` on all of `items`, as many at a time as there are processors; results in order. */
async function inParallel(items, work) {
  const results = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  return results;
}

/** [{workload, title, counts: {build: {perPair, functions, file}}}] of segfit with `flags`. */
export async function countAll(workloads, flags = [], say = () => {}) {
  say('building');
  const flagged = builds.map((build) => ({ ...build, flags: [...build.flags, ...flags] }));
  // They take seconds to compile.
  const traces = workloads.some(isTrace) ? replayed : [];
  const programs = await buildCounted(flagged, traces);
  return inParallel(workloads, async (workload) => {
    say(workload.title);
    const counts = {};
    for (const { name, file } of programs) counts[name] = await count(file, workload);
    return { workload: workload.name, title: workload.title, counts };
  });
}
