// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'segfit';

import { copyOf, detachedView, dispose, sameBytes, thrownBy } from './helpers.ts';

const page = 65536;
const any = (value: unknown): never => value as never;

/** A pool whose free bytes are all 255. */
function dirtyPool(): Pool {
  const pool = new Pool({ size: page });
  pool.view(pool.alloc(pool.stats().largestAlloc)).fill(255);
  pool.reset();
  return pool;
}

/**
 * The engine's Float16Array, or, as Node 20 has none, an array of elements of the same size under
 * its name.
 */
const Halves: Uint16ArrayConstructor =
  (globalThis as { Float16Array?: Uint16ArrayConstructor }).Float16Array ??
  any({ Float16Array: class extends Uint16Array {} }.Float16Array);

test('allocArray accepts Float16Array', () => {
  const pool = Pool.shared({ tags: true });
  expect([Halves.name, Halves.BYTES_PER_ELEMENT]).toEqual(['Float16Array', 2]);
  const first = pool.allocArray(Halves, 3, { tag: 7 });
  expect([first.constructor.name, first.length, first.byteLength]).toEqual(['Float16Array', 3, 6]);
  first.set([1, 2, 3]);
  const moved = pool.reallocArray(first, 3000);
  expect(moved).toBeInstanceOf(Halves);
  expect([...moved.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  expect(pool.owns(moved)).toBe(true);
  const seen = pool.view(moved.byteOffset, Halves, 2);
  expect([seen.constructor.name, ...seen]).toEqual(['Float16Array', 1, 2]);
  const block = pool.block(9);
  expect(block.as(Halves)).toHaveLength(4);
  expect(thrownBy(() => pool.view(block.pointer, Halves, 100)).code).toBe('ERR_SEGFIT_SIZE');
  block.free();
  pool.free(moved);
  expect(pool.stats().usedBlocks).toBe(0);
});

describe('reallocArray', () => {
  test('keeps the elements and the accounting when it moves, and clears added elements', () => {
    const pool = dirtyPool();
    const first = pool.allocArray(Float64Array, 8);
    pool.alloc(8);
    first.forEach((_, index) => void (first[index] = index + 0.5));
    const grown = pool.reallocArray(first, 100);
    expect(grown).toBeInstanceOf(Float64Array);
    expect(grown.length).toBe(100);
    expect(grown.byteOffset).not.toBe(first.byteOffset);
    expect([...grown.subarray(0, 8)]).toEqual([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
    expect(grown.subarray(8).every((value) => value === 0)).toBe(true);
    expect(pool.stats().usedBlocks).toBe(2);
    expect(thrownBy(() => pool.free(first)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    pool.free(grown);
    expect(pool.stats().usedBlocks).toBe(1);
    expect(pool.check().ok).toBe(true);
  });

  test('clears from the end of the array, not of its block', () => {
    const pool = dirtyPool();
    const bytes = pool.allocArray(Uint8Array, 3, { zero: false }).fill(7);
    expect(pool.sizeOf(bytes.byteOffset)).toBeGreaterThan(3);
    expect([...pool.reallocArray(bytes, 12)]).toEqual([7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('leaves added elements uninitialised with zero: false', () => {
    const pool = dirtyPool();
    const bytes = pool.allocArray(Uint8Array, 8);
    pool.alloc(8);
    const grown = pool.reallocArray(bytes, 4000, { zero: false });
    expect(grown.subarray(100, 3900).every((byte) => byte === 255)).toBe(true);
  });

  test('frees the bytes that a shorter array does not need', () => {
    const pool = new Pool({ size: page });
    const array = pool.allocArray(Uint32Array, 1000).fill(9);
    const { used } = pool.stats();
    const short = pool.reallocArray(array, 2);
    expect([...short]).toEqual([9, 9]);
    expect(pool.stats().used).toBeLessThan(used - 3900);
    expect(pool.reallocArray(short, 0).length).toBe(0);
    expect(pool.stats().usedBlocks).toBe(1);
  });

  test('works when the pool grows', () => {
    const pool = new Pool({ size: page, maxSize: 8 * page });
    const array = pool.allocArray(Int32Array, 4).fill(-5);
    const grown = pool.reallocArray(array, page);
    expect(grown.buffer).toBe(pool.buffer);
    expect(grown.length).toBe(page);
    expect([...grown.subarray(0, 5)]).toEqual([-5, -5, -5, -5, 0]);
    expect(pool.stats()).toMatchObject({ usedBlocks: 1, grows: 1 });
  });

  test('keeps the kind of view: a subclass, a DataView, an alignment', () => {
    class Points extends Float32Array {}
    const pool = new Pool({ size: page });
    expect(pool.reallocArray(pool.allocArray(Points, 4), 9)).toBeInstanceOf(Points);
    const data = pool.reallocArray(pool.dataView(pool.alloc(8)), 21);
    expect(Object.prototype.toString.call(data)).toBe('[object DataView]');
    expect(data.byteLength).toBe(21);
    const aligned = pool.reallocArray(pool.allocArray(Int8Array, 4), 500, { align: 1024 });
    expect(aligned.byteOffset % 1024).toBe(0);
  });

  test('leaves the array unchanged when there is no room', () => {
    const pool = new Pool({ size: page });
    const array = pool.allocArray(Uint16Array, 10).fill(77);
    const before = pool.stats();
    const { name, code } = thrownBy(() => pool.reallocArray(array, 2 ** 20));
    expect({ name, code }).toEqual({ name: 'RangeError', code: 'ERR_SEGFIT_OUT_OF_MEMORY' });
    expect(array.every((value) => value === 77)).toBe(true);
    expect(pool.stats()).toEqual({ ...before, failures: before.failures + 1 });
  });
});

describe('reallocArray changes nothing for', () => {
  const pool = new Pool({ size: page });
  const array = pool.allocArray(Float64Array, 4);
  const foreign = new Pool({}).allocArray(Float64Array, 4);
  const freed = pool.allocArray(Float64Array, 4);
  pool.alloc(8);
  pool.free(freed);
  const moved = detachedView(8);

  test.each<[string, () => unknown, string, string]>([
    ['null', () => pool.reallocArray(any(null), 1), 'TypeError', 'ARG_TYPE'],
    ['a pointer', () => pool.reallocArray(any(array.byteOffset), 1), 'TypeError', 'ARG_TYPE'],
    ['a plain array', () => pool.reallocArray(any([1]), 1), 'TypeError', 'ARG_TYPE'],
    ['a foreign view', () => pool.reallocArray(foreign, 1), 'TypeError', 'FOREIGN_VIEW'],
    ['a detached view', () => pool.reallocArray(moved, 1), 'TypeError', 'DETACHED_VIEW'],
    ['a freed array', () => pool.reallocArray(freed, 1), 'RangeError', 'DOUBLE_FREE'],
    ['a view inside', () => pool.reallocArray(array.subarray(1), 1), 'RangeError', 'POINTER'],
    [
      'a view from 0 on',
      () => pool.reallocArray(new Uint8Array(pool.buffer, 0, 4), 1),
      'RangeError',
      'POINTER',
    ],
    ['no length', () => pool.reallocArray(array, any(undefined)), 'TypeError', 'ARG_TYPE'],
    ['length "4"', () => pool.reallocArray(array, any('4')), 'TypeError', 'ARG_TYPE'],
    ['length NaN', () => pool.reallocArray(array, NaN), 'RangeError', 'SIZE'],
    ['length -1', () => pool.reallocArray(array, -1), 'RangeError', 'SIZE'],
    ['length 1.5', () => pool.reallocArray(array, 1.5), 'RangeError', 'SIZE'],
    ['too many bytes', () => pool.reallocArray(array, 2 ** 29), 'RangeError', 'SIZE'],
    ['align 3', () => pool.reallocArray(array, 1, { align: 3 }), 'RangeError', 'ALIGNMENT'],
  ])('%s', (_, call, name, code) => {
    const before = copyOf(pool);
    const thrown = thrownBy(call);
    expect({ name: thrown.name, code: thrown.code }).toEqual({ name, code: `ERR_SEGFIT_${code}` });
    expect(sameBytes(copyOf(pool), before)).toBe(true);
  });
});

describe('a block', () => {
  test('has the requested pointer, size and bytes, and frees itself', () => {
    const pool = dirtyPool();
    const block = pool.block(64, { align: 256, zero: true });
    expect(block.pointer % 256).toBe(0);
    expect(block.size).toBe(64);
    expect(block.bytes.length).toBe(64);
    expect(block.bytes.every((byte) => byte === 0)).toBe(true);
    expect(block.bytes).toBe(block.bytes);
    expect(block.freed).toBe(false);
    expect(pool.stats()).toMatchObject({ usedBlocks: 1, frees: 1 });
    block.free();
    expect(block.freed).toBe(true);
    expect(pool.stats()).toMatchObject({ usedBlocks: 0, used: 0, frees: 2 });
  });

  test('can be viewed as typed arrays of whole elements', () => {
    const pool = new Pool({});
    const tight = pool.block(64);
    expect(pool.sizeOf(tight.pointer)).toBeGreaterThanOrEqual(68);
    expect(tight.as(Float32Array).length).toBe(16);
    const block = pool.block(20);
    const floats = block.as(Float32Array);
    expect(floats.length).toBe(5);
    floats[4] = 1.5;
    expect(block.as(Float64Array).length).toBe(2);
    expect(block.bytes[18]).toBe(0xc0);
    expect(thrownBy(() => block.as(any(DataView))).code).toBe('ERR_SEGFIT_ARG_TYPE');
    expect(new Pool({}).block(0).bytes.length).toBe(0);
  });

  test('makes a new view after growth', () => {
    const pool = new Pool({ maxSize: 4 * page });
    const block = pool.block(16);
    const old = block.bytes.fill(3);
    pool.grow(1);
    expect(old.length).toBe(0);
    expect([...block.bytes]).toEqual(Array(16).fill(3));
    expect(block.bytes.buffer).toBe(pool.buffer);
    block.free();
    expect(pool.stats().usedBlocks).toBe(0);
  });

  test('throws on use and free after it was freed, but not on dispose', () => {
    const pool = new Pool({});
    const block = pool.block(16);
    const { pointer } = block;
    block.free();
    pool.alloc(16);
    for (const call of [() => block.bytes, () => block.as(Uint8Array), () => block.free()]) {
      const { name, code, message } = thrownBy(call);
      expect({ name, code }).toEqual({ name: 'RangeError', code: 'ERR_SEGFIT_DOUBLE_FREE' });
      expect(message).toContain(`${pointer}`);
    }
    block[dispose]();
    block[dispose]();
    expect(block.pointer).toBe(pointer);
    expect(pool.stats()).toMatchObject({ usedBlocks: 1, frees: 1 });
  });

  test('is freed by dispose once', () => {
    const pool = new Pool({});
    const block = pool.block(16);
    block[dispose]();
    expect(block.freed).toBe(true);
    pool.alloc(16);
    block[dispose]();
    expect(pool.stats().usedBlocks).toBe(1);
  });

  test('is freed by reset, and does not free its successor', () => {
    const pool = new Pool({});
    const block = pool.block(16);
    pool.reset();
    expect(block.freed).toBe(true);
    expect(pool.alloc(16)).toBe(block.pointer);
    block[dispose]();
    expect(thrownBy(() => block.free()).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(pool.stats().usedBlocks).toBe(1);
    const later = pool.block(16);
    expect(later.freed).toBe(false);
    later.free();
    expect(pool.stats().usedBlocks).toBe(1);
  });

  test('ends with its pool', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const pool = new Pool({ memory });
    const block = pool.block(16);
    pool.destroy();
    expect(block.freed).toBe(true);
    const next = new Pool({ memory });
    expect(next.alloc(16)).toBe(block.pointer);
    block[dispose]();
    expect(thrownBy(() => block.bytes).code).toBe('ERR_SEGFIT_DESTROYED');
    expect(thrownBy(() => block.free()).code).toBe('ERR_SEGFIT_DESTROYED');
    expect(next.stats().usedBlocks).toBe(1);
  });

  test('throws for the same arguments as alloc', () => {
    const pool = new Pool({});
    const codeOf = (call: () => unknown): unknown => thrownBy(call).code;
    expect(codeOf(() => pool.block(any('16')))).toBe('ERR_SEGFIT_ARG_TYPE');
    expect(codeOf(() => pool.block(NaN))).toBe('ERR_SEGFIT_SIZE');
    expect(codeOf(() => pool.block(8, { align: 12 }))).toBe('ERR_SEGFIT_ALIGNMENT');
    expect(codeOf(() => pool.block(2 * page))).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
    expect(pool.stats().usedBlocks).toBe(0);
  });
});
