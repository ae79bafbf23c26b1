// SPDX-License-Identifier: MIT
// The reference can be made, without a warning, and has every entry.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { root } from '../../../../wasm/toolchain/paths.mjs';

test('npm run docs', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-docs-'));
  try {
    const script = path.join(root, 'docs', 'typedoc.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    for (const name of [
      'index.html',
      'classes/index.Pool.html',
      'modules/core.html',
      'modules/malloc.html',
    ]) {
      assert.ok(fs.existsSync(path.join(folder, name)), name);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
