// SPDX-License-Identifier: MIT
/**
 * The parts that are built without CMake: modules, package, page, single file. Each part knows by
 * itself whether it is up to date; this file holds their order and their names.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { dist, root } from './paths.mjs';
import { lazyCompiler } from './setup.mjs';
import { Failure, run, step, tail } from './steps.mjs';

/** A file of this project that a part is made by. */
function maker(...names) {
  const file = path.join(root, ...names);
  if (!fs.existsSync(file)) throw new Failure(`${names.join('/')} is absent from this checkout`);
  return file;
}

/** Runs one of our scripts and prints its output. Fails if it fails. */
export async function script(title, names, args = []) {
  const file = maker(...names);
  const output = await step(title, async (say) => {
    const { code, output } = await run(process.execPath, [file, ...args], { cwd: root, say });
    if (code !== 0) throw new Failure(`${names.join('/')} failed\n${tail(output, 30)}`);
    return output;
  });
  for (const line of output.trimEnd().split('\n')) if (line !== '') console.log(`    ${line}`);
}

export async function buildModules() {
  const source = await import(pathToFileURL(maker('wasm', 'module', 'build.mjs')).href);
  const clang = lazyCompiler(source);
  let built = [];
  const log = (line) => console.log(`  ${line[0].toUpperCase()}${line.slice(1)}`);
  try {
    built = await source.compileModules({ outDir: dist, clang, log });
    // The page's own, which the package does not need.
    const more = { outDir: path.join(root, 'build', 'view'), modules: source.viewModules };
    built.push(...(await source.compileModules({ ...more, clang, log })));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      `the WebAssembly modules cannot be built\n${tail(error.stderr || error.message, 30)}`,
    );
  }
  if (built.length === 0) console.log('  WebAssembly modules: up to date');
}

/**
 * Runs a script that builds `what`, unless its function `check` says that it is fresh.
 * Bundlers change the process that they run in, so they get one of their own.
 */
async function scriptFor(what, check, names) {
  const source = await import(pathToFileURL(maker(...names)).href);
  let fresh = false;
  try {
    fresh = await source[check]();
  } catch {
    // The script fails in the same way, and prints its message.
  }
  if (fresh) console.log(`  ${what[0].toUpperCase()}${what.slice(1)}: up to date`);
  else await script(`Building ${what}`, names);
}

export async function buildPackage() {
  await buildModules();
  await scriptFor('the npm package', 'packageIsFresh', ['wasm', 'js', 'build', 'build.mjs']);
  await scriptFor('the segfit command', 'commandIsFresh', ['wasm', 'cli', 'build.mjs']);
}

export async function buildPage() {
  await scriptFor('the page', 'pageIsFresh', ['web', 'build.mjs']);
  await scriptFor('the view for other pages', 'viewIsFresh', ['web', 'library.mjs']);
}

export function buildSingleFile() {
  const out = path.join(dist, 'segfit_malloc.c');
  return script('Building dist/segfit_malloc.c', ['wasm', 'malloc', 'amalgamate.mjs'], [out]);
}
