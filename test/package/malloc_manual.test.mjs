// SPDX-License-Identifier: MIT
// Each line of the table of answers in docs/malloc.md names a test that exists.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';

const manual = fs.readFileSync(path.join(root, 'docs/malloc.md'), 'utf8');
const folder = path.join(root, 'test/c/malloc');
const sources = fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.c'));

/** The names in the last column of the table below "## What each call answers". */
function testsNamed() {
  const section = /^## What each call answers$([^]*?)^## /m.exec(manual)[1];
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| case/.test(line));
  return rows.map((row) => /`([\w.]+)` \|$/.exec(row)?.[1] ?? row);
}

test('each line of the table of answers names a test', () => {
  const texts = sources.map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  const all = new Set(
    texts.flatMap((text) => [...text.matchAll(/^TEST\((\w+)\)/gm)].map(([, it]) => it)),
  );
  const named = testsNamed();
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((name) => !all.has(name) && !sources.includes(name)),
    [],
  );
});

test('each file there is built by a script of test/programs', () => {
  const programs = path.join(root, 'test/programs');
  const scripts = fs.readdirSync(programs).filter((name) => name.endsWith('.mjs'));
  const text = scripts.map((name) => fs.readFileSync(path.join(programs, name), 'utf8')).join('');
  assert.deepEqual(
    // Scripts name the programs of a folder without their ending.
    sources.filter(
      (name) => !text.includes(`'${name}'`) && !text.includes(path.basename(name, '.c')),
    ),
    [],
  );
});
