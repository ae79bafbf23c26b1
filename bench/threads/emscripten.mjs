// SPDX-License-Identifier: MIT
/** The thread workloads as Emscripten builds them with -pthread, one program an allocator. */
import fs from 'node:fs';
import path from 'node:path';
import { out as benchOut } from '../../test/workloads/compiler.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { must } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import * as sources from '../malloc/sources.mjs';

const out = path.join(benchOut, 'threads');
const source = path.join(root, 'bench/threads/threads.c');
const malloc = path.join(root, 'src/malloc/malloc.c');
const COMPILE = ['-O2', '-pthread', '-DNDEBUG'];
/** Memory does not grow: what is measured is the allocator, not Emscripten's views. */
const LINK = [
  '-sPTHREAD_POOL_SIZE=8',
  '-sINITIAL_MEMORY=268435456',
  '-sWASM_ASYNC_COMPILATION=0',
  '-sEXIT_RUNTIME',
];
/** As in the modules of one thread: nothing is measured while it warms up. */
const NODE = [process.execPath, '--no-liftoff', '--no-wasm-lazy-compilation'];

/** Debian's Emscripten needs a module that a node from elsewhere does not find by itself. */
const DEBIAN_MODULES = '/usr/share/nodejs';
const env = {
  NODE_PATH: process.env.NODE_PATH ?? (fs.existsSync(DEBIAN_MODULES) ? DEBIAN_MODULES : ''),
};

const segfit = (name, title, flags, source = malloc) => ({
  name,
  title,
  sources: [source],
  flags: ['-fno-builtin', '-DSEGFIT_MALLOC=1', ...flags],
  link: [],
});

function ours() {
  return [
    segfit('segfit', 'segfit, default (level 1)', []),
    segfit('segfit-level0', 'segfit, level 0', ['-DSEGFIT_CHECK=0']),
    segfit('segfit-no-cache', 'segfit, default, no cache', ['-DSEGFIT_CACHE=0']),
  ];
}

/** Those of --variant and --base. */
async function more({ variants = [], base }) {
  const found = variants.map(({ name, flags }) =>
    segfit(name, `segfit, ${flags.join(' ')}`, flags),
  );
  if (base === undefined) return found;
  const source = sources.mallocIn(await sources.atCommit(base));
  return [
    ...found,
    segfit('base', `segfit at ${base}`, [], source),
    segfit('base-level0', `segfit at ${base}, level 0`, ['-DSEGFIT_CHECK=0'], source),
  ];
}

async function peers() {
  const builtIn = ['dlmalloc', 'emmalloc'].map((name) => ({
    name,
    title: `${name} (Emscripten)`,
    peer: true,
    sources: [],
    flags: [],
    link: [`-sMALLOC=${name}`],
  }));
  const folder = await sources.mimalloc();
  if (folder === undefined) return builtIn;
  const mimalloc = {
    name: 'mimalloc',
    title: 'mimalloc (Debian)',
    peer: true,
    sources: [path.join(folder, 'src/static.c')],
    flags: ['-w', `-I${path.join(folder, 'include')}`],
    rename: ['-Dmalloc=mi_malloc', '-Dfree=mi_free'],
    link: [],
  };
  return [...builtIn, mimalloc];
}

async function build({ name, sources: files, flags, rename = [], link }) {
  const objects = files.map((_, index) => path.join(out, `${name}-${index}.o`));
  for (const [index, file] of files.entries()) {
    await must('emcc', [...COMPILE, ...flags, '-c', file, '-o', objects[index]], { env });
  }
  const program = path.join(out, `${name}.js`);
  const words = [...COMPILE, ...rename, source, ...objects, ...LINK, ...link, '-o', program];
  await must('emcc', words, { env });
  return program;
}

/**
 * {programs, missing}: programs of {name, title, peer, words}; `missing`, a line for each that
 * cannot be built here. Which: as buildModules.
 */
export async function threadPrograms(options) {
  if (onPath('emcc') === undefined) {
    return { programs: [], missing: ["threads: Debian's emscripten is not installed"] };
  }
  fs.mkdirSync(out, { recursive: true });
  // Emscripten writes CommonJS, which node takes for a module below this project's package.json.
  fs.writeFileSync(path.join(out, 'package.json'), '{"type": "commonjs"}\n');
  const programs = [];
  const missing = [];
  const { allocators: names } = options;
  const all = [...ours(), ...(await peers())];
  const chosen = all.filter(({ name }) => names === undefined || names.includes(name));
  for (const allocator of [...chosen, ...(await more(options))]) {
    const { name, title, peer = false } = allocator;
    try {
      programs.push({ name, title, peer, words: [...NODE, await build(allocator)] });
    } catch (error) {
      const reason = /error: (.*)/.exec(error.message)?.[1] ?? 'it does not build';
      missing.push(`threads, ${name}: ${reason}`);
    }
  }
  return { programs, missing };
}
