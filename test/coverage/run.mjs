#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * `npm run coverage`: which lines, branches and conditions (MC/DC) of src/ the C tests execute, at
 * each level of checks, by clang 19. gaps.json lists by text the rest, with the reason. An entry
 * that is executed, or whose text is gone, fails as well.
 */
import fs from 'node:fs';
import path from 'node:path';
import { prepareFolder } from '../../wasm/toolchain/folders.mjs';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { command, Failure, must, run, step } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { commandArguments } from '../../wasm/toolchain/arguments.mjs';
import { kinds, levels } from '../corruption/trials/trials.mjs';
import { gapsOf, judge, merge, totals, united } from './lines.mjs';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';

const folder = path.join(build, 'coverage');
const profiles = path.join(folder, 'profiles');
const flags = ['-O0', '-fprofile-instr-generate', '-fcoverage-mapping', '-fcoverage-mcdc'];
const tools = { 'clang-19': 'clang-19', 'llvm-cov-19': 'llvm-19', 'llvm-profdata-19': 'llvm-19' };

/**
 * Programs that show nothing of the core: they end by a trap, test the tests, or are built
 * otherwise below.
 */
const others =
  /^(crime_|heap_image|example_|operations_as_one|harness_|test_harness|test_failure_malloc)|events/;

/** How the core is built in a test program, by its name; undefined: none that counts. */
function groupOf(name) {
  if (others.test(name)) return undefined;
  const [, align] = /aligned_to_(\d+)$/.exec(name) ?? [];
  if (align !== undefined) return `aligned to ${align}`;
  const [, threads, at] = /^unit_malloc_\w+_threads_(\d)_at_level_(\d)/.exec(name) ?? [];
  if (at !== undefined) return `malloc from within, threads ${threads}, level ${at}`;
  if (name.startsWith('api_fixed_geometry')) return name.slice('api_'.length).replaceAll('_', ' ');
  const [, walk] = /_walk_(\d)_at_level/.exec(name) ?? [];
  if (walk !== undefined) return `level 4, walk ${walk}`;
  const [, level] = /(?:at_level_|check_)(\d)$/.exec(name) ?? [];
  if (level !== undefined) return `level ${level}`;
  return /^(test_(api|unit|property|exhaustive|failure|misuse|memory)|unit_lock|fuzz_)/.test(name)
    ? 'level 1'
    : undefined;
}

async function configure() {
  const options = [
    '-DCMAKE_BUILD_TYPE=Debug',
    '-DCMAKE_C_COMPILER=clang-19',
    '-DSEGFIT_PACKAGE_TESTS=OFF',
  ];
  await prepareFolder(path.relative(build, folder));
  await must('cmake', [
    '-S',
    root,
    '-B',
    folder,
    '-G',
    'Ninja',
    ...options,
    `-DCMAKE_C_FLAGS=${flags.join(' ')}`,
  ]);
  await must('cmake', ['--build', folder]);
}

/** Runs a program with its profile beside those of its group. */
async function profiled(group, program, args = [], expected = [0]) {
  const name = path.basename(program);
  fs.mkdirSync(path.join(profiles, group), { recursive: true });
  const pattern = path.join(profiles, group, `${name}-${args.join('_')}-%p.profraw`);
  const env = { ...process.env, LLVM_PROFILE_FILE: pattern };
  const cwd = path.join(root, 'test', 'c', 'fuzz');
  const { code, output } = await run(program, args, { env, cwd });
  if (!expected.includes(code))
    throw new Failure(`${name} ended with ${code}:\n${output.slice(-2000)}`);
  return program;
}

/** Returns what a group's programs executed, as llvm-cov exports it. */
async function exported(group, programs) {
  const raw = fs
    .readdirSync(path.join(profiles, group))
    .map((name) => path.join(profiles, group, name));
  const data = path.join(profiles, `${group}.profdata`);
  // A trial that damages its heap may hit what it counts with: its profile alone is left out.
  await must('llvm-profdata-19', ['merge', '-sparse', '-failure-mode=all', ...raw, '-o', data]);
  const objects = programs.slice(1).flatMap((program) => ['-object', program]);
  const json = path.join(profiles, `${group}.json`);
  const args = ['export', `-instr-profile=${data}`, programs[0], ...objects, '-skip-functions'];
  await must('sh', ['-c', `llvm-cov-19 ${args.map((one) => `'${one}'`).join(' ')} > '${json}'`]);
  return JSON.parse(fs.readFileSync(json, 'utf8'));
}

