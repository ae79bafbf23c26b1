// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { isSegfitError, Pool } from 'segfit';

import { copyOf, sameBytes, thrownBy } from './helpers.ts';

/** Passes a value that the types forbid. */
const any = (value: unknown): never => value as never;

const typeErrors: [string, unknown][] = [
  ['"16"', '16'],
  ['null', null],
  ['undefined', undefined],
  ['16n', 16n],
  ['true', true],
  ['Object', { valueOf: () => 16 }],
  ['Array', [16]],
  ['Symbol(16)', Symbol('16')],
];
const rangeErrors: [string, unknown][] = [
  ['NaN', NaN],
  ['-1', -1],
  ['1.5', 1.5],
  ['4294967296', 2 ** 32],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['9007199254740994', 2 ** 53 + 2],
];

const live = new Pool({ size: 65536 });
const used = live.alloc(100);

/** Checks the error, that it names the value, and that no byte of the pool changed. */
function refuses(pool: Pool, call: () => unknown, name: string, code: string, shown: string): void {
  const before = copyOf(pool);
  const thrown = thrownBy(call);
  expect({ name: thrown.name, code: thrown.code }).toEqual({ name, code });
  expect(thrown.message).toContain(shown);
  expect(sameBytes(copyOf(pool), before)).toBe(true);
}

const sizeTakers: [string, (value: never) => unknown][] = [
  ['alloc', (value) => live.alloc(value)],
  ['alloc with options', (value) => live.alloc(value, { zero: true })],
  ['tryAlloc', (value) => live.tryAlloc(value)],
  ['realloc', (value) => live.realloc(used, value)],
  ['realloc of 0', (value) => live.realloc(0, value)],
  ['tryResize', (value) => live.tryResize(used, value)],
  ['canAlloc', (value) => live.canAlloc(value)],
  ['allocArray', (value) => live.allocArray(Uint8Array, value)],
  ['block', (value) => live.block(value)],
  ['grow', (value) => live.grow(value)],
];

describe.each(sizeTakers)('the size of %s', (_, call) => {
  test.each(typeErrors)('is not %s', (shown, value) => {
    refuses(live, () => call(any(value)), 'TypeError', 'ERR_SEGFIT_ARG_TYPE', shown);
  });
  test.each(rangeErrors)('is not %s', (shown, value) => {
    refuses(live, () => call(any(value)), 'RangeError', 'ERR_SEGFIT_SIZE', shown);
  });
});

describe.each<[string, (value: never) => unknown]>([
  ['alloc', (align) => live.alloc(8, { align })],
  ['tryAlloc', (align) => live.tryAlloc(8, align)],
  ['realloc', (align) => live.realloc(used, 8, { align })],
  ['canAlloc', (align) => live.canAlloc(8, align)],
  ['allocArray', (align) => live.allocArray(Uint8Array, 8, { align })],
  ['block', (align) => live.block(8, { align })],
  ['allocMany', (align) => live.allocMany(new Uint32Array(1), new Uint32Array(1), align)],
])('the alignment of %s', (_, call) => {
  test.each(typeErrors.filter(([shown]) => shown !== 'undefined'))('is not %s', (shown, value) => {
    refuses(live, () => call(any(value)), 'TypeError', 'ERR_SEGFIT_ARG_TYPE', shown);
  });
  test.each<[string, unknown]>([...rangeErrors, ['0', 0], ['3', 3], ['-8', -8], ['24', 24]])(
    'is not %s',
    (shown, value) => {
      refuses(live, () => call(any(value)), 'RangeError', 'ERR_SEGFIT_ALIGNMENT', shown);
    },
  );
});

const pointerTakers: [string, (value: never) => unknown][] = [
  ['free', (pointer) => live.free(pointer)],
  ['realloc', (pointer) => live.realloc(pointer, 8)],
  ['tryResize', (pointer) => live.tryResize(pointer, 8)],
  ['sizeOf', (pointer) => live.sizeOf(pointer)],
  ['view', (pointer) => live.view(pointer)],
  ['dataView', (pointer) => live.dataView(pointer)],
];

