// SPDX-License-Identifier: MIT
/** The words behind `npm run bench:malloc --`. */
import { workloads } from '../../test/workloads/workloads.mjs';
import {
  each,
  flag,
  number,
  readArguments,
  someOf,
  text,
  UsageError,
} from '../../wasm/toolchain/arguments.mjs';

const FULL = { rounds: 21, passes: 3, part: 1, seeds: 3 };
const QUICK = { rounds: 25, passes: 3, part: 2, seeds: 1, quick: true };

export const USAGE = `usage: npm run bench:malloc -- [options]
  --quick              half as long slices and fewer of them, no threads: for steering
  --only NAME,…        only these workloads: ${workloads.map(({ name }) => name).join(', ')},
                       threads (those of several threads)
  --allocators NAME,…  only these allocators (those of --variant and --base are measured anyway)
  --variant NAME=FLAGS one more segfit, compiled with FLAGS: --variant 'c64=-DSEGFIT_CACHE=64'
  --base REF           segfit of another commit beside it: base and base-level0
  --rounds N           timed slices an instance (${FULL.rounds}), --passes N instances (${FULL.passes})
  --browsers           Chromium and Firefox as well
  --json FILE          all figures and their conditions`;

/** Workloads by name; those of several threads are all named threads. */
export const workloadNames = ['threads', ...workloads.map(({ name }) => name)];

/** Allocators that some machine can measure; each that this one lacks is named when it runs. */
const allocatorNames = [
  ...['segfit', 'segfit-no-cache', 'segfit-level0', 'segfit-bare', 'segfit-small', 'segfit-align8'],
  ...['stock-tlsf', 'mimalloc', 'dlmalloc', 'dlmalloc-em', 'emmalloc'],
];

function variant(value) {
  const [, name, flags] = /^([\w-]+)=(.*)$/.exec(value) ?? [];
  if (name === undefined) {
    throw new UsageError(`--variant takes NAME=FLAGS, not ${JSON.stringify(value)}`);
  }
  return { name, flags: flags.split(/\s+/).filter(Boolean) };
}

const kinds = {
  quick: flag,
  browsers: flag,
  json: text,
  only: someOf(workloadNames),
  allocators: someOf(allocatorNames),
  variant: each(variant),
  base: text,
  rounds: number(1),
  passes: number(1),
};

/** @param {string[]} words */
export function parseOptions(words) {
  const {
    variant: variants = [],
    names: _,
    ...given
  } = readArguments(words, {
    usage: USAGE,
    options: kinds,
  });
  const usual = { ...FULL, quick: false, browsers: false, variants };
  const options = { ...usual, ...(given.quick ? QUICK : {}), ...given };
  options.threads = options.only?.includes('threads') ?? !options.quick;
  return options;
}
