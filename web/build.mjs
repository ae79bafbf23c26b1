// SPDX-License-Identifier: MIT
/**
 * Builds the page into dist/web: `node web/build.mjs`. Does nothing when that was made from the
 * same files. Needs dist/core.js and dist/segfit-events.wasm, which the package's build makes.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { command, Failure } from '../wasm/toolchain/steps.mjs';
import { commandWords } from '../wasm/toolchain/words.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const target = join(root, 'dist', 'web');
const stampFile = join(root, 'build', 'web.stamp');

/** What the page imports by the package's name. */
export const packageFiles = {
  'segfit/core': join(root, 'dist', 'core.js'),
  'segfit/segfit.wasm': join(root, 'dist', 'segfit.wasm'),
  'segfit/segfit-events.wasm': join(root, 'dist', 'segfit-events.wasm'),
};

/** What it imports by its place: the module of the other alignment, and malloc whole. */
const ownFiles = ['segfit-16-events', 'malloc-cache-128', 'malloc-cache-0'].map((name) =>
  join(root, 'build', 'view', `${name}.wasm`),
);

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A name for all that the page is made from. */
export function stamp() {
  const hash = createHash('sha256');
  const own = [...Object.values(packageFiles), ...ownFiles];
  const shared = join(root, 'dist', 'shared.js');
  for (const file of [...filesIn(here), ...own, shared, join(root, 'package-lock.json')]) {
    hash.update(relative(root, file)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function isFresh(name) {
  return (
    existsSync(join(target, 'index.html')) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === name
  );
}

/** KiB of JavaScript as it is sent, compressed: what the page starts with, and what it may load. */
export function scriptSizes() {
  const html = readFileSync(join(target, 'index.html'), 'utf8');
  const sizes = { first: 0, later: 0 };
  for (const file of filesIn(target).filter((name) => name.endsWith('.js'))) {
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

/** Builds dist/web. False when it is up to date. */
export async function buildPage({ log = () => {} } = {}) {
  const needed = [...Object.values(packageFiles), ...ownFiles];
  const missing = needed.filter((file) => !existsSync(file));
  if (missing.length > 0) {
    const names = missing.map((file) => relative(root, file)).join(' and ');
    throw new Error(`the page needs ${names}: run \`npm run build\` first`);
  }
  const name = stamp();
  if (isFresh(name)) {
    log('dist/web is up to date');
    return false;
  }
  rmSync(stampFile, { force: true });
  await bundlePage();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, name);
  const { first, later } = scriptSizes();
  const more = `${later.toFixed(1)} more when asked for`;
  log(`dist/web: ${first.toFixed(1)} KiB of JavaScript, gzipped, and ${more}`);
  return true;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    commandWords({ usage: 'usage: node web/build.mjs' });
    try {
      await buildPage({ log: (line) => console.log(line) });
    } catch (error) {
      throw new Failure(error.message);
    }
  });
}
