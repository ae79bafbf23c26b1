// SPDX-License-Identifier: MIT
/**
 * Builds the npm package's WebAssembly modules with the clang given, for the CMake preset `wasm`:
 *
 *     node modules.mjs --clang PATH --out FOLDER
 *
 * wasm/module/build.mjs holds their sources and flags, for every way to build them.
 */
import { compileModules, systemClang } from './build.mjs';
import { command } from '../toolchain/steps.mjs';
import { commandArguments, text, UsageError } from '../toolchain/arguments.mjs';

const usage = 'usage: modules.mjs --clang PATH --out FOLDER';

await command(async () => {
  const { clang, out } = commandArguments({ usage, options: { clang: text, out: text } });
  if (clang === undefined || out === undefined) throw new UsageError(usage);
  await compileModules({ outDir: out, clang: systemClang(clang), log: console.log });
});
