// SPDX-License-Identifier: MIT
/** The tools of this folder, which `npm run test:package` installs. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensurePackages } from '../../../../wasm/toolchain/setup.mjs';

export const matrix = fileURLToPath(new URL('.', import.meta.url));

/** A file of an installed tool. */
export const tool = (...names) => path.join(matrix, 'node_modules', ...names);

export const ensureTools = () => ensurePackages(matrix, 'the tools of the matrix');

/**
 * The program of a tool: where its install script has put it, or else in the package for this
 * machine, one of `scope`.
 */
export function binary(installed, scope, ...names) {
  const packages = fs.readdirSync(tool(scope)).sort();
  const files = [tool(...installed), ...packages.map((name) => tool(scope, name, ...names))];
  const found = files.find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error(`none of ${files.join(', ')} is there`);
  return found;
}
