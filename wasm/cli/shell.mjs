// SPDX-License-Identifier: MIT
import path from 'node:path';
import { Failure } from '../toolchain/steps.mjs';

/**
 * A path as one word of `$(…)`, which splits at white space and expands patterns, whatever quotes
 * there are: as it is, or else as seen from `folder`.
 */
export function shellWord(file, folder) {
  const found = [file, path.relative(folder, file)].find((name) => /^[^\s*?[\]]+$/.test(name));
  if (found !== undefined) return found;
  const why =
    'has a character that $(…) does not keep; copy the file elsewhere and name it yourself';
  throw new Failure(`${JSON.stringify(file)} ${why}`);
}