describe.each(pointerTakers)('the pointer of %s', (_, call) => {
  test.each(typeErrors)('is not %s', (shown, value) => {
    refuses(live, () => call(any(value)), 'TypeError', 'ERR_SEGFIT_ARG_TYPE', shown);
  });
  test.each(rangeErrors)('is not %s', (shown, value) => {
    refuses(live, () => call(any(value)), 'RangeError', 'ERR_SEGFIT_POINTER', shown);
  });
  test.each([
    ['before the pool', 8],
    ['behind the pool', 65536],
    ['at the address space end', 2 ** 32 - 8],
    ['odd', used + 1],
    ['misaligned', used + 4],
    ['inside a block', used + 8],
  ])('is not an address %s', (_where, pointer) => {
    live.view(used).fill(0);
    refuses(live, () => call(any(pointer)), 'RangeError', 'ERR_SEGFIT_POINTER', `${pointer}`);
  });
  test('is not a freed block', () => {
    const freed = live.alloc(100);
    live.alloc(8);
    live.free(freed);
    const shown = `${freed}`;
    refuses(live, () => call(any(freed)), 'RangeError', 'ERR_SEGFIT_DOUBLE_FREE', shown);
  });
  test('is not a block that was freed and merged', () => {
    const [first, second] = [live.alloc(100), live.alloc(100)];
    live.alloc(8);
    live.free(first);
    live.free(second);
    const shown = `${second}`;
    refuses(live, () => call(any(second)), 'RangeError', 'ERR_SEGFIT_DOUBLE_FREE', shown);
  });
});

test('free and sizeOf accept 0, view does not', () => {
  const before = copyOf(live);
  live.free(0);
  expect(live.sizeOf(0)).toBe(0);
  expect(live.owns(0)).toBe(false);
  expect(sameBytes(copyOf(live), before)).toBe(true);
  refuses(live, () => live.view(0), 'RangeError', 'ERR_SEGFIT_POINTER', '0');
});

test('a header that disagrees with its neighbours is reported as corrupt', () => {
  const pool = new Pool({});
  const pointer = pool.alloc(100);
  pool.alloc(8);
  const words = new Uint32Array(pool.buffer);
  words[pointer / 4 - 1] = (words[pointer / 4 - 1] ?? 0) | 2;
  refuses(pool, () => pool.free(pointer), 'Error', 'ERR_SEGFIT_CORRUPT', `${pointer}`);
});

