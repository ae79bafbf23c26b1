#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * `npm run mutants [-- --only FILE,… --sample N --seed S --jobs J --excused yes]`: plants one small
 * change after another in a copy of the core and runs tests until one fails. A survivor means that
 * a test is missing, or survivors.json gives the reason why no test can find it. Those are tried
 * with `--excused yes` only, since a survivor takes all tests at all levels. If a test finds one of
 * them, its reason is wrong, and the run fails.
 */
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { command, Failure, must, run, step } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, number, oneOf, seed, someOf } from '../../wasm/toolchain/arguments.mjs';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';
import { mutantsOf } from './mutations.mjs';

const LEAST = 95;
const files = [
  'alloc.c',
  'init.c',
  'pools.c',
  'limits.c',
  'growable.c',
  'inspect.c',
  'check.c',
  'block.h',
  'pool.h',
  'bounds.h',
  'seal.h',
  'free_index.h',
  'soundness.h',
  'pointer.h',
  'entry.h',
  'search.h',
  'cut.h',
  'release.h',
  'size_class.h',
  'bits.h',
  'bytes.h',
  'resize.h',
  'aligned.h',
  'key.h',
  'guard.h',
  'quarantine.h',
];
/**
 * The levels at which a mutant is tried until a test notices: what lies at higher levels counts
 * there.
 */
const allLevels = [1, 2, 3, 4];

/** Tests, those of a moment first; the last finds most. */
const killers = [
  'api/test_alloc',
  'property/test_operations hardly',
  'misuse/test_panic',
  'misuse/test_overwritten',
  'api/test_stats',
  'api/test_limits',
  'api/test_check',
  'api/test_resize',
  'api/test_calloc',
  'api/test_pool_changes',
  'api/test_walk',
  'api/test_pointer_fault',
  'api/test_policy',
  'api/test_usable_size',
  'api/test_large',
  'api/test_static_heap',
  'api/test_growable',
  'api/test_add_pool',
  'api/test_aligned',
  'api/test_realloc',
  'api/test_growable_pages',
  'property/test_refit',
  'unit/test_bits',
  'unit/test_size_class',
  'api/test_init',
  'api/test_growable_failure',
  'property/test_operations',
  'exhaustive/test_pool_size',
  'exhaustive/test_every_state',
  'api/test_fixed_geometry',
  'api/test_fixed_geometry#every',
  'malloc/contract',
  'unit/test_malloc_damage',
  'unit/test_malloc_system',
];
/** Tests of one header, which see no others. */
const seesOnly = {
  'unit/test_bits': ['bits.h'],
  'unit/test_size_class': ['size_class.h', 'bits.h'],
  'unit/test_key': ['key.h'],
};
const allKillersOf = (level) =>
  [
    killers,
    killers,
    [
      'misuse/test_free_blocks',
      'misuse/test_overwritten',
      'misuse/test_panic',
      'api/test_realloc',
      'api/test_aligned',
      'property/test_operations',
    ],
    [
      'misuse/test_coded',
      'misuse/test_flags',
      'misuse/test_free_blocks',
      'unit/test_key',
      'misuse/test_panic',
      'api/test_init',
      'unit/test_malloc_damage',
      'property/test_operations',
    ],
    [
      'misuse/test_guard',
      'misuse/test_seldom',
      'misuse/test_flags',
      'misuse/test_coded',
      'api/test_walk',
      'property/test_operations hardly',
    ],
  ][level];
const killersOf = (level, file) =>
  allKillersOf(level).filter((killer) => seesOnly[killer]?.includes(file) ?? true);
/** Those that include private headers are compiled anew for each mutant. */
const isPrivate = (killer) =>
  /^(unit|malloc)\/|test_(flags|overwritten)$|test_seldom$|fixed_geometry/.test(killer);
/** The word behind # is a way to compile. */
const sourceOf = (killer) => `${killer.split('#')[0]}.c`;

/**
 * Flags of such a test beside its level's, and the files to compile with it if not the core.
 */
function waysOf(killer) {
  const within = ['test/c/unit/malloc_panic.c'];
  if (killer.startsWith('unit/test_malloc'))
    return { own: ['-fno-builtin', '-pthread'], others: within };
  if (killer.startsWith('malloc/'))
    return {
      own: ['-fno-builtin', '-pthread', '-DSEGFIT_MALLOC=1'],
      others: ['src/malloc/malloc.c'],
    };
  const rows = killer.endsWith('#every') ? '(8*__SIZEOF_SIZE_T__-5)' : '14';
  if (killer.includes('fixed'))
    return {
      own: [`-DSEGFIT_FIXED_ROWS=${rows}`, '-DSEGFIT_FIXED_COLUMNS_LOG2=3'],
      others: ['core.c'],
    };
  return { own: killer.endsWith('test_seldom') ? ['-DSEGFIT_WALK=0'] : [], others: ['core.c'] };
}
const knobs = (level) => [
  `-DSEGFIT_CHECK=${level}`,
  ...(level >= 4 ? ['-DSEGFIT_QUARANTINE=8', '-DSEGFIT_QUARANTINE_LARGEST=1024'] : []),
];

