// SPDX-License-Identifier: MIT
/**
 * Programs of the system, as they are installed, with segfit as their malloc by LD_PRELOAD. Each
 * prints the same as without segfit. The test prints its peak memory beside that with the C
 * library's malloc.
 */
import fs from 'node:fs';
import path from 'node:path';
import { freshLibrary } from '../../wasm/toolchain/libraries.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { single } from './backend.mjs';

const here = path.join(root, 'test/programs/preload');
const work = (name) => path.join(here, name);

/**
 * The programs and their inputs. Hash seeds and the like are fixed, so that two runs print the
 * same. A program that writes files does so in a folder of its own.
 */
const programs = [
  { name: 'git', words: ['sh', work('history.sh')], fresh: true },
  { name: 'python3', words: ['python3', work('words.py')], env: { PYTHONHASHSEED: '0' } },
  {
    name: 'python3',
    title: 'python3 without its own allocator',
    words: ['python3', work('words.py')],
    env: { PYTHONHASHSEED: '0', PYTHONMALLOC: 'malloc' },
  },
  {
    name: 'python3',
    title: 'python3 with few addresses',
    words: ['sh', '-c', `ulimit -v 600000; exec python3 ${work('words.py')}`],
    env: { PYTHONHASHSEED: '0', PYTHONMALLOC: 'malloc' },
  },
  { name: 'gcc', words: ['gcc', '-w', '-O2', '-fno-builtin', '-S', single, '-o', '-'] },
  { name: 'sqlite3', words: ['sqlite3', '-batch', ':memory:', `.read ${work('tables.sql')}`] },
  { name: 'node', words: ['node', work('work.mjs')] },
];

/**
 * A peak is at most this much more than the C library's. Measured peaks lie far below:
 * docs/malloc.md has them. A leak, or a heap that grows without need, would exceed the limit.
 */
const MOST_RATIO = 1.5;
const MOST_KIB_MORE = 8192;

/** The library that npm run build made, if it is fresh; else one made here. */
export async function preloadLibrary(target) {
  const shipped = await freshLibrary('native', 'libsegfit-malloc-preload.so');
  if (shipped !== undefined) return shipped;
  const flags = ['-O2', '-fPIC', '-fno-builtin', '-ftls-model=initial-exec'];
  const defines = ['-DSEGFIT_MALLOC=1', '-DSEGFIT_MALLOC_PRELOAD=1'];
  const objects = ['malloc/malloc', 'tools/preload'].map((name) =>
    target.compile(
      path.join(root, 'src', `${name}.c`),
      path.join(target.folder, 'preload', `${path.basename(name)}.o`),
      [...flags, ...defines],
    ),
  );
  const made = path.join(target.folder, 'libsegfit-malloc-preload.so');
  const link = ['-shared', '-pthread', '-Wl,-z,now'];
  await must(target.cc[0], [...link, ...(await Promise.all(objects)), '-o', made]);
  return made;
}

/** The folder that a run may write in. */
function place(target, program) {
  const folder = path.join(target.folder, 'preload', 'work');
  if (program.fresh) fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs a program with a library before the C library's, or with none; says its peak in KiB. */
async function runWith(preload, program, target, peak) {
  const cwd = place(target, program);
  const file = path.join(target.folder, 'preload', 'peak.txt');
  const { code, output } = await run(peak, [file, preload, ...program.words], {
    cwd,
    env: program.env,
  });
  return { code, output, kib: Number(fs.readFileSync(file, 'utf8')) };
}

const mib = (kib) => `${(kib / 1024).toFixed(1)} MiB`;

/**
 * Runs a program with both mallocs. Returns what is wrong, or undefined, and the peaks as words.
 */
async function compare(program, target, tools) {
  const plain = await runWith('', program, target, tools.peak);
  if (plain.code !== 0 || plain.output.length < 50) {
    return { wrong: `without segfit: exit code ${plain.code}\n${plain.output}` };
  }
  const ours = await runWith(tools.library, program, target, tools.peak);
  const peaks = `peak ${mib(ours.kib)}, ${mib(plain.kib)} without`;
  if (ours.code !== 0) return { wrong: `exit code ${ours.code}\n${ours.output.slice(-3000)}` };
  if (ours.output !== plain.output) return { wrong: 'it prints something else', peaks };
  if (ours.kib > plain.kib * MOST_RATIO + MOST_KIB_MORE) return { wrong: peaks };
  return { peaks };
}

/** That the library is in a program at all, and that its malloc is the one that is called. */
async function checkIsUsed(target, tools) {
  const source = work('used.c');
  const object = await target.compile(source, path.join(target.folder, 'preload', 'used.o'), []);
  const { program } = await target.link('preload-used', [object]);
  const file = path.join(target.folder, 'preload', 'peak.txt');
  const without = await run(tools.peak, [file, '', program]);
  const within = await run(tools.peak, [file, tools.library, program]);
  const crime = await run(tools.peak, [file, tools.library, program, 'twice']);
  if (without.output !== 'another malloc\n') return `without segfit: ${without.output}`;
  if (within.output !== 'segfit\n') return within.output;
  const told = /^segfit: .* was freed before$/m.test(crime.output);
  return told && !crime.output.includes('freed twice') ? undefined : crime.output;
}

/** Hands each check to `check`, by title and work. */
export async function checkPreload(target, check, filter) {
  const titles = programs.map((program) => `preload, ${program.title ?? program.name}`);
  if (![...titles, 'preload, used'].some((title) => title.includes(filter))) return;
  if (process.platform !== 'linux') {
    console.log('  preload: LD_PRELOAD is for Linux; nothing to run here');
    return;
  }
  const object = await target.compile(
    work('peak.c'),
    path.join(target.folder, 'preload', 'peak.o'),
    ['-O1'],
  );
  const { program: peak } = await target.link('preload-peak', [object]);
  const tools = { peak, library: await preloadLibrary(target) };
  await check('preload, used', () => checkIsUsed(target, tools));
  for (const [index, program] of programs.entries()) {
    if (!titles[index].includes(filter)) continue;
    let said = '';
    await check(
      titles[index],
      async () => {
        if (onPath(program.name) === undefined) {
          throw new Failure(`${program.name} is not installed: npm test's set-up installs it`);
        }
        const { wrong, peaks } = await compare(program, target, tools);
        said = peaks ?? '';
        return wrong;
      },
      () => said,
    );
  }
}
