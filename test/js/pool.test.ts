// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { isSegfitError, type OutOfMemoryError, Pool } from 'segfit';

import { dispose, thrownBy } from './helpers.ts';

const makePool = (size = 65536): Pool => new Pool({ size });

describe('a pool', () => {
  test('has its byteLength in whole pages and accounts for each byte', () => {
    const pool = new Pool({ size: 65537 });
    expect(pool.byteLength).toBe(131072);
    expect(pool.buffer.byteLength).toBe(131072);
    const { capacity, overhead, used, free } = pool.stats();
    expect(capacity + overhead).toBe(pool.byteLength);
    expect(used).toBe(0);
    expect(free).toBe(capacity);
  });

  test('begins with one page when no size is given', () => {
    expect(new Pool({}).byteLength).toBe(65536);
  });

  test('allocates distinct, aligned blocks of at least the requested size', () => {
    const pool = makePool();
    const pointers = [0, 1, 8, 100, 1000].map((size) => {
      const pointer = pool.alloc(size);
      expect(pointer % 8).toBe(0);
      expect(pool.sizeOf(pointer)).toBeGreaterThanOrEqual(Math.max(1, size));
      return pointer;
    });
    expect(new Set(pointers).size).toBe(pointers.length);
    expect(pool.check()).toEqual({ ok: true, problems: [] });
  });

  test('is one free block again when all blocks are freed', () => {
    const pool = makePool();
    const before = pool.stats();
    const pointers = [10, 20, 3000].map((size) => pool.alloc(size));
    for (const pointer of pointers) pool.free(pointer);
    const after = pool.stats();
    expect(after).toMatchObject({ used: 0, usedBlocks: 0, freeBlocks: 1, allocs: 3, frees: 3 });
    expect(after.largestFree).toBe(before.largestFree);
  });

  test.each([1, 2, 4, 8, 16, 64, 256, 4096, 16384])('aligns to %d', (align) => {
    const pool = makePool();
    pool.alloc(24);
    for (const pointer of [pool.alloc(40, { align }), pool.tryAlloc(40, align)]) {
      expect(pointer).not.toBe(0);
      expect(pointer % align).toBe(0);
    }
    expect(pool.check().ok).toBe(true);
  });

  test('clears blocks with zero: true, plain and aligned', () => {
    const pool = makePool();
    const dirty = pool.alloc(20000);
    pool.view(dirty).fill(255);
    pool.free(dirty);
    for (const align of [8, 512]) {
      const pointer = pool.alloc(3001, { zero: true, align });
      expect(pool.view(pointer, Uint8Array, 3001).every((byte) => byte === 0)).toBe(true);
    }
  });

  test('returns 0 from tryAlloc and throws from alloc when nothing fits', () => {
    const pool = makePool();
    expect(pool.tryAlloc(65536)).toBe(0);
    const { name, code, message } = thrownBy(() => pool.alloc(65536));
    expect({ name, code }).toEqual({ name: 'RangeError', code: 'ERR_SEGFIT_OUT_OF_MEMORY' });
    expect(message).toContain('65536');
    expect(pool.stats().failures).toBe(2);
  });

  test('names the request and the free bytes in an out-of-memory error', () => {
    const pool = makePool();
    const { free, largestFree } = pool.stats();
    try {
      pool.alloc(70000, { align: 32 });
    } catch (error) {
      const { requested, align, ...rest } = error as OutOfMemoryError;
      expect({ requested, align }).toEqual({ requested: 70000, align: 32 });
      expect(rest).toMatchObject({ free, largestFree });
      expect(isSegfitError(error)).toBe(true);
    }
    expect.assertions(3);
  });

  test('can allocate largestAlloc, and canAlloc agrees', () => {
    const pool = makePool();
    for (let round = 0; round < 5; round++) pool.alloc(1000 + round * 317);
    const { largestAlloc } = pool.stats();
    expect(pool.canAlloc(largestAlloc)).toBe(true);
    expect(pool.canAlloc(largestAlloc + 8)).toBe(false);
    expect(pool.canAlloc(largestAlloc, 4096)).toBe(false);
    expect(pool.tryAlloc(largestAlloc)).not.toBe(0);
  });

  test('allocates nothing, not even 0 bytes, when it is full', () => {
    const pool = makePool();
    pool.alloc(pool.stats().largestAlloc);
    expect(pool.stats()).toMatchObject({ free: 0, largestFree: 0, largestAlloc: 0, freeBlocks: 0 });
    expect(pool.canAlloc(0)).toBe(false);
    expect(pool.tryAlloc(0)).toBe(0);
  });

  test('can reuse a freed block of the same size in a full heap', () => {
    const pool = makePool();
    const pointers: number[] = [];
    for (let pointer = 0; (pointer = pool.tryAlloc(1234)) !== 0; ) pointers.push(pointer);
    const victim = pointers[pointers.length >> 1] ?? 0;
    pool.free(victim);
    expect(pool.tryAlloc(1234)).toBe(victim);
  });
});

