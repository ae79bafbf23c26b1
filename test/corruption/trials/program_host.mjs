// SPDX-License-Identifier: MIT
/**
 * The programs in wasm, as program_native.c runs them natively: `node program_host.mjs MODULE
 * OUTCOMES`, where OUTCOMES names the ends of a run, separated by commas. Each line of four numbers
 * is a program for a new instance.
 */
import fs from 'node:fs';

const [file, outcomes] = process.argv.slice(2);
const TRAPPED = outcomes.split(',').indexOf('trapped');
const module = new WebAssembly.Module(fs.readFileSync(file));
const ended = { outcome: 0 };

function run(words) {
  let moment = 0;
  const host = {
    moment: (now) => {
      moment = now;
    },
    end: (outcome) => {
      ended.outcome = outcome;
      throw ended;
    },
  };
  const { exports } = new WebAssembly.Instance(module, { host });
  try {
    return `${exports.run(...words)} ${moment}`;
  } catch (error) {
    if (error === ended) return `${ended.outcome} ${moment}`;
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
      return `${TRAPPED} ${moment}`;
    throw error;
  }
}

for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean))
  console.log(run(line.split(' ').map(Number)));
