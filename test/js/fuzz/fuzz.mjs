// SPDX-License-Identifier: MIT
/**
 * `npm run fuzz:js [-- --minutes N] [--target NAME] [--seed N]`: runs each target of targets.ts on
 * random inputs. A failing input is shrunk, printed with the seed that reproduces it, and saved
 * below build/fuzz-js.
 *
 * `npm run fuzz:js -- --mutants`: plants faults in the sources, one at a time; the target must find
 * each within seconds. A fuzzer that cannot find a planted fault proves nothing.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

import { build } from 'esbuild';

import { root } from '../../../wasm/toolchain/paths.mjs';
import { command, Failure } from '../../../wasm/toolchain/steps.mjs';
import {
  commandArguments,
  each,
  flag,
  minutes,
  seed as seedOption,
  someOf,
} from '../../../wasm/toolchain/arguments.mjs';
import { mutants } from './mutants.mjs';

const out = path.join(root, 'build', 'fuzz-js');

/** Inputs between two readings of the clock. Seed and batch number reproduce a failure. */
const batch = 100;
const mutantSeconds = 10;
/** Seconds: a batch that takes longer hangs. */
const patience = { usual: 30, mutant: 8 };

const aliases = { segfit: 'wasm/js/public/index.ts', 'segfit/core': 'wasm/js/public/core.ts' };

/** Replaces a text that must occur in the file exactly once, so that no mutant is silently lost. */
function plant({ file, from, to }) {
  const wanted = path.join(root, file);
  return {
    name: 'plant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
        if (loaded !== wanted) return undefined;
        const parts = fs.readFileSync(loaded, 'utf8').split(from);
        if (parts.length !== 2)
          throw new Failure(`${file}: found ${parts.length - 1} times: ${from}`);
        return { contents: parts.join(to), loader: 'ts' };
      });
    },
  };
}

/** The targets and the sources that they test, in one file. */
async function bundle(name, plugins = []) {
  const outfile = path.join(out, `${name}.mjs`);
  await build({
    entryPoints: [path.join(root, 'test', 'js', 'fuzz', 'targets.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    alias: Object.fromEntries(
      Object.entries(aliases).map(([key, file]) => [key, path.join(root, file)]),
    ),
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    plugins,
    outfile,
  });
  return outfile;
}

/** Runs a batch in its own thread, which can be terminated when it hangs. */
const loop = `
const { workerData, parentPort } = require('node:worker_threads');
(async () => {
  const { fc, targets } = await import(workerData.file);
  const { target, seed, batch, until } = workerData;
  let done = 0;
  for (let number = seed; Date.now() < until; number = (number + 1) % 2 ** 31) {
    parentPort.postMessage({ begins: number, done });
    const { failed, counterexample, error, errorInstance } = fc.check(targets[target], { seed: number, numRuns: batch });
    if (failed) {
      const text = String(errorInstance?.stack ?? error).split('\\n').slice(0, 6).join('\\n');
      const input = fc.stringify(counterexample?.[0]);
      parentPort.postMessage({ failed: { seed: number, text, input } });
      return;
    }
    done += batch;
  }
  parentPort.postMessage({ ended: done });
})();
`;

/** The result: {done} or {failed: {seed, text, input}}. */
function fuzz(file, target, { seed, seconds, most = patience.usual }) {
  const until = Date.now() + seconds * 1000;
  const worker = new Worker(loop, { eval: true, workerData: { file, target, seed, batch, until } });
  return new Promise((resolve, reject) => {
    let timer;
    let last = seed;
    let done = 0;
    const finish = (result) => {
      clearTimeout(timer);
      void worker.terminate();
      resolve({ done, ...result });
    };
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        finish({ failed: { seed: last, text: `no end after ${most} s`, input: '' } });
      }, most * 1000);
    };
    watch();
    worker.on('message', ({ begins, done: so, ended, failed }) => {
      watch();
      last = begins ?? last;
      done = ended ?? so ?? done;
      if (failed !== undefined || ended !== undefined) finish({ failed });
    });
    worker.on('error', (error) => {
      finish({ failed: { seed: last, text: String(error.stack), input: '' } });
    });
    worker.on('exit', (code) => code > 1 && reject(new Failure(`the fuzzer ended with ${code}`)));
  });
}

function tell(target, { done, failed }) {
  if (failed === undefined) {
    console.log(`  ok      ${target}: ${done} inputs`);
    return;
  }
  const saved = path.join(out, `failed-${target}-${failed.seed}.txt`);
  fs.writeFileSync(saved, `${failed.text}\n\n${failed.input}\n`);
  console.log(
    `  FAILED  ${target}, --seed ${failed.seed}\n${failed.text}\n${failed.input.slice(0, 2000)}`,
  );
  console.log(`  saved: ${path.relative(root, saved)}`);
}

async function fuzzAll(names, options) {
  const file = await bundle('targets');
  let failed = 0;
  for (const name of names) {
    const result = await fuzz(file, name, options);
    tell(name, result);
    failed += result.failed === undefined ? 0 : 1;
  }
  console.log(`${names.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function findMutants(options) {
  let missed = 0;
  for (const [index, mutant] of mutants.entries()) {
    const file = await bundle(`mutant-${index}`, [plant(mutant)]);
    const begin = Date.now();
    const { failed } = await fuzz(file, mutant.target, {
      ...options,
      seconds: mutantSeconds,
      most: patience.mutant,
    });
    const time = `${((Date.now() - begin) / 1000).toFixed(1)} s`;
    console.log(`  ${failed ? 'found ' : 'MISSED'}  ${mutant.target}: ${mutant.name}, ${time}`);
    if (failed && options.verbose) console.log(failed.text);
    missed += failed ? 0 : 1;
  }
  console.log(`${mutants.length - missed} passed, ${missed} failed`);
  return missed === 0 ? 0 : 1;
}

await command(async () => {
  const all = ['traces', 'images', 'calls'];
  const words = commandArguments({
    usage: 'usage: npm run fuzz:js [-- --minutes N --target NAME,… --seed N --mutants --verbose]',
    options: { minutes, target: each(someOf(all)), seed: seedOption, mutants: flag, verbose: flag },
  });
  fs.mkdirSync(out, { recursive: true });
  process.chdir(root);
  const { seed = Date.now() % 2 ** 31, verbose = false, target = all } = words;
  console.log(`  seed ${seed}`);
  if (words.mutants) return findMutants({ seed, verbose });
  return fuzzAll(target, { seed, seconds: ((words.minutes ?? 3) * 60) / target.length });
});