function wordsOfCommand() {
  const words = commandArguments({
    usage: 'usage: npm run mutants [-- --only FILE,… --sample N --seed N --jobs N --excused yes]',
    options: {
      only: someOf(files),
      sample: number(1),
      seed,
      jobs: number(1, 64),
      excused: oneOf(['yes', 'no']),
    },
  });
  return { seed: 1, jobs: 2, ...words, excused: words.excused === 'yes' };
}

/** `count` of `all`, always the same for a seed. */
function sampled(all, count, seed) {
  let state = seed >>> 0;
  const keyed = all.map((one) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return [state, one];
  });
  return keyed
    .sort(([a], [b]) => a - b)
    .slice(0, count)
    .map(([, one]) => one);
}

/** The core as the tests find it at run time. */
const NAME = 'libmutant.so';
const shared = ['-shared', '-fPIC', `-Wl,-soname,${NAME}`];
const programOf = (folder, killer, level) => path.join(folder, `${path.basename(killer)}-${level}`);

/**
 * Tests are compiled once and run often; the core, and tests with private headers, anew for each
 * mutant.
 */
const FAST = '-O2';
const CORE = '-O1';
const flags = ['-std=gnu11', '-w', '-DOPERATIONS_SEEDS=1', `-I${path.join(root, 'test', 'c')}`];

/**
 * The seconds that a test may take, by its words and level: several times as many as with the true
 * core.
 */
const patience = new Map();
const PATIENCE = 6;

/**
 * Compiles a test that includes private headers together with the core, whose own names it may use.
 */
function linkPrivate(killer, level, copy, program) {
  const { own, others } = waysOf(killer);
  const files = [`test/c/${sourceOf(killer)}`, ...others].map((file) => path.join(copy, file));
  return run('cc', [
    CORE,
    ...flags,
    ...knobs(level),
    ...own,
    `-I${path.join(copy, 'include')}`,
    ...files,
    '-o',
    program,
  ]);
}

/**
 * Links the tests with a library that is then exchanged for that of each mutant, and times them.
 */
async function buildTests(level, folder) {
  const library = path.join(folder, NAME);
  const includes = [`-I${path.join(root, 'include')}`];
  await must('cc', [
    CORE,
    ...flags,
    ...knobs(level),
    ...shared,
    path.join(folder, 'copy-0', 'core.c'),
    '-o',
    library,
  ]);
  for (const killer of new Set(allKillersOf(level).map((words) => words.split(' ')[0]))) {
    if (isPrivate(killer)) continue;
    const source = path.join(root, 'test', 'c', sourceOf(killer));
    await must('cc', [
      FAST,
      ...flags,
      ...knobs(level),
      ...includes,
      source,
      library,
      '-o',
      programOf(folder, killer, level),
    ]);
  }
  const env = { ...process.env, SEED: '1', LD_LIBRARY_PATH: folder };
  for (const words of allKillersOf(level)) {
    const [killer, ...args] = words.split(' ');
    const program = programOf(folder, killer, level);
    if (isPrivate(killer)) {
      const { code, output } = await linkPrivate(
        killer,
        level,
        path.join(folder, 'copy-0'),
        program,
      );
      if (code !== 0)
        throw new Failure(`${killer} does not compile at level ${level}:\n${output.slice(-2000)}`);
    }
    const begin = Date.now();
    // A test that fails without a mutant would find all of them.
    await must(program, args, { env, cwd: folder });
    patience.set(`${words} ${level}`, 1 + (PATIENCE * (Date.now() - begin)) / 1000);
  }
}

/** The test that found the last mutant of a file at a level: it is likely to find the next. */
const lately = new Map();
function orderOf(file, level) {
  const first = lately.get(`${file} ${level}`);
  const all = killersOf(level, file);
  return first === undefined ? all : [first, ...all.filter((words) => words !== first)];
}

