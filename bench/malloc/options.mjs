// SPDX-License-Identifier: MIT
/** The words behind `npm run bench:malloc --`. */
import { Failure } from '../../wasm/toolchain/steps.mjs';
import { workloads } from './workloads.mjs';

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

function usage(message) {
  return Object.assign(new Failure(`${message}\n${USAGE}`), { exitCode: 2 });
}

function positive(word, text) {
  if (!/^[1-9]\d*$/.test(text)) throw usage(`${word} takes a number from 1 on, not ${text}`);
  return Number(text);
}

/** Names of workloads, comma between; those of several threads are all named threads. */
export function nameList(text) {
  const names = text.split(',');
  const known = ['threads', ...workloads.map(({ name }) => name)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const message = `no workload is named ${JSON.stringify(unknown)}; there are ${known.join(', ')}`;
    throw Object.assign(new Failure(message), { exitCode: 2 });
  }
  return names;
}

function variant(text) {
  const [, name, flags] = /^([\w-]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined) throw usage(`--variant takes NAME=FLAGS, not ${JSON.stringify(text)}`);
  return { name, flags: flags.split(/\s+/).filter(Boolean) };
}

/** Options that take a word: how each changes the options. */
const valued = {
  '--json': (text) => ({ json: text }),
  '--only': (text) => ({ only: nameList(text) }),
  '--allocators': (text) => ({ allocators: text.split(',') }),
  '--variant': (text, options) => ({ variants: [...options.variants, variant(text)] }),
  '--base': (text) => ({ base: text }),
  '--rounds': (text) => ({ rounds: positive('--rounds', text) }),
  '--passes': (text) => ({ passes: positive('--passes', text) }),
};

export function parseOptions(words) {
  const options = { ...FULL, quick: false, browsers: false, variants: [] };
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--quick') Object.assign(options, QUICK);
    else if (word === '--browsers') options.browsers = true;
    else if (valued[word] === undefined) throw usage(`unknown option ${JSON.stringify(word)}`);
    else if (words[i + 1] === undefined) throw usage(`${word} takes a word`);
    else Object.assign(options, valued[word](words[++i], options));
  }
  options.threads = options.only?.includes('threads') ?? !options.quick;
  return options;
}
