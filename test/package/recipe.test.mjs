// SPDX-License-Identifier: MIT
// The helper behind everything that is built: when a product counts as fresh.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { checkArchive } from '../../wasm/toolchain/libraries.mjs';
import { temporaryFolder, writeIfChanged, writeWhole } from '../../wasm/toolchain/paths.mjs';
import { digest, forget, isFresh, make, recipeOf } from '../../wasm/toolchain/recipe.mjs';

const name = `test-${process.pid}`;
let folder;
let outputs;

before(() => {
  folder = temporaryFolder();
});

after(() => {
  forget(name);
  fs.rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  forget(name);
  outputs = [path.join(folder, 'out')];
  fs.rmSync(outputs[0], { recursive: true, force: true });
});

const write = (file, text) => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};
const product = (recipe = 'a') => ({ name, recipe, outputs });
const made = (recipe, text = 'content') =>
  make(product(recipe), async () => write(path.join(outputs[0], 'file'), text));

test('a product is made once for a recipe, and again for another', async () => {
  assert.equal(await made('a'), true);
  assert.equal(await made('a'), false);
  assert.equal(await made('b'), true);
  assert.equal(await made('a'), true);
});

test('a product that failed is made again, even if an older one is complete', async () => {
  await made('a');
  const fails = make(product('b'), async () => {
    write(path.join(outputs[0], 'file'), 'half');
    throw new Error('stopped');
  });
  await assert.rejects(fails, /stopped/);
  assert.equal(isFresh(product('b')), false);
  assert.equal(isFresh(product('a')), false);
  assert.equal(await made('a'), true);
});

test('a build that does not write its outputs fails', async () => {
  await assert.rejects(
    make(product(), async () => {}),
    /did not write/,
  );
  assert.equal(isFresh(product()), false);
});

test('a changed, missing or additional file makes a product stale', async () => {
  const changes = {
    changed: (place) => write(path.join(place, 'file'), 'other'),
    emptied: (place) => write(path.join(place, 'file'), ''),
    gone: (place) => fs.rmSync(path.join(place, 'file')),
    'too many': (place) => write(path.join(place, 'more'), ''),
    'without a folder': (place) => fs.rmSync(place, { recursive: true }),
  };
  for (const [what, change] of Object.entries(changes)) {
    await made('a');
    change(outputs[0]);
    assert.equal(isFresh(product()), false, what);
    fs.rmSync(outputs[0], { recursive: true, force: true });
    assert.equal(await made('a'), true, what);
  }
});

test('a truncated stamp does not count', async () => {
  await made('a');
  const stamp = path.join(folder, '..', '..', 'recipes', `${name}.json`);
  fs.truncateSync(stamp, 20);
  assert.equal(await made('a'), true);
});

test('folders that killed builds left are removed after a day, younger ones stay', () => {
  const [old, young] = [temporaryFolder(), temporaryFolder()];
  const before = new Date(Date.now() - 90_000_000);
  fs.utimesSync(old, before, before);
  const next = temporaryFolder();
  assert.deepEqual([old, young, next].map(fs.existsSync), [false, true, true]);
  for (const one of [young, next]) fs.rmSync(one, { recursive: true });
});

test('an archive without symbols is refused', () => {
  const member = (name, text) => `${name.padEnd(48)}${String(text.length).padEnd(10)}\`\n${text}`;
  const archive = (...members) => Buffer.from(`!<arch>\n${members.join('')}`);
  checkArchive('x.a', archive(member('/', 'segfit_alloc\0'), member('heap.o/', 'code')));
  checkArchive('x.so', Buffer.from('anything'));
  const broken = [
    Buffer.from(''),
    Buffer.from('garbage'),
    // The archiver found no names to list in these objects.
    archive(member('heap.o/', 'garbage')),
    archive(member('/', 'other\0'), member('heap.o/', 'code')),
  ];
  for (const bytes of broken) assert.throws(() => checkArchive('x.a', bytes), /wrote no objects/);
});

test('a recipe depends on names and contents, not on times', () => {
  const [one, two] = ['in/one', 'in/two'].map((file) => path.join(folder, file));
  write(one, 'x');
  write(two, '');
  const places = [path.join(folder, 'in')];
  const first = recipeOf({ places, words: ['w'] });
  fs.utimesSync(one, new Date(2001, 1, 1), new Date(2001, 1, 1));
  assert.equal(recipeOf({ places, words: ['w'] }), first);
  assert.notEqual(recipeOf({ places, words: ['v'] }), first);
  write(one, '');
  write(two, 'x');
  assert.notEqual(recipeOf({ places, words: ['w'] }), first);
  assert.notEqual(digest('ab', 'c'), digest('a', 'bc'));
});

test('a file is written completely, and only if it differs', () => {
  const file = path.join(folder, 'deep', 'file');
  assert.equal(writeIfChanged(file, 'x'), true);
  assert.equal(writeIfChanged(file, 'x'), false);
  writeWhole(file, 'y');
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['file']);
  fs.mkdirSync(path.join(folder, 'taken'));
  assert.throws(() => writeWhole(path.join(folder, 'taken'), 'z'));
  assert.deepEqual(
    fs.readdirSync(folder).filter((one) => one.endsWith('.tmp')),
    [],
  );
});
