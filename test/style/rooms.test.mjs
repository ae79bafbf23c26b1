// SPDX-License-Identifier: MIT
/**
 * The rooms of the tree: which folder may use which, no import in a circle, every source on the
 * map.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circles, dependencies, sources, textOf } from './dependencies.mjs';

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
  'wasm/js': ['wasm/module', 'wasm/toolchain'],
  'wasm/cli': ['wasm/js', 'wasm/serve', 'wasm/toolchain'],

  // The page draws what the package reads.
  web: ['include', 'src', 'wasm'],

  'test/run': ['wasm'],
  test: ['include', 'src', 'wasm', 'web', 'test/run'],
  bench: ['include', 'src', 'wasm', 'web', 'test'],

  'docs/examples': ['include'],
  docs: ['wasm', 'test'],
};

/**
 * What the rules below forbid and is still there. Each entry is a debt, to be removed with its
 * cause.
 */
const DEBTS = new Set([
  'web/attach/build.mjs uses test/programs/backend.mjs',
  'web/attach/build.mjs uses test/programs/programs.mjs',
  'web/attach/build.mjs uses test/programs/sources.mjs',
  'web/attach/build.mjs uses test/programs/targets.mjs',
  'web/bench/view.mjs uses bench/malloc/conditions.mjs',
  'web/bench/view.mjs uses test/web/browser/launch.mjs',
  'web/model/world.ts → web/model/highlight.ts → web/model/world.ts',
  'wasm/js/pool_heap.ts → wasm/js/host.ts → wasm/js/pool_heap.ts',
  'wasm/js/pool_heap.ts → wasm/js/leaks.ts → wasm/js/pool_heap.ts',
  'wasm/js/pool_heap.ts → wasm/js/leaks.ts → wasm/js/trace.ts → wasm/js/pool_heap.ts',
  'wasm/js/pool_heap.ts → wasm/js/views.ts → wasm/js/pool_heap.ts',
]);

/** Fails with the lines that are no debt. */
function expectNone(lines) {
  assert.deepEqual(
    lines.filter((line) => !DEBTS.has(line)),
    [],
  );
}

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
  expectNone(wrong.map(({ from, to }) => `${from} uses ${to}`));
});

test('no imports or includes go in a circle, imports of types included', () => {
  expectNone(circles(all));
});

/**
 * How many files of src/ docs/design.md may leave out. The number may only fall, and its aim is 0.
 */
const MAY_LACK = 37;

test('docs/design.md names every file of src/', () => {
  const map = textOf('docs/design.md');
  const isNamed = (file) =>
    [file, file.split('/').at(-1)].some((name) => map.includes(`\`${name}\``));
  const lacking = sources().filter((file) => file.startsWith('src/') && !isNamed(file));
  assert.ok(lacking.length <= MAY_LACK, `docs/design.md lacks ${lacking.join(', ')}`);
});