describe('a view', () => {
  test('of another buffer cannot be freed', () => {
    const foreign = new Uint8Array(new Pool({}).buffer, used, 8);
    refuses(live, () => live.free(foreign), 'TypeError', 'ERR_SEGFIT_FOREIGN_VIEW', '8');
    expect(live.owns(foreign)).toBe(false);
    const empty = new Uint8Array(0);
    refuses(live, () => live.free(empty), 'TypeError', 'ERR_SEGFIT_FOREIGN_VIEW', '0');
  });
  test('that growth detached cannot be freed', () => {
    const pool = new Pool({ maxSize: 200000 });
    const view = pool.allocArray(Uint8Array, 8);
    expect(pool.grow(1)).toBe(true);
    expect(view.byteOffset).toBe(0);
    refuses(pool, () => pool.free(view), 'TypeError', 'ERR_SEGFIT_DETACHED_VIEW', 'detached');
  });
  test('that begins inside a block, or at 0, cannot be freed', () => {
    const inside = new Uint8Array(live.buffer, used + 8, 8);
    refuses(live, () => live.free(inside), 'RangeError', 'ERR_SEGFIT_POINTER', `${used + 8}`);
    const start = new Uint8Array(live.buffer, 0, 0);
    refuses(live, () => live.free(start), 'RangeError', 'ERR_SEGFIT_POINTER', '0');
  });
  test.each<[string, unknown]>([
    ['Object', {}],
    ['"Uint8Array"', 'Uint8Array'],
    ['null', null],
    ['Array', Array],
    ['Map', Map],
  ])('cannot be made by %s', (shown, type) => {
    const code = 'ERR_SEGFIT_ARG_TYPE';
    refuses(live, () => live.allocArray(any(type), 4), 'TypeError', code, shown);
    refuses(live, () => live.view(used, any(type), 4), 'TypeError', code, shown);
  });
  test('needs a length if its type is given', () => {
    const call = (): unknown => live.view(used, Float64Array, any(undefined));
    refuses(live, call, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', 'undefined');
  });
  test('has a size below 2³²', () => {
    const call = (): unknown => live.allocArray(Float64Array, 2 ** 29);
    refuses(live, call, 'RangeError', 'ERR_SEGFIT_SIZE', `${2 ** 32}`);
  });
});

test('stats fills only objects, and onGrow accepts only functions', () => {
  const code = 'ERR_SEGFIT_ARG_TYPE';
  refuses(live, () => live.stats(any('x')), 'TypeError', code, '"x"');
  refuses(live, () => live.stats(any(null)), 'TypeError', code, 'null');
  refuses(live, () => live.onGrow(any('x')), 'TypeError', code, '"x"');
});

describe.each<[string, (options: never) => unknown]>([
  ['alloc', (options) => live.alloc(8, options)],
  ['realloc', (options) => live.realloc(used, 8, options)],
  ['allocArray', (options) => live.allocArray(Uint8Array, 8, options)],
  ['reallocArray', (options) => live.reallocArray(live.view(used), 8, options)],
  ['block', (options) => live.block(8, options)],
])('the options of %s', (_, call) => {
  test.each<[string, unknown]>([
    ['null', null],
    ['16', 16],
    ['"16"', '16'],
    ['Symbol(16)', Symbol('16')],
  ])('are not %s', (shown, options) => {
    refuses(live, () => call(any(options)), 'TypeError', 'ERR_SEGFIT_ARG_TYPE', shown);
  });
});

describe('options', () => {
  const refused = (options: unknown, name: string, code: string, shown: string): void => {
    const thrown = thrownBy(() => new Pool(any(options)));
    expect({ name: thrown.name, code: thrown.code }).toEqual({ name, code });
    expect(thrown.message).toContain(shown);
  };
  test.each(typeErrors.slice(0, 5))('are not %s', (shown, value) => {
    refused(value, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', shown);
  });
  test.each(['size', 'maxSize', 'byteOffset', 'byteLength'])('need a number for %s', (name) => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { code } = thrownBy(() => new Pool({ memory, [name]: any('16') }));
    expect(code).toBe('ERR_SEGFIT_ARG_TYPE');
    for (const value of [NaN, -1, 1.5, 2 ** 32]) {
      const thrown = thrownBy(() => new Pool({ memory, [name]: value }));
      expect(thrown.code).toBe('ERR_SEGFIT_SIZE');
      expect(thrown.message).toContain(`${name} must be`);
    }
  });
  test('with an unknown name throw', () => {
    refused({ sise: 5 }, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', '"sise"');
    for (const name of ['shared', 'resizable', 'tags', 'debug']) {
      refused(
        { [name]: 1 },
        'TypeError',
        'ERR_SEGFIT_ARG_TYPE',
        `${name} must be a boolean, not 1`,
      );
    }
    const both = { shared: true, resizable: true };
    refused(both, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', 'cannot be resizable');
    refused({ label: 5 }, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', '5');
  });
  test('with a memory of a wrong type throw', () => {
    refused({ memory: {} }, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', 'Object');
    refused({ memory: new ArrayBuffer(65536) }, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', 'ArrayBuffer');
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    refused({ memory: shared }, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', 'shared');
    refused({ byteOffset: 8 }, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', 'byteOffset');
    refused({ byteLength: 8 }, 'TypeError', 'ERR_SEGFIT_ARG_TYPE', 'byteLength');
  });
  test('with an impossible region throw and leave the memory unchanged', () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const regions: [object, string][] = [
      [{ byteOffset: 131072 }, '131072'],
      [{ byteOffset: 65536, byteLength: 65537 }, '65537'],
      [{ byteLength: 0 }, '0 bytes'],
      [{ byteLength: 64 }, '64 bytes'],
      [{ byteLength: 300 }, '300 bytes'],
      [{ byteOffset: 131071 }, '1 bytes'],
      [{ byteLength: 4096, size: 8192 }, '8192'],
      [{ byteLength: 4096, maxSize: 100 }, '100'],
    ];
    for (const [region, shown] of regions) {
      refused({ memory, ...region }, 'RangeError', 'ERR_SEGFIT_REGION', shown);
    }
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
    expect(new Pool({ memory }).byteLength).toBe(131072);
    refused({ size: 131072, maxSize: 65536 }, 'RangeError', 'ERR_SEGFIT_REGION', '65536');
    const both = new Pool({
      memory: new WebAssembly.Memory({ initial: 1 }),
      size: 4096,
      byteLength: 4096,
    });
    expect(both.byteLength).toBe(4096);
  });
  test('with a size beyond 2³² throw an out-of-memory error', () => {
    const thrown = thrownBy(() => new Pool({ size: 2 ** 32 - 1 }));
    expect(thrown).toMatchObject({ name: 'RangeError', code: 'ERR_SEGFIT_OUT_OF_MEMORY' });
    expect(new Pool({ size: 1, maxSize: 2 ** 32 - 1 }).byteLength).toBe(65536);
  });
  test('with a region of another pool throw', () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const first = new Pool({ memory, byteOffset: 4096, byteLength: 8192 });
    const pointer = first.alloc(10);
    for (const byteOffset of [0, 4096, 12280]) {
      refused({ memory, byteOffset, byteLength: 8192 }, 'RangeError', 'ERR_SEGFIT_REGION', '4096');
    }
    expect(first.sizeOf(pointer)).toBeGreaterThanOrEqual(10);
    new Pool({ memory, byteOffset: 12288, byteLength: 8192 });
    first.destroy();
    new Pool({ memory, byteOffset: 4096, byteLength: 8192 });
  });
});

describe('a missing feature of the host is reported', () => {
  const world = globalThis as Record<string, unknown>;
  const without = (name: string, value: unknown, call: () => unknown): void => {
    const kept = Object.getOwnPropertyDescriptor(world, name);
    Object.defineProperty(world, name, { value, configurable: true, writable: true });
    try {
      call();
    } finally {
      if (kept === undefined) delete world[name];
      else Object.defineProperty(world, name, kept);
    }
  };
  const codeOf = (options: object): unknown => thrownBy(() => new Pool(any(options))).code;

  test('no WebAssembly', () => {
    without('WebAssembly', undefined, () => {
      expect(codeOf({})).toBe('ERR_SEGFIT_WASM_BLOCKED');
    });
  });

  test('no memory that threads can share, or a page that is not isolated', () => {
    const shared = { shared: true };
    without('SharedArrayBuffer', undefined, () => {
      expect(codeOf(shared)).toBe('ERR_SEGFIT_SHARED_UNAVAILABLE');
      expect(new Pool({}).byteLength).toBe(65536);
    });
    without('crossOriginIsolated', false, () => {
      expect(codeOf(shared)).toBe('ERR_SEGFIT_SHARED_UNAVAILABLE');
      expect(new Pool({}).byteLength).toBe(65536);
    });
    without('crossOriginIsolated', true, () => {
      expect(new Pool(any(shared)).byteLength).toBe(65536);
    });
  });

  test('no memory left', () => {
    const { Memory } = WebAssembly;
    without(
      'WebAssembly',
      {
        ...WebAssembly,
        Memory: class {
          constructor() {
            throw new RangeError();
          }
        },
      },
      () => {
        const { code, message } = thrownBy(() => new Pool({ size: 65537 }));
        expect(code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
        expect(message).toContain('131072');
      },
    );
    expect(WebAssembly.Memory).toBe(Memory);
  });
});

test('isSegfitError recognises the errors of this package and nothing else', () => {
  for (const value of [null, undefined, 'ERR_SEGFIT_SIZE', {}, new Error('ERR_SEGFIT_SIZE')]) {
    expect(isSegfitError(value)).toBe(false);
  }
  expect(isSegfitError(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe(false);
  try {
    live.alloc(NaN);
  } catch (error) {
    expect(isSegfitError(error)).toBe(true);
  }
  expect.assertions(7);
});
