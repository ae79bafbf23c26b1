// SPDX-License-Identifier: MIT
/** The archives and the shared library of dist/lib, which CMake's presets make. */
import fs from 'node:fs';
import path from 'node:path';
import { prepareFolder, toolchainOf } from './folders.mjs';
import { build, dist, root, writeWhole } from './paths.mjs';
import { make, isFresh, recipeOf } from './recipe.mjs';
import { Failure, must, step } from './steps.mjs';

/** The folder of dist/lib and the CMake preset that makes it. */
export const libraries = {
  native: 'release',
  wasi: 'wasi',
  emscripten: 'emscripten',
  'emscripten-threads': 'emscripten-threads',
};
const targets = ['segfit', 'segfit-malloc', 'segfit-malloc-small', 'segfit-malloc-debug'];
/** More folders that the same preset makes, each with the CMake target that is its one archive. */
const more = {
  wasi: {
    'wasi-threads': 'segfit-malloc-threads',
    wasm32: 'segfit-malloc-wasm32',
    'wasm32-threads': 'segfit-malloc-wasm32-threads',
    wasm64: 'segfit-malloc-wasm64',
  },
  emscripten: {
    'emscripten-workers': 'segfit-malloc-workers',
    'emscripten-pic': 'segfit-malloc-pic',
  },
};
/** For LD_PRELOAD, where there is such a thing. */
const preload = 'segfit-malloc-preload';

/**
 * The CMake targets of a library, the file that each makes, and where in dist/lib that file goes.
 */
function filesFor(name) {
  const archives = targets.map((target) => ({ target, to: [name, `lib${target}.a`] }));
  const others = Object.entries(more[name] ?? {}).map(([folder, target]) => ({
    target,
    to: [folder, 'libsegfit-malloc.a'],
  }));
  const hasPreload = name === 'native' && process.platform === 'linux';
  const shared = hasPreload ? [{ target: preload, to: [name, `lib${preload}.so`] }] : [];
  return [...archives, ...others, ...shared].map(({ target, to }) => ({
    target,
    made: `lib${target}${path.extname(to[1])}`,
    to: path.join(dist, 'lib', ...to),
  }));
}

/** The sources of the libraries, without tests. */
const places = ['include', 'src', 'CMakeLists.txt', 'CMakePresets.json'].map((name) =>
  path.join(root, name),
);
const scripts = ['libraries.mjs', 'folders.mjs'].map((name) =>
  path.join(root, 'wasm', 'toolchain', name),
);

async function productOf(name) {
  const folder = path.join(root, 'wasm', 'toolchain');
  const cmake = fs.readdirSync(folder).filter((file) => file.endsWith('.cmake'));
  return {
    name: `library-${name}`,
    recipe: recipeOf({
      places: [...places, ...scripts, ...cmake.map((file) => path.join(folder, file))],
      words: [
        libraries[name],
        ...filesFor(name).flatMap(({ target, to }) => [target, path.relative(dist, to)]),
        await toolchainOf(libraries[name]),
      ],
    }),
    outputs: filesFor(name).map(({ to }) => to),
  };
}

/** A file of dist/lib if it was made of the sources as they are, by the compilers that are here. */
export async function freshLibrary(folder, file) {
  const wanted = path.join(dist, 'lib', folder, file);
  const name = Object.keys(libraries).find((one) => filesFor(one).some(({ to }) => to === wanted));
  return name !== undefined && isFresh(await productOf(name)) ? wanted : undefined;
}

/** Throws where an archive has no index of names: archivers pack whatever compilers write. */
export function checkArchive(file, bytes) {
  if (!file.endsWith('.a')) return;
  const isArchive = bytes.subarray(0, 8).toString() === '!<arch>\n';
  const index = bytes.subarray(8, 24).toString();
  const hasIndex = /^(\/ |\/SYM64\/|__\.SYMDEF|#1\/)/.test(index);
  if (isArchive && hasIndex && bytes.includes('segfit_')) return;
  throw new Failure(
    `${path.relative(root, file)}: the compiler wrote no objects with segfit's names`,
  );
}

/** Builds one folder of dist/lib where it is not fresh. */
export async function buildLibrary(name) {
  const preset = libraries[name];
  const title = `Building dist/lib/${name}`;
  const wasMade = await make(await productOf(name), async () => {
    await prepareFolder(preset);
    await step(title, async (say) => {
      const cmake = (...args) => must('cmake', args, { cwd: root, say });
      await cmake('--preset', preset);
      const wanted = filesFor(name).map(({ target }) => target);
      await cmake('--build', '--preset', preset, '--target', ...wanted);
    });
    for (const { made, to } of filesFor(name)) {
      const from = path.join(build, preset, made);
      const bytes = fs.readFileSync(from);
      checkArchive(from, bytes);
      writeWhole(to, bytes);
    }
  });
  console.log(`    dist/lib/${name}: ${wasMade ? 'written' : 'up to date'}`);
}
