#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * `npm run coverage`: which lines, branches and conditions (MC/DC) of src/ the C tests execute, at each level of
 * checks, by clang 19. What they do not is listed in gaps.json by its text, with the reason; what is listed there
 * and executed, or gone, fails as well.
 */
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { command, Failure, must, run, step } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { gapsOf, judge, merge, totals } from './lines.mjs';

const folder = path.join(build, 'coverage');
const profiles = path.join(folder, 'profiles');
const flags = ['-O0', '-fprofile-instr-generate', '-fcoverage-mapping', '-fcoverage-mcdc'];
const tools = { 'clang-19': 'clang-19', 'llvm-cov-19': 'llvm-19', 'llvm-profdata-19': 'llvm-19' };

/** Programs that are not of the core as it is: they have other knobs, commit crimes, or take long. */
const others = /^(crime_|heap_image|example_|operations_as_one|unit_lock|harness_|test_harness|api_fixed|test_memory|test_failure_malloc)|aligned_to_|events/;

/** The level of which a test program is, by its name; undefined: none that counts. */
function levelOf(name) {
  if (others.test(name)) return undefined;
  const [, level] = /(?:at_level_|check_)(\d)$/.exec(name) ?? [];
  if (level !== undefined) return Number(level);
  return /^(test_(api|unit|property|exhaustive|failure|misuse)|fuzz_)/.test(name) ? 1 : undefined;
}

async function configure() {
  const options = ['-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_C_COMPILER=clang-19', '-DSEGFIT_PACKAGE_TESTS=OFF'];
  await must('cmake', ['-S', root, '-B', folder, '-G', 'Ninja', ...options, `-DCMAKE_C_FLAGS=${flags.join(' ')}`]);
  await must('cmake', ['--build', folder]);
}

/** Runs a program with its profile beside those of its group. */
async function profiled(group, program, args = [], expected = [0]) {
  const name = path.basename(program);
  const pattern = path.join(profiles, group, `${name}-${args.join('_')}-%p.profraw`);
  const env = { ...process.env, LLVM_PROFILE_FILE: pattern };
  const cwd = path.join(root, 'test', 'c', 'fuzz');
  const { code, output } = await run(program, args, { env, cwd });
  if (!expected.includes(code)) throw new Failure(`${name} ended with ${code}:\n${output.slice(-2000)}`);
  return program;
}

/** What a group's programs executed: llvm-cov's own export. */
async function exported(group, programs) {
  const raw = fs.readdirSync(path.join(profiles, group)).map((name) => path.join(profiles, group, name));
  const data = path.join(profiles, `${group}.profdata`);
  await must('llvm-profdata-19', ['merge', '-sparse', ...raw, '-o', data]);
  const objects = programs.slice(1).flatMap((program) => ['-object', program]);
  const json = path.join(profiles, `${group}.json`);
  const args = ['export', `-instr-profile=${data}`, programs[0], ...objects, '-skip-functions'];
  await must('sh', ['-c', `llvm-cov-19 ${args.map((one) => `'${one}'`).join(' ')} > '${json}'`]);
  return JSON.parse(fs.readFileSync(json, 'utf8'));
}

async function coreGroups(say) {
  const names = fs.readdirSync(path.join(folder, 'test')).filter((name) => levelOf(name) !== undefined);
  const programs = names.filter((name) => fs.statSync(path.join(folder, 'test', name)).isFile());
  const groups = new Map();
  for (const name of programs.sort((a, b) => levelOf(a) - levelOf(b))) {
    const group = `level ${levelOf(name)}`;
    fs.mkdirSync(path.join(profiles, group), { recursive: true });
    say(name);
    groups.set(group, [...(groups.get(group) ?? []), await profiled(group, path.join(folder, 'test', name))]);
  }
  return groups;
}