async function coreGroups(say) {
  const names = fs
    .readdirSync(path.join(folder, 'test'))
    .filter((name) => groupOf(name) !== undefined);
  const programs = names.filter((name) => fs.statSync(path.join(folder, 'test', name)).isFile());
  const groups = new Map();
  for (const name of programs.sort((a, b) => (groupOf(a) < groupOf(b) ? -1 : 1))) {
    const group = groupOf(name);
    say(name);
    groups.set(group, [
      ...(groups.get(group) ?? []),
      await profiled(group, path.join(folder, 'test', name)),
    ]);
  }
  return groups;
}

/** Adds to each level trials of test/corruption/trials, which damage heaps. */
async function damaged(groups, say) {
  for (const level of levels) {
    say(`level ${level}`);
    const group = `level ${level}`;
    const program = path.join(folder, `corruption-${level}`);
    // A child's profile is written when it exits, not when it stops.
    const knobs = [
      `-DSEGFIT_CHECK=${level}`,
      '-DSEGFIT_CORRUPTION_SHORT',
      '-D_exit=exit',
      '-Iinclude',
      '-std=gnu11',
    ];
    const files = [
      ...coreSources,
      'test/corruption/trials/trial.c',
      'test/corruption/trials/native.c',
    ];
    await must('clang-19', [...flags, ...knobs, ...files, '-o', program], { cwd: root });
    for (const { index } of kinds)
      await profiled(group, program, ['trials', String(index), level === 4 ? '20' : '200', '1']);
    await profiled(group, program, ['flips', '1', '1']);
    groups.set(group, [...groups.get(group), program]);
  }
  return groups;
}

/** The crimes that misuse.c knows. */
const crimes = [
  ...fs
    .readFileSync(path.join(root, 'test/c/malloc/misuse.c'), 'utf8')
    .matchAll(/strcmp\(crime, "(\w+)"\) ==/g),
].map(([, crime]) => [crime]);

const refusing = ['-DSEGFIT_MALLOC_GROWTH_SHIFT=0', '-include', 'test/c/failure/refusing.h'];
const fixed = ['-DSEGFIT_MALLOC_STATIC_SIZE=2000000'];
const wholesome = [
  { file: 'malloc/contract' },
  // The profile's own allocations come between some of its and those of threads.
  { file: 'malloc/cache', expected: [0, 1] },
  { file: 'malloc/surface' },
  { file: 'malloc/linked' },
  // A quarantined block is not allocated again, as one of the crimes needs.
  { file: 'malloc/misuse', runs: crimes, define: ['-DREPORTS'], expected: [0, 2] },
  { file: 'malloc/exhausted', define: fixed },
  { file: 'malloc/full', define: fixed },
  { file: 'failure/test_malloc_refused', backend: refusing },
];
const threaded = ['threads', 'fork', 'early', 'busy'].map((name) => ({
  file: `malloc/${name}`,
  expected: name === 'threads' ? [0, 1] : [0],
  // A child's profile is written when it exits, not when it stops.
  define: name === 'fork' ? ['-D_exit=exit'] : [],
}));
const highest = levels.at(-1);
const tiny = [
  ...['-DSEGFIT_CACHE=1', '-DSEGFIT_CACHE_LARGEST=64', '-DSEGFIT_CACHE_BYTES=64'],
  ...['-DSEGFIT_CACHE_REFILL=0', '-DSEGFIT_CACHE_BATCH=1'],
];
const bare = ['-DSEGFIT_CACHE=0', '-DSEGFIT_CHECK=0', '-DSEGFIT_STATS=0'];

/** Builds of malloc: its knobs, and the tests that run with it. */
const mallocBuilds = [
  { group: 'malloc, one thread', knobs: ['-DSEGFIT_THREADS=0'], tests: wholesome },
  { group: 'malloc, threads', knobs: [], tests: [...wholesome, ...threaded] },
  { group: 'malloc, small cache', knobs: tiny, tests: [wholesome[0], wholesome[1], threaded[0]] },
  {
    group: 'malloc, batches',
    knobs: ['-DSEGFIT_THREADS=0', '-DSEGFIT_CACHE_BATCH=8'],
    tests: [wholesome[0], wholesome[1]],
  },
  {
    group: 'malloc, no cache',
    knobs: ['-DSEGFIT_THREADS=0', '-DSEGFIT_CACHE=0'],
    tests: [wholesome[0], wholesome[4], wholesome[5]],
  },
  {
    group: 'malloc, bare',
    knobs: [...bare, '-Os'],
    tests: [wholesome[2], wholesome[5], threaded[0]],
  },
  ...levels.slice(2).map((level) => ({
    group: `malloc, level ${level}`,
    knobs: [`-DSEGFIT_CHECK=${level}`, ...(level === highest ? ['-DSEGFIT_DEBUG=1'] : [])],
    tests: [wholesome[0], wholesome[4], threaded[0]],
  })),
];

