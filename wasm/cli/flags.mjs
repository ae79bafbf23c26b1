// SPDX-License-Identifier: MIT
/** `segfit flags`: prints the compiler's flags as words that a shell may split. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { archive, archiveTargets, includeDir, singleFile, sourceDir } from '../js/public/malloc.ts';
import { UsageError } from '../serve/options.mjs';
import { shellWord } from './shell.mjs';

/** The options of each target besides the variants, and the compiler's flags for each. */
const targets = {
  emscripten: { threads: ['-pthread'], workers: ['-sWASM_WORKERS'], pic: ['-fPIC'] },
  wasi: { threads: ['-pthread'], pic: ['-fPIC'] },
  wasm32: { threads: ['-matomics', '-mbulk-memory'], pic: ['-fPIC'] },
  wasm64: { threads: ['-matomics', '-mbulk-memory'], pic: ['-fPIC'] },
};
const variants = ['small', 'debug'];
const options = ['threads', 'workers', 'pic', ...variants, 'list'].map((name) => `--${name}`);

/** The targets and options with an archive of their own, and the programs each is for. */
const archives = [
  ['emscripten', 'Emscripten; also with -sMALLOC=none and -sSTANDALONE_WASM'],
  ['emscripten --threads', 'Emscripten with -pthread; also with Wasm Workers and Audio Worklets'],
  ['emscripten --workers', 'Emscripten with Wasm Workers or Audio Worklets, without -pthread'],
  ['emscripten --pic', 'Emscripten with -sMAIN_MODULE; with -sMAIN_MODULE=1 add -sMALLOC=none'],
  ['wasi', 'clang --target=wasm32-wasi and wasi-sdk'],
  ['wasi --threads', 'clang --target=wasm32-wasip1-threads'],
  ['wasm32', 'clang --target=wasm32-unknown-unknown, Rust, Zig: no C library'],
  ['wasm32 --threads', 'the same with shared memory: workers of your own'],
  ['wasm64', 'clang --target=wasm64-unknown-unknown: no C library'],
];

/**
 * Returns the options among `words`. Requires that all are known and that --small and --debug are
 * not combined.
 */
function optionsIn(words) {
  const given = words.filter((word) => word.startsWith('-'));
  const unknown = given.find((word) => !options.includes(word));
  if (unknown !== undefined) {
    const known = options.join(', ');
    throw new UsageError(`unknown option ${JSON.stringify(unknown)}; flags takes ${known}`);
  }
  if (variants.every((name) => given.includes(`--${name}`))) {
    throw new UsageError('flags takes --small or --debug, not both');
  }
  return given.map((word) => word.slice(2));
}

function targetIn(words) {
  const named = words.filter((word) => !word.startsWith('-'));
  if (named.length === 1 && Object.hasOwn(targets, named[0])) return named[0];
  const quoted = named.map((word) => JSON.stringify(word)).join(' ');
  const shown = named.length === 0 ? 'nothing' : quoted;
  throw new UsageError(`flags takes one of ${Object.keys(targets).join(', ')}, not ${shown}`);
}

/** @param {string[]} words @returns {{target: string, kinds: string[], variant?: string}} */
export function parseFlags(words) {
  const given = optionsIn(words);
  if (given.includes('list')) {
    if (words.length > 1) throw new UsageError('--list takes no other word');
    return { target: 'list', kinds: [] };
  }
  const target = targetIn(words);
  const kinds = given.filter((name) => !variants.includes(name));
  const unsupported = kinds.find((name) => !Object.hasOwn(targets[target], name));
  if (unsupported !== undefined) {
    const known = [...Object.keys(targets[target]), ...variants].map((name) => `--${name}`);
    throw new UsageError(`${target} takes ${known.join(', ')}, not "--${unsupported}"`);
  }
  if (kinds.includes('threads') && kinds.includes('workers')) {
    throw new UsageError('--threads serves Wasm Workers too: leave --workers out');
  }
  return { target, kinds, variant: variants.find((name) => given.includes(name)) };
}

/** Returns the macros with which the single file equals the archive of that variant. */
function knobsOf(variant) {
  if (variant === 'small') {
    const names = ['CHECK', 'STATS', 'CACHE', 'PROBES', 'MALLOC_EXHAUSTED'];
    return names.map((name) => `-DSEGFIT_${name}=0`);
  }
  if (variant === undefined) return [];
  const config = readFileSync(path.join(sourceDir, 'core', 'config.h'), 'utf8');
  const [, highest] = /SEGFIT_CHECK > (\d+)/.exec(config);
  return ['-DSEGFIT_DEBUG=1', `-DSEGFIT_CHECK=${highest}`];
}

/** Returns the matching archive, or, if the package has none, the single file and its macros. */
function mallocOf({ target, kinds, variant }, here) {
  const kind = { ...Object.fromEntries(kinds.map((name) => [name, true])), variant };
  if (archiveTargets(kind).includes(target)) return [shellWord(archive(target, kind), here)];
  return [...knobsOf(variant), shellWord(singleFile, here)];
}

export function flags(words) {
  const wanted = parseFlags(words);
  if (wanted.target === 'list') {
    for (const [name, text] of archives) console.log(`segfit flags ${name.padEnd(21)} ${text}`);
    return 0;
  }
  const here = process.cwd();
  const parts = [
    ...wanted.kinds.flatMap((kind) => targets[wanted.target][kind]),
    `-I${shellWord(includeDir, here)}`,
    ...mallocOf(wanted, here),
  ];
  console.log(parts.join(' '));
  return 0;
}
