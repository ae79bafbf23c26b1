// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'segfit';

import { copyOf, sameBytes, thrownBy } from './helpers.ts';

// Faults that other JavaScript allocators have or had.

const page = 65536;
const any = (value: unknown): never => value as never;

/** Checks that the pool is one free block again. */
function expectWhole(pool: Pool): void {
  const stats = pool.stats();
  expect(stats).toMatchObject({ used: 0, usedBlocks: 0, freeBlocks: 1, free: stats.capacity });
  expect(pool.check()).toEqual({ ok: true, problems: [] });
}

describe('unlike @thi.ng/malloc', () => {
  test('a realloc that moves frees the old block', () => {
    const pool = new Pool({});
    const first = pool.alloc(64);
    const second = pool.alloc(64);
    const moved = pool.realloc(first, 256);
    expect(moved).not.toBe(first);
    expect(pool.stats().usedBlocks).toBe(2);
    expect(thrownBy(() => pool.free(first)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    pool.free(moved);
    pool.free(second);
    expectWhole(pool);
  });

  test('a block that shrinks at the end does not overlap the next one', () => {
    const pool = new Pool({});
    let last = pool.alloc(24);
    expect(pool.realloc(last, 16)).toBe(last);
    const next = pool.alloc(8);
    expect(next).toBeGreaterThanOrEqual(last + pool.sizeOf(last));
    pool.free(last);
    last = pool.alloc(24);
    pool.view(last).fill(255);
    expect(pool.check().ok).toBe(true);
    pool.free(next);
    pool.free(last);
    expectWhole(pool);
  });

  test.each([NaN, undefined, Infinity, 2 ** 32, '16', -1])('alloc(%p) throws', (size) => {
    const pool = new Pool({});
    const before = copyOf(pool);
    const { code } = thrownBy(() => pool.alloc(any(size)));
    expect(code).toBe(typeof size === 'number' ? 'ERR_SEGFIT_SIZE' : 'ERR_SEGFIT_ARG_TYPE');
    expect(sameBytes(copyOf(pool), before)).toBe(true);
    expect(pool.alloc(16)).not.toBe(pool.alloc(16));
    expect(pool.stats().usedBlocks).toBe(2);
    expect(thrownBy(() => pool.free(page - 8)).code).toBe('ERR_SEGFIT_POINTER');
  });

  test('free(undefined) is a coded error', () => {
    const { code } = thrownBy(() => new Pool({}).free(any(undefined)));
    expect(code).toBe('ERR_SEGFIT_ARG_TYPE');
  });

  test('huge sizes fail, however often requested', () => {
    const pool = new Pool({ size: 4096 });
    for (let time = 0; time < 3; time++) expect(pool.tryAlloc(2 ** 31)).toBe(0);
    expectWhole(pool);
  });

  test('a pool still works after other code grew its memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const pool = new Pool({ memory, byteLength: 10_000 });
    const pointer = pool.alloc(16);
    const { capacity } = pool.stats();
    memory.grow(1);
    expect(pool.stats()).toMatchObject({ capacity, usedBlocks: 1 });
    expect(pool.view(pool.alloc(16))).toHaveLength(20);
    pool.free(pointer);
    expect(pool.byteLength).toBe(10_000);
  });

  test('freeing and allocating walk no list: 20,000 live blocks, in any order', () => {
    const pool = new Pool({ size: 20 * page });
    const pointers = Array.from({ length: 20_000 }, () => pool.alloc(48));
    pointers.forEach((pointer, index) => index % 2 && pool.free(pointer));
    pointers.forEach((pointer, index) => index % 2 === 0 && pool.free(pointer));
    expectWhole(pool);
  });
});

describe('unlike codemix/malloc', () => {
  test('a double free throws', () => {
    const pool = new Pool({});
    const pointer = pool.alloc(100);
    pool.alloc(8);
    pool.free(pointer);
    expect(thrownBy(() => pool.free(pointer)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(pool.stats()).toMatchObject({ allocs: 2, frees: 1 });
  });

  test('shared memory is accepted', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    expect(Pool.shared({ memory }).alloc(8)).not.toBe(0);
    expect(thrownBy(() => new Pool({ memory })).code).toBe('ERR_SEGFIT_ARG_TYPE');
    const own = new WebAssembly.Memory({ initial: 1 });
    expect(thrownBy(() => Pool.shared({ memory: own })).code).toBe('ERR_SEGFIT_ARG_TYPE');
  });
});

describe('unlike OffsetAllocator', () => {
  test('the guaranteed allocation of stats succeeds', () => {
    const pool = new Pool({});
    for (let round = 1; round < 40; round++) {
      pool.free(pool.alloc(round * 40));
      pool.alloc(round * 7);
      const { largestAlloc } = pool.stats();
      expect(pool.canAlloc(largestAlloc)).toBe(true);
      const pointer = pool.tryAlloc(largestAlloc);
      expect(pointer).not.toBe(0);
      pool.free(pointer);
    }
  });

  test('each call may choose an alignment, which costs only the gap', () => {
    const pool = new Pool({ size: 4 * page });
    pool.alloc(8);
    const pointer = pool.alloc(100, { align: page });
    expect(pointer % page).toBe(0);
    expect(pool.stats().used).toBeLessThan(200);
    expect(pool.canAlloc(page)).toBe(true);
  });
});

describe('unlike reported faults of pools of three.js', () => {
  test('an emptied pool behaves like a new one', () => {
    const pool = new Pool({});
    const pointers = Array.from({ length: 500 }, (_, index) => pool.alloc(index % 90));
    pool.freeMany(Uint32Array.from(pointers));
    expectWhole(pool);
    expect(pool.alloc(page - 2000)).not.toBe(0);
  });

  test('canAlloc tells whether a size fits without throwing', () => {
    const pool = new Pool({});
    expect(pool.canAlloc(page)).toBe(false);
    expect(pool.tryAlloc(page)).toBe(0);
  });
});

describe('unlike views of other wasm memories', () => {
  test('the use of a stale view throws', () => {
    const pool = new Pool({ maxSize: 2 * page });
    const view = pool.allocArray(Uint8Array, 8);
    const { generation } = pool;
    pool.grow(1);
    expect(pool.generation).toBe(generation + 1);
    expect(thrownBy(() => pool.free(view)).code).toBe('ERR_SEGFIT_DETACHED_VIEW');
    expect(pool.stats().usedBlocks).toBe(1);
  });

  test('a pool does not grow without maxSize', () => {
    const pool = new Pool({});
    expect(pool.tryAlloc(page)).toBe(0);
    expect([pool.grow(1), pool.byteLength, pool.generation]).toEqual([false, page, 0]);
  });

  test('a failed growth detaches no view', () => {
    const pool = new Pool({ size: page, maxSize: 2 * page });
    const view = pool.allocArray(Uint8Array, 8);
    expect(pool.tryAlloc(3 * page)).toBe(0);
    expect(pool.grow(2 * page)).toBe(false);
    expect(view).toHaveLength(8);
    pool.free(view);
  });

  test('a resizable buffer keeps its views, where the engine has one', () => {
    const pool = new Pool({ maxSize: 4 * page, resizable: true });
    const able = 'toResizableBuffer' in WebAssembly.Memory.prototype;
    const view = pool.allocArray(Uint8Array, 8);
    pool.grow(page);
    expect(view.length).toBe(able ? 8 : 0);
    expect(pool.generation).toBe(able ? 0 : 1);
    expect(pool.buffer.byteLength).toBe(2 * page);
    expect(pool.view(pool.alloc(page))).toHaveLength(page + 4);
  });

  test('a pool requests a resizable buffer, and again after growth', () => {
    const pool = new Pool({ maxSize: 4 * page, resizable: true });
    expect(pool.check().ok).toBe(true);
    const made: unknown[] = [];
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
    const resizable = Object.assign(memory, {
      toResizableBuffer: () => {
        made.push(memory.buffer.byteLength);
        return memory.buffer;
      },
    });
    const other = new Pool({
      memory: resizable,
      byteOffset: 0,
      maxSize: 4 * page,
      resizable: true,
    });
    other.alloc(2 * page);
    expect(made).toEqual([page, 3 * page]);
  });
});

describe('many pools', () => {
  test('10,000 pools in one memory, one after the other, leak nothing', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    for (let round = 0; round < 10_000; round++) {
      const pool = new Pool({ memory, byteLength: 4096 });
      pool.alloc(10);
      pool.destroy();
    }
    const pools = Array.from({ length: 16 }, (_, index) => {
      return new Pool({ memory, byteOffset: index * 4096, byteLength: 4096 });
    });
    const pointers = pools.map((pool) => pool.alloc(100));
    expect(new Set(pointers.map((pointer) => pointer >> 12)).size).toBe(16);
    pools.forEach((pool, index) => {
      expect(pools.filter((other) => other.owns(pointers[index] ?? 0))).toEqual([pool]);
    });
  });

  test('a second dispose does nothing', () => {
    const pool = new Pool({});
    pool.destroy();
    pool.destroy();
    pool[Symbol.dispose]();
    expect(pool.destroyed).toBe(true);
  });
});
