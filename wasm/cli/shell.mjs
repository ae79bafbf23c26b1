// SPDX-License-Identifier: MIT
import path from 'node:path';
import { Failure } from '../toolchain/steps.mjs';

/**
 * Returns a path as one word of `$(…)`, which splits at white space and expands patterns even
 * inside quotes. Returns the absolute path, or the path relative to `folder`.
 */
export function shellWord(file, folder) {
  const found = [file, path.relative(folder, file)].find((name) => /^[^\s*?[\]]+$/.test(name));
  if (found !== undefined) return found;
  const why =
    'contains white space or a pattern, which $(…) splits; copy the file elsewhere and ' +
    'pass its path yourself';
  throw new Failure(`${JSON.stringify(file)} ${why}`);
}
