// SPDX-License-Identifier: MIT
/** The C files of the heap: all of src/core, relative to the root, in the order of their names. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

export const coreSources = fs
  .readdirSync(path.join(root, 'src', 'core'))
  .filter((name) => name.endsWith('.c'))
  .sort()
  .map((name) => `src/core/${name}`);
