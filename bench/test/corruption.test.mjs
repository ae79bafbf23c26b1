// SPDX-License-Identifier: MIT
/** The pages about corruption against the results that they quote. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';
import { page } from '../corruption/page.mjs';
import { kindsTable, neighboursTable } from '../corruption/programs_page.mjs';
import { folder } from '../report/results.mjs';

const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
const recorded = JSON.parse(read('corruption.json'));

test('corruption.md shows the recorded results', () => {
  assert.equal(page(recorded), read('corruption.md'));
});

test('docs/security.md shows the recorded tables', () => {
  const security = fs.readFileSync(path.join(root, 'docs', 'security.md'), 'utf8');
  for (const table of [kindsTable, neighboursTable]) {
    assert.ok(security.includes(table(recorded.programs)), table.name);
  }
});
