// SPDX-License-Identifier: MIT
/**
 * Builds the page into dist/web: `node web/build.mjs`. Does nothing when that was made from the
 * same files. Needs dist/core.js and dist/segfit-events.wasm, which the package's build makes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { command, Failure } from '../wasm/toolchain/steps.mjs';
import { commandWords } from '../wasm/toolchain/words.mjs';

import { dist, isMain, root } from '../wasm/toolchain/paths.mjs';
import { filesOf, isFresh, make, recipeOf } from '../wasm/toolchain/recipe.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(dist, 'web');

/** What the page imports by the package's name. */
export const packageFiles = {
  'segfit/core': join(dist, 'core.js'),
  'segfit/segfit.wasm': join(dist, 'segfit.wasm'),
  'segfit/segfit-events.wasm': join(dist, 'segfit-events.wasm'),
};

/** What it imports by its place: the module of the other alignment, and malloc whole. */
const ownFiles = ['segfit-16-events', 'malloc-cache-128', 'malloc-cache-0'].map((name) =>
  join(root, 'build', 'view', `${name}.wasm`),
);

/** A recipe of all that the page, or the view for other pages, is made from. */
export function webRecipe() {
  const shared = join(dist, 'shared.js');
  const lock = join(root, 'package-lock.json');
  return recipeOf({ places: [here, ...Object.values(packageFiles), ...ownFiles, shared, lock] });
}

/** KiB of JavaScript as it is sent, compressed: what the page starts with, and what it may load. */
export function scriptSizes() {
  const html = readFileSync(join(target, 'index.html'), 'utf8');
  const sizes = { first: 0, later: 0 };
  for (const file of filesOf(target).filter((name) => name.endsWith('.js'))) {
    const when = html.includes(basename(file)) ? 'first' : 'later';
    sizes[when] += gzipSync(readFileSync(file), { level: 9 }).length / 1024;
  }
  return sizes;
}

/** Makes the page; `options` are Vite's, beside or instead of the usual ones. */
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

/** Builds dist/web. Returns false when it is up to date. */
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
  const more = `${later.toFixed(1)} more when asked for`;
  log(`dist/web: ${first.toFixed(1)} KiB of JavaScript, gzipped, and ${more}`);
  return true;
}

if (isMain(import.meta.url)) {
  await command(async () => {
    commandWords({ usage: 'usage: node web/build.mjs' });
    try {
      await buildPage({ log: (line) => console.log(line) });
    } catch (error) {
      throw new Failure(error.message);
    }
  });
}
