// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';

import { describe, expect, jest, test } from '@jest/globals';
import { Pool } from 'segfit';

import { copyOf, sameBytes, thrownBy } from './helpers.ts';

// Programs start slowly on a busy machine.
jest.setTimeout(120_000);

const page = 65536;
const any = (value: unknown): never => value as never;

describe.each([
  ['a debug pool', () => new Pool({ debug: true })],
  ['a shared debug pool', () => Pool.shared({ debug: true }) as unknown as Pool],
])('%s', (_, make) => {
  test('detects each byte written behind a block, at the call that frees or uses it', () => {
    // 16 bytes; the last is the tag.
    for (let beyond = 0; beyond < 15; beyond++) {
      const pool = make();
      const pointer = pool.alloc(24);
      pool.alloc(8);
      const bytes = new Uint8Array(pool.buffer);
      bytes[pointer + 24 + beyond] = (bytes[pointer + 24 + beyond] ?? 0) ^ 1;
      const before = copyOf(pool);
      for (const call of [
        () => pool.free(pointer),
        () => pool.realloc(pointer, 8),
        () => pool.tryResize(pointer, 8),
        () => pool.sizeOf(pointer),
        () => pool.freeDeferred(pointer),
      ]) {
        const thrown = thrownBy(call);
        expect(thrown).toMatchObject({ name: 'Error', code: 'ERR_SEGFIT_CORRUPT' });
        expect(thrown.message).toContain(`${pointer}`);
        expect(thrown.message).toContain('behind the end');
      }
      expect(pool.owns(pointer)).toBe(false);
      const { ok, problems } = pool.check();
      expect([ok, problems.length, problems[0]?.pointer]).toEqual([false, 1, pointer]);
      expect(problems[0]?.what).toContain('I0, guards, is broken');
      // check() writes its result to the pool's own words.
      const after = copyOf(pool);
      expect(sameBytes(after.subarray(80), before.subarray(80))).toBe(true);
    }
  });

  test('detects a write behind the requested size, not behind the block', () => {
    const pool = make();
    for (const size of [0, 1, 5, 13, 100, 1001]) {
      const pointer = pool.alloc(size);
      expect(pool.sizeOf(pointer)).toBe(size);
      pool.view(pointer).fill(255);
      expect(pool.check().ok).toBe(true);
      const bytes = new Uint8Array(pool.buffer);
      bytes[pointer + size] = 0;
      expect(thrownBy(() => pool.free(pointer)).code).toBe('ERR_SEGFIT_CORRUPT');
      bytes[pointer + size] = 0xfd;
      pool.free(pointer);
    }
    expect(pool.stats().used).toBe(0);
  });

  test('distinguishes bytes that look like a block from a block', () => {
    const pool = make();
    const forged = pool.alloc(200);
    const words = pool.view(forged, Uint32Array, 50);
    words.fill(0xfdfdfdfd);
    // A header of a used block of 64 bytes, with the next header where it ends.
    words[1] = 64;
    words[17] = 64;
    words[15] = 20;
    const inside = forged + 8;
    const plain = new Pool({});
    plain.view(plain.alloc(200), Uint32Array, 50).set(words);
    const before = copyOf(pool);
    expect(thrownBy(() => pool.free(inside))).toMatchObject({ code: 'ERR_SEGFIT_POINTER' });
    expect(thrownBy(() => pool.sizeOf(inside)).code).toBe('ERR_SEGFIT_POINTER');
    expect(pool.owns(inside)).toBe(false);
    expect(sameBytes(copyOf(pool), before)).toBe(true);
  });

  test('fills allocated blocks unless zero, and freed blocks', () => {
    const pool = make();
    const pointer = pool.alloc(40);
    expect(pool.view(pointer).every((byte) => byte === 0xcd)).toBe(true);
    const clear = pool.alloc(40, { zero: true });
    expect(pool.view(clear).every((byte) => byte === 0)).toBe(true);
    pool.alloc(8);
    pool.free(pointer);
    // All bytes except the header and links at the begin and the size at the end.
    const freed = new Uint8Array(pool.buffer, pointer + 8, 40 + 16 - 8 - 4);
    expect(freed.every((byte) => byte === 0xdd)).toBe(true);
  });

  test('keeps guards when blocks and arrays are resized, also by wasm', () => {
    const pool = make();
    const pointer = pool.alloc(40);
    const { malloc, realloc, free, malloc_usable_size: sizeOf } = pool.imports();
    expect(pool.tryResize(pointer, 17)).toBe(true);
    expect(pool.sizeOf(pointer)).toBe(17);
    const moved = pool.realloc(pointer, 3000);
    expect(pool.view(moved)).toHaveLength(3000);
    const array = pool.reallocArray(pool.allocArray(Uint16Array, 3), 300);
    expect(array.every((element) => element === 0)).toBe(true);
    const theirs = realloc(malloc(10), 20);
    expect(sizeOf(theirs)).toBe(20);
    expect(pool.check()).toEqual({ ok: true, problems: [] });
    for (const one of [moved, array, theirs]) pool.free(one);
    expect(thrownBy(() => free(theirs)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(pool.stats()).toMatchObject({ used: 0, freeBlocks: 1 });
  });

  test('can allocate largestAlloc, and canAlloc agrees', () => {
    const pool = make();
    const { largestAlloc } = pool.stats();
    expect(pool.canAlloc(largestAlloc)).toBe(true);
    expect(pool.canAlloc(largestAlloc + 1)).toBe(false);
    expect(pool.tryAlloc(largestAlloc + 16)).toBe(0);
    expect(pool.sizeOf(pool.alloc(largestAlloc))).toBe(largestAlloc);
    expect(pool.tryAlloc(2 ** 32 - 1)).toBe(0);
  });
});

describe('leaks', () => {
  /** Returns what a script prints on the console; `collect()` forces a garbage collection. */
  function consoleOf(script: string): string {
    const begin = `
      const { Pool } = require('segfit');
      const said = [];
      console.warn = (text) => said.push(text);
      const settle = () => new Promise((resolve) => setImmediate(resolve));
      const collect = async () => {
        for (let turn = 0; turn < 50 && said.length === 0; turn++) { gc(); await settle(); }
      };
      const pool = new Pool({ debug: true, label: 'leaky' });
      const end = () => console.log(JSON.stringify(said));`;
    const args = ['--expose-gc', '--input-type=commonjs', '-e', `${begin}${script}`];
    return execFileSync(process.execPath, args, { encoding: 'utf8' });
  }

  test('are reported when the pool ends: the blocks and their call stacks', () => {
    const [text = ''] = JSON.parse(
      consoleOf(`
        function taker() { return [pool.alloc(100), pool.alloc(200), pool.alloc(300)]; }
        const [first, second] = taker();
        pool.free(first);
        pool.realloc(second, 250);
        pool.destroy();
        pool.destroy();
        end();`),
    ) as string[];
    expect(text).toContain('pool "leaky": the pool was destroyed with 2 blocks in use');
    expect(text).toContain('250 bytes at');
    expect(text).toContain('300 bytes at');
    expect(text).toContain('at taker');
    expect(text).not.toContain('100 bytes');
  });

  test('are not reported for a pool that is empty, reset, or not a debug pool', () => {
    const said = consoleOf(`
      pool.free(pool.alloc(8));
      { const array = pool.allocArray(Uint8Array, 4); pool.free(array); }
      pool.alloc(8);
      pool.reset();
      pool.destroy();
      const plain = new Pool({});
      plain.alloc(8);
      plain.destroy();
      end();`);
    expect(JSON.parse(said)).toEqual([]);
  });

  test('are reported when a view or an object of a block is collected', () => {
    const said = consoleOf(`
      (() => { pool.allocArray(Float32Array, 8); })();
      collect().then(end);`);
    const [text = '', ...rest] = JSON.parse(said) as string[];
    expect(text).toContain('pool "leaky": a block leaked: its view or object was collected');
    expect(text).toContain('32 bytes at');
    expect(rest).toEqual([]);
  });

  test('are not reported for a view collected after its block was freed', () => {
    const said = consoleOf(`
      (() => { const array = pool.allocArray(Float32Array, 8); pool.free(array); })();
      (() => { pool.allocArray(Float32Array, 8); })();
      collect().then(end);`);
    expect(JSON.parse(said)).toHaveLength(1);
  });
});

describe('tags', () => {
  test.each([
    // A block of 32 bytes has 28 for the user, minus the tag.
    ['in a pool with tags', { tags: true }, 27],
    ['in a debug pool', { debug: true }, 20],
  ])('%s are stored and reported, and cost little', (_, options, holds) => {
    const pool = new Pool(options);
    const kinds: [string, number][] = [];
    pool.trace({ event: ({ kind, tag }) => void kinds.push([kind, tag]) });
    const first = pool.alloc(20, { tag: 255 });
    const second = pool.alloc(20);
    const array = pool.allocArray(Uint8Array, 5, { tag: 3 });
    const block = pool.block(7, { tag: 4 });
    const tags = (): number[] =>
      [...pool.blocks()].filter(({ used }) => used).map(({ tag }) => tag);
    expect(tags()).toEqual([255, 0, 3, 4]);
    expect(pool.sizeOf(first)).toBe(holds);
    pool.view(first).fill(7);
    pool.view(array.byteOffset).fill(7);
    const moved = pool.realloc(first, 2000);
    expect(pool.tryResize(second, 10)).toBe(true);
    const retagged = pool.reallocArray(array, 500, { tag: 9 });
    expect(new Set(tags())).toEqual(new Set([255, 0, 9, 4]));
    pool.free(moved);
    pool.free(retagged);
    block.free();
    expect(kinds).toEqual([
      ['alloc', 255],
      ['alloc', 0],
      ['alloc', 3],
      ['alloc', 4],
      ['realloc', 255],
      ['realloc', 0],
      ['realloc', 9],
      ['free', 255],
      ['free', 9],
      ['free', 4],
    ]);
    expect([...pool.blocks()].every(({ used, tag }) => used || tag === 0)).toBe(true);
    expect(pool.check().ok).toBe(true);
  });

  test('are not stored in other pools', () => {
    const pool = new Pool({});
    pool.alloc(20, { tag: 5 });
    expect([...pool.blocks()].map(({ tag }) => tag)).toEqual([0, 0]);
  });

  test.each<[string, unknown, string, string]>([
    ['256', 256, 'RangeError', 'SIZE'],
    ['-1', -1, 'RangeError', 'SIZE'],
    ['1.5', 1.5, 'RangeError', 'SIZE'],
    ['NaN', NaN, 'RangeError', 'SIZE'],
    ['"5"', '5', 'TypeError', 'ARG_TYPE'],
    ['null', null, 'TypeError', 'ARG_TYPE'],
    ['5n', 5n, 'TypeError', 'ARG_TYPE'],
  ])('are not %s', (shown, tag, name, code) => {
    const pool = new Pool({ tags: true });
    const pointer = pool.alloc(8);
    const array = pool.allocArray(Uint8Array, 4);
    const before = copyOf(pool);
    for (const call of [
      () => pool.alloc(8, { tag: any(tag) }),
      () => pool.realloc(pointer, 8, { tag: any(tag) }),
      () => pool.allocArray(Uint8Array, 8, { tag: any(tag) }),
      () => pool.reallocArray(array, 8, { tag: any(tag) }),
      () => pool.block(8, { tag: any(tag) }),
    ]) {
      const thrown = thrownBy(call);
      expect(thrown).toMatchObject({ name, code: `ERR_SEGFIT_${code}` });
      expect(thrown.message).toContain(shown);
    }
    expect(sameBytes(copyOf(pool), before)).toBe(true);
  });
});

test(`a debug pool of ${page} bytes refills the same size when full`, () => {
  const pool = new Pool({ debug: true });
  const pointers: number[] = [];
  for (let pointer = 0; (pointer = pool.tryAlloc(100)) !== 0; ) pointers.push(pointer);
  const [freed = 0] = pointers.splice(7, 1);
  pool.free(freed);
  expect(pool.alloc(100)).toBe(freed);
});
