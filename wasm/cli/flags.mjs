// SPDX-License-Identifier: MIT
/** `segfit flags`: what a compiler needs, as words that a shell may split. */
import { archive, archiveTargets, includeDir } from '../js/malloc.ts';
import { UsageError } from '../toolchain/options.mjs';
import { Failure } from '../toolchain/steps.mjs';
import { shellWord } from './shell.mjs';

const targets = ['emscripten', 'wasi'];

/** @param {string[]} words @returns {{target: string, threads: boolean}} */
export function parseFlags(words) {
  const unknown = words.find((word) => word.startsWith('-') && word !== '--threads');
  if (unknown !== undefined) {
    throw new UsageError(`unknown option ${JSON.stringify(unknown)}; flags takes --threads`);
  }
  const named = words.filter((word) => !word.startsWith('-'));
  if (named.length !== 1 || !targets.includes(named[0])) {
    const shown = named.length === 0 ? 'nothing' : named.map((word) => JSON.stringify(word)).join(' ');
    throw new UsageError(`flags takes one of ${targets.join(', ')}, not ${shown}`);
  }
  return { target: named[0], threads: words.includes('--threads') };
}

export function flags(words) {
  const { target, threads } = parseFlags(words);
  if (!archiveTargets({ threads }).includes(target)) {
    const kind = threads ? `${target} with threads` : target;
    throw new Failure(`this package has no archive for ${kind}; compile dist/segfit_malloc.c instead`);
  }
  const here = process.cwd();
  const parts = [
    ...(threads ? ['-pthread'] : []),
    `-I${shellWord(includeDir, here)}`,
    shellWord(archive(target, { threads }), here),
  ];
  console.log(parts.join(' '));
  return 0;
}
