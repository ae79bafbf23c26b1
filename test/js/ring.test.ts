// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { createTraceRing, Pool, type TraceEvent } from 'segfit';

import { copyOf, sameBytes, thrownBy } from './helpers.ts';

const page = 65536;
const any = (value: unknown): never => value as never;

describe('a ring', () => {
  test('records the events that the callback receives', () => {
    const pool = new Pool({ maxSize: 4 * page, tags: true });
    const ring = createTraceRing();
    const told: TraceEvent[] = [];
    pool.trace({ ring, event: (event) => void told.push({ ...event }) });
    const first = pool.alloc(10, { tag: 7 });
    const second = pool.tryAlloc(20, 256);
    pool.free(first);
    const moved = pool.realloc(second, 3000, { align: 16 });
    pool.tryResize(moved, 2000);
    pool.alloc(2 * page);
    pool.tryAlloc(8 * page);
    pool.free(moved);
    const events = [...ring.read(0)];
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
    const without = events.map(({ seq: _seq, thread, ...event }) => {
      expect(thread).toBe(0);
      return event;
    });
    expect(without).toEqual(told.map(({ seq: _seq, ...event }) => event));
    expect(without.map(({ kind }) => kind)).toEqual([
      'alloc',
      'alloc',
      'free',
      'realloc',
      'realloc',
      'grow',
      'alloc',
      'fail',
      'free',
    ]);
  });

  test('records wasm callers, and reads from the requested number on', () => {
    const pool = new Pool({});
    const ring = createTraceRing({ capacity: 50 });
    pool.trace({ ring });
    const { malloc, calloc, realloc, free } = pool.imports();
    free(realloc(malloc(10), 2000));
    free(calloc(3, 4));
    const kinds = (from: number): string[] => [...ring.read(from)].map(({ kind }) => kind);
    expect(kinds(0)).toEqual(['alloc', 'realloc', 'free', 'alloc', 'free']);
    expect(kinds(3)).toEqual(['alloc', 'free']);
    expect(kinds(5)).toEqual([]);
    expect(kinds(500)).toEqual([]);
  });

  test('keeps the last events, and counts overwritten ones', () => {
    const pool = new Pool({});
    const ring = createTraceRing({ capacity: 10 });
    expect([ring.capacity, ring.buffer.byteLength]).toEqual([10, 0]);
    pool.trace({ ring });
    expect([ring.capacity, ring.buffer]).toEqual([10, pool.buffer]);
    for (let size = 0; size < 25; size++) pool.alloc(size);
    expect([...ring.read(0)].map(({ size }) => size)).toEqual([
      15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    ]);
    expect(ring.dropped).toBe(15);
    expect([...ring.read(20)].map(({ size }) => size)).toEqual([20, 21, 22, 23, 24]);
    expect(ring.dropped).toBe(15);
  });

  test('is a block of the pool while in use, and is freed afterwards', () => {
    const pool = new Pool({});
    const ring = createTraceRing({ capacity: 100 });
    pool.trace({ ring });
    expect(pool.stats().usedBlocks).toBe(1);
    expect(pool.check().ok).toBe(true);
    pool.trace({ ring, event() {} });
    expect(pool.stats().usedBlocks).toBe(1);
    pool.trace(null);
    expect(pool.stats()).toMatchObject({ used: 0, usedBlocks: 0 });
    expect([...ring.read(0)]).toEqual([]);
    expect(ring.buffer.byteLength).toBe(0);
    pool.alloc(8);
    const next = createTraceRing({ capacity: 4 });
    pool.trace({ ring: next });
    pool.alloc(8);
    expect([...next.read(0)].map(({ seq }) => seq)).toEqual([0]);
    pool.destroy();
    expect([...next.read(0)]).toEqual([]);
  });

  test('is emptied by reset, and continues', () => {
    for (const options of [{}, { debug: true }, { tags: true }]) {
      const pool = new Pool(options);
      pool.alloc(500);
      const ring = createTraceRing({ capacity: 20 });
      pool.trace({ ring });
      pool.alloc(8);
      pool.alloc(8);
      pool.reset();
      const pointer = pool.alloc(40);
      pool.view(pointer).fill(255);
      expect([...ring.read(0)].map(({ kind, seq }) => [kind, seq])).toEqual([
        ['reset', 2],
        ['alloc', 3],
      ]);
      expect(ring.capacity).toBe(20);
      expect(pool.check()).toEqual({ ok: true, problems: [] });
      expect(pool.stats().usedBlocks).toBe(2);
      pool.free(pointer);
      pool.trace(null);
      expect(pool.stats()).toMatchObject({ used: 0, freeBlocks: 1 });
    }
  });

  test('follows a pool that grows', () => {
    const pool = new Pool({ maxSize: 64 * page });
    const ring = createTraceRing({ capacity: 5 });
    pool.trace({ ring });
    pool.alloc(10 * page);
    expect([...ring.read(0)].map(({ kind }) => kind)).toEqual(['grow', 'alloc']);
    expect(ring.buffer).toBe(pool.buffer);
  });

  test('changes no pointer that the pool returns afterwards', () => {
    const [traced, plain] = [new Pool({}), new Pool({})];
    traced.trace({ ring: createTraceRing({ capacity: 8 }) });
    plain.alloc(8 + 8 * 32);
    const pointers = [traced, plain].map((pool) => {
      const list = [10, 200, 3000, 8].map((size) => pool.alloc(size));
      pool.free(list[1] ?? 0);
      return [...list, pool.realloc(list[0] ?? 0, 700), pool.alloc(199)];
    });
    expect(pointers[0]).toEqual(pointers[1]);
  });
});

