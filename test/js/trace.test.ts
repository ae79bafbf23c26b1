// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';

import { describe, expect, jest, test } from '@jest/globals';
import { Pool, type TraceEvent } from 'segfit';

import { copyOf, sameBytes, thrownBy } from './helpers.ts';

// Programs start slowly on a busy machine.
jest.setTimeout(120_000);

const page = 65536;
const any = (value: unknown): never => value as never;

/** The events of a pool, copied; `seq` is checked here. */
function recorded(pool: Pool): Omit<TraceEvent, 'seq'>[] {
  const events: Omit<TraceEvent, 'seq'>[] = [];
  pool.trace({
    event({ seq, ...rest }) {
      expect(seq).toBe(events.length);
      events.push(rest);
    },
  });
  return events;
}

const eventOf = (
  kind: TraceEvent['kind'],
  pointer: number,
  size: number,
  align: number,
  previous = 0,
): Omit<TraceEvent, 'seq'> => ({ kind, pointer, previous, size, align, tag: 0 });

describe('trace', () => {
  test('reports each alloc, realloc and free, with the requested size', () => {
    const pool = new Pool({});
    const events = recorded(pool);
    const first = pool.alloc(10);
    const second = pool.tryAlloc(20, 256);
    const array = pool.allocArray(Float64Array, 3);
    const block = pool.block(7);
    const moved = pool.realloc(first, 300, { align: 16 });
    expect(pool.tryResize(moved, 200)).toBe(true);
    const held = [moved, second, array.byteOffset].map((pointer) => pool.sizeOf(pointer));
    pool.free(moved);
    pool.free(second);
    pool.free(array);
    block.free();
    const at = array.byteOffset;
    expect(events).toEqual([
      eventOf('alloc', first, 10, 8),
      eventOf('alloc', second, 20, 256),
      eventOf('alloc', at, 24, 8),
      eventOf('alloc', block.pointer, 7, 8),
      eventOf('realloc', moved, 300, 16, first),
      eventOf('realloc', moved, 200, 8, moved),
      eventOf('free', moved, held[0] ?? 0, 0),
      eventOf('free', second, held[1] ?? 0, 0),
      eventOf('free', at, held[2] ?? 0, 0),
      eventOf('free', block.pointer, 12, 0),
    ]);
    expect(pool.stats().usedBlocks).toBe(0);
  });

  test('reports batches and arrays block by block', () => {
    const pool = new Pool({});
    const events = recorded(pool);
    const out = new Uint32Array(3);
    pool.allocMany(Uint32Array.of(8, page, 16), out);
    const [first = 0, , third = 0] = out;
    pool.freeMany(out);
    const array = pool.allocArray(Uint8Array, 4);
    const at = array.byteOffset;
    pool.reallocArray(array, 6);
    expect(events.map(({ kind, pointer }) => [kind, pointer])).toEqual([
      ['alloc', first],
      ['fail', 0],
      ['alloc', third],
      ['free', first],
      ['free', third],
      ['alloc', at],
      ['realloc', at],
    ]);
  });

  test('reports requests that failed even after growth', () => {
    const pool = new Pool({});
    const pointer = pool.alloc(8);
    const events = recorded(pool);
    pool.tryAlloc(page, 32);
    thrownBy(() => pool.alloc(page + 1));
    thrownBy(() => pool.realloc(pointer, page + 2));
    pool.tryResize(pointer, page + 3);
    expect(events).toEqual([
      eventOf('fail', 0, page, 32),
      eventOf('fail', 0, page + 1, 8),
      eventOf('fail', pointer, page + 2, 8),
      eventOf('fail', pointer, page + 3, 8),
    ]);
    expect(pool.stats().failures).toBe(4);
  });

  test('reports growth before the call that needed it, and reset', () => {
    const pool = new Pool({ maxSize: 4 * page });
    const events = recorded(pool);
    const pointer = pool.alloc(page);
    pool.grow(1);
    pool.reset();
    expect(events).toEqual([
      eventOf('grow', page, page, 0),
      eventOf('alloc', pointer, page, 8),
      eventOf('grow', 2 * page, page, 0),
      eventOf('reset', 0, 0, 0),
    ]);
  });

  test('reports the growth of its own pool, and of no other in that memory', () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const still = new Pool({ memory, byteLength: page });
    const grows = new Pool({ memory, byteOffset: page, maxSize: 4 * page });
    const events = [recorded(still), recorded(grows)];
    expect(grows.grow(page)).toBe(true);
    expect(events).toEqual([[], [eventOf('grow', 2 * page, page, 0)]]);
    expect([still.byteLength, grows.byteLength]).toEqual([page, 2 * page]);
  });

  test('does not report calls that throw or do nothing', () => {
    const pool = new Pool({});
    const pointer = pool.alloc(8);
    pool.alloc(8);
    pool.free(pointer);
    const events = recorded(pool);
    thrownBy(() => pool.free(pointer));
    thrownBy(() => pool.realloc(pointer, 80));
    thrownBy(() => pool.alloc(-1));
    thrownBy(() => pool.freeMany(Uint32Array.of(pointer)));
    pool.free(0);
    pool.tryResize(0, 8);
    pool.grow(0);
    pool.grow(page);
    expect(events).toEqual([]);
  });

  test('reports deferred frees with the size of the block, and not those of 0', () => {
    for (const more of [{}, { debug: true }]) {
      const pool = Pool.shared(more);
      const pointer = pool.alloc(40);
      const size = pool.sizeOf(pointer);
      const events: Omit<TraceEvent, 'seq'>[] = [];
      pool.trace({ event: ({ seq: _, ...rest }) => void events.push(rest) });
      pool.freeDeferred(pointer);
      pool.freeDeferred(0);
      expect(events).toEqual([eventOf('free', pointer, size, 0)]);
      pool.trace(null);
      const other = pool.alloc(40);
      pool.freeDeferred(other);
      expect(pool.stats().usedBlocks).toBe(0);
      expect(events).toHaveLength(1);
    }
  });

  test('reports growth, but no blocks, for calls through imports', () => {
    const pool = new Pool({ maxSize: 4 * page });
    const events = recorded(pool);
    const { malloc, free } = pool.imports();
    free(malloc(page));
    expect(events).toEqual([eventOf('grow', page, page, 0)]);
  });

  test('happens when the call is complete', () => {
    const pool = new Pool({});
    pool.view(pool.alloc(30000)).fill(255);
    pool.reset();
    const seen: [string, boolean, number][] = [];
    pool.trace({
      event({ kind, pointer, size }) {
        const clear = pool.view(pointer, Uint8Array, size).every((byte) => byte === 0);
        seen.push([kind, clear, pool.stats().usedBlocks]);
      },
    });
    const array = pool.allocArray(Uint8Array, 50);
    pool.alloc(8, { zero: true });
    pool.reallocArray(array, 5000);
    expect(seen).toEqual([
      ['alloc', true, 1],
      ['alloc', true, 2],
      ['realloc', true, 2],
    ]);
  });

  test('reuses its event object', () => {
    const pool = new Pool({});
    const events = new Set<unknown>();
    pool.trace({ event: (event) => void events.add(event) });
    pool.free(pool.alloc(8));
    expect(events.size).toBe(1);
  });

  test('does not change the behaviour of the pool', () => {
    const plain = new Pool({});
    const traced = new Pool({});
    traced.trace({ event() {} });
    for (const pool of [plain, traced]) {
      const pointers = [10, 200, 3000].map((size) => pool.alloc(size, { zero: true }));
      pool.free(pointers[1] ?? 0);
      pool.realloc(pointers[0] ?? 0, 700);
    }
    expect(sameBytes(copyOf(traced), copyOf(plain))).toBe(true);
  });

  test('ends with null, uses the last sink, and counts from 0 again', () => {
    const pool = new Pool({});
    const heard: string[] = [];
    pool.trace({ event: ({ seq }) => void heard.push(`a${seq}`) });
    pool.alloc(8);
    pool.alloc(8);
    pool.trace({ event: ({ seq }) => void heard.push(`b${seq}`) });
    pool.alloc(8);
    pool.trace(null);
    pool.alloc(8);
    expect(heard).toEqual(['a0', 'a1', 'b0']);
  });

  test('calls the callback as a method of the sink', () => {
    const pool = new Pool({});
    class Counter {
      count = 0;
      event(): void {
        this.count++;
      }
    }
    const sink = new Counter();
    pool.trace(sink);
    pool.alloc(8);
    expect(sink.count).toBe(1);
  });
});