const crimes = [
  'double', 'deep', 'flushed', 'large', 'usable', 'realloc', 'outside', 'inside', 'misaligned', 'sized', 'alignment',
  'link', 'mark', 'none',
];

/** Malloc's tests, as they are for this machine: name, knobs, arguments of each run. */
const malloc = [
  { name: 'contract' },
  // The profile's own allocations come between some of its.
  { name: 'cache', expected: [0, 1] },
  { name: 'surface' }, { name: 'linked' },
  { name: 'misuse', runs: crimes.map((crime) => [crime]), define: ['-DREPORTS'] },
  { name: 'exhausted', define: ['-DSEGFIT_MALLOC_STATIC_SIZE=2000000'] },
  { name: 'threads', threads: true }, { name: 'fork', threads: true }, { name: 'early', threads: true },
];

async function mallocGroup(threads, say) {
  const group = threads ? 'malloc, threads' : 'malloc, one thread';
  fs.mkdirSync(path.join(profiles, group), { recursive: true });
  const programs = [];
  for (const { name, define = [], runs = [[]], threads: only, expected } of malloc) {
    if (only && !threads) continue;
    say(name);
    const program = path.join(folder, `malloc-${name}-${threads ? 1 : 0}`);
    const files = ['src/malloc.c', `test/c/malloc/${name}.c`].map((file) => path.join(root, file));
    const knobs = ['-DSEGFIT_MALLOC=1', `-DSEGFIT_THREADS=${threads ? 1 : 0}`, ...define];
    const common = ['-std=gnu11', '-fno-builtin', '-g', '-Iinclude', '-pthread', ...knobs];
    await must('clang-19', [...flags, ...common, ...files, '-o', program], { cwd: root });
    for (const args of runs) await profiled(group, program, args, expected);
    programs.push(program);
  }
  return [group, programs];
}

const percent = ({ covered, total }) => (total === 0 ? '–' : `${covered}/${total}`);

function table(groups) {
  const lines = ['| built | file | lines | branches | MC/DC |', '|---|---|---:|---:|---:|'];
  for (const [group, files] of groups) {
    for (const [file, counts] of files) {
      const { lines: all, branches, conditions } = totals(counts);
      lines.push(`| ${group} | ${file} | ${percent(all)} | ${percent(branches)} | ${percent(conditions)} |`);
    }
  }
  return lines.join('\n');
}

await command(async () => {
  const lacking = Object.keys(tools).filter((tool) => onPath(tool) === undefined);
  if (lacking.length > 0) {
    throw new Failure(`missing here: ${lacking.join(', ')} (Debian: apt-get install clang-19 llvm-19 libclang-rt-19-dev)`);
  }
  fs.rmSync(profiles, { recursive: true, force: true });
  await step('Building the tests', configure);
  const ofMalloc = [];
  for (const threads of [false, true]) {
    const title = `Running malloc's, ${threads ? 'several threads' : 'one thread'}`;
    ofMalloc.push(await step(title, (say) => mallocGroup(threads, say)));
  }
  const groups = new Map([...(await step('Running those of the core', coreGroups)), ...ofMalloc]);
  const measured = new Map();
  for (const [group, programs] of groups) {
    measured.set(group, merge(await exported(group, programs), path.join(root, 'src')));
  }
  const report = table(measured);
  console.log(`\n${report}\n`);
  fs.writeFileSync(path.join(folder, 'coverage.md'), `${report}\n`);
  const known = JSON.parse(fs.readFileSync(path.join(root, 'test', 'coverage', 'gaps.json'), 'utf8'));
  const { unlisted, stale } = judge(gapsOf(measured), known);
  for (const { file, text, groups: where } of unlisted) console.log(`  not executed: ${file}: ${text}  (${where.join('; ')})`);
  for (const { file, text } of stale) console.log(`  listed, and executed or gone: ${file}: ${text}`);
  const failed = unlisted.length + stale.length;
  console.log(`${gapsOf(measured).length - unlisted.length} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
