// SPDX-License-Identifier: MIT
// What errors say, word by word: the value that was wrong, short and unmistakable, and what it was.
import { expect, test } from '@jest/globals';
import { isSegfitError, Pool } from 'segfit';

import { thrownBy } from './helpers.ts';

const messageOf = (call: () => unknown): string => thrownBy(call).message;

/** The error itself, of which thrownBy keeps what all have. */
function errorOf(call: () => unknown): Error & { code?: unknown } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

// First, as a module that was compiled is kept.
test('where WebAssembly is blocked, the error says so, and what blocked it', () => {
  const { Module } = WebAssembly;
  const cause = new Error('by policy');
  function blocked(): never {
    throw cause;
  }
  try {
    Object.assign(WebAssembly, { Module: blocked });
    const error = errorOf(() => new Pool({}));
    expect(error.code).toBe('ERR_SEGFIT_WASM_BLOCKED');
    expect(error.message).toMatch(/^WebAssembly cannot be compiled here; .*'wasm-unsafe-eval'$/);
    expect(error.cause).toBe(cause);
  } finally {
    Object.assign(WebAssembly, { Module });
  }
  new Pool({}).destroy();
});

test.each<[unknown, string]>([
  ['16', '"16" (string)'],
  ['x'.repeat(40), `"${'x'.repeat(40)}" (string)`],
  ['x'.repeat(41), `"${'x'.repeat(40)}…" (string)`],
  [16n, '16n (bigint)'],
  [true, 'true (boolean)'],
  [Symbol('s'), 'Symbol(s) (symbol)'],
  [function named() {}, 'named (function)'],
  [((): unknown => (): void => {})(), 'a function (function)'],
  [null, 'null'],
  [undefined, 'undefined'],
  [{}, 'Object'],
  [[], 'Array'],
  [new Date(0), 'Date'],
])('a value of a wrong type is named: %p', (value, named) => {
  const pool = new Pool({});
  expect(messageOf(() => pool.alloc(value as number))).toBe(`size must be a number, not ${named}`);
  pool.destroy();
});

test.each<[number, string]>([
  [NaN, 'NaN'],
  [1.5, '1.5'],
  [-1, '-1'],
  [2 ** 32, '4294967296'],
  [-Infinity, '-Infinity'],
])('a number out of range is named: %p', (value, named) => {
  const pool = new Pool({});
  const wanted = `size must be an integer from 0 to 4294967295, not ${named}`;
  expect(messageOf(() => pool.alloc(value))).toBe(wanted);
  pool.destroy();
});

test('an alignment of -0 is not called 0', () => {
  const pool = new Pool({});
  expect(messageOf(() => pool.alloc(1, { align: -0 }))).toMatch(/not -0$/);
  expect(messageOf(() => pool.alloc(1, { align: 3 }))).toMatch(/not 3$/);
  pool.destroy();
});

test('a pointer is named in both notations, with what is wrong with it', () => {
  const pool = new Pool({});
  const pointer = pool.alloc(100);
  const name = (value: number): string => `pointer ${value} (0x${value.toString(16)})`;
  const said = (value: number): string => messageOf(() => pool.free(value));
  expect(said(8)).toBe(`${name(8)} lies outside the pool`);
  expect(said(pointer + 1)).toBe(`${name(pointer + 1)} is misaligned: no block begins there`);
  const inside = pointer + 32;
  expect(said(inside)).toBe(`${name(inside)}: no block begins there, or its header was overwritten`);
  pool.free(pointer);
  expect(said(pointer)).toBe(`${name(pointer)} is freed already`);
  pool.destroy();
});

test('a request that finds no room says what there is', () => {
  const pool = new Pool({ size: 65536 });
  const { free, largestAlloc } = pool.stats();
  expect(messageOf(() => pool.alloc(1_000_000))).toBe(
    `no room for 1000000 bytes aligned to 8: ${free} bytes are free; ` +
      `up to ${largestAlloc} bytes aligned to 8 surely fit`,
  );
  pool.destroy();
});

test.each<[string, object]>([
  ['a plain pool', {}],
  ['a pool with tags', { tags: true }],
  ['a debug pool', { debug: true }],
])('the size that the message calls sure is served, in pieces of one class too: %s', (_, options) => {
  const pool = new Pool({ size: 65536, ...options });
  // Free blocks of one class, the smallest first in its list.
  const blocks = [1010, 1005, 996].map((size) => [pool.alloc(size), pool.alloc(8)]);
  for (let size = pool.stats().largestAlloc; size > 0; size = pool.stats().largestAlloc) {
    pool.alloc(size);
  }
  for (const [pointer = 0] of blocks) pool.free(pointer);
  const message = messageOf(() => pool.alloc(2000));
  const sure = Number(/up to (\d+) bytes/.exec(message)?.[1]);
  expect(message).not.toContain('largest');
  expect(pool.owns(pool.alloc(sure))).toBe(true);
  pool.reset();
  pool.destroy();
});

test('a size that no memory has does not speak of what is free', () => {
  const message = messageOf(() => new Pool({ size: 2 ** 32 - 1 }));
  expect(message).toBe(
    'no room for 4294967295 bytes aligned to 65536: the engine has no such memory',
  );
});

test('a pool that is destroyed is named by its label', () => {
  const pool = new Pool({ label: 'mixer' });
  pool.destroy();
  const error = errorOf(() => pool.alloc(1));
  expect(error.message).toBe('the pool "mixer" is destroyed');
  expect('cause' in error).toBe(false);
});

test('what has a code of ours but no message is no error of ours', () => {
  expect(isSegfitError({ code: 'ERR_SEGFIT_SIZE' })).toBe(false);
  expect(isSegfitError({ code: 'ERR_SEGFIT_SIZE', message: 'x' })).toBe(true);
});
