// SPDX-License-Identifier: MIT
/**
 * `npm run build`: all that ships, under dist/. Parts that fail do not keep others from being
 * built.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureTools } from './needs.mjs';
import { buildPackage, buildPage, buildSingleFile } from './parts.mjs';
import { build, dist, root } from './paths.mjs';
import { ensurePackages } from './setup.mjs';
import { command, Failure, must, seconds, step } from './steps.mjs';
import { commandWords } from './words.mjs';

/** The folder of dist/lib and the CMake preset that makes it. */
const libraries = {
  native: 'release',
  wasi: 'wasi',
  emscripten: 'emscripten',
  'emscripten-threads': 'emscripten-threads',
};
const targets = ['segfit', 'segfit-malloc', 'segfit-malloc-small', 'segfit-malloc-debug'];
/** For LD_PRELOAD, where there is such a thing. */
const preload = 'segfit-malloc-preload';

/** Copies a file where the copy differs; says whether it did. */
function copy(from, to) {
  const bytes = fs.readFileSync(from);
  if (fs.existsSync(to) && bytes.equals(fs.readFileSync(to))) return false;
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.writeFileSync(to, bytes);
  return true;
}

function tell(what, changed) {
  console.log(`    ${what}: ${changed ? 'written' : 'unchanged'}`);
}

async function buildLibrary([name, preset]) {
  const shared = name === 'native' && process.platform === 'linux' ? [preload] : [];
  await step(`Building dist/lib/${name}`, async (say) => {
    const cmake = (...args) => must('cmake', args, { cwd: root, say });
    await cmake('--preset', preset);
    await cmake('--build', '--preset', preset, '--target', ...targets, ...shared);
  });
  const files = [...targets.map((target) => `lib${target}.a`), ...shared.map((so) => `lib${so}.so`)];
  for (const file of files) {
    const to = path.join(dist, 'lib', name, file);
    tell(path.relative(root, to), copy(path.join(build, preset, file), to));
  }
}

function buildHeaders() {
  const from = path.join(root, 'include');
  const names = fs.readdirSync(from, { recursive: true }).filter((name) => name.endsWith('.h'));
  const changed = names.filter((name) =>
    copy(path.join(from, name), path.join(dist, 'include', name)),
  );
  tell('dist/include', changed.length > 0);
}

/** Builds everything; returns what failed. */
export async function buildAll() {
  const parts = [
    ['headers', buildHeaders],
    ['single file', buildSingleFile],
    ...Object.entries(libraries).map((entry) => [`library ${entry[0]}`, () => buildLibrary(entry)]),
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

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    commandWords({ usage: 'usage: npm run build' });
    const begin = Date.now();
    await ensurePackages();
    await ensureTools('build');
    const failed = await buildAll();
    if (failed.length > 0) throw new Failure(`not built: ${failed.join(', ')}`);
    console.log(`  Everything is in dist/, after ${seconds(Date.now() - begin)}.`);
    return 0;
  });
}