async function mallocGroup({ group, knobs, tests }, say) {
  const programs = [];
  for (const { file, define = [], backend = [], runs = [[]], expected } of tests) {
    say(`${group}: ${file}`);
    const program = path.join(folder, `${group} ${file}`.replaceAll(/\W+/g, '-'));
    const common = [
      '-std=gnu11',
      '-fno-builtin',
      '-g',
      '-Iinclude',
      '-pthread',
      '-DSEGFIT_MALLOC=1',
      ...knobs,
      ...define,
    ];
    const object = `${program}.o`;
    await must(
      'clang-19',
      [...flags, ...common, ...backend, '-c', 'src/malloc/malloc.c', '-o', object],
      { cwd: root },
    );
    await must('clang-19', [...flags, ...common, object, `test/c/${file}.c`, '-o', program], {
      cwd: root,
    });
    for (const args of runs) await profiled(group, program, args, expected);
    programs.push(program);
  }
  return [group, programs];
}

const percent = ({ covered, total }) => (total === 0 ? '–' : `${covered}/${total}`);

/** A row of sums over files. */
function row(name, files) {
  const sums = [...files].map((counts) => totals(counts));
  const sum = (kind) => ({
    covered: sums.reduce((all, one) => all + one[kind].covered, 0),
    total: sums.reduce((all, one) => all + one[kind].total, 0),
  });
  return `| ${name} | ${['lines', 'branches', 'conditions'].map((kind) => percent(sum(kind))).join(' | ')} |`;
}

/**
 * Returns by file how much of its code each way to build reaches, and how much all of them
 * together.
 */
function table(groups) {
  const head = (what) => [`| ${what} | lines | branches | MC/DC |`, '|---|---:|---:|---:|'];
  const all = united(groups);
  return [
    ...head('build'),
    ...[...groups].map(([group, files]) => row(group, files.values())),
    '',
    ...head('file, by some build'),
    ...[...all].map(([file, counts]) => row(file, [counts])),
    row('all', all.values()),
  ].join('\n');
}

await command(async () => {
  commandArguments({ usage: 'usage: npm run coverage' });
  const lacking = Object.keys(tools).filter((tool) => onPath(tool) === undefined);
  if (lacking.length > 0) {
    throw new Failure(
      `missing here: ${lacking.join(', ')} (Debian: apt-get install clang-19 llvm-19 libclang-rt-19-dev)`,
    );
  }
  fs.rmSync(profiles, { recursive: true, force: true });
  await step('Building the tests', configure);
  const ofMalloc = [];
  for (const one of mallocBuilds) {
    ofMalloc.push(await step(`Running ${one.group}`, (say) => mallocGroup(one, say)));
  }
  const ofCore = await step('Running those of the core', coreGroups);
  await step('Damaging heaps', (say) => damaged(ofCore, say));
  const groups = new Map([...ofCore, ...ofMalloc]);
  const measured = new Map();
  for (const [group, programs] of groups) {
    measured.set(group, merge(await exported(group, programs), path.join(root, 'src')));
  }
  const report = table(measured);
  console.log(`\n${report}\n`);
  const known = JSON.parse(
    fs.readFileSync(path.join(root, 'test', 'coverage', 'gaps.json'), 'utf8'),
  );
  const gaps = gapsOf(measured);
  const { unlisted, stale } = judge(gaps, known);
  for (const { file, text, row, lacking } of unlisted) {
    console.log(`  not executed: ${file}:${row}: ${text}  (${lacking.join('; ')})`);
  }
  for (const { file, text } of stale)
    console.log(`  listed, and executed or gone: ${file}: ${text}`);
  const failed = unlisted.length + stale.length;
  console.log(`${gaps.length - unlisted.length} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
