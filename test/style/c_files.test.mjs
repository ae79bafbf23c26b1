// SPDX-License-Identifier: MIT
// The C files: each header compiles by itself, includes stand first, docs/design.md maps every file.
// rooms.test.mjs checks which room may include which.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';

const ROOMS = ['core', 'port', 'malloc', 'arena', 'tools'];
/** The rooms whose headers stand alone and whose files include before anything else. */
const ORDERLY = {
  core: ['-std=c11', '-Wall', '-Wextra', '-Werror', '-Wno-unused-function'],
  port: ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Wno-unused-function', '-DSEGFIT_MALLOC=1'],
  // A header of malloc.c declares static functions that other headers define.
  malloc: ['-std=gnu11', '-Werror=implicit-function-declaration', '-DSEGFIT_MALLOC=1'],
};

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
  const { status, stderr } = spawnSync(
    compiler,
    ['-fsyntax-only', ...flags, '-x', 'c', '-include', header, '/dev/null'],
    { cwd: root, encoding: 'utf8' },
  );
  assert.equal(status, 0, `${compiler} ${flags.join(' ')} ${header}:\n${stderr}`);
}

for (const [room, flags] of Object.entries(ORDERLY)) {
  for (const [compiler, level] of [
    ['gcc', 1],
    ['clang', room === 'core' ? 4 : 3],
  ]) {
    test(`each header of src/${room} compiles by itself with ${compiler} at level ${level}`, () => {
      for (const header of filesOf(room).filter((name) => name.endsWith('.h'))) {
        compiles(header, compiler, `-DSEGFIT_CHECK=${level}`, ...flags);
      }
    });
  }
}

/** Its includes stand in one block, behind the line that makes it C in a C++ program. */
const BEHIND_A_MACRO = 'src/malloc/malloc.c';

test('includes stand before all else', () => {
  const code = /^(?!\s*(\/\/|#|$))/;
  const files = Object.keys(ORDERLY).flatMap(filesOf);
  for (const file of files.filter((name) => name !== BEHIND_A_MACRO)) {
    const lines = read(file).split('\n');
    const first = lines.findIndex((line) => code.test(line));
    const late = lines.findIndex(
      (line, index) => first >= 0 && index > first && /^\s*#\s*include "/.test(line),
    );
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
      for (const [, name] of cell.matchAll(/`(?:segfit\/)?([\w.]+)`/g))
        (named[folder] ??= []).push(name);
    }
  }
  const there = { include: ['segfit.h', ...fs.readdirSync(path.join(root, 'include', 'segfit'))] };
  for (const room of ROOMS) {
    there[`src/${room}`] = fs
      .readdirSync(path.join(root, 'src', room))
      .filter((name) => !name.endsWith('.md'));
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
