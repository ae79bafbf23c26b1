// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cIsFormatted, scriptsAreFormatted, tidied, tidy } from './format.mjs';

test('every C file is as clang-format leaves it (npm run format)', () => {
  const { code, output } = cIsFormatted();
  assert.equal(code, 0, output);
});

test('every script is as Biome leaves it, and passes its rules (npm run format)', () => {
  const { code, output } = scriptsAreFormatted();
  assert.equal(code, 0, output);
});

for (const [title, words] of Object.entries(tidied)) {
  test(`clang-tidy accepts ${title}`, () => {
    const { code, output } = tidy(words);
    assert.equal(code, 0, output);
  });
}
