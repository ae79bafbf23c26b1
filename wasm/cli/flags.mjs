// SPDX-License-Identifier: MIT
/** `segfit flags`: what a compiler needs, as words that a shell may split. */
import { archive, archiveTargets, includeDir } from '../js/malloc.ts';
import { UsageError } from '../toolchain/options.mjs';
import { Failure } from '../toolchain/steps.mjs';
import { shellWord } from './shell.mjs';

const targets = ['emscripten', 'wasi'];
const options = ['--threads', '--small', '--debug'];

/** @param {string[]} words @returns {{target: string, threads: boolean, variant?: string}} */
export function parseFlags(words) {
  const given = words.filter((word) => word.startsWith('-'));
  const unknown = given.find((word) => !options.includes(word));
  if (unknown !== undefined) {
    throw new UsageError(
      `unknown option ${JSON.stringify(unknown)}; flags takes ${options.join(', ')}`,
    );
  }
  const variants = ['small', 'debug'].filter((name) => given.includes(`--${name}`));
  if (variants.length > 1) throw new UsageError('flags takes --small or --debug, not both');
  const named = words.filter((word) => !word.startsWith('-'));
  if (named.length !== 1 || !targets.includes(named[0])) {
    const shown =
      named.length === 0 ? 'nothing' : named.map((word) => JSON.stringify(word)).join(' ');
    throw new UsageError(`flags takes one of ${targets.join(', ')}, not ${shown}`);
  }
  return { target: named[0], threads: given.includes('--threads'), variant: variants[0] };
}

export function flags(words) {
  const { target, ...kind } = parseFlags(words);
  if (!archiveTargets(kind).includes(target)) {
    const what = [
      target,
      ...(kind.threads ? ['with threads'] : []),
      ...(kind.variant ? [kind.variant] : []),
    ];
    throw new Failure(
      `this package has no archive for ${what.join(', ')}; compile dist/segfit_malloc.c instead`,
    );
  }
  const here = process.cwd();
  const parts = [
    ...(kind.threads ? ['-pthread'] : []),
    `-I${shellWord(includeDir, here)}`,
    shellWord(archive(target, kind), here),
  ];
  console.log(parts.join(' '));
  return 0;
}
