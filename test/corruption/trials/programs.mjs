// SPDX-License-Identifier: MIT
/**
 * The programs of programs.h, built with malloc for this system and for wasm32 at a level of checks
 * or as an archive is, and how each ended. Names come from programs.h.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findClang } from '../../../wasm/toolchain/clang.mjs';
import { build as buildFolder, root } from '../../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../../wasm/toolchain/steps.mjs';
import { onPath } from '../../../wasm/toolchain/system.mjs';
import { levels } from './trials.mjs';

const here = path.join(root, 'test', 'corruption', 'trials');
const header = fs.readFileSync(path.join(here, 'programs.h'), 'utf8');
/** All programs of a build take some seconds. */
const SECONDS = 600;

/** The rows of an X list of programs.h. */
function listOf(name) {
  const [, list] = new RegExp(`#define ${name}\\(X\\)((?:.*\\\\\\n)*.*)`).exec(header);
  return [...list.matchAll(/X\((\w+)(?:, (?:(\w+), )?"([^"]*)")?\)/g)].map(
    ([, id, group, title], index) => ({ id, group, title, index }),
  );
}

export const programs = listOf('PROGRAMS');
export const neighbours = listOf('NEIGHBOURS');
export const amounts = listOf('AMOUNTS').map(({ id }) => Number(id));
export const contents = listOf('CONTENTS');
export const moments = listOf('MOMENTS');
export const outcomes = listOf('OUTCOMES');

/** The programs of mimalloc-bench come first. */
export const OTHERS = 42;
export const SIZES = [8, 4096, 262144];

/** A build by its name, how it differs, and the level of checks that it has. */
const highest = Math.max(...levels);
export const builds = [
  ...levels.map((level) => ({ name: `level ${level}`, level, flags: [`-DSEGFIT_CHECK=${level}`] })),
  {
    name: 'small',
    level: 0,
    flags: [
      '-Os',
      ...['CHECK', 'STATS', 'CACHE', 'PROBES', 'MALLOC_EXHAUSTED'].map(
        (knob) => `-DSEGFIT_${knob}=0`,
      ),
    ],
  },
  { name: 'debug', level: highest, flags: ['-DSEGFIT_DEBUG=1', `-DSEGFIT_CHECK=${highest}`] },
];

/** Every run: the four numbers that the program reads, and where its result belongs. */
function plan() {
  const runs = programs.flatMap(({ id, index, group }) =>
    (group === 'size' ? SIZES : [SIZES[0]]).map((size) => ({
      words: [index, size, 0, 0],
      of: 'programs',
      row: id,
    })),
  );
  for (const side of ['up', 'down'])
    for (const neighbour of neighbours)
      for (const amount of amounts)
        for (const content of contents)
          runs.push({
            words: [neighbour.index, amount, side === 'down' ? 2 : 1, content.index],
            of: 'neighbours',
            row: `${side} ${neighbour.id} ${amount}`,
          });
  return runs;
}

const common = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-fno-builtin', '-DSEGFIT_MALLOC=1'];
const sources = (last) => [
  path.join(root, 'src', 'malloc', 'malloc.c'),
  path.join(here, 'program.c'),
  path.join(here, last),
];

function outputOf(target, { name }, ending) {
  const folder = path.join(buildFolder, 'corruption');
  fs.mkdirSync(folder, { recursive: true });
  return path.join(folder, `programs-${target}-${name.replaceAll(' ', '')}${ending}`);
}

async function makeNative(build, flags) {
  const output = outputOf('native', build, '');
  await must('gcc', [
    ...common,
    `-I${path.join(root, 'include')}`,
    ...build.flags,
    ...flags,
    ...sources('program_native.c'),
    '-o',
    output,
  ]);
  return [output];
}

async function makeWasm(build, flags) {
  const output = outputOf('wasm', build, '.wasm');
  await must(await findClang(), [
    '--target=wasm32',
    '-ffreestanding',
    '-mbulk-memory',
    '-nostdlib',
    ...common,
    `-I${path.join(root, 'include')}`,
    ...build.flags,
    ...flags,
    ...sources('program_wasm.c'),
    `-Wl,--no-entry,--initial-memory=${4 << 20},--max-memory=${256 << 20}`,
    '-o',
    output,
  ]);
  const names = outcomes.map(({ id }) => id).join(',');
  return [process.execPath, path.join(here, 'program_host.mjs'), output, names];
}

export const programTargets = [
  {
    name: 'wasm',
    title: 'wasm32, one thread',
    lacks: async () => ((await findClang()) === undefined ? 'needs clang and wasm-ld' : undefined),
    make: makeWasm,
  },
  {
    name: 'native',
    title: `native, ${process.arch}, for threads`,
    lacks: async () =>
      os.platform() === 'linux' && onPath('gcc') ? undefined : 'needs Linux and gcc',
    make: makeNative,
  },
];

/** How the runs of a row ended, as they are recorded: "reported free, reported next". */
export const runsOf = (row) =>
  row.split(', ').map((words) => {
    const [outcome, moment] = words.split(' ');
    return { outcome, moment };
  });

/**
 * {programs, neighbours}: the rows of a build of malloc with `flags`, a run for each size or
 * content.
 */
export async function runPrograms(target, build, flags = []) {
  const words = await target.make(build, flags);
  const runs = plan();
  const input = `${outputOf(target.name, build, '')}.txt`;
  fs.writeFileSync(input, runs.map(({ words: four }) => `${four.join(' ')}\n`).join(''));
  const shell = ['-c', 'exec "$@" < "$0"', input, 'timeout', String(SECONDS), ...words];
  const { code, output } = await run('sh', shell);
  const lines = output.split('\n').filter((line) => /^\d \d$/.test(line));
  if (code !== 0 || lines.length !== runs.length)
    throw new Failure(
      `${build.name}, ${target.title}: ${lines.length} of ${runs.length} (${code})`,
    );
  const found = { programs: {}, neighbours: {} };
  runs.forEach(({ of, row }, at) => {
    const [outcome, moment] = lines[at].split(' ').map(Number);
    const words = `${outcomes[outcome].id} ${moments[moment].id}`;
    found[of][row] = found[of][row] === undefined ? words : `${found[of][row]}, ${words}`;
  });
  return found;
}
