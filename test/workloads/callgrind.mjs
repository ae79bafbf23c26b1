// SPDX-License-Identifier: MIT
/** Executed instructions of segfit's own functions in one workload, counted by callgrind. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { must } from '../../wasm/toolchain/steps.mjs';
import { out } from './native.mjs';

const sources = `${path.join(root, 'src')}${path.sep}`;
/** Enough for the same figure with any other sequence of random numbers, within a tenth. */
const PAIRS = 20_000;

/** Self instructions by function, of the functions whose file is one of segfit's. */
export function instructionsByFunction(text) {
  const found = {};
  let file = '';
  let name = '';
  let afterCall = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('fl=')) file = line.slice(3);
    else if (line.startsWith('fn=')) name = line.slice(3);
    else if (line.startsWith('calls=')) afterCall = true;
    else if (/^\d+ \d+$/.test(line)) {
      // The line after a call holds the callee's instructions, which count under its own name.
      const own = file.includes(sources) && !afterCall;
      if (own) found[name] = (found[name] ?? 0) + Number(line.split(' ')[1]);
      afterCall = false;
    }
  }
  return found;
}

/**
 * {perPair, functions, file}: instructions a pair, in all and by function (largest first), and
 * the file that callgrind_annotate shows line by line.
 */
export async function count(program, { id, name, step }) {
  const pairs = step === undefined ? PAIRS : Math.ceil(PAIRS / step) * step;
  const file = path.join(out, `${path.basename(program)}-${name}.callgrind`);
  const plain = ['--compress-strings=no', '--compress-pos=no', `--callgrind-out-file=${file}`];
  const what = ['--tool=callgrind', '--toggle-collect=bench_timed', '-q', ...plain];
  await must('valgrind', [...what, program, String(id), String(pairs), '1', '0']);
  const byFunction = instructionsByFunction(fs.readFileSync(file, 'utf8'));
  const functions = Object.entries(byFunction)
    .map(([one, instructions]) => ({ name: one, perPair: instructions / pairs }))
    .sort((a, b) => b.perPair - a.perPair);
  return { perPair: functions.reduce((sum, one) => sum + one.perPair, 0), functions, file };
}
