// SPDX-License-Identifier: MIT
// Modules as different compilers lay them out: sizes padded, notes between sections, any limits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from '../../wasm/js/build/generate.mjs';
import { withoutState } from '../../wasm/module/build.mjs';
import {
  importedMemory,
  leb,
  readSections,
  sectionIds,
  withImportedMemory,
  writeModule,
} from '../../wasm/module/sections.mjs';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const i32 = 0x7f;

/** A number as LEB128 of `length` bytes, as linkers write numbers that they fill in later. */
function padded(value, length = 5) {
  const bytes = Array.from({ length }, (_, index) => Math.floor(value / 128 ** index) % 128);
  return bytes.map((byte, index) => (index < length - 1 ? byte | 0x80 : byte));
}

const text = (word) => [...leb(word.length), ...Buffer.from(word)];
const section = (id, content, number = leb) => [id, ...number(content.length), ...content];
const list = (entries, number = leb) => [...number(entries.length), ...entries.flat()];
const custom = (name) => section(sectionIds.custom, [...text(name), 1, 2, 3]);

const functionImport = (name) => [...text('env'), ...text(name), 0, 0];
const memoryImport = (limits) => [...text('env'), ...text('memory'), 2, ...limits];

/** A module that imports a memory and a function, and exports one that answers 42. */
function moduleOf({ imports, number = leb, between = [], more = [] }) {
  const functions = imports.filter((one) => one.includes(0) && one.at(-2) === 0).length;
  const body = [0, 0x41, 42, 0x0b];
  return Buffer.from([
    ...HEADER,
    ...between,
    ...section(sectionIds.type, list([[0x60, 0, 1, i32]]), number),
    ...section(sectionIds.import, list(imports, number), number),
    ...between,
    ...section(sectionIds.function, list([[0]]), number),
    ...more,
    ...section(sectionIds.export, list([[...text('answer'), 0, functions]]), number),
    ...section(sectionIds.code, list([[...leb(body.length), ...body]]), number),
    ...between,
  ]);
}

const shared = (minimum, number = leb) => [3, ...number(minimum), ...number(65_536)];
const plain = (minimum) => [0, ...leb(minimum)];

/** The answer of a module with a memory of this kind, of one page. */
function answer(bytes, isShared) {
  const limits = isShared ? { initial: 1, maximum: 1, shared: true } : { initial: 1 };
  const env = { memory: new WebAssembly.Memory(limits), host: () => 0 };
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports.answer();
}

const layouts = {
  'one page, as clang 19': { imports: [memoryImport(shared(1)), functionImport('host')] },
  'three pages, as LLVM 22': { imports: [memoryImport(shared(3)), functionImport('host')] },
  'no pages': { imports: [memoryImport(shared(0)), functionImport('host')] },
  '300 pages, of two bytes': { imports: [memoryImport(shared(300)), functionImport('host')] },
  'memory behind functions': { imports: [functionImport('host'), memoryImport(shared(2))] },
  'padded numbers': {
    imports: [memoryImport(shared(1, padded)), functionImport('host')],
    number: padded,
  },
  'notes between sections': {
    imports: [memoryImport(shared(1)), functionImport('host')],
    between: [...custom('name'), ...custom('producers'), ...custom('target_features')],
  },
  'more than 127 bytes of imports': {
    imports: [memoryImport(shared(1)), ...Array.from({ length: 20 }, () => functionImport('host'))],
  },
};

for (const [name, layout] of Object.entries(layouts)) {
  test(`a module serves plain and shared memory of one page: ${name}`, () => {
    const module = withoutState(moduleOf(layout), name);
    const [head, ofPlain, ofShared, tail] = partsOf(module);
    assert.deepEqual(Buffer.concat([head, ofShared, tail]), module);
    assert.equal(answer(Buffer.concat([head, ofShared, tail]), true), 42);
    assert.equal(answer(Buffer.concat([head, ofPlain, tail]), false), 42);
  });
}

