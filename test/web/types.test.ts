// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');

test.each(['web', 'test/web'])(
  'the types of %s agree',
  (folder) => {
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', join(root, folder)], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  },
  60_000,
);
