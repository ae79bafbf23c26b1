// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'segfit';
import { instantiate, layoutOf } from 'segfit/core';

import { builtFile, randomFrom, sectionsOf, seed, thrownBy } from './helpers.ts';
import { userModule } from './user_module.ts';

const page = 65536;
const any = (value: unknown): never => value as never;

describe('a module that is not of this package', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  test.each([
    ['without any export', empty],
    ['that imports something else', userModule()],
  ])('%s is reported, and the memory is unchanged', (_, module) => {
    for (const call of [() => instantiate(module, memory), () => layoutOf(module)]) {
      expect(thrownBy(call)).toMatchObject({ name: 'Error', code: 'ERR_SEGFIT_CORRUPT' });
    }
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['Uint8Array', new Uint8Array(8)],
    ['Object', {}],
    ['"x"', 'x'],
  ])('%s is not a module of this package', (shown, module) => {
    const thrown = thrownBy(() => instantiate(any(module), memory));
    expect(thrown).toMatchObject({ name: 'TypeError', code: 'ERR_SEGFIT_ARG_TYPE' });
    expect(thrown.message).toContain(shown);
  });
});

// A module cut where a section ends, before the functions are declared, is a smaller valid module.
test(`SEED=${seed}: a module that ends inside a section throws`, () => {
  const random = randomFrom(seed);
  for (const name of ['segfit.wasm', 'segfit-threads.wasm', 'segfit-events.wasm']) {
    const bytes = new Uint8Array(builtFile(name));
    expect(WebAssembly.validate(bytes)).toBe(true);
    const ends = new Set([8, ...sectionsOf(bytes).map(({ end }) => end)]);
    const lengths = [7, 9, ...Array.from({ length: 40 }, () => random(bytes.length))];
    for (const length of lengths.filter((one) => !ends.has(one))) {
      expect([length, WebAssembly.validate(bytes.subarray(0, length))]).toEqual([length, false]);
    }
  }
});

describe('a given memory', () => {
  test('without a page is too small, whether shared or not', () => {
    const memory = new WebAssembly.Memory({ initial: 0 });
    expect(thrownBy(() => new Pool({ memory })).code).toBe('ERR_SEGFIT_REGION');
    const shared = new WebAssembly.Memory({ initial: 0, maximum: 1, shared: true });
    expect(thrownBy(() => Pool.shared({ memory: shared })).code).toBe('ERR_SEGFIT_REGION');
  });

  test('at its maximum does not grow, and its views stay valid', () => {
    for (const shared of [false, true]) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
      const options = { memory, byteOffset: 1024, maxSize: 4 * page };
      const pool = shared ? Pool.shared(options) : new Pool(options);
      const view = pool.allocArray(Uint8Array, 8);
      expect(pool.grow(1)).toBe(false);
      expect(pool.tryAlloc(page)).toBe(0);
      expect([pool.byteLength, pool.generation, view.length]).toEqual([page - 1024, 0, 8]);
      pool.free(view);
      expect(pool.check().ok).toBe(true);
    }
  });

  test('works at odd offsets', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    for (let byteOffset = 0; byteOffset < 33; byteOffset++) {
      const pool = new Pool({ memory, byteOffset, byteLength: 3001 });
      expect(pool.byteOffset).toBe(byteOffset);
      const pointers: number[] = [];
      for (let pointer = 0; (pointer = pool.tryAlloc(8)) !== 0; ) pointers.push(pointer);
      expect(pointers.every((pointer) => pointer % 8 === 0)).toBe(true);
      expect(Math.max(...pointers) + 12).toBeLessThanOrEqual(byteOffset + 3001);
      expect(pool.check().ok).toBe(true);
      pool.destroy();
    }
  });
});

test('sizes near 4 GiB throw, and are never truncated', () => {
  for (const size of [2 ** 32 - 1, 2 ** 32 - page, 2 ** 32 - page + 1]) {
    const { code } = thrownBy(() => {
      const pool = new Pool({ size });
      // An engine with enough memory allocates all of it.
      expect(pool.byteLength).toBeGreaterThanOrEqual(size);
      throw Object.assign(new RangeError(), { code: 'ERR_SEGFIT_OUT_OF_MEMORY' });
    });
    expect(code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
  }
  const pool = new Pool({ size: page, maxSize: 2 ** 32 - 1 });
  expect(pool.tryAlloc(2 ** 32 - 1)).toBe(0);
  expect(pool.grow(2 ** 32 - 1)).toBe(false);
  expect(pool.canAlloc(2 ** 32 - 1, 2 ** 31)).toBe(false);
  expect(pool.byteLength).toBe(page);
});
