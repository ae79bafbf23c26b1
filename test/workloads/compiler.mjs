// SPDX-License-Identifier: MIT
/** The compiler and linker: the same, with the same flags, for every allocator. */
import fs from 'node:fs';
import path from 'node:path';
import { CLANG_VERSIONS } from '../../wasm/toolchain/clang.mjs';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

export const out = path.join(build, 'workloads');
export const here = path.join(root, 'test', 'workloads');

/** The features that current engines have. */
export const FEATURES = ['-mbulk-memory', '-msign-ext', '-mnontrapping-fptoint'];
export const WASI = '--target=wasm32-wasi';
export const EMSCRIPTEN = '--target=wasm32-unknown-emscripten';

export function tool(...names) {
  const found = names.map(onPath).find(Boolean);
  if (found === undefined) throw new Failure(`none of ${names.join(', ')} is on PATH`);
  return found;
}

/** Where there are several, the one that `npm run build` prefers. */
export const clang = () => tool(...CLANG_VERSIONS.map((version) => `clang-${version}`), 'clang');

export async function clangVersion() {
  return (await must(clang(), ['--version'])).split('\n')[0];
}

/** Compiles one file to build/workloads/NAME.o. */
export async function compile(name, source, flags) {
  const object = path.join(out, `${name}.o`);
  fs.mkdirSync(path.dirname(object), { recursive: true });
  const words = ['-fno-builtin', '-DNDEBUG', ...FEATURES, ...flags, '-c', source, '-o', object];
  await must(clang(), words);
  return object;
}

/** Links a module without a main: what `flags` export, and what that needs. */
export async function link(name, objects, flags) {
  const module = path.join(out, `${name}.wasm`);
  await must(clang(), [WASI, '-Wl,--gc-sections,--strip-all', ...objects, ...flags, '-o', module]);
  return module;
}

/** Whether this clang links for wasi-libc. */
export async function linksForWasi() {
  fs.mkdirSync(out, { recursive: true });
  const probe = path.join(out, 'probe.c');
  fs.writeFileSync(probe, 'int main(void) { return 0; }\n');
  const { code } = await run(clang(), [WASI, probe, '-o', path.join(out, 'probe.wasm')]);
  return code === 0;
}