describe('two rings of one pool', () => {
  test('read the same events; the first one owns the block', () => {
    const pool = Pool.shared({});
    const attached = Pool.attach(pool.share());
    const [first, second] = [createTraceRing({ capacity: 30 }), createTraceRing({ capacity: 5 })];
    pool.trace({ ring: first });
    attached.trace({ ring: second });
    expect(second.capacity).toBe(30);
    pool.free(attached.alloc(8));
    expect([...second.read(0)]).toEqual([...first.read(0)]);
    expect([...second.read(0)].map(({ thread }) => thread)).toEqual([0, 0]);
    attached.trace(null);
    expect([...first.read(0)]).toHaveLength(2);
    attached.trace({ ring: second });
    pool.trace(null);
    expect([...second.read(0)]).toEqual([]);
    expect(pool.stats().usedBlocks).toBe(0);
  });

  test('become one if one is bound while the other allocates', () => {
    const pool = Pool.shared({});
    const attached = Pool.attach(pool.share());
    const ring = createTraceRing({ capacity: 10 });
    const late = createTraceRing({ capacity: 20 });
    // The callback receives the block before it is bound as a ring.
    attached.trace({ event: ({ kind }) => kind === 'alloc' && pool.trace({ ring }) });
    attached.trace({ ring: late, event() {} });
    expect([ring.capacity, late.capacity]).toEqual([10, 10]);
    expect(pool.stats().usedBlocks).toBe(1);
    attached.destroy();
    pool.trace(null);
    expect(pool.stats().usedBlocks).toBe(0);
  });

  test('end with the pool that bound them', () => {
    const pool = Pool.shared({});
    const attached = Pool.attach(pool.share());
    attached.trace({ ring: createTraceRing() });
    expect(pool.stats().usedBlocks).toBe(1);
    attached.destroy();
    expect(pool.stats().usedBlocks).toBe(0);
  });
});

describe('trace() refuses a ring', () => {
  test.each<[string, unknown, string, string]>([
    ['0 events', { capacity: 0 }, 'RangeError', 'SIZE'],
    ['-1 events', { capacity: -1 }, 'RangeError', 'SIZE'],
    ['1.5 events', { capacity: 1.5 }, 'RangeError', 'SIZE'],
    ['2³⁰ events', { capacity: 2 ** 30 }, 'RangeError', 'SIZE'],
    ['"5" events', { capacity: '5' }, 'TypeError', 'ARG_TYPE'],
    ['an unknown option', { size: 5 }, 'TypeError', 'ARG_TYPE'],
    ['no object', 5, 'TypeError', 'ARG_TYPE'],
    ['shared in letters', { shared: 'no' }, 'TypeError', 'ARG_TYPE'],
  ])('of %s', (_, options, name, code) => {
    const thrown = thrownBy(() => createTraceRing(any(options)));
    expect(thrown).toMatchObject({ name, code: `ERR_SEGFIT_${code}` });
  });

  test.each([
    ['{}', {}],
    ['null', null],
    ['5', 5],
  ])('that is %s', (_, ring) => {
    const pool = new Pool({});
    const before = copyOf(pool);
    const thrown = thrownBy(() => pool.trace({ ring: any(ring) }));
    expect(thrown).toMatchObject({ name: 'TypeError', code: 'ERR_SEGFIT_ARG_TYPE' });
    expect(sameBytes(copyOf(pool), before)).toBe(true);
  });

  test('that does not fit into the pool', () => {
    const pool = new Pool({});
    const ring = createTraceRing({ capacity: 10_000 });
    expect(thrownBy(() => pool.trace({ ring })).code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
    expect(pool.stats()).toMatchObject({ used: 0, usedBlocks: 0 });
    expect([...ring.read(0)]).toEqual([]);
    pool.free(pool.alloc(8));
  });

  test('read from an invalid number', () => {
    const ring = createTraceRing();
    expect(thrownBy(() => [...ring.read(any('0'))]).code).toBe('ERR_SEGFIT_ARG_TYPE');
  });
});
