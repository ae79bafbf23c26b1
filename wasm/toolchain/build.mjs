// SPDX-License-Identifier: MIT
/**
 * `npm run build`: all that ships, under dist/. Parts that fail do not keep others from being
 * built.
 */
import fs from 'node:fs';
import path from 'node:path';
import { buildLibrary, libraries } from './libraries.mjs';
import { buildNeeds, ensureTools } from './needs.mjs';
import { buildPackage, buildPage, buildSingleFile } from './parts.mjs';
import { dist, isMain, root, writeIfChanged } from './paths.mjs';
import { filesOf } from './recipe.mjs';
import { ensurePackages } from './setup.mjs';
import { command, Failure, seconds } from './steps.mjs';
import { commandArguments } from './arguments.mjs';

/** Copies the headers, and removes those that are gone. */
function buildHeaders() {
  const [from, to] = [path.join(root, 'include'), path.join(dist, 'include')];
  const headers = filesOf(from).filter((file) => file.endsWith('.h'));
  const names = headers.map((file) => path.relative(from, file));
  const changed = names.filter((name) =>
    writeIfChanged(path.join(to, name), fs.readFileSync(path.join(from, name))),
  );
  const old = filesOf(to).filter((file) => !names.includes(path.relative(to, file)));
  for (const file of old) fs.rmSync(file);
  const isSame = changed.length + old.length === 0;
  console.log(`    dist/include: ${isSame ? 'up to date' : 'written'}`);
}

/** Builds everything; returns what failed. */
export async function buildAll() {
  const parts = [
    ['headers', buildHeaders],
    ['single file', buildSingleFile],
    ...Object.keys(libraries).map((name) => [`library ${name}`, () => buildLibrary(name)]),
    ['npm package', buildPackage],
    ['page', buildPage],
  ];
  const failed = [];
  for (const [name, make] of parts) {
    try {
      await make();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.error(`  ${name}: ${error.message}`);
      failed.push(name);
    }
  }
  return failed;
}

if (isMain(import.meta.url)) {
  await command(async () => {
    commandArguments({ usage: 'usage: npm run build' });
    const begin = Date.now();
    await ensurePackages();
    await ensureTools(buildNeeds);
    const failed = await buildAll();
    if (failed.length > 0) throw new Failure(`not built: ${failed.join(', ')}`);
    console.log(`  Everything is in dist/, after ${seconds(Date.now() - begin)}.`);
    return 0;
  });
}
