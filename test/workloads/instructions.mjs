// SPDX-License-Identifier: MIT
/** The builds whose instructions are counted, and all counts. */
import { Failure, inParallel } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { runner32 } from '../run/runner32.mjs';
import { count } from './callgrind.mjs';
import { buildCounted } from './native.mjs';
import { isTrace, replayed } from './workloads.mjs';

/** callgrind counts what the processor runs itself, not what QEMU does for it. */
export const countedBits = runner32()?.length === 0 ? [64, 32] : [64];

const builds = countedBits.flatMap((bits) => [
  { name: `level1-${bits}`, bits, flags: [] },
  { name: `level0-${bits}`, bits, flags: ['-DSEGFIT_CHECK=0'] },
]);

/** Fails with what to install where instructions cannot be counted. */
export function checkTools() {
  const debian = 'Debian: apt-get install clang-19 valgrind gcc-multilib libc6-dev-i386';
  if (process.arch !== 'x64') throw new Failure(`needs x86-64, not ${process.arch}`);
  if (onPath('valgrind') === undefined) throw new Failure(`needs valgrind (${debian})`);
}

/** [{workload, title, counts: {build: {perPair, functions, file}}}] of segfit with `flags`. */
export async function countAll(workloads, flags = [], say = () => {}) {
  say('building');
  const flagged = builds.map((build) => ({ ...build, flags: [...build.flags, ...flags] }));
  // They take seconds to compile.
  const traces = workloads.some(isTrace) ? replayed : [];
  const programs = await buildCounted(flagged, traces);
  const runs = workloads.flatMap((workload) => programs.map((program) => ({ workload, program })));
  const counted = await inParallel(runs, ({ workload, program }) => {
    say(workload.title);
    return count(program.file, workload);
  });
  return workloads.map(({ name, title }, at) => ({
    workload: name,
    title,
    counts: Object.fromEntries(
      programs.map((program, one) => [program.name, counted[at * programs.length + one]]),
    ),
  }));
}
