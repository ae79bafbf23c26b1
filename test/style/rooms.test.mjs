// SPDX-License-Identifier: MIT
/**
 * The rooms of the tree: which folder may use which, and no import in a circle.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  circles,
  dependencies,
  packagesIn,
  reachedFrom,
  sources,
  textOf,
} from './dependencies.mjs';

/** Helpers of web/model that all of its rooms share. */
const COMMON = ['format', 'signal', 'work'].map((name) => `web/model/${name}.ts`);

/**
 * The rooms and the rooms that each may use, beside itself. A file belongs to the room with the
 * longest name that fits.
 */
const rooms = {
  include: [],

  // The C library, from the bottom up.
  'src/core': ['include'],
  'src/port': ['include', 'src/core'],
  'src/malloc': ['include', 'src/core', 'src/port'],
  'src/arena': ['include', 'src/core', 'src/port', 'src/malloc'],
  'src/tools': ['include'],

  // The npm package and the scripts that build.
  'wasm/toolchain': [],
  'wasm/serve': ['wasm/toolchain'],
  'wasm/module': ['wasm/toolchain'],
  'wasm/malloc': ['wasm/toolchain'],
  'wasm/js/public': ['wasm/js/internal', 'wasm/js/generated'],
  'wasm/js/internal': ['wasm/js/public', 'wasm/js/generated'],
  'wasm/js/build': ['wasm/js', 'wasm/module', 'wasm/toolchain'],
  'wasm/js': ['wasm/module', 'wasm/toolchain'],
  'wasm/cli': ['wasm/js', 'wasm/serve', 'wasm/toolchain'],

  // The page draws what the package reads. Its model is pure: no drawing, no files, no document.
  'web/model/heap': ['wasm', ...COMMON],
  'web/model/run': ['wasm', 'web/model/heap', ...COMMON],
  'web/model/page': ['wasm', 'web/model'],
  'web/model': ['wasm'],
  'web/draw': ['wasm', 'web/model'],
  'web/formats': ['wasm', 'web/model', 'web/draw'],
  'web/view': ['include', 'src', 'wasm', 'web/model', 'web/draw', 'web/formats'],
  'web/learn': ['wasm', 'web/model', 'web/view'],
  'web/embed': ['wasm', 'web/model', 'web/draw', 'web/formats', 'web/view'],
  web: ['include', 'src', 'wasm', 'web'],

  'test/run': ['wasm'],
  test: ['include', 'src', 'wasm', 'web', 'test/run'],
  bench: ['include', 'src', 'wasm', 'web', 'test'],

  'docs/examples': ['include'],
  docs: ['wasm', 'test'],
};

const isBelow = (file, room) => file === room || file.startsWith(`${room}/`);

/** The room of a file, or undefined for a file of the top level. */
function roomOf(file) {
  const fitting = Object.keys(rooms).filter((room) => isBelow(file, room));
  return fitting.sort((a, b) => b.length - a.length)[0];
}

const mayUse = (from, to) =>
  roomOf(from) === roomOf(to) || rooms[roomOf(from)].some((room) => isBelow(to, room));

const all = dependencies();

test('every file with imports or includes belongs to a room', () => {
  const homeless = sources().filter((file) => file.includes('/') && roomOf(file) === undefined);
  assert.deepEqual(homeless, []);
});

test('no file uses a room that its own may not use', () => {
  const wrong = all
    .filter(({ from }) => roomOf(from) !== undefined)
    .filter(({ from, to }) => !mayUse(from, to));
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} uses ${to}`),
    [],
  );
});

test('no imports or includes go in a circle, imports of types included', () => {
  assert.deepEqual(circles(all), []);
});

test('wasm/js/internal takes only types from wasm/js/public', () => {
  const wrong = sources()
    .filter((file) => file.startsWith('wasm/js/internal/'))
    .filter((file) => /^import (?!type\b)[^;]*?from '\.\.\/public\//m.test(textOf(file)));
  assert.deepEqual(wrong, []);
});

for (const file of ['wasm/serve/start.mjs', 'wasm/toolchain/build.mjs', 'test/run/main.mjs']) {
  test(`${file} runs before npm has installed a package`, () => {
    const files = reachedFrom(file, all).filter((one) => packagesIn(one).length > 0);
    assert.deepEqual(files, []);
  });
}
