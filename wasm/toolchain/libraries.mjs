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
/** For LD_PRELOAD, where there is such a thing. */
const preload = 'segfit-malloc-preload';

const sharedOf = (name) => (name === 'native' && process.platform === 'linux' ? [preload] : []);
const filesFor = (name) => [
  ...targets.map((target) => `lib${target}.a`),
  ...sharedOf(name).map((target) => `lib${target}.so`),
];

/** The sources of the libraries; tests are none of them. */
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
      words: [libraries[name], ...targets, await toolchainOf(libraries[name])],
    }),
    outputs: filesFor(name).map((file) => path.join(dist, 'lib', name, file)),
  };
}

/** A file of dist/lib if it was made of the sources as they are, by the compilers that are here. */
export async function freshLibrary(name, file) {
  if (!(name in libraries)) return undefined;
  const product = await productOf(name);
  const found = product.outputs.find((output) => path.basename(output) === file);
  return found !== undefined && isFresh(product) ? found : undefined;
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
      await cmake('--build', '--preset', preset, '--target', ...targets, ...sharedOf(name));
    });
    for (const file of filesFor(name)) {
      const bytes = fs.readFileSync(path.join(build, preset, file));
      checkArchive(path.join(build, preset, file), bytes);
      writeWhole(path.join(dist, 'lib', name, file), bytes);
    }
  });
  console.log(`    dist/lib/${name}: ${wasMade ? 'written' : 'up to date'}`);
}
