// SPDX-License-Identifier: MIT
/** The imports of JavaScript and TypeScript and the includes of C between files of this project. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { trackedFiles } from './tracked_files.mjs';

const SCRIPT = /\.(?:mjs|cjs|js|mts|cts|ts)$/;
const C = /\.(?:c|cc|h)$/;
/** An import, an export from, or a dynamic import of a relative path. */
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*(['"])(\.[^'"\n]*)\1/g;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]+"([^"\n]+)"/gm;
/** Where compilers look for headers beside the including file's folder. */
const INCLUDE_FOLDERS = ['include', 'src', ''];

let listed;

/** Returns the files of scripts and C that git knows or would add. */
export function sources() {
  listed ??= trackedFiles().filter((file) => SCRIPT.test(file) || C.test(file));
  return listed;
}

export const textOf = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** Text without comments, in which an import may be an example. */
function codeOf(file) {
  return textOf(file).replaceAll(/^\s*(?:\/\/.*|\/?\*.*)$/gm, '');
}

/**
 * Returns the relative paths that a file names, each with the places where the file named may be.
 */
function namedIn(file) {
  const here = path.posix.dirname(file);
  const code = codeOf(file);
  if (SCRIPT.test(file)) {
    return [...code.matchAll(IMPORT)].map(([, , name]) => [path.posix.join(here, name)]);
  }
  return [...code.matchAll(INCLUDE)].map(([, name]) =>
    [here, ...INCLUDE_FOLDERS].map((folder) => path.posix.join(folder, name)),
  );
}

/**
 * Returns each use of a file by another: `{ from, to }`. A file that a build writes is left out.
 */
export function dependencies() {
  const known = new Set(sources());
  return sources().flatMap((from) =>
    namedIn(from)
      .map((places) => places.find((place) => known.has(place)))
      .filter((to) => to !== undefined && to !== from)
      .map((to) => ({ from, to })),
  );
}

/** Returns each circle as the text "a → b → a", in the order in which a search meets them. */
export function circles(all) {
  const uses = new Map();
  for (const { from, to } of all) uses.set(from, [...(uses.get(from) ?? []), to]);
  const found = [];
  const done = new Set();
  const visit = (file, way) => {
    if (way.includes(file)) {
      found.push([...way.slice(way.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const to of uses.get(file) ?? []) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of uses.keys()) visit(file, []);
  return found;
}

/** Returns the packages of npm that a file imports when it is loaded. */
export function packagesIn(file) {
  const names = codeOf(file).matchAll(
    /^(?:import|export)\b[^;]*?\bfrom\s*['"]([^.'"][^'"]*)['"]/gm,
  );
  return [...names].map(([, name]) => name).filter((name) => !name.startsWith('node:'));
}

/** Returns the files that `file` uses, directly or through others, itself included. */
export function reachedFrom(file, all) {
  const reached = new Set([file]);
  for (const one of reached) {
    for (const { from, to } of all) if (from === one) reached.add(to);
  }
  return [...reached];
}
