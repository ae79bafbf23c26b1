// SPDX-License-Identifier: MIT
/**
 * `npm run fuzz -- --minutes N [--target operations] [--keep]`: fuzzes each target for its share of N
 * minutes with libFuzzer, on 64 and 32 bits. Says how many inputs ran and what they covered; fails
 * where one was found that is not right. --keep adds new inputs to the corpora in git.
 */
import fs from 'node:fs';
import path from 'node:path';
import { command, Failure, must, step, tail } from '../../../wasm/toolchain/steps.mjs';
import {
  commandArguments,
  each,
  flag,
  minutes,
  someOf,
} from '../../../wasm/toolchain/arguments.mjs';
import { buildTarget, corpusFile, findFuzzer, fuzz, out } from './fuzzer.mjs';
import { packCorpus, targets, unpackCorpus } from './fuzzer.mjs';

/** Debian's 32-bit headers lie among the 64-bit ones. */
const m32 = ['-m32', '-idirafter', '/usr/include/x86_64-linux-gnu'];

async function fuzzerFor32() {
  try {
    return await findFuzzer(m32);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(`  only 64-bit: ${error.message}`);
    return undefined;
  }
}

/** Fuzzes one target in one build; true if all was right. */
async function fuzzOne(clang, target, { name, flags, seconds }) {
  const folder = path.join(out, `${target}-corpus`);
  unpackCorpus(target, folder);
  const program = await buildTarget(clang, target, { name, flags });
  const title = `${target}, ${name}`;
  const result = await step(title, () => fuzz(program, folder, seconds));
  console.log(`    ${result.runs} inputs, ${result.coverage} edges and features`);
  if (result.found) console.log(`${tail(result.output, 40)}\n  All of it: ${result.log}`);
  return !result.found;
}

/** Keeps the fewest inputs that cover what all do. */
async function keep(target) {
  const clang = await findFuzzer();
  const program = await buildTarget(clang, target, { name: 'merge' });
  const folder = path.join(out, `${target}-merged`);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  await must(program, ['-merge=1', '-max_len=400', folder, path.join(out, `${target}-corpus`)]);
  console.log(`  ${target}: ${packCorpus(folder, corpusFile(target))} inputs kept`);
}

await command(async () => {
  const words = commandArguments({
    usage: 'usage: npm run fuzz [-- --minutes N --target NAME,… --keep]',
    options: { minutes, target: each(someOf(targets)), keep: flag },
  });
  const values = { minutes: 1, target: targets, ...words };
  const builds = [{ name: '64-bit', flags: [], clang: await findFuzzer() }];
  const clang32 = await fuzzerFor32();
  if (clang32 !== undefined) builds.push({ name: '32-bit', flags: m32, clang: clang32 });
  const seconds = Math.ceil((values.minutes * 60) / values.target.length / builds.length);
  let failed = 0;
  for (const target of values.target) {
    for (const { clang, ...one } of builds) {
      failed += (await fuzzOne(clang, target, { ...one, seconds })) ? 0 : 1;
    }
    if (values.keep) await keep(target);
  }
  const all = values.target.length * builds.length;
  console.log(`${all - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
