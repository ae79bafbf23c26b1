// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'segfit';

import { thrownBy } from './helpers.ts';
import { userModule } from './user_module.ts';

const page = 65536;

type User = Record<string, (...values: number[]) => number>;

/** The user's module on the memory of a pool. */
function userOf(pool: Pool): Record<keyof ReturnType<Pool['imports']> | 'keep', User[string]> {
  const env = { memory: pool.memory, ...pool.imports() };
  return new WebAssembly.Instance(userModule(), { env }).exports as never;
}

describe('imports', () => {
  test('serve a module that shares the pool, in both directions', () => {
    const pool = new Pool({});
    const user = userOf(pool);
    const pointer = user.keep(0x1234567);
    expect(pool.owns(pointer)).toBe(true);
    expect(pool.view(pointer, Int32Array, 1)[0]).toBe(0x1234567);
    expect(user.malloc_usable_size(pointer)).toBe(pool.sizeOf(pointer));
    pool.free(pointer);
    const mine = pool.alloc(100);
    user.free(mine);
    user.free(0);
    expect(pool.stats()).toMatchObject({ used: 0, usedBlocks: 0, allocs: 2, frees: 2 });
  });

  test('return the pointers that the pool would', () => {
    const pool = new Pool({});
    const user = userOf(pool);
    const twin = new Pool({});
    const [first = 0, second = 0] = [user.malloc(100), user.calloc(3, 50)];
    expect([first, second]).toEqual([twin.alloc(100), twin.alloc(150)]);
    expect(user.aligned_alloc(1024, 40)).toBe(twin.alloc(40, { align: 1024 }));
    expect(user.realloc(first, 4000)).toBe(twin.realloc(first, 4000));
    expect(user.realloc(0, 8)).toBe(twin.alloc(8));
    user.free(second);
    twin.free(second);
    expect(pool.stats()).toEqual(twin.stats());
    expect(pool.check().ok).toBe(true);
  });

  test('calloc clears, and detects overflow', () => {
    const pool = new Pool({ maxSize: 4 * page });
    const user = userOf(pool);
    pool.view(pool.alloc(pool.stats().largestAlloc)).fill(255);
    pool.reset();
    const pointer = user.calloc(30, 100);
    expect(pool.view(pointer, Uint8Array, 3000).every((byte) => byte === 0)).toBe(true);
    expect(user.calloc(2 ** 16, 2 ** 16 + 1)).toBe(0);
    expect(pool.byteLength).toBe(page);
    expect(pool.stats().usedBlocks).toBe(1);
  });

  test('realloc keeps the content', () => {
    const pool = new Pool({});
    const user = userOf(pool);
    const first = user.keep(-7);
    user.malloc(8);
    const moved = user.realloc(first, 500);
    expect(moved).not.toBe(first);
    expect(pool.view(moved, Int32Array, 1)[0]).toBe(-7);
    expect(pool.stats().usedBlocks).toBe(2);
  });

  test('return 0 when nothing fits, and change nothing', () => {
    const pool = new Pool({});
    const user = userOf(pool);
    const pointer = user.keep(5);
    expect(user.malloc(page)).toBe(0);
    expect(user.malloc(-1)).toBe(0);
    expect(user.calloc(page, 4)).toBe(0);
    expect(user.realloc(pointer, page)).toBe(0);
    expect(user.aligned_alloc(8, page)).toBe(0);
    expect(user.aligned_alloc(24, 8)).toBe(0);
    expect(user.aligned_alloc(0, 8)).toBe(0);
    expect(pool.view(pointer, Int32Array, 1)[0]).toBe(5);
    expect(pool.stats().usedBlocks).toBe(1);
    expect(pool.check().ok).toBe(true);
  });

  test.each<[string, (user: ReturnType<typeof userOf>) => number]>([
    ['malloc', (user) => user.malloc(2 * page)],
    ['calloc', (user) => user.calloc(page, 2)],
    ['realloc', (user) => user.realloc(user.malloc(16), 2 * page)],
    ['realloc of 0', (user) => user.realloc(0, 2 * page)],
    ['aligned_alloc', (user) => user.aligned_alloc(4 * page, 2 * page)],
  ])('%s can grow the pool, and calls the listeners', (_, call) => {
    const pool = new Pool({ maxSize: 8 * page });
    const user = userOf(pool);
    const heard: number[] = [];
    pool.onGrow(({ byteLength }) => heard.push(byteLength));
    const pointer = call(user);
    expect(pool.sizeOf(pointer)).toBeGreaterThanOrEqual(2 * page);
    expect(heard).toEqual([pool.byteLength]);
    expect(pool.generation).toBe(1);
    expect(pool.stats()).toMatchObject({ usedBlocks: 1, grows: 1 });
    expect(pool.check().ok).toBe(true);
  });

  test('throw for an invalid pointer, through the module', () => {
    const pool = new Pool({});
    const user = userOf(pool);
    const pointer = user.keep(1);
    user.malloc(8);
    user.free(pointer);
    for (const name of ['free', 'malloc_usable_size'] as const) {
      const thrown = thrownBy(() => user[name](pointer));
      expect(thrown).toMatchObject({ name: 'RangeError', code: 'ERR_SEGFIT_DOUBLE_FREE' });
      expect(thrownBy(() => user[name](pointer + 4)).code).toBe('ERR_SEGFIT_POINTER');
    }
    expect(thrownBy(() => user.realloc(pointer, 8)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(pool.stats()).toMatchObject({ usedBlocks: 1, allocs: 2, frees: 1 });
  });

  test('throw after the pool is destroyed, while the memory lives', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const pool = new Pool({ memory, label: 'gone' });
    const user = userOf(pool);
    const pointer = user.malloc(16);
    pool.destroy();
    const next = new Pool({ memory });
    expect(next.alloc(16)).toBe(pointer);
    const bytes = new Uint8Array(memory.buffer).slice();
    for (const name of Object.keys(user) as (keyof typeof user)[]) {
      const thrown = thrownBy(() => user[name](pointer, 8));
      expect(thrown).toMatchObject({ name: 'Error', code: 'ERR_SEGFIT_DESTROYED' });
      expect(thrown.message).toContain('gone');
    }
    expect(Buffer.compare(new Uint8Array(memory.buffer), bytes)).toBe(0);
    expect(userOf(next).malloc(8)).not.toBe(0);
  });

  test('throw if a listener ended the pool during the request', () => {
    const pool = new Pool({ maxSize: 8 * page });
    const user = userOf(pool);
    pool.onGrow(() => pool.destroy());
    const { memory } = pool;
    expect(user.malloc(2 * page)).toBe(0);
    expect(memory.buffer.byteLength).toBeGreaterThan(2 * page);
    expect(thrownBy(() => user.malloc(8)).code).toBe('ERR_SEGFIT_DESTROYED');
  });

  test('are the same functions each time, differ for each pool, and fit a table', () => {
    const pool = new Pool({});
    const imports = pool.imports();
    expect(pool.imports()).toBe(imports);
    expect(Object.keys(imports).sort()).toEqual([
      'aligned_alloc',
      'calloc',
      'free',
      'malloc',
      'malloc_usable_size',
      'realloc',
    ]);
    expect(Object.isFrozen(imports)).toBe(true);
    expect(new Pool({}).imports().malloc).not.toBe(imports.malloc);
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
    table.set(0, imports.malloc);
    expect(pool.owns(table.get(0)(8))).toBe(true);
  });
});
