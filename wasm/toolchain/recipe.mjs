// SPDX-License-Identifier: MIT
/**
 * Freshness of all that is built. A product is fresh if its recipe is the one that it was made by,
 * and its files are as they were when they were made. The recipe is a digest of everything that
 * goes in: sources, flags, scripts, versions. Times of files do not count.
 *
 * A product's stamp lies in build/recipes. It is removed before the product is made and written
 * after it, so that what a failed or killed build leaves is never taken for finished.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { build, root, writeWhole } from './paths.mjs';

/** A digest of texts and bytes, in this order. */
export function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}

/** All files below a folder, or the file itself; sorted. A place that is absent has none. */
export function filesOf(place) {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [place];
  return fs
    .readdirSync(place)
    .sort()
    .flatMap((name) => filesOf(path.join(place, name)));
}

/** The digest of each file by its name from `base` on, with `/` on every system. */
export function digestsOf(files, base = root) {
  const name = (file) => path.relative(base, file).split(path.sep).join('/');
  return Object.fromEntries(files.map((file) => [name(file), digest(fs.readFileSync(file))]));
}

/** A recipe of files, folders and words. `keep` chooses the files that count. */
export function recipeOf({ places = [], words = [], keep = () => true }) {
  const files = places.flatMap(filesOf).filter(keep);
  return digest(JSON.stringify(digestsOf(files)), ...words);
}

const stampFile = (name) => path.join(build, 'recipes', `${name}.json`);

/** The stamp of a product, or undefined where it has none that can be read. */
export function readStamp(name) {
  try {
    return JSON.parse(fs.readFileSync(stampFile(name), 'utf8'));
  } catch {
    return undefined;
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Whether a product is fresh. `outputs` are its files and folders, or a function that lists its
 * files; `maker`, where it is given, must have made them.
 */
export function isFresh({ name, recipe, outputs, maker }) {
  const stamp = readStamp(name);
  if (stamp === undefined || stamp.recipe !== recipe) return false;
  if (maker !== undefined && stamp.maker !== maker) return false;
  const present = listed(outputs);
  return present.length > 0 && same(stamp.outputs, digestsOf(present));
}

const listed = (outputs) => (typeof outputs === 'function' ? outputs() : outputs.flatMap(filesOf));

/** Forgets that a product is finished: the first step of making it. */
export function forget(name) {
  fs.rmSync(stampFile(name), { force: true });
}

/** Notes that a product is finished: the last step. */
export function remember({ name, recipe, outputs, maker }) {
  const absent =
    typeof outputs === 'function' ? [] : outputs.filter((file) => !fs.existsSync(file));
  if (absent.length > 0) throw new Error(`${name}: the build did not write ${absent.join(', ')}`);
  const stamp = { recipe, maker, outputs: digestsOf(listed(outputs)) };
  writeWhole(stampFile(name), `${JSON.stringify(stamp, undefined, 1)}\n`);
}

/** Makes a product by `work` where it is not fresh. Returns whether it was made. */
export async function make(product, work) {
  if (isFresh(product)) return false;
  forget(product.name);
  await work();
  remember(product);
  return true;
}
