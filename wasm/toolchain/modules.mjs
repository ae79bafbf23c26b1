// SPDX-License-Identifier: MIT
/**
 * Builds the npm package's WebAssembly modules with the clang given, for the CMake preset `wasm`:
 *
 *     node modules.mjs --clang PATH --out FOLDER
 *
 * What goes in and which flags they get stands in wasm/module/build.mjs, for all who build them.
 */
import { parseArgs } from 'node:util';
import { compileModules, systemClang } from '../module/build.mjs';

const { values } = parseArgs({ options: { clang: { type: 'string' }, out: { type: 'string' } } });
if (values.clang === undefined || values.out === undefined) {
  console.error('usage: modules.mjs --clang PATH --out FOLDER');
  process.exit(2);
}
await compileModules({ outDir: values.out, clang: systemClang(values.clang), log: console.log });
