// SPDX-License-Identifier: MIT
/** segfit's malloc in the two forms that ship, and how to see that a program has no other. */
import fs from 'node:fs';
import path from 'node:path';
import { freshLibrary } from '../../wasm/toolchain/libraries.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { must } from '../../wasm/toolchain/steps.mjs';
import { out, tool } from './targets.mjs';

export const malloc = path.join(root, 'src/malloc/malloc.c');
export const single = path.join(out, 'segfit_malloc.c');

/** Generates the single file, and leaves it alone where it is as it would be. */
export async function generateSingle() {
  await must(process.execPath, [path.join(root, 'wasm/malloc/amalgamate.mjs'), single]);
}

/**
 * The archive of `target`: the one in dist/ that npm run build made, if it is fresh; else one made
 * here in the same way.
 */
export async function archiveFor(target) {
  const shipped = await freshLibrary(target.name, 'libsegfit-malloc.a');
  if (shipped !== undefined) return shipped;
  const folder = path.join(target.folder, 'archive');
  const flags = ['-O2', '-fno-builtin', '-DSEGFIT_MALLOC=1'];
  const object = await target.compile(malloc, path.join(folder, 'malloc.o'), flags);
  const archive = path.join(folder, 'libsegfit-malloc.a');
  fs.rmSync(archive, { force: true });
  const ar = target.name === 'emscripten' ? tool('emar') : archiverFor(target);
  await must(ar, ['rcs', archive, object]);
  return archive;
}

function archiverFor(target) {
  if (target.name === 'native') return tool('ar');
  const beside = path.join(path.dirname(fs.realpathSync(target.cc[0])), 'llvm-ar');
  return fs.existsSync(beside) ? beside : tool('llvm-ar', 'llvm-ar-19');
}

/** The defined names that an object shows, each with its kind as nm says it, sorted. */
export async function namesIn(target, object) {
  const beside = path.join(path.dirname(fs.realpathSync(target.cc[0])), 'llvm-nm');
  const versions = [19, 14, 15, 16, 17, 18, 20, 21, 22].map((version) => `llvm-nm-${version}`);
  const native = target.name === 'native' ? ['nm'] : [];
  const nm =
    native.length === 0 && fs.existsSync(beside) ? beside : tool(...native, 'llvm-nm', ...versions);
  const text = await must(nm, ['--defined-only', '--extern-only', object]);
  return [...text.matchAll(/^\S+ ([A-Z]) (\S+)$/gm)]
    .map(([, kind, name]) => `${kind} ${name}`)
    .sort();
}

/** The members of other allocators that a link map of wasm-ld names. */
export function otherMallocs(map) {
  const members = map.matchAll(/\((\w*(?:malloc|alloc)\w*\.o)\)/g);
  const foreign =
    /^(dlmalloc|emmalloc|mimalloc|lite_malloc|oldmalloc|mallocng|aligned_alloc)\w*\.o$/;
  return [...new Set([...members].map((match) => match[1]))].filter((name) => foreign.test(name));
}
