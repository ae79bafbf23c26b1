// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'segfit';

import { copyOf, sameBytes, thrownBy } from './helpers.ts';

const page = 65536;
const any = (value: unknown): never => value as never;

describe('allocMany', () => {
  test('allocates a block for each size, as alloc would', () => {
    const sizes = Uint32Array.of(0, 1, 100, 24, 3000);
    const out = new Uint32Array(5);
    const pool = new Pool({});
    expect(pool.allocMany(sizes, out)).toBe(5);
    const other = new Pool({});
    expect([...out]).toEqual([...sizes].map((size) => other.alloc(size)));
    expect(pool.stats()).toEqual(other.stats());
    expect(pool.check().ok).toBe(true);
  });

  test('writes 0 where nothing fits, continues, and returns how many succeeded', () => {
    const pool = new Pool({});
    const out = new Uint32Array(5).fill(1);
    expect(pool.allocMany(Uint32Array.of(8, page, 16, 2 ** 32 - 1), out)).toBe(2);
    const [first = 0, second, third = 0, fourth, fifth] = out;
    expect([second, fourth]).toEqual([0, 0]);
    expect(fifth).toBe(1);
    expect(pool.sizeOf(first)).toBeGreaterThanOrEqual(8);
    expect(pool.sizeOf(third)).toBeGreaterThanOrEqual(16);
    expect(pool.stats()).toMatchObject({ usedBlocks: 2, failures: 2 });
  });

  test('aligns each block', () => {
    const out = new Uint32Array(3);
    expect(new Pool({}).allocMany(Uint32Array.of(5, 50, 500), out, 512)).toBe(3);
    expect([...out].map((pointer) => pointer % 512)).toEqual([0, 0, 0]);
  });

  test('can read and write arrays in the pool while it grows', () => {
    const pool = new Pool({ maxSize: 16 * page });
    const words = pool.allocArray(Uint32Array, 4);
    words.set([16, 2 * page, 24, 3 * page]);
    const at = words.byteOffset;
    expect(pool.allocMany(words, words)).toBe(4);
    expect(pool.stats().grows).toBeGreaterThan(0);
    const pointers = pool.view(at, Uint32Array, 4);
    const held = [...pointers].map((pointer) => pool.sizeOf(pointer));
    [16, 2 * page, 24, 3 * page].forEach((size, index) => {
      expect(held[index]).toBeGreaterThanOrEqual(size);
    });
    expect(pool.stats().usedBlocks).toBe(5);
    pool.freeMany(pointers);
    expect(pool.stats().usedBlocks).toBe(1);
    pool.free(at);
    expect(pool.stats()).toMatchObject({ used: 0, freeBlocks: 1 });
  });

  test('of nothing does nothing', () => {
    const pool = new Pool({});
    const before = copyOf(pool);
    expect(pool.allocMany(new Uint32Array(0), new Uint32Array(0))).toBe(0);
    pool.freeMany(new Uint32Array(0));
    expect(sameBytes(copyOf(pool), before)).toBe(true);
  });
});

describe('freeMany', () => {
  test('frees every block and skips 0', () => {
    const pool = new Pool({});
    const out = new Uint32Array(20);
    pool.allocMany(new Uint32Array(20).fill(1000).fill(page, 5, 8), out);
    expect([...out].filter((pointer) => pointer === 0)).toHaveLength(3);
    pool.freeMany(out);
    expect(pool.stats()).toMatchObject({ used: 0, usedBlocks: 0, freeBlocks: 1, frees: 17 });
    expect(pool.check().ok).toBe(true);
  });

  test('frees in the order of the array, and leaves the array unchanged', () => {
    const [many, single] = [new Pool({}), new Pool({})];
    const order: number[] = [];
    for (const pool of [many, single]) {
      const taken = Array.from({ length: 12 }, () => pool.alloc(40));
      order.splice(0, 12, ...[7, 1, 9, 3, 5, 11].map((index) => taken[index] ?? 0));
    }
    const pointers = Uint32Array.from(order);
    many.freeMany(pointers);
    order.forEach((pointer) => single.free(pointer));
    expect([...pointers]).toEqual(order);
    expect(sameBytes(copyOf(many), copyOf(single))).toBe(true);
  });

  test('can free the block that holds the pointers', () => {
    const pool = new Pool({});
    const words = pool.allocArray(Uint32Array, 8);
    pool.allocMany(new Uint32Array(8).fill(40), words);
    words[3] = 0;
    words[0] = words.byteOffset;
    const live = pool.stats().usedBlocks;
    pool.freeMany(words);
    expect(pool.stats().usedBlocks).toBe(live - 7);
    expect(pool.check().ok).toBe(true);
  });
});

