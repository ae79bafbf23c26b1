// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budget, counts, placesIn } from './english.mjs';

test('each forbidden pattern is found, and a question is not', () => {
  const found = (text) => placesIn(text).map(({ pattern }) => pattern.split(' ')[0]);
  assert.deepEqual(found('/// What a pool holds.'), ['opens']);
  assert.deepEqual(found('TEST(what_waits_is_told)'), ['opens', 'passive']);
  assert.deepEqual(found('// A fault is told. There is none.'), ['passive', '"is']);
  assert.deepEqual(found('True if this build looks, and the header says so.'), ['"this', '"says']);
  assert.deepEqual(found('## What is TLSF?\nfree reports a second free.'), []);
});

test('no folder has more forbidden patterns than its budget', () => {
  const allowed = budget();
  for (const [folder, found] of Object.entries(counts())) {
    for (const [pattern, count] of Object.entries(found)) {
      const most = allowed[folder]?.[pattern] ?? 0;
      assert.ok(
        count <= most,
        `${folder}: ${pattern}: ${count}, allowed ${most}; node test/style/english.mjs ${folder}`,
      );
    }
  }
});
