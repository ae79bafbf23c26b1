// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'segfit';

import { thrownBy } from './helpers.ts';

const page = 65536;

describe('a pool with a maxSize', () => {
  test('grows when nothing fits, and live blocks keep their content', () => {
    const pool = new Pool({ size: page, maxSize: 16 * page });
    const pointer = pool.alloc(1000);
    pool.view(pointer).fill(3);
    const { generation, buffer } = pool;
    const large = pool.alloc(5 * page);
    expect(pool.byteLength).toBeGreaterThanOrEqual(6 * page);
    expect(pool.generation).toBe(generation + 1);
    expect(pool.buffer).not.toBe(buffer);
    expect(pool.view(pointer).every((byte) => byte === 3)).toBe(true);
    expect(pool.sizeOf(large)).toBeGreaterThanOrEqual(5 * page);
    expect(pool.stats().grows).toBe(1);
    expect(pool.check().ok).toBe(true);
  });

  test('requests only the bytes missing behind the free tail, so one page at a time suffices', () => {
    const pool = new Pool({ size: page, maxSize: 3 * page });
    pool.alloc(1000);
    expect(pool.tryAlloc(2 * page + page / 2)).not.toBe(0);
    expect(pool.byteLength).toBe(3 * page);
    expect([...pool.blocks()]).toHaveLength(3);
  });

  test('accounts for each byte after growth', () => {
    const pool = new Pool({ size: page, maxSize: 8 * page });
    for (let round = 0; round < 6; round++) pool.alloc(page / 2 + round * 1001);
    const { capacity, overhead } = pool.stats();
    expect(capacity + overhead).toBe(pool.byteLength);
    expect([...pool.blocks()].reduce((sum, { size }) => sum + size + 4, 0)).toBe(capacity);
  });

  test('does not grow for a request that can never fit', () => {
    const pool = new Pool({ size: page, maxSize: 4 * page });
    expect(pool.tryAlloc(4 * page)).toBe(0);
    expect(pool.tryAlloc(2 ** 32 - 1)).toBe(0);
    expect(pool.tryAlloc(8, 2 ** 31)).toBe(0);
    expect(pool.byteLength).toBe(page);
    expect(thrownBy(() => pool.alloc(4 * page)).code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
  });

  test('can be used up to its last page', () => {
    const pool = new Pool({ size: page, maxSize: 10 * page });
    let sum = 0;
    for (let pointer = 0; (pointer = pool.tryAlloc(3000)) !== 0; ) sum += pool.sizeOf(pointer) + 4;
    expect(pool.byteLength).toBe(10 * page);
    expect(pool.stats().free).toBeLessThan(3008);
    expect(pool.stats().used).toBe(sum);
  });

  test('realloc grows the pool, and the last block in place', () => {
    const pool = new Pool({ size: page, maxSize: 8 * page });
    const pointer = pool.alloc(60000);
    pool.view(pointer).fill(5);
    expect(pool.realloc(pointer, 3 * page)).toBe(pointer);
    expect(pool.view(pointer, Uint8Array, 60000).every((byte) => byte === 5)).toBe(true);
    expect(pool.stats()).toMatchObject({ usedBlocks: 1, grows: 1 });
  });

  test('grow adds whole pages within maxSize and returns whether it succeeded', () => {
    const pool = new Pool({ maxSize: 3 * page });
    expect(pool.grow(0)).toBe(true);
    expect(pool.byteLength).toBe(page);
    expect(pool.grow(1)).toBe(true);
    expect(pool.byteLength).toBe(2 * page);
    expect(pool.grow(page + 1)).toBe(false);
    expect(pool.grow(page)).toBe(true);
    expect(pool.grow(1)).toBe(false);
    expect(pool.stats().grows).toBe(2);
  });

  test('calls its listeners until they are removed', () => {
    const pool = new Pool({ maxSize: 8 * page });
    const heard: number[] = [];
    const stop = pool.onGrow((grown) => heard.push(grown.byteLength));
    pool.grow(1);
    pool.alloc(3 * page);
    stop();
    pool.grow(1);
    expect(heard).toHaveLength(2);
    expect(heard[0]).toBe(2 * page);
  });
});

describe('a pool in a given memory', () => {
  test('touches its region only', () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    new Uint8Array(memory.buffer).fill(170);
    const pool = new Pool({ memory, byteOffset: 5001, byteLength: 40000 });
    const pointers: number[] = [];
    for (let pointer = 0; (pointer = pool.tryAlloc(50)) !== 0; ) pointers.push(pointer);
    for (const pointer of pointers) pool.view(pointer).fill(1);
    pool.check();
    pool.stats();
    const bytes = new Uint8Array(memory.buffer);
    expect(bytes.subarray(0, 5001).every((byte) => byte === 170)).toBe(true);
    expect(bytes.subarray(45001).every((byte) => byte === 170)).toBe(true);
    expect(pool.buffer).toBe(memory.buffer);
    expect(pool.byteOffset).toBe(5001);
    expect(pool.byteLength).toBe(40000);
  });

  test('needs no maximum, may share the memory, and reaches to its end by default', () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const first = new Pool({ memory, byteLength: page });
    const second = new Pool({ memory, byteOffset: page });
    expect(second.byteLength).toBe(page);
    const [one, two] = [first.alloc(100), second.alloc(100)];
    expect(first.owns(two)).toBe(false);
    expect(thrownBy(() => second.free(one)).code).toBe('ERR_SEGFIT_POINTER');
    first.free(one);
    second.free(two);
  });

  test('grows only if it ends at the end of the memory', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 10 });
    const first = new Pool({ memory, byteLength: page, maxSize: 4 * page });
    const last = new Pool({ memory, byteOffset: page, maxSize: 4 * page });
    expect(first.grow(1)).toBe(false);
    expect(last.grow(1)).toBe(true);
    expect(last.byteLength).toBe(2 * page);
    memory.grow(1);
    expect(last.grow(1)).toBe(false);
    expect(last.stats().grows).toBe(1);
  });

  test('notices that other code grew the memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const pool = new Pool({ memory });
    const array = pool.allocArray(Uint8Array, 16);
    const pointer = array.byteOffset;
    const { generation } = pool;
    memory.grow(1);
    expect(pool.generation).toBe(generation + 1);
    expect(pool.stats().usedBlocks).toBe(1);
    expect(pool.view(pointer).length).toBeGreaterThanOrEqual(16);
    expect(thrownBy(() => pool.free(array)).code).toBe('ERR_SEGFIT_DETACHED_VIEW');
    pool.free(pointer);
  });

  test('fails to grow when the engine has no more memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const pool = new Pool({ memory, maxSize: 100 * page });
    expect(pool.tryAlloc(5 * page)).toBe(0);
    expect(memory.buffer.byteLength).toBe(page);
    expect(pool.tryAlloc(page)).not.toBe(0);
  });
});
