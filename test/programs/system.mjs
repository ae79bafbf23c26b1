// SPDX-License-Identifier: MIT
/**
 * test/c/malloc/system: the system's own locks, signals and limits, natively. Each program runs
 * with segfit linked into it and with segfit by LD_PRELOAD; some also as a static or a 32-bit
 * program.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { must, run } from '../../wasm/toolchain/steps.mjs';
import { malloc } from './backend.mjs';
import { preloadLibrary } from './preload.mjs';

const folder = path.join(root, 'test/c/malloc/system');

/** How a scenario must end: with "ok"; or, a crime, by a signal before its thread can go on. */
const well = ({ code, output }) => code === 0 && /^ok$/m.test(output);
const killed = ({ code, output }) =>
  code === 128 && /ended by SIG(ABRT|ILL|TRAP)/.test(output) && !/went on|only the/.test(output);

const crimes = new Set(['crime', 'crime-at-once']);

const programs = {
  forks: [
    ...['stdio', 'handlers', 'later-handlers', 'deep', 'threads', 'children', 'spawn', 'vfork'],
    'daemon',
  ],
  ends: ['crime', 'crime-at-once', 'points', 'cancel', 'keys', 'exit', 'quick-exit', 'main'],
  signals: ['fork', 'return', 'waiting', 'forking'],
  loader: ['load', 'unload'],
  limits: [
    ...['lock-before', 'lock-after', 'lock-now', 'lock-all', 'as', 'as-more', 'as-lowered'],
    ...['as-none', 'as-threads', 'data', 'data-lowered', 'others'],
  ],
};

/** Ways to bring segfit in. `only` names the scenarios, by default all. */
const forms = [
  { form: 'linked', link: [] },
  { form: 'preload', preload: true, link: [] },
  // The recorder of traces stands before malloc, with a lock of its own.
  { form: 'recorder', preload: true, link: [], only: ['ends points', 'forks deep'] },
  {
    form: 'static',
    link: ['-static'],
    only: ['forks stdio', 'ends crime', 'ends keys', 'limits lock-before', 'limits lock-after'],
  },
  {
    form: '32-bit',
    link: ['-m32'],
    only: programs.limits.map((scenario) => `limits ${scenario}`),
  },
];

/** True if this system runs 32-bit programs: not every kernel does. */
async function runsIn32Bits(target) {
  const place = path.join(target.folder, 'system');
  const object = await target.compile(path.join(folder, 'limits.c'), path.join(place, 'probe.o'), [
    '-m32',
  ]);
  const { program } = await target.link('system-probe', [object], ['-m32', '-pthread']);
  return (await run(program, ['lock-all'])).code === 0;
}

const flags = ['-O2', '-fno-builtin', '-pthread'];

/** Makes the library that loader.c loads; with a malloc of its own if `own`. */
async function buildLibrary(target, own) {
  const made = path.join(target.folder, 'system', own ? 'own.so' : 'library.so');
  const source = path.join(folder, 'library.c');
  const words = ['-shared', '-fPIC', '-O2', '-fno-builtin', '-pthread', source, '-o', made];
  const prefixed = ['-DOWN', '-DSEGFIT_MALLOC=1', '-DSEGFIT_MALLOC_PREFIX=my_', malloc];
  await must(target.cc[0], own ? [...words, ...prefixed] : words);
  return made;
}

async function buildRecorder(target) {
  const made = path.join(target.folder, 'system', 'record.so');
  const words = [
    '-shared',
    '-fPIC',
    '-O2',
    '-DSEGFIT_RECORD=1',
    path.join(root, 'src/tools/record.c'),
  ];
  await must(target.cc[0], [...words, '-o', made]);
  return made;
}

/** Builds a program in one form; returns it. */
async function build(target, name, { form, preload, link }) {
  const place = path.join(target.folder, 'system', form);
  const machine = link.filter((flag) => flag === '-m32');
  const object = (file) => path.join(place, `${path.basename(file, '.c')}.o`);
  const compile = (file, more) =>
    target.compile(file, object(file), [...flags, ...machine, ...more]);
  const objects = [await compile(path.join(folder, `${name}.c`), [])];
  if (!preload) objects.push(await compile(malloc, ['-DSEGFIT_MALLOC=1']));
  const linked = await target.link(`system-${name}-${form}`, objects, ['-pthread', ...link]);
  return linked.program;
}

async function runScenario(target, name, scenario, form, tools) {
  const program = await build(target, name, form);
  const words = name === 'loader' ? [tools.library, tools.own] : [];
  const env = form.preload ? { LD_PRELOAD: tools.preload } : {};
  if (form.form === 'recorder') {
    Object.assign(env, { LD_PRELOAD: tools.recorder, SEGFIT_RECORD_FILE: tools.trace });
    fs.rmSync(tools.trace, { force: true });
  }
  const result = await run(program, [scenario, ...words], { env, cwd: target.folder });
  const right = crimes.has(scenario) ? killed(result) : well(result);
  return right ? undefined : `exit code ${result.code}\n${result.output}`;
}

/** Hands each check to `check`, by title and work. */
export async function checkSystem(target, check, filter) {
  const wanted = forms.flatMap((form) =>
    Object.entries(programs).flatMap(([name, scenarios]) =>
      scenarios
        .filter((scenario) => form.only?.includes(`${name} ${scenario}`) ?? true)
        .map((scenario) => {
          const title = `system, ${form.form}, ${name} ${scenario}`;
          return { form, name, scenario, title };
        }),
    ),
  );
  const chosen = wanted.filter(({ title }) => title.includes(filter));
  if (chosen.length === 0) return;
  if (process.platform !== 'linux') {
    console.log('  system: these programs are for Linux; nothing to run here');
    return;
  }
  const tools = { preload: await preloadLibrary(target) };
  await target.compile(malloc, path.join(target.folder, 'system', 'malloc.o'), [
    ...flags,
    '-DSEGFIT_MALLOC=1',
  ]);
  tools.library = await buildLibrary(target, false);
  tools.own = await buildLibrary(target, true);
  tools.recorder = await buildRecorder(target);
  tools.trace = path.join(target.folder, 'system', 'trace.heapl');
  const asks = chosen.some(({ form }) => form.form === '32-bit');
  const runs = asks && (await runsIn32Bits(target));
  if (asks && !runs) console.log('  system, 32-bit: this kernel runs no 32-bit programs; not run');
  for (const { form, name, scenario, title } of chosen) {
    if (form.form === '32-bit' && !runs) continue;
    await check(title, () => runScenario(target, name, scenario, form, tools));
  }
}
