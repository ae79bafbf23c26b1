// SPDX-License-Identifier: MIT
/** Builds the `segfit` command into one file, dist/cli.js: `node wasm/cli/build.mjs`. */
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dist, isMain, root } from '../toolchain/paths.mjs';
import { isFresh, make, recipeOf } from '../toolchain/recipe.mjs';
import { command } from '../toolchain/steps.mjs';
import { commandArguments } from '../toolchain/arguments.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(dist, 'cli.js');
/** The command's sources, and the tools that bundle them. */
const places = [
  here,
  path.join(root, 'wasm', 'serve'),
  path.join(root, 'wasm', 'toolchain'),
  path.join(root, 'package-lock.json'),
];

async function bundle() {
  const { build } = await import('vite');
  await build({
    root: here,
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      ssr: true,
      rollupOptions: { input: path.join(here, 'main.mjs'), output: { entryFileNames: 'cli.js' } },
    },
  });
  chmodSync(out, 0o755);
}

const product = () => ({ name: 'command', recipe: recipeOf({ places }), outputs: [out] });

export const commandIsFresh = () => isFresh(product());

/** Builds dist/cli.js if it is not fresh. Returns false if it was. */
export const buildCommand = () => make(product(), bundle);

if (isMain(import.meta.url)) {
  await command(async () => {
    commandArguments({ usage: 'usage: node wasm/cli/build.mjs' });
    console.log(`dist/cli.js: ${(await buildCommand()) ? 'written' : 'up to date'}`);
  });
}
