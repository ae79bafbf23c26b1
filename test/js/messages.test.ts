// SPDX-License-Identifier: MIT
// The exact messages of errors: the wrong value, short and unmistakable, and its fault.
import { expect, test } from '@jest/globals';
import { isSegfitError, Pool } from 'segfit';

import { thrownBy } from './helpers.ts';

const messageOf = (call: () => unknown): string => thrownBy(call).message;

/** Returns the error itself; thrownBy returns only the common properties. */
function errorOf(call: () => unknown): Error & { code?: unknown } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

// This test comes first, since a compiled module is cached.
test('an error names the reason why WebAssembly is blocked', () => {
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
])('a message names a value of a wrong type: %p', (value, named) => {
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
])('a message names a number out of range: %p', (value, named) => {
  const pool = new Pool({});
  const wanted = `size must be an integer from 0 to 4294967295, not ${named}`;
  expect(messageOf(() => pool.alloc(value))).toBe(wanted);
  pool.destroy();
});

test('a message names an alignment of -0, not 0', () => {
  const pool = new Pool({});
  expect(messageOf(() => pool.alloc(1, { align: -0 }))).toMatch(/not -0$/);
  expect(messageOf(() => pool.alloc(1, { align: 3 }))).toMatch(/not 3$/);
  pool.destroy();
});

test('a message names a pointer in both notations, and its fault', () => {
  const pool = new Pool({});
  const pointer = pool.alloc(100);
  const name = (value: number): string => `pointer ${value} (0x${value.toString(16)})`;
  const said = (value: number): string => messageOf(() => pool.free(value));
  expect(said(8)).toBe(`${name(8)} lies outside the pool`);
  expect(said(pointer + 1)).toBe(`${name(pointer + 1)} is misaligned: no block begins there`);
  const inside = pointer + 32;
  expect(said(inside)).toBe(
    `${name(inside)}: no block begins there, or its header was overwritten`,
  );
  pool.free(pointer);
  expect(said(pointer)).toBe(`${name(pointer)} is already freed`);
  pool.destroy();
});

test('a failed request names the free bytes and the guaranteed allocation', () => {
  const pool = new Pool({ size: 65536 });
  const { free, largestAlloc } = pool.stats();
  expect(messageOf(() => pool.alloc(1_000_000))).toBe(
    `no free block for 1000000 bytes aligned to 8: ${free} bytes are free; ` +
      `the guaranteed allocation is ${largestAlloc} bytes, aligned to 8`,
  );
  pool.destroy();
});

test.each<[string, object]>([
  ['a plain pool', {}],
  ['a pool with tags', { tags: true }],
  ['a debug pool', { debug: true }],
])(
  'the guaranteed allocation in the message succeeds, with several blocks of one class too: %s',
  (_, options) => {
    const pool = new Pool({ size: 65536, ...options });
    // Free blocks of one class; the smallest is first in its list.
    const blocks = [1010, 1005, 996].map((size) => [pool.alloc(size), pool.alloc(8)]);
    for (let size = pool.stats().largestAlloc; size > 0; size = pool.stats().largestAlloc) {
      pool.alloc(size);
    }
    for (const [pointer = 0] of blocks) pool.free(pointer);
    const message = messageOf(() => pool.alloc(2000));
    const guaranteed = Number(/guaranteed allocation is (\d+) bytes/.exec(message)?.[1]);
    expect(message).not.toContain('largest');
    expect(pool.owns(pool.alloc(guaranteed))).toBe(true);
    pool.reset();
    pool.destroy();
  },
);

test('a size beyond every memory does not name free bytes', () => {
  const message = messageOf(() => new Pool({ size: 2 ** 32 - 1 }));
  expect(message).toBe(
    'no free block for 4294967295 bytes aligned to 65536: the engine cannot allocate the memory',
  );
});

test('a message names a destroyed pool by its label', () => {
  const pool = new Pool({ label: 'mixer' });
  pool.destroy();
  const error = errorOf(() => pool.alloc(1));
  expect(error.message).toBe('the pool "mixer" is destroyed');
  expect('cause' in error).toBe(false);
});

test('an object with a code but no message is not a SegfitError', () => {
  expect(isSegfitError({ code: 'ERR_SEGFIT_SIZE' })).toBe(false);
  expect(isSegfitError({ code: 'ERR_SEGFIT_SIZE', message: 'x' })).toBe(true);
});
