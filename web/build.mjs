// SPDX-License-Identifier: MIT
/**
 * Builds the page into dist/web: `node web/build.mjs`. Does nothing if the page is fresh. Needs
 * dist/core.js and dist/segfit-events.wasm, which the package's build makes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { command, Failure } from '../wasm/toolchain/steps.mjs';
import { commandArguments } from '../wasm/toolchain/arguments.mjs';

import { dist, isMain, root } from '../wasm/toolchain/paths.mjs';
import { filesOf, isFresh, make, recipeOf } from '../wasm/toolchain/recipe.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(dist, 'web');

/** The files that the page imports by the package's name. */
export const packageFiles = {
  'segfit/core': join(dist, 'core.js'),
  'segfit/segfit.wasm': join(dist, 'segfit.wasm'),
  'segfit/segfit-events.wasm': join(dist, 'segfit-events.wasm'),
};

/**
 * The files that it imports by path: the module of the other alignment, and two builds of malloc.
 */
const ownFiles = ['segfit-16-events', 'malloc-cache-128', 'malloc-cache-0'].map((name) =>
  join(root, 'build', 'view', `${name}.wasm`),
);

/** Returns a recipe of all inputs of the page and of the view for other pages. */
export function webRecipe() {
  const shared = join(dist, 'shared.js');
  const lock = join(root, 'package-lock.json');
  return recipeOf({ places: [here, ...Object.values(packageFiles), ...ownFiles, shared, lock] });
}

/** Returns the KiB of compressed JavaScript that the page loads at first and later. */
export function scriptSizes() {
  const html = readFileSync(join(target, 'index.html'), 'utf8');
  const sizes = { first: 0, later: 0 };
  for (const file of filesOf(target).filter((name) => name.endsWith('.js'))) {
    const when = html.includes(basename(file)) ? 'first' : 'later';
    sizes[when] += gzipSync(readFileSync(file), { level: 9 }).length / 1024;
  }
  return sizes;
}

/** Bundles the page. `options` extend or replace Vite's build options. */
export async function bundlePage(options = {}) {
  const { build } = await import('vite');
  return build({
    configFile: false,
    root: here,
    base: './',
    logLevel: 'warn',
    publicDir: false,
    assetsInclude: ['**/*.heapl'],
    resolve: { alias: packageFiles },
    build: {
      outDir: target,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      ...options,
    },
  });
}

const product = () => ({ name: 'page', recipe: webRecipe(), outputs: [target] });

export const pageIsFresh = () => isFresh(product());

/** Builds dist/web if it is not fresh. Returns false if it is. */
export async function buildPage({ log = () => {} } = {}) {
  const needed = [...Object.values(packageFiles), ...ownFiles];
  const missing = needed.filter((file) => !existsSync(file));
  if (missing.length > 0) {
    const names = missing.map((file) => relative(root, file)).join(' and ');
    throw new Error(`the page needs ${names}: run \`npm run build\` first`);
  }
  if (!(await make(product(), bundlePage))) {
    log('dist/web is up to date');
    return false;
  }
  const { first, later } = scriptSizes();
  const more = `${later.toFixed(1)} more on demand`;
  log(`dist/web: ${first.toFixed(1)} KiB of JavaScript, gzipped, and ${more}`);
  return true;
}

if (isMain(import.meta.url)) {
  await command(async () => {
    commandArguments({ usage: 'usage: node web/build.mjs' });
    try {
      await buildPage({ log: (line) => console.log(line) });
    } catch (error) {
      throw new Failure(error.message);
    }
  });
}