describe('a sink', () => {
  test('may use the pool; those calls are counted but not reported', () => {
    const pool = new Pool({});
    const heard: [string, number, number][] = [];
    pool.trace({
      event: (event) => {
        if (event.kind === 'alloc') pool.free(pool.alloc(8));
        heard.push([event.kind, event.size, event.seq]);
      },
    });
    const pointer = pool.alloc(50);
    pool.free(pointer);
    expect(heard).toEqual([
      ['alloc', 50, 0],
      ['free', 52, 3],
    ]);
    expect(pool.stats().usedBlocks).toBe(0);
  });

  test('may end the pool', () => {
    const pool = new Pool({ maxSize: 4 * page });
    pool.trace({ event: ({ kind }) => kind === 'grow' && pool.destroy() });
    expect(thrownBy(() => pool.tryAlloc(page)).code).toBe('ERR_SEGFIT_DESTROYED');
    const growing = new Pool({ maxSize: 4 * page });
    const pointer = growing.alloc(8);
    growing.trace({ event: ({ kind }) => kind === 'grow' && growing.destroy() });
    expect(thrownBy(() => growing.realloc(pointer, page)).code).toBe('ERR_SEGFIT_DESTROYED');
    const other = new Pool({});
    other.trace({ event: () => other.destroy() });
    expect(thrownBy(() => other.alloc(page)).code).toBe('ERR_SEGFIT_DESTROYED');
    const third = new Pool({});
    third.trace({ event: () => third.destroy() });
    const out = new Uint32Array(2);
    const call = (): unknown => third.allocMany(Uint32Array.of(8, 8), out);
    expect(thrownBy(call).code).toBe('ERR_SEGFIT_DESTROYED');
  });

  test.each<[string, unknown]>([
    ['"x"', 'x'],
    ['undefined', undefined],
    ['5', { event: 5 }],
    ['undefined', {}],
  ])('is not %s', (shown, sink) => {
    const pool = new Pool({});
    const events = recorded(pool);
    const { name, code, message } = thrownBy(() => pool.trace(any(sink)));
    expect({ name, code }).toEqual({ name: 'TypeError', code: 'ERR_SEGFIT_ARG_TYPE' });
    expect(message).toContain(shown);
    pool.alloc(8);
    expect(events).toHaveLength(1);
  });

  // In its own process: Jest would handle an unhandled rejection.
  test('or a listener that throws is reported, and the call completes', () => {
    const script = `
      const { Pool } = require('segfit');
      process.on('unhandledRejection', (error) => console.log('reported', error.message));
      const pool = new Pool({ size: ${page}, maxSize: ${4 * page} });
      let heard = 0;
      pool.trace({ event({ kind, seq }) { throw new Error(kind + seq); } });
      pool.onGrow(() => { throw new Error('listener'); });
      pool.onGrow(() => heard++);
      const pointer = pool.alloc(${page});
      const moved = pool.realloc(pointer, 10);
      const out = new Uint32Array(2);
      const made = pool.allocMany(Uint32Array.of(8, 8), out);
      const used = pool.stats().usedBlocks;
      pool.freeMany(out);
      pool.free(moved);
      const { usedBlocks, allocs, frees } = pool.stats();
      console.log(pointer > 0, made, used, heard, usedBlocks, allocs - frees, pool.check().ok);`;
    const args = ['--input-type=commonjs', '-e', script];
    const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n');
    expect(lines).toEqual([
      'true 2 3 1 0 0 true',
      ...[
        'grow0',
        'listener',
        'alloc1',
        'realloc2',
        'alloc3',
        'alloc4',
        'free5',
        'free6',
        'free7',
      ].map((name) => `reported ${name}`),
    ]);
  });
});
