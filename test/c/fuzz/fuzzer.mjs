// SPDX-License-Identifier: MIT
/** Builds and runs libFuzzer targets; packs and unpacks the corpora in git, lines of digits. */
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../../wasm/toolchain/paths.mjs';
import { CLANG_VERSIONS } from '../../../wasm/toolchain/clang.mjs';
import { Failure, must, run } from '../../../wasm/toolchain/steps.mjs';
import { coreSources } from '../../../wasm/toolchain/core_sources.mjs';
import { onPath } from '../../../wasm/toolchain/system.mjs';

export const targets = ['operations', 'corruption'];
export const out = path.join(build, 'fuzz');
const here = import.meta.dirname;
const sanitizers = 'fuzzer,address,undefined';

/** The newest clang here that links fuzzers; Debian has the runtime in libclang-rt-N-dev. */
export async function findFuzzer(flags = []) {
  fs.mkdirSync(out, { recursive: true });
  const probe = path.join(out, 'probe.c');
  const source = 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }\n';
  fs.writeFileSync(probe, source);
  const names = [...CLANG_VERSIONS.map((version) => `clang-${version}`), 'clang'];
  for (const name of names.filter((candidate) => onPath(candidate))) {
    const words = [...flags, `-fsanitize=${sanitizers}`, probe, '-o', path.join(out, 'probe')];
    if ((await run(name, words)).code === 0) return name;
  }
  const needs = ['libclang-rt-19-dev', ...flags].join(' ');
  throw new Failure(`no clang here links fuzzers (${needs})`);
}

/** Compiles a target with the library in `folder`; returns the program. */
export async function buildTarget(clang, target, { folder = root, name, flags = [] }) {
  const program = path.join(out, `${target}-${name}`);
  const sources = coreSources.map((file) => path.join(folder, file));
  await must(clang, [
    ...['-std=gnu11', '-g', '-O1', `-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all'],
    ...['-DSEGFIT_DEBUG=1', `-I${path.join(folder, 'include')}`, ...flags],
    ...[path.join(here, `${target}.c`), ...sources, '-o', program],
  ]);
  return program;
}

export function corpusFile(target) {
  return path.join(here, `${target}.corpus`);
}

/** Makes a folder of the corpus in git, an input a file, for libFuzzer to add to. */
export function unpackCorpus(target, folder) {
  fs.mkdirSync(folder, { recursive: true });
  const text = fs.existsSync(corpusFile(target)) ? fs.readFileSync(corpusFile(target), 'utf8') : '';
  const lines = text.split('\n').filter((line) => line !== '');
  lines.forEach((line, index) => {
    fs.writeFileSync(path.join(folder, `seed-${index}`), Buffer.from(line, 'hex'));
  });
  return lines.length;
}

/** Writes a folder's inputs as a corpus file, in an order that does not depend on their names. */
export function packCorpus(folder, file) {
  const lines = fs
    .readdirSync(folder)
    .map((name) => fs.readFileSync(path.join(folder, name)).toString('hex'))
    .filter((line) => line !== '')
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  return lines.length;
}

/** Runs a fuzzer for so many seconds; what libFuzzer said, and whether it found something. */
export async function fuzz(program, folder, seconds, words = []) {
  const log = `${program}.log`;
  const artifacts = `-artifact_prefix=${program}-`;
  const limits = [`-max_total_time=${seconds}`, '-timeout=20', '-rss_limit_mb=2048'];
  const args = [...limits, '-max_len=2000', artifacts, '-print_final_stats=1', ...words, folder];
  const { code, output } = await run(program, args, { log, cwd: out });
  const number = (name) => Number(output.match(new RegExp(`stat::${name}:\\s*(\\d+)`))?.[1] ?? 0);
  const coverage = [...output.matchAll(/ cov: (\d+)/g)].at(-1)?.[1];
  return { found: code !== 0, output, log, runs: number('number_of_executed_units'), coverage };
}
