// SPDX-License-Identifier: MIT
/**
 * The allocators to measure: segfit in its builds, and its peers. Each is a list of objects that
 * define the C library's names; where it is empty, wasi-libc's own malloc is linked.
 */
import path from 'node:path';
import { compile, EMSCRIPTEN, WASI } from '../../test/workloads/compiler.mjs';
import { ours, oursBySize, segfit } from '../../test/workloads/segfit.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import * as sources from './sources.mjs';

/** segfit with other flags: {name, flags}. */
export function variantsOf(variants) {
  return variants.map(({ name, flags }) => segfit(name, `segfit, ${flags.join(' ')}`, flags));
}

/** segfit as it was at commit `ref`, at both levels. */
export async function baseAllocators(ref) {
  const source = sources.mallocIn(await sources.atCommit(ref));
  return [
    segfit('base', `segfit at ${ref}`, [], { source }),
    segfit('base-level0', `segfit at ${ref}, level 0`, ['-DSEGFIT_CHECK=0'], { source }),
  ];
}

/** Emscripten's allocator of that name, over a sbrk of our own. */
function fromEmscripten(name, folders) {
  const include = ['-isystem', path.join(folders.include, 'compat'), '-isystem', folders.include];
  const runtime = path.join(root, 'bench', 'malloc', 'emscripten.c');
  // emmalloc reads blocks through other types than it writes them.
  const flags = [EMSCRIPTEN, '-fno-strict-aliasing', '-w', ...include];
  return {
    name: name === 'dlmalloc' ? 'dlmalloc-em' : name,
    title: `${name} (Emscripten)`,
    align: 8,
    peer: true,
    levels: ['-O2', '-Oz'],
    objects: async (optimise = '-O2') => [
      await compile(name + optimise, path.join(folders.lib, `${name}.c`), [optimise, ...flags]),
      await compile(`emscripten${optimise}`, runtime, [EMSCRIPTEN, optimise]),
    ],
  };
}

/** mimalloc needs no change for wasi-libc: its own WASI port takes memory from sbrk. */
function mimalloc(folder) {
  const names = ['malloc', 'calloc', 'realloc', 'free', 'posix_memalign'];
  const include = `-I${path.join(folder, 'include')}`;
  const source = path.join(folder, 'src/static.c');
  return {
    name: 'mimalloc',
    title: 'mimalloc (Debian)',
    align: 8,
    peer: true,
    prefix: 'mi_',
    rename: names.map((name) => `-D${name}=mi_${name}`),
    levels: ['-O2', '-Oz'],
    objects: async (optimise = '-O2') => [
      await compile(`mimalloc${optimise}`, source, [WASI, optimise, '-w', include]),
    ],
  };
}

/** wasi-libc's own, as Debian compiled it: linked where nothing else defines malloc. */
const fromWasiLibc = {
  name: 'dlmalloc',
  title: 'dlmalloc (wasi-libc, as shipped)',
  align: 16,
  peer: true,
  levels: ['-O2'],
  objects: async () => [],
};

/** The peers that can be built here, and a line for each that cannot. */
async function peers() {
  const found = [fromWasiLibc];
  const missing = [];
  const folders = sources.emscripten();
  if (folders === undefined) {
    missing.push("dlmalloc-em, emmalloc: Debian's emscripten is not installed");
  } else {
    found.push(fromEmscripten('dlmalloc', folders), fromEmscripten('emmalloc', folders));
  }
  const folder = await sources.mimalloc();
  if (folder === undefined) missing.push("mimalloc: Debian's source package cannot be fetched");
  else found.push(mimalloc(folder));
  return { found, missing };
}

/** All allocators to measure the time of, and a line for each that is missing. */
export async function allocators() {
  const { found, missing } = await peers();
  return { found: [...ours(), ...found], missing };
}

/** The same to measure the size of, each at its `levels` of optimisation. */
export async function sizeAllocators() {
  const { found, missing } = await peers();
  return { found: [...oursBySize(), ...found], missing };
}
