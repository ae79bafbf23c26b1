// SPDX-License-Identifier: MIT
/** Runs the workloads of several threads: a process each, allocators taking turns. */
import { Failure, run } from '../../wasm/toolchain/steps.mjs';
import { figuresOf } from '../malloc/figures.mjs';

/** Of a slice: long enough for the system to spread threads over its processors. */
const MILLISECONDS = 25;
/** A run takes a second; one that does not end hangs, and is ended. */
const LIMIT_SECONDS = 60;

async function slices(program, { id, name, threads }, count) {
  const words = [...program.words, String(id), String(threads), String(MILLISECONDS), String(count)];
  const limited = ['--kill-after=5', String(LIMIT_SECONDS), ...words];
  const { code, output } = await run('timeout', limited, { env: program.env });
  const times = output.trim().split('\n').map(Number);
  if (code !== 0 || times.length !== count || times.some((time) => !(time > 0))) {
    throw new Failure(`${program.name}, ${name}: code ${code}\n${output.slice(-2000)}`);
  }
  return times;
}

/**
 * {workload: {program: {min, median, spread}}} of `programs` ({name, words, env}): nanoseconds on
 * the clock by the pairs of all threads. Here the median tells: the fastest slice of a contended
 * workload is one in which the threads happened to run one after another.
 */
export async function measureThreads(programs, workloads, { passes, count, say = () => {} }) {
  const table = {};
  for (const workload of workloads) {
    say(workload.name);
    const all = programs.map(() => []);
    for (let pass = 0; pass < passes; pass++) {
      for (const index of programs.keys()) {
        const turn = (index + pass) % programs.length;
        all[turn].push(...(await slices(programs[turn], workload, count)));
      }
    }
    const figures = programs.map(({ name }, index) => [name, figuresOf(all[index])]);
    table[workload.name] = Object.fromEntries(figures);
  }
  return table;
}