test('layouts that mean the same give the same bytes', () => {
  const names = ['three pages, as LLVM 22', 'no pages', 'padded numbers', 'notes between sections'];
  const expected = withoutState(moduleOf(layouts['one page, as clang 19']), 'x');
  for (const name of names) {
    assert.deepEqual(withoutState(moduleOf(layouts[name]), name), expected, name);
  }
});

test('limits are read and written with all that they have', () => {
  const cases = [
    [[0, 7], { minimum: 7 }],
    [[1, 7, 9], { minimum: 7, maximum: 9 }],
    [[3, 0x80, 1, 0x80, 0x80, 4], { minimum: 128, maximum: 65_536, shared: true }],
    [[4, ...padded(2, 7)], { minimum: 2, is64: true }],
    [[5, 1, ...leb(2 ** 40)], { minimum: 1, maximum: 2 ** 40, is64: true }],
    [[8, 3, 0], { minimum: 3, pageSize: 0 }],
  ];
  for (const [bytes, expected] of cases) {
    const none = { maximum: undefined, shared: false, is64: false, pageSize: undefined };
    const content = Buffer.from(list([memoryImport(bytes)]));
    const limits = importedMemory(content);
    assert.deepEqual(limits, { ...none, ...expected });
    assert.deepEqual(importedMemory(withImportedMemory(content, limits)), limits);
  }
});

test('imports of every kind may stand before the memory', () => {
  const before = [
    functionImport('f'),
    [...text('env'), ...text('t'), 1, 0x70, 0, 1],
    [...text('env'), ...text('u'), 1, 0x63, ...leb(300), 1, 1, 2],
    [...text('env'), ...text('g'), 3, i32, 1],
    [...text('env'), ...text('e'), 4, 0, 0],
  ];
  const content = Buffer.from(list([...before, memoryImport(shared(3)), ...before]));
  assert.equal(importedMemory(content).minimum, 3);
  const changed = withImportedMemory(content, { ...importedMemory(content), minimum: 1 });
  assert.deepEqual(changed, Buffer.from(list([...before, memoryImport(shared(1)), ...before])));
});

test('bytes that are not a module, are truncated, or lack an imported memory are refused', () => {
  const whole = moduleOf(layouts['one page, as clang 19']);
  assert.throws(() => readSections(Buffer.from('not a module')), /not a WebAssembly module/);
  assert.throws(() => readSections(Buffer.alloc(0)), /ends too early/);
  for (let length = 9; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    // Cut behind a section it is a module again, which has no exports.
    if (WebAssembly.validate(cut)) continue;
    assert.throws(() => partsOf(withoutState(cut, 'cut')), Error, `${length} bytes`);
  }
  assert.throws(
    () => importedMemory(Buffer.from(list([functionImport('f')]))),
    /imports 0 memories/,
  );
  const two = [memoryImport(plain(1)), memoryImport(plain(1))];
  assert.throws(() => importedMemory(Buffer.from(list(two))), /imports 2 memories/);
  assert.throws(() => importedMemory(Buffer.from(list([[...text(''), ...text(''), 9]]))), /kind 9/);
  assert.throws(
    () => importedMemory(Buffer.from([...list([memoryImport(plain(1))]), 0])),
    /longer/,
  );
  assert.throws(() => importedMemory(Buffer.from(Array(11).fill(0x80))), /more than 10 bytes/);
  const unshared = moduleOf({ imports: [memoryImport(plain(1)), functionImport('host')] });
  assert.throws(() => partsOf(unshared), /not shared/);
});

test('a module with state of its own is refused', () => {
  const { imports } = layouts['one page, as clang 19'];
  const start = section(sectionIds.start, [0]);
  assert.throws(() => withoutState(moduleOf({ imports, more: start }), 'x'), /section 8/);
  const data = [
    ...readSections(moduleOf({ imports })),
    { id: sectionIds.data, content: Buffer.from([0]) },
  ];
  assert.throws(() => withoutState(writeModule(data), 'x'), /section 11/);
});