/** The test that fails with the mutant; `''` if none does, undefined if it does not compile. */
async function killerOf(file, text, level, folder, copy) {
  fs.writeFileSync(path.join(copy, 'src', 'core', file), text);
  const library = path.join(copy, NAME);
  const core = path.join(copy, 'core.c');
  if (
    (await run('cc', [CORE, ...flags, ...knobs(level), ...shared, core, '-o', library])).code !== 0
  )
    return undefined;
  const env = { ...process.env, SEED: '1', LD_LIBRARY_PATH: copy };
  for (const words of orderOf(file, level)) {
    const [killer, ...args] = words.split(' ');
    let program = programOf(folder, killer, level);
    if (isPrivate(killer)) {
      program = path.join(copy, 'program');
      if ((await linkPrivate(killer, level, copy, program)).code !== 0) return killer;
    }
    const seconds = String(patience.get(`${words} ${level}`) ?? 10);
    if ((await run('timeout', [seconds, program, ...args], { env, cwd: copy })).code !== 0) {
      lately.set(`${file} ${level}`, words);
      return killer;
    }
  }
  return '';
}

/** A job's copy of the core, in which it changes one file at a time. */
function makeCopy(copy) {
  for (const one of ['src', 'include', 'test/c']) {
    fs.cpSync(path.join(root, one), path.join(copy, one), { recursive: true });
  }
  const includes = coreSources.map((file) => `#include "${file}"`).join('\n');
  fs.writeFileSync(path.join(copy, 'core.c'), `${includes}\n`);
}

await command(async () => {
  const options = wordsOfCommand();
  const folder = path.join(build, 'mutants');
  fs.rmSync(folder, { recursive: true, force: true });
  const copies = Array.from({ length: options.jobs }, (_, job) => path.join(folder, `copy-${job}`));
  copies.forEach(makeCopy);
  const excused = JSON.parse(
    fs.readFileSync(path.join(root, 'test', 'mutants', 'survivors.json'), 'utf8'),
  );
  const wanted = options.only ?? files;
  const source = (file) => fs.readFileSync(path.join(root, 'src', 'core', file), 'utf8');
  const all = wanted.flatMap((file) => {
    // Lines that a level compiles, each once, from the lowest level that does.
    const lines = new Map();
    for (const level of allLevels) {
      for (const one of mutantsOf(source(file), level)) {
        const key = `${one.line} ${one.after}`;
        if (!lines.has(key))
          lines.set(key, { file, levels: allLevels.filter((other) => other >= level), ...one });
      }
    }
    return [...lines.values()];
  });
  const chosen = options.sample === undefined ? all : sampled(all, options.sample, options.seed);
  const byFile = new Map(wanted.map((file) => [file, { killed: 0, total: 0, excused: 0 }]));
  const alive = [];
  const wrong = [];
  await step(`${chosen.length} of ${all.length} mutants`, async (say) => {
    for (const level of allLevels) await buildTests(level, folder);
    let next = 0;
    const work = async (copy) => {
      while (next < chosen.length) {
        const { file, levels, before, after, text, line } = chosen[next++];
        const row = byFile.get(file);
        const isExcused = excused[file]?.[`${before} → ${after}`] !== undefined;
        if (isExcused) {
          row.total++;
          row.excused++;
          if (!options.excused) continue;
        }
        say(`${next} of ${chosen.length}, ${alive.length} alive`);
        let killer;
        for (const level of levels) {
          killer = await killerOf(file, text, level, folder, copy);
          if (killer !== '') break;
        }
        fs.writeFileSync(path.join(copy, 'src', 'core', file), source(file));
        if (killer === undefined) continue;
        if (isExcused) {
          if (killer !== '')
            wrong.push(`${file}:${line}: ${before} → ${after}, found by ${killer}`);
          continue;
        }
        row.total++;
        if (killer !== '') row.killed++;
        else {
          alive.push(`${file}:${line}: ${before} → ${after}`);
          console.log(`  alive: ${alive.at(-1)}`);
        }
      }
    };
    await Promise.all(copies.map(work));
  });
  const rows = [...byFile].map(
    ([file, row]) => `| ${file} | ${row.killed} | ${row.total} | ${row.excused} |`,
  );
  const sum = (what) => [...byFile.values()].reduce((total, row) => total + row[what], 0);
  const raw = (100 * sum('killed')) / sum('total');
  const adjusted = (100 * sum('killed')) / (sum('total') - sum('excused'));
  const report = `${chosen.length} of ${all.length} mutants tried.

| file | killed | mutants | excused |
|---|---:|---:|---:|
${rows.join('\n')}

${sum('killed')} of ${sum('total')} killed: ${raw.toFixed(1)} %, without those excused ${adjusted.toFixed(1)} %`;
  console.log(`\n${report}`);
  for (const one of wrong) console.log(`  excused without reason: ${one}`);
  return adjusted >= LEAST && wrong.length === 0 ? 0 : 1;
});
