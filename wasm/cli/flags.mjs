// SPDX-License-Identifier: MIT
/** `segfit flags`: what a compiler needs, as words that a shell may split. */
import path from 'node:path';
import { archive, archiveTargets, includeDir } from '../js/malloc.ts';
import { UsageError } from '../toolchain/options.mjs';
import { Failure } from '../toolchain/steps.mjs';

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

/**
 * A path as one word of `$(…)`, which splits at white space and expands patterns, whatever quotes
 * there are: as it is, or else as seen from `folder`.
 */
export function shellWord(file, folder) {
  const found = [file, path.relative(folder, file)].find((name) => /^[^\s*?[\]]+$/.test(name));
  if (found !== undefined) return found;
  const why = 'has a character that $(…) does not keep; copy the file elsewhere and name it yourself';
  throw new Failure(`${JSON.stringify(file)} ${why}`);
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