describe('realloc', () => {
  test('keeps the content and the accounting when it moves', () => {
    const pool = makePool();
    const first = pool.alloc(64);
    pool.alloc(64);
    pool.view(first, Uint8Array, 64).forEach((_, index, view) => void (view[index] = index));
    const moved = pool.realloc(first, 256);
    expect(moved).not.toBe(first);
    expect([...pool.view(moved, Uint8Array, 64)]).toEqual([...Array(64).keys()]);
    expect(pool.stats().usedBlocks).toBe(2);
    expect(thrownBy(() => pool.free(first)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(pool.check().ok).toBe(true);
  });

  test('frees the bytes that a smaller size does not need', () => {
    const pool = makePool();
    const pointer = pool.alloc(4000);
    const { used } = pool.stats();
    expect(pool.realloc(pointer, 16)).toBe(pointer);
    expect(pool.stats().used).toBeLessThan(used - 3900);
    const other = pool.alloc(24);
    pool.view(other).fill(255);
    expect(pool.check().ok).toBe(true);
  });

  test('acts as alloc for pointer 0, and clears added bytes', () => {
    const pool = makePool();
    pool.view(pool.alloc(30000)).fill(255);
    pool.reset();
    const pointer = pool.realloc(0, 100, { zero: true });
    expect(pool.view(pointer, Uint8Array, 100).every((byte) => byte === 0)).toBe(true);
    pool.view(pointer).fill(7);
    const before = pool.sizeOf(pointer);
    const grown = pool.view(pool.realloc(pointer, 5000, { zero: true }));
    expect(grown.subarray(0, before).every((byte) => byte === 7)).toBe(true);
    expect(grown.subarray(before).every((byte) => byte === 0)).toBe(true);
  });

  test('leaves the block unchanged when there is no room', () => {
    const pool = makePool();
    const pointer = pool.alloc(64);
    pool.view(pointer).fill(9);
    const { code } = thrownBy(() => pool.realloc(pointer, 2 ** 32 - 1));
    expect(code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
    expect(pool.owns(pointer)).toBe(true);
    expect(pool.view(pointer).every((byte) => byte === 9)).toBe(true);
  });

  test('aligns with options.align', () => {
    const pool = makePool();
    const pointer = pool.alloc(40);
    expect(pool.realloc(pointer, 400, { align: 1024 }) % 1024).toBe(0);
  });

  test('tryResize changes the size in place or not at all', () => {
    const pool = makePool();
    const pointer = pool.alloc(64);
    expect(pool.tryResize(pointer, 1000)).toBe(true);
    expect(pool.sizeOf(pointer)).toBeGreaterThanOrEqual(1000);
    expect(pool.tryResize(pointer, 100)).toBe(true);
    pool.alloc(8);
    const size = pool.sizeOf(pointer);
    expect(pool.tryResize(pointer, 70000)).toBe(false);
    expect(pool.sizeOf(pointer)).toBe(size);
    expect(pool.tryResize(0, 8)).toBe(false);
  });
});

describe('arrays and views', () => {
  const types = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ] as const;

  test.each(types.map((type) => [type.name, type] as const))('allocArray makes a %s', (_, type) => {
    const pool = makePool();
    pool.view(pool.alloc(2000)).fill(255);
    pool.reset();
    const array = pool.allocArray(type, 33);
    expect(array).toBeInstanceOf(type);
    expect(array.length).toBe(33);
    expect(array.buffer).toBe(pool.buffer);
    expect([...array].every((value) => Number(value) === 0)).toBe(true);
    pool.free(array);
    expect(pool.stats().usedBlocks).toBe(0);
  });

  test('an empty array can be freed', () => {
    const pool = makePool();
    const array = pool.allocArray(Float64Array, 0);
    expect(array.length).toBe(0);
    expect(pool.owns(array)).toBe(true);
    pool.free(array);
    expect(pool.stats().usedBlocks).toBe(0);
  });

  test('an array is aligned as requested', () => {
    expect(makePool().allocArray(Float32Array, 4, { align: 256 }).byteOffset % 256).toBe(0);
  });

  test('a view covers the whole block, or the requested elements', () => {
    const pool = makePool();
    const pointer = pool.alloc(24);
    expect(pool.view(pointer).byteLength).toBe(pool.sizeOf(pointer));
    const floats = pool.view(pointer, Float64Array, 3);
    floats[2] = 1.5;
    expect(pool.dataView(pointer).getFloat64(16, true)).toBe(1.5);
    const size = pool.sizeOf(pointer);
    expect(thrownBy(() => pool.view(pointer, Uint8Array, size + 1))).toMatchObject({
      name: 'RangeError',
      code: 'ERR_SEGFIT_SIZE',
    });
  });

  test('a class that extends a typed array is accepted', () => {
    class Points extends Float32Array {}
    expect(makePool().allocArray(Points, 4)).toBeInstanceOf(Points);
  });
});

describe('statistics and blocks', () => {
  test('stats fills a given object', () => {
    const pool = makePool();
    const into = { mine: 1, used: -1 };
    const filled = pool.stats(into);
    expect(filled).toBe(into);
    expect(filled).toMatchObject({ mine: 1, ...pool.stats() });
  });

  test('blocks lists used and free ones, and can be freed while listed', () => {
    const pool = makePool();
    const pointers = [100, 200, 300].map((size) => pool.alloc(size));
    const blocks = [...pool.blocks()];
    expect(blocks.filter(({ used }) => used).map(({ pointer }) => pointer)).toEqual(pointers);
    for (const { pointer, size, used } of blocks) {
      if (used) expect(size).toBe(pool.sizeOf(pointer));
    }
    for (const { pointer, used } of pool.blocks()) if (used) pool.free(pointer);
    expect([...pool.blocks()].map(({ used }) => used)).toEqual([false]);
  });

  test('a snapshot adds up to the capacity', () => {
    const pool = makePool();
    for (let size = 1; size < 1000; size += 37) pool.alloc(size);
    const pairs = pool.snapshot();
    let sum = 0;
    for (let index = 1; index < pairs.length; index += 2) sum += (pairs[index] ?? 0) & ~7;
    expect(sum).toBe(pool.stats().capacity);
  });

  test('fragmentation is the share of free bytes outside the largest free block', () => {
    const pool = makePool();
    const [hole] = [pool.alloc(1000), pool.alloc(8)];
    expect(pool.stats()).toMatchObject({ freeBlocks: 1, fragmentation: 0 });
    pool.free(hole);
    const { free, fragmentation, freeBlocks } = pool.stats();
    const frees = [...pool.blocks()].filter(({ used }) => !used).map(({ size }) => size + 4);
    expect(freeBlocks).toBe(2);
    expect(frees.reduce((sum, size) => sum + size, 0)).toBe(free);
    expect(fragmentation).toBeCloseTo(1 - Math.max(...frees) / free, 12);
    while (pool.tryAlloc(8) !== 0);
    expect(pool.stats()).toMatchObject({ freeBlocks: 0, fragmentation: 0 });
  });

  test('blocks have no tags in a pool without tags, whatever their bytes are', () => {
    const pool = makePool();
    for (const size of [8, 12, 100]) pool.view(pool.alloc(size)).fill(255);
    const used = [...pool.blocks()].filter((block) => block.used);
    expect(used.map(({ tag }) => tag)).toEqual([0, 0, 0]);
    used.forEach(({ pointer, size }) => expect(size).toBe(pool.sizeOf(pointer)));
  });

  test('blocks of a debug pool report the requested size', () => {
    const pool = new Pool({ debug: true });
    for (const size of [1, 8, 12, 100]) pool.alloc(size);
    const used = [...pool.blocks()].filter((block) => block.used);
    expect(used.map(({ size }) => size)).toEqual([1, 8, 12, 100]);
  });

  test('an impossible header is reported with its size and the bytes left in the pool', () => {
    for (const size of [8, 65536]) {
      const pool = makePool();
      const pointer = pool.alloc(100);
      const [first] = pool.snapshot();
      expect(first).toBe(pointer);
      const { capacity } = pool.stats();
      new Uint32Array(pool.buffer)[(pointer - 4) / 4] = size;
      for (const read of [() => pool.snapshot(), () => [...pool.blocks()]]) {
        const { code, message } = thrownBy(read);
        expect(code).toBe('ERR_SEGFIT_CORRUPT');
        expect(message).toContain(`the block has ${size} bytes, ${capacity} before the pool's end`);
      }
    }
  });

  test('fragmentation is 0 for one free block and near 1 for many small ones', () => {
    const pool = makePool();
    expect(pool.stats().fragmentation).toBe(0);
    const pointers: number[] = [];
    for (let pointer = 0; (pointer = pool.tryAlloc(24)) !== 0; ) pointers.push(pointer);
    pointers.forEach((pointer, index) => index % 2 === 0 && pool.free(pointer));
    expect(pool.stats().fragmentation).toBeGreaterThan(0.9);
  });

  test('reset makes one free block and keeps the counts balanced', () => {
    const pool = makePool();
    for (let size = 1; size < 500; size += 11) pool.alloc(size);
    pool.reset();
    const { allocs, frees } = pool.stats();
    expect(frees).toBe(allocs);
    expect(pool.stats()).toMatchObject({ used: 0, usedBlocks: 0, freeBlocks: 1 });
    expect(pool.check().ok).toBe(true);
  });

  test('check names the invariant and the address', () => {
    const pool = makePool();
    const pointer = pool.alloc(100);
    pool.alloc(100);
    pool.free(pointer);
    new Uint32Array(pool.buffer)[(pointer - 4) / 4] = 0xffffffff;
    const { ok, problems } = pool.check();
    expect(ok).toBe(false);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.what).toMatch(/^invariant I\d+, \w+, is broken at 0x[0-9a-f]+$/);
    expect(thrownBy(() => pool.snapshot()).code).toBe('ERR_SEGFIT_CORRUPT');
  });
});

describe('destroy', () => {
  test('makes every other call throw', () => {
    const pool = new Pool({ size: 1, label: 'mine' });
    const pointer = pool.alloc(8);
    const array = pool.allocArray(Uint8Array, 8);
    const words = new Uint32Array(1);
    pool.destroy();
    pool.destroy();
    expect(pool.destroyed).toBe(true);
    const calls: (() => unknown)[] = [
      () => pool.alloc(1),
      () => pool.tryAlloc(1),
      () => pool.realloc(pointer, 2),
      () => pool.tryResize(pointer, 2),
      () => pool.free(pointer),
      () => pool.reset(),
      () => pool.sizeOf(pointer),
      () => pool.canAlloc(1),
      () => pool.owns(pointer),
      () => pool.allocArray(Uint8Array, 1),
      () => pool.view(pointer),
      () => pool.dataView(pointer),
      () => pool.grow(1),
      () => pool.onGrow(() => {}),
      () => pool.stats(),
      () => pool.blocks(),
      () => pool.snapshot(),
      () => pool.check(),
      () => pool.buffer,
      () => pool.memory,
      () => pool.generation,
      () => pool.block(1),
      () => pool.imports(),
      () => pool.trace(null),
      () => pool.reallocArray(array, 1),
      () => pool.allocMany(words, words),
      () => pool.freeMany(words),
    ];
    for (const call of calls) {
      const { name, code, message } = thrownBy(call);
      expect({ name, code }).toEqual({ name: 'Error', code: 'ERR_SEGFIT_DESTROYED' });
      expect(message).toContain('mine');
    }
  });

  test('is called by Symbol.dispose', () => {
    const pool = makePool();
    pool[dispose]();
    expect(pool.destroyed).toBe(true);
  });
});
