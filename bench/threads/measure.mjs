// SPDX-License-Identifier: MIT
/** Runs the workloads of several threads: a process each, allocators taking turns. */
import { Failure, run } from '../../wasm/toolchain/steps.mjs';
import { figuresOf } from '../malloc/figures.mjs';

/** Of a slice: long enough for the system to spread threads over its processors. */
const MILLISECONDS = 25;
/** A run takes a second; one that does not end hangs, and is ended. */
const LIMIT_SECONDS = 60;
const TIMED_OUT = 124;

async function slices(program, { id, name, threads }, count) {
  const words = [
    ...program.words,
    String(id),
    String(threads),
    String(MILLISECONDS),
    String(count),
  ];
  const limited = ['--kill-after=5', String(LIMIT_SECONDS), ...words];
  const { code, output } = await run('timeout', limited, { env: program.env });
  if (code === TIMED_OUT) {
    throw new Failure(`${program.name}, ${name}: did not end within ${LIMIT_SECONDS} s`);
  }
  const times = output.trim().split('\n').map(Number);
  if (code !== 0 || times.length !== count || times.some((time) => !(time > 0))) {
    throw new Failure(`${program.name}, ${name}: code ${code}\n${output.slice(-2000)}`);
  }
  return times;
}

/** The times of one workload: of each program, or why it has none. */
async function timesOf(programs, workload, { passes, count }) {
  const all = programs.map(() => ({ times: [], failure: undefined }));
  for (let pass = 0; pass < passes; pass++) {
    for (const index of programs.keys()) {
      const turn = (index + pass) % programs.length;
      if (all[turn].failure !== undefined) continue;
      try {
        all[turn].times.push(...(await slices(programs[turn], workload, count)));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        all[turn].failure = error.message;
      }
    }
  }
  return all;
}

/**
 * `table`, {workload: {program: {min, median, spread}}} of `programs` ({name, words, env}):
 * nanoseconds on the clock by the pairs of all threads. Here the median tells: the fastest slice of
 * a contended workload is one in which the threads happened to run one after another. `failures`:
 * what did not run to its end; such a program is left out from there on.
 */
export async function measureThreads(programs, workloads, { passes, count, say = () => {} }) {
  const table = {};
  const failures = [];
  let left = programs;
  for (const workload of workloads) {
    say(workload.name);
    const all = await timesOf(left, workload, { passes, count });
    failures.push(...all.map(({ failure }) => failure).filter(Boolean));
    const sound = left.flatMap(({ name }, index) => {
      const { times, failure } = all[index];
      return failure === undefined ? [[name, figuresOf(times)]] : [];
    });
    table[workload.name] = Object.fromEntries(sound);
    left = left.filter((_, index) => all[index].failure === undefined);
  }
  return { table, failures };
}
