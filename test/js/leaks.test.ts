// SPDX-License-Identifier: MIT
/**
 * The leak reports of a debug pool, with a registry that collects on demand. debug.test.ts tests
 * real garbage collection in separate programs.
 */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Pool } from 'segfit';

/** Replaces the engine's registry: stores what is registered and reports it in `collect`. */
class Registry {
  static last: Registry;
  readonly #tell: (held: unknown) => void;
  readonly held: unknown[] = [];

  constructor(tell: (held: unknown) => void) {
    this.#tell = tell;
    Registry.last = this;
  }

  register(_owner: object, held: unknown): void {
    this.held.push(held);
  }

  collect(): void {
    this.held.splice(0).forEach((each) => this.#tell(each));
  }
}

const real = globalThis.FinalizationRegistry;
let said: string[] = [];

beforeEach(() => {
  said = [];
  globalThis.FinalizationRegistry = Registry as never;
  jest.spyOn(console, 'warn').mockImplementation((text) => void said.push(String(text)));
});

afterEach(() => {
  globalThis.FinalizationRegistry = real;
  jest.restoreAllMocks();
});

const leaky = (more = {}): Pool => new Pool({ debug: true, label: 'leaky', ...more });

function taker(pool: Pool<ArrayBufferLike>, size: number): number {
  return pool.alloc(size);
}

test('the end of a pool reports each block in use, with its size, pointer and call stack', () => {
  const pool = leaky();
  const first = taker(pool, 100);
  const second = taker(pool, 200);
  const third = taker(pool, 300);
  pool.free(first);
  const moved = pool.realloc(second, 5000);
  expect(moved).not.toBe(second);
  pool.destroy();
  expect(said).toHaveLength(1);
  const [head, ...rest] = (said[0] ?? '').split(/\n(?=\d)/);
  expect(head).toBe('segfit: pool "leaky": the pool was destroyed with 2 blocks in use');
  const begins = rest.map((each) => each.split(',')[0]).sort();
  expect(begins).toEqual([`300 bytes at ${third}`, `5000 bytes at ${moved}`]);
  expect(rest.every((each) => each.includes('Error: allocated'))).toBe(true);
  expect(rest.find((each) => each.startsWith('300'))).toContain('taker');
});

test('the report lists at most ten blocks', () => {
  const pool = leaky();
  for (let index = 0; index < 12; index++) taker(pool, 8);
  pool.destroy();
  expect(said[0]).toContain('destroyed with 12 blocks in use');
  expect(said[0]?.match(/8 bytes at/g)).toHaveLength(10);
});

test('freed, reset, failed and resized blocks, and pools without debug, are not reported', () => {
  const pool = leaky();
  pool.free(taker(pool, 8));
  expect(pool.tryAlloc(1 << 20)).toBe(0);
  const pointer = taker(pool, 100);
  expect(pool.tryResize(pointer, 50)).toBe(true);
  expect(pool.tryResize(pointer, 1 << 20)).toBe(false);
  pool.free(pointer);
  taker(pool, 8);
  pool.reset();
  pool.destroy();
  const plain = new Pool({});
  taker(plain, 8);
  plain.destroy();
  expect(said).toEqual([]);
});

test('a block that was resized in place is reported with its new size', () => {
  const pool = leaky();
  const pointer = taker(pool, 100);
  expect(pool.tryResize(pointer, 50)).toBe(true);
  pool.destroy();
  expect(said[0]).toContain(`destroyed with 1 blocks in use\n50 bytes at ${pointer}`);
});

test('a block that another object of the pool freed is not reported', () => {
  const pool = Pool.shared({ debug: true });
  const other = Pool.attach(pool.share());
  other.free(taker(pool, 8));
  pool.destroy();
  expect(said).toEqual([]);
});

test('a collected view or object is reported once, with its block', () => {
  const pool = leaky();
  const array = pool.allocArray(Float32Array, 8);
  Registry.last.collect();
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('pool "leaky": a block leaked: its view or object was collected');
  expect(said[0]).toContain(`\n32 bytes at ${array.byteOffset}, `);
  Registry.last.collect();
  const block = pool.block(24);
  Registry.last.collect();
  expect(said).toHaveLength(2);
  expect(said[1]).toContain(`24 bytes at ${block.pointer}, `);
  // A reported leak is not reported again at the end.
  pool.destroy();
  expect(said).toHaveLength(2);
});

test('a view whose block was freed, or freed and reused, is not reported', () => {
  const pool = leaky();
  const first = pool.allocArray(Float32Array, 8);
  pool.free(first);
  Registry.last.collect();
  const second = pool.allocArray(Float32Array, 8);
  pool.free(second);
  const again = taker(pool, 32);
  expect(again).toBe(second.byteOffset);
  Registry.last.collect();
  expect(said).toEqual([]);
  pool.free(again);
  pool.destroy();
  const ended = leaky();
  ended.allocArray(Float32Array, 8);
  ended.destroy();
  said = [];
  Registry.last.collect();
  expect(said).toEqual([]);
});

test('a view whose block another object of the pool freed is not reported', () => {
  const pool = Pool.shared({ debug: true });
  const registry = Registry.last;
  const other = Pool.attach(pool.share());
  const array = pool.allocArray(Uint8Array, 8);
  other.free(array.byteOffset);
  registry.collect();
  expect(said).toEqual([]);
});

test('without FinalizationRegistry and console, a debug pool works and reports nothing', () => {
  globalThis.FinalizationRegistry = undefined as never;
  const pool = leaky();
  pool.allocArray(Uint8Array, 8);
  pool.block(8);
  pool.destroy();
  expect(said).toHaveLength(1);
  const { console: kept } = globalThis;
  const mute = leaky();
  mute.alloc(8);
  globalThis.console = undefined as never;
  try {
    mute.destroy();
  } finally {
    globalThis.console = kept;
  }
  expect(said).toHaveLength(1);
});
