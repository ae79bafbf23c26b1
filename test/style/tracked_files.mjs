// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';

/** Returns the files of the tree that git knows or would add, relative to the root. */
export function trackedFiles() {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 24 })
    .split('\0')
    .filter((file) => file !== '' && fs.existsSync(path.join(root, file)));
}
