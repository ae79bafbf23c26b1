// SPDX-License-Identifier: MIT
// Builds the npm package's JavaScript and types into dist/, from wasm/js and dist/segfit.wasm.
//
//     node wasm/js/build/build.mjs
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { build, dist, isMain, readText, root, writeIfChanged } from '../../toolchain/paths.mjs';
import { filesOf, isFresh, make, recipeOf } from '../../toolchain/recipe.mjs';
import { command } from '../../toolchain/steps.mjs';
import { commandArguments } from '../../toolchain/arguments.mjs';
import { bindingModule } from './binding.mjs';
import { bundle, bundled } from './bundle.mjs';
import { arenaSource, bytesSource, contractSource, heapLayoutSource } from './generate.mjs';

/** The folder wasm/js. */
const sources = fileURLToPath(new URL('..', import.meta.url));

async function generate() {
  const [wasm, threads] = await Promise.all(
    ['segfit.wasm', 'segfit-threads.wasm'].map((name) =>
      readFile(join(dist, name)).catch(() => {
        throw new Error(`dist/${name} is missing: run wasm/module/build.mjs first`);
      }),
    ),
  );
  const headers = ['include/segfit.h', 'include/segfit/inspect.h', 'src/arena/arena.h'];
  const [segfit, inspect, arena] = headers.map((path) => readText(join(root, path)));
  const binding = bindingModule(Number(/^#define SEGFIT_MODULE_ALIGN (\d+)$/m.exec(arena)?.[1]));
  const write = (name, text) => writeIfChanged(join(sources, 'generated', name), text);
  write('contract.ts', contractSource(segfit, inspect, wasm));
  write('heap_layout.ts', heapLayoutSource(inspect, wasm));
  write('arena.ts', arenaSource(arena, segfit, inspect));
  write('wasm_text.ts', bytesSource(threads, binding));
  writeIfChanged(join(dist, 'segfit-imports.wasm'), binding);
}

const types = join(dist, 'types');
/**
 * Returns the declarations that this script builds: all except the view's, which web/library.mjs
 * builds.
 */
const ownTypes = () =>
  filesOf(types).filter((file) => !/^view\.d\.c?ts$/.test(relative(types, file)));

/**
 * Rewrites paths for the package, where `public` and `internal` are one folder that contains
 * `generated`.
 */
const published = (text) =>
  text.replace(/\.{1,2}\/(?:public|internal)\//g, './').replaceAll('../generated/', './generated/');

/**
 * Writes the declarations for `import`, and a copy for `require`, whose relative imports end in
 * .cjs.
 */
async function declare() {
  const written = join(build, 'types');
  await Promise.all([...ownTypes(), ...filesOf(written)].map((file) => rm(file)));
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  for (const project of ['tsconfig.json', 'tsconfig.node.json']) {
    const args = [tsc, '-p', join(sources, project), '--outDir', written];
    await promisify(execFile)(process.execPath, args).catch(({ stdout, stderr }) => {
      throw new Error(`tsc failed\n${stdout}${stderr}`);
    });
  }
  for (const file of filesOf(written)) {
    const text = published(readText(file));
    const importing = (extension) => text.replace(/(['"]\.[^'"]*)\.ts(['"])/g, `$1.${extension}$2`);
    const path = join(types, published(`./${relative(written, file).split(sep).join('/')}`));
    writeIfChanged(path, importing('js'));
    writeIfChanged(path.replace(/\.d\.ts$/, '.d.cts'), importing('cjs'));
  }
}

/** Returns the package as a product, after writing its generated sources. */
async function product() {
  await generate();
  const isSource = (file) => /\.(ts|mjs|json)$/.test(file);
  return {
    name: 'package',
    recipe: recipeOf({ places: [sources, join(root, 'package-lock.json')], keep: isSource }),
    outputs: () => [...bundled.map((name) => join(dist, name)).flatMap(filesOf), ...ownTypes()],
  };
}

export const packageIsFresh = async () => isFresh(await product());

/** Builds the package if it is not fresh. Returns false if it was. */
export async function buildPackage({ log = () => {} } = {}) {
  return make(await product(), async () => {
    log(`bundling ${bundled.map((name) => `dist/${name}`).join(', ')}`);
    await bundle(dist);
    log('writing dist/types');
    await declare();
  });
}

if (isMain(import.meta.url)) {
  await command(async () => {
    commandArguments({ usage: 'usage: node wasm/js/build/build.mjs' });
    await buildPackage({ log: (line) => console.log(line) });
  });
}