describe('a batch changes nothing', () => {
  const pool = new Pool({});
  const pointers = new Uint32Array(4);
  pool.allocMany(new Uint32Array(4).fill(100), pointers);
  const [first = 0, second = 0, freed = 0] = pointers;
  pool.free(freed);
  const detached = new Uint32Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const two = new Uint32Array(2);

  const freeing =
    (...list: number[]) =>
    (): void =>
      pool.freeMany(Uint32Array.from(list));
  test.each<[string, () => unknown, string, string, string]>([
    ['a bad pointer', freeing(first, first + 8), 'RangeError', 'POINTER', `${first + 8}`],
    ['one outside', freeing(first, second, page), 'RangeError', 'POINTER', `${page}`],
    ['a freed one', freeing(first, freed), 'RangeError', 'DOUBLE_FREE', `${freed}`],
    ['one twice', freeing(second, first, second), 'RangeError', 'DOUBLE_FREE', `${second}`],
    ['one twice, zeros between', freeing(0, first, 0, first), 'RangeError', 'DOUBLE_FREE', 'twice'],
    ['an array', () => pool.freeMany(any([first])), 'TypeError', 'ARG_TYPE', 'Array'],
    ['a pointer', () => pool.freeMany(any(first)), 'TypeError', 'ARG_TYPE', `${first}`],
    ['null', () => pool.freeMany(any(null)), 'TypeError', 'ARG_TYPE', 'null'],
    [
      'signed pointers',
      () => pool.freeMany(any(Int32Array.of(first))),
      'TypeError',
      'ARG_TYPE',
      'Int32Array',
    ],
    ['detached pointers', () => pool.freeMany(detached), 'TypeError', 'DETACHED_VIEW', 'pointers'],
    [
      'too short an out',
      () => pool.allocMany(pointers, two),
      'RangeError',
      'SIZE',
      'room for 2 pointers',
    ],
    ['no out', () => pool.allocMany(two, any(undefined)), 'TypeError', 'ARG_TYPE', 'out'],
    ['sizes in a list', () => pool.allocMany(any([8, 8]), two), 'TypeError', 'ARG_TYPE', 'sizes'],
    ['floats', () => pool.allocMany(two, any(new Float32Array(2))), 'TypeError', 'ARG_TYPE', 'out'],
    ['detached sizes', () => pool.allocMany(detached, two), 'TypeError', 'DETACHED_VIEW', 'sizes'],
    ['a detached out', () => pool.allocMany(two, detached), 'TypeError', 'DETACHED_VIEW', 'out'],
    ['align 24', () => pool.allocMany(two, two, 24), 'RangeError', 'ALIGNMENT', '24'],
    ['align "8"', () => pool.allocMany(two, two, any('8')), 'TypeError', 'ARG_TYPE', '"8"'],
  ])('for %s', (_, call, name, code, shown) => {
    pool.view(first).fill(0);
    const before = copyOf(pool);
    const thrown = thrownBy(call);
    expect({ name: thrown.name, code: thrown.code }).toEqual({ name, code: `ERR_SEGFIT_${code}` });
    expect(thrown.message).toContain(shown);
    expect(sameBytes(copyOf(pool), before)).toBe(true);
    expect(pool.stats().usedBlocks).toBe(3);
  });
});
