// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

/** dist/`name`, compiled; both Jest and the fuzzer run from the repository's root. */
export const builtModule = (name: string): WebAssembly.Module =>
  new WebAssembly.Module(readFileSync(`dist/${name}`));
