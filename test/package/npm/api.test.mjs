// SPDX-License-Identifier: MIT
// The public declarations are those that were reviewed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';

import { apiReport, remedy, report } from './api.mjs';

test('the API equals its report in the repository', () => {
  const same = fs.readFileSync(report, 'utf8') === apiReport();
  assert.ok(same, `the API changed: run \`${remedy}\`, and look at the difference`);
});
