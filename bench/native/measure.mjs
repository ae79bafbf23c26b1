// SPDX-License-Identifier: MIT
/** Runs the workloads natively: a process each, allocators taking turns. */
import { Failure, run } from '../../wasm/toolchain/steps.mjs';
import { figuresOf } from '../malloc/figures.mjs';

/** A process times so many slices, of two milliseconds or less. */
const SLICES = 15;
/** A process takes a tenth of a second. */
const LIMIT_SECONDS = '60';

async function oneProcess(driver, allocator, { id, name, pairs }, slices, checked) {
  const words = [driver, String(id), String(pairs), String(slices), checked ? '1' : '0'];
  const { code, output } = await run('timeout', [LIMIT_SECONDS, ...words], { env: allocator.env });
  const numbers = output.trim().split('\n').map(Number);
  if (code !== 0 || numbers.length !== slices + 1 || !numbers.every((one) => one > 0)) {
    throw new Failure(`${allocator.name}, ${name}: code ${code}\n${output.slice(-2000)}`);
  }
  return { times: numbers.slice(0, -1), kib: numbers.at(-1) };
}

/**
 * {workload: {allocator: {min, median, spread, kib}}}: nanoseconds a pair, and the peak of resident
 * memory, the program's own included. Each workload is checked byte by byte first.
 */
export async function measureNative(driver, allocators, workloads, { processes, say = () => {} }) {
  const table = {};
  for (const workload of workloads) {
    say(workload.title);
    const all = allocators.map(() => ({ times: [], kib: 0 }));
    for (const allocator of allocators) {
      const few = { ...workload, pairs: Math.ceil(workload.pairs / 10) };
      await oneProcess(driver, allocator, few, 0, true);
    }
    for (let pass = 0; pass < processes; pass++) {
      for (const index of allocators.keys()) {
        const turn = (index + pass) % allocators.length;
        const { times, kib } = await oneProcess(driver, allocators[turn], workload, SLICES, false);
        all[turn].times.push(...times);
        all[turn].kib = Math.max(all[turn].kib, kib);
      }
    }
    const figures = allocators.map(({ name }, index) => {
      const { times, kib } = all[index];
      return [name, { ...figuresOf(times), kib }];
    });
    table[workload.name] = Object.fromEntries(figures);
  }
  return table;
}
