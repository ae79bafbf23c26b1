// SPDX-License-Identifier: MIT
// The rooms of src/: each header compiles by itself, and each include follows the order of the rooms.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';

/** The rooms that the files of a room may include, beside its own and include/: src/README.md. */
const below = {
  core: [],
  port: ['core'],
  malloc: ['core', 'port'],
  arena: ['core', 'port', 'malloc'],
  tools: ['core', 'port', 'malloc'],
};
/** The rooms whose headers stand alone and whose files include before anything else. */
const ORDERLY = ['core'];

const filesOf = (room) =>
  fs
    .readdirSync(path.join(root, 'src', room))
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => `src/${room}/${name}`);
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** The project's files that a file includes. */
const includesOf = (file) =>
  [...read(file).matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)].map(([, name]) =>
    path.posix.join(path.posix.dirname(file), name),
  );

function compiles(header, compiler, ...flags) {
  const words = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-Wno-unused-function', '-fsyntax-only'];
  const { status, stderr } = spawnSync(
    compiler,
    [...words, ...flags, '-x', 'c', '-include', header, '/dev/null'],
    { cwd: root, encoding: 'utf8' },
  );
  assert.equal(status, 0, `${compiler} ${flags.join(' ')} ${header}:\n${stderr}`);
}

for (const [compiler, level] of [
  ['gcc', 1],
  ['gcc', 4],
  ['clang', 3],
]) {
  test(`each header of src/core compiles by itself with ${compiler} at level ${level}`, () => {
    for (const header of filesOf('core').filter((name) => name.endsWith('.h'))) {
      compiles(header, compiler, `-DSEGFIT_CHECK=${level}`);
    }
  });
}

test('a file includes files of its own room and of the rooms below it', () => {
  for (const [room, rooms] of Object.entries(below)) {
    for (const file of filesOf(room)) {
      for (const included of includesOf(file)) {
        const [top, itsRoom] = included.split('/');
        const allowed = top === 'include' || itsRoom === room || rooms.includes(itsRoom);
        assert.ok(allowed, `${file} includes ${included}`);
      }
    }
  }
});

test('no header includes itself by way of others', () => {
  const done = new Set();
  const visit = (file, chain) => {
    assert.ok(!chain.includes(file), [...chain, file].join(' → '));
    if (done.has(file)) return;
    for (const included of includesOf(file)) visit(included, [...chain, file]);
    done.add(file);
  };
  for (const file of Object.keys(below).flatMap(filesOf)) visit(file, []);
});

test('includes stand before all else', () => {
  const code = /^(?!\s*(\/\/|#|$))/;
  for (const file of ORDERLY.flatMap(filesOf)) {
    const lines = read(file).split('\n');
    const first = lines.findIndex((line) => code.test(line));
    const late = lines.findIndex((line, index) => index > first && /^\s*#\s*include/.test(line));
    assert.ok(late < 0, `${file}:${late + 1}`);
  }
});

test('the map in docs/design.md names every file of src/ and include/, and no other', () => {
  const [, map] = /## Map\n([^]*?)\n## /.exec(read('docs/design.md'));
  const named = {};
  for (const table of map.split('\n\n').filter((text) => text.startsWith('| `'))) {
    const [head, , ...rows] = table.split('\n').filter((row) => row.startsWith('|'));
    const folder = /`(.*?)\/`/.exec(head)[1];
    for (const row of rows) {
      const cell = row.split('|')[1];
      for (const [, name] of cell.matchAll(/`(?:segfit\/)?([\w.]+)`/g)) (named[folder] ??= []).push(name);
    }
  }
  const there = { include: ['segfit.h', ...fs.readdirSync(path.join(root, 'include', 'segfit'))] };
  for (const room of Object.keys(below)) {
    there[`src/${room}`] = fs.readdirSync(path.join(root, 'src', room)).filter((name) => !name.endsWith('.md'));
  }
  for (const [folder, names] of Object.entries(there)) {
    assert.deepEqual([...(named[folder] ?? [])].sort(), names.sort(), folder);
  }
  const order = named['src/core'];
  for (const file of filesOf('core')) {
    for (const included of includesOf(file).filter((name) => name.startsWith('src/core/'))) {
      const [one, other] = [file, included].map((name) => order.indexOf(path.basename(name)));
      assert.ok(other < one, `${file} includes ${included}, which the map has further down`);
    }
  }
});
