// SPDX-License-Identifier: MIT
/** `segfit flags`: what a compiler needs, as words that a shell may split. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { archive, archiveTargets, includeDir, singleFile, sourceDir } from '../js/public/malloc.ts';
import { UsageError } from '../toolchain/options.mjs';
import { shellWord } from './shell.mjs';

/** What each target takes beside a variant, and the compiler's flags that go with it. */
const targets = {
  emscripten: { threads: ['-pthread'], workers: ['-sWASM_WORKERS'], pic: ['-fPIC'] },
  wasi: { threads: ['-pthread'], pic: ['-fPIC'] },
  wasm32: { threads: ['-matomics', '-mbulk-memory'], pic: ['-fPIC'] },
  wasm64: { threads: ['-matomics', '-mbulk-memory'], pic: ['-fPIC'] },
};
const variants = ['small', 'debug'];
const options = ['threads', 'workers', 'pic', ...variants, 'list'].map((name) => `--${name}`);

/** The ways that have an archive of their own, and what they are for. */
const ways = [
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

/** The options among `words`, each known; --small and --debug exclude each other. */
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
  const shown = named.length === 0 ? 'nothing' : named.map((word) => JSON.stringify(word)).join(' ');
  throw new UsageError(`flags takes one of ${Object.keys(targets).join(', ')}, not ${shown}`);
}

/** @param {string[]} words @returns {{target: string, kinds: string[], variant?: string}} */
export function parseFlags(words) {
  const given = optionsIn(words);
  if (given.includes('list')) {
    if (words.length > 1) throw new UsageError('--list stands alone');
    return { target: 'list', kinds: [] };
  }
  const target = targetIn(words);
  const kinds = given.filter((name) => !variants.includes(name));
  const strange = kinds.find((name) => !Object.hasOwn(targets[target], name));
  if (strange !== undefined) {
    const known = [...Object.keys(targets[target]), ...variants].map((name) => `--${name}`);
    throw new UsageError(`${target} takes ${known.join(', ')}, not "--${strange}"`);
  }
  if (kinds.includes('threads') && kinds.includes('workers')) {
    throw new UsageError('--threads serves Wasm Workers too: leave --workers out');
  }
  return { target, kinds, variant: variants.find((name) => given.includes(name)) };
}

/** The knobs by which the single file becomes what the archive of that name is. */
function knobsOf(variant) {
  if (variant === 'small') {
    const names = ['CHECK', 'STATS', 'CACHE', 'PROBES', 'MALLOC_EXHAUSTED'];
    return names.map((name) => `-DSEGFIT_${name}=0`);
  }
  if (variant === undefined) return [];
  const config = readFileSync(path.join(sourceDir, 'config.h'), 'utf8');
  const [, highest] = /SEGFIT_CHECK > (\d+)/.exec(config);
  return ['-DSEGFIT_DEBUG=1', `-DSEGFIT_CHECK=${highest}`];
}

/** The archive of a way, or, where the package has none of that kind, the single file and its knobs. */
function mallocOf({ target, kinds, variant }, here) {
  const kind = { ...Object.fromEntries(kinds.map((name) => [name, true])), variant };
  if (archiveTargets(kind).includes(target)) return [shellWord(archive(target, kind), here)];
  return [...knobsOf(variant), shellWord(singleFile, here)];
}

export function flags(words) {
  const way = parseFlags(words);
  if (way.target === 'list') {
    for (const [name, text] of ways) console.log(`segfit flags ${name.padEnd(21)} ${text}`);
    return 0;
  }
  const here = process.cwd();
  const parts = [
    ...way.kinds.flatMap((kind) => targets[way.target][kind]),
    `-I${shellWord(includeDir, here)}`,
    ...mallocOf(way, here),
  ];
  console.log(parts.join(' '));
  return 0;
}
