// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTraceRing, Pool } from 'segfit';

const codes = /^ERR_SEGFIT_(DOUBLE_FREE|POINTER)$/;

/** Checks that every method throws for this pointer, and that the pool stays consistent. */
function expectReported(
  pool: Pool,
  pointer: number,
  code: RegExp = /^ERR_SEGFIT_DOUBLE_FREE$/,
): void {
  expect(pool.owns(pointer)).toBe(false);
  for (const use of [
    () => pool.free(pointer),
    () => pool.realloc(pointer, 300),
    () => pool.tryResize(pointer, 8),
    () => pool.sizeOf(pointer),
    () => pool.view(pointer),
    () => pool.dataView(pointer),
    () => pool.freeDeferred(pointer),
    () => pool.freeMany(Uint32Array.of(pointer)),
  ]) {
    expect(use).toThrow(expect.objectContaining({ code: expect.stringMatching(code) as unknown }));
  }
  expect(pool.check()).toEqual({ ok: true, problems: [] });
}

/** Allocates blocks of many sizes and frees some. */
function fill(pool: Pool): number[] {
  const pointers = Array.from({ length: 12 }, (_, index) =>
    pool.alloc((index * 37) % 301, { align: index % 7 === 6 ? 128 : 8 }),
  );
  pointers.forEach((pointer, index) => {
    pool.view(pointer).fill(255);
    if (index % 3 === 0) pool.free(pointer);
  });
  return pointers;
}

const memory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1, maximum: 8 });
const sharedMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: 1, maximum: 8, shared: true });

type Maker = (given?: WebAssembly.Memory) => Pool;

/** Every kind of pool, in its own memory or in a given one. */
const kinds: Record<string, [Maker, () => WebAssembly.Memory]> = {
  plain: [(given) => new Pool(given ? { memory: given } : {}), memory],
  debug: [(given) => new Pool({ debug: true, ...(given && { memory: given }) }), memory],
  'with tags': [(given) => new Pool({ tags: true, ...(given && { memory: given }) }), memory],
  shared: [(given) => Pool.shared(given ? { memory: given } : {}) as unknown as Pool, sharedMemory],
  'in a region': [
    (given) => new Pool({ memory: given ?? memory(), byteOffset: 999, byteLength: 40_000 }),
    memory,
  ],
};

const warn = console.warn;
beforeAll(() => void (console.warn = () => {}));
afterAll(() => void (console.warn = warn));

for (const [name, [make, makeMemory]] of Object.entries(kinds)) {
  test(`blocks of a reset pool (${name}) are reported until their memory is used`, () => {
    const pool = make();
    const pointers = fill(pool);
    pool.reset();
    for (const pointer of pointers) expectReported(pool, pointer);
    const block = pool.alloc(400);
    const end = block + pool.sizeOf(block) + 40;
    pool.view(block).fill(255);
    for (const pointer of pointers) {
      if (pointer > end) expectReported(pool, pointer, codes);
    }
    expect(pool.owns(block)).toBe(true);
    pool.destroy();
  });

  test(`blocks of a destroyed pool (${name}) are reported by the next one in its region`, () => {
    const given = makeMemory();
    const first = make(given);
    const pointers = fill(first);
    first.destroy();
    const second = make(given);
    for (const pointer of pointers) expectReported(second, pointer);
    second.destroy();
  });
}

test('a pool in a part of the region of another one reports its blocks', () => {
  for (let offset = 0; offset < 4000; offset += 999) {
    const given = memory();
    const first = new Pool({ memory: given });
    const pointers = fill(first);
    first.destroy();
    const second = new Pool({ memory: given, byteOffset: offset, byteLength: 60_000 - offset });
    for (const pointer of pointers) expectReported(second, pointer, codes);
  }
});

test('an attached pool reports blocks from before a reset elsewhere', () => {
  const pool = Pool.shared({});
  const other = Pool.attach(pool.share()) as unknown as Pool;
  const pointers = fill(pool as unknown as Pool);
  pool.reset();
  for (const pointer of pointers) expectReported(other, pointer);
  other.destroy();
});

test('a pool that grew and was reset reports blocks in all its memory', () => {
  const pool = new Pool({ maxSize: 4 * 65_536 });
  const pointers = [...fill(pool), pool.alloc(70_000), pool.alloc(50_000), pool.alloc(40_000)];
  pool.reset();
  for (const pointer of pointers) expectReported(pool, pointer);
});

test('a traced pool that was reset reports blocks that its ring does not cover', () => {
  const pool = new Pool({});
  pool.alloc(2000);
  const pointers = fill(pool);
  pool.trace({ ring: createTraceRing({ capacity: 16 }) });
  pool.reset();
  for (const pointer of pointers) expectReported(pool, pointer);
});

test('two blocks never overlap after a free of a pointer from before a reset', () => {
  const pool = new Pool({});
  const [, , third = 0] = Array.from({ length: 4 }, () => pool.alloc(100));
  pool.reset();
  expect(() => pool.free(third)).toThrow(
    expect.objectContaining({ code: 'ERR_SEGFIT_DOUBLE_FREE' }),
  );
  const large = pool.alloc(400);
  const small = pool.alloc(100);
  expect(small >= large + 400 || small + 100 <= large).toBe(true);
});
