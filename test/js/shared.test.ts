// SPDX-License-Identifier: MIT
import { Worker } from 'node:worker_threads';

import { describe, expect, jest, test } from '@jest/globals';
import { createTraceRing, Pool, type PoolDescriptor } from 'segfit';

import { builtModule, sameBytes, seed, thrownBy } from './helpers.ts';
import { userModule } from './user_module.ts';

// Threads start slowly on a busy machine.
jest.setTimeout(120_000);

const page = 65536;
const any = (value: unknown): never => value as never;

/** Returns what worker.cjs posts after it has performed `task` with the pool. */
function run<T>(pool: Pool<SharedArrayBuffer>, task: string, id = 0, more = {}): Promise<T> {
  const workerData = { descriptor: pool.share(), task, id, seed, count: 0, ...more };
  const worker = new Worker('./test/js/threads/worker.cjs', { workerData });
  return new Promise((resolve, reject) => {
    let posted: T;
    worker.once('message', (value: T) => (posted = value));
    worker.once('error', reject);
    worker.once('exit', () => resolve(posted));
  });
}

const inFour = <T>(pool: Pool<SharedArrayBuffer>, task: string, more: object): Promise<T[]> =>
  Promise.all([0, 1, 2, 3].map((id) => run<T>(pool, task, id, more)));

const bytesOf = (pool: Pool<SharedArrayBuffer>): Uint8Array => new Uint8Array(pool.buffer).slice();

describe('a shared pool', () => {
  test.each([
    ['', {}, 4000],
    [' with tags', { tags: true }, 4000],
    [' with guards', { debug: true }, 700],
  ])(`SEED=${seed}: is whole after four threads used it at once%s`, async (_, options, count) => {
    const pool = Pool.shared({ size: page, maxSize: 64 * page, ...options });
    for (const report of await inFour(pool, 'live', { count })) {
      expect(report).toEqual({ ok: true, problems: [] });
    }
    const stats = pool.stats();
    expect(stats).toMatchObject({ used: 0, usedBlocks: 0, freeBlocks: 1, free: stats.capacity });
    expect(stats.capacity + stats.overhead).toBe(pool.byteLength);
    expect(stats.allocs).toBe(stats.frees);
    expect(stats.grows).toBeGreaterThan(0);
    expect(pool.check()).toEqual({ ok: true, problems: [] });
  });

  test('behaves like a plain pool, pointer by pointer', () => {
    const pools = [new Pool({ size: 4 * page }), Pool.shared({ size: 4 * page })];
    const answers = pools.map((pool) => {
      const first = pool.allocArray(Float64Array, 100);
      const second = pool.alloc(1000, { align: 256 });
      const third = pool.tryAlloc(50);
      pool.free(first);
      const moved = pool.realloc(second, 9000);
      pool.freeDeferred(third);
      expect(pool.tryResize(moved, 5000)).toBe(true);
      return [first.byteOffset, second, third, moved, pool.alloc(20), pool.stats()];
    });
    expect(answers[0]).toEqual(answers[1]);
  });

  test('has views over shared memory', () => {
    const pool = Pool.shared({});
    expect(Object.prototype.toString.call(pool.buffer)).toBe('[object SharedArrayBuffer]');
    expect(pool.memory.buffer).toBe(pool.buffer);
    const array = pool.allocArray(Int32Array, 4);
    expect(array.buffer).toBe(pool.buffer);
    pool.free(array);
    expect(pool.stats().used).toBe(0);
  });

  test('can lie in a given memory, and changes its region only', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
    new Uint8Array(memory.buffer).fill(170);
    const pool = Pool.shared({ memory, byteOffset: 5001, byteLength: 40000 });
    while (pool.tryAlloc(50) !== 0);
    const bytes = new Uint8Array(memory.buffer);
    expect(bytes.subarray(0, 5001).every((byte) => byte === 170)).toBe(true);
    expect(bytes.subarray(45001).every((byte) => byte === 170)).toBe(true);
    const attached = Pool.attach(pool.share());
    expect([attached.byteOffset, attached.byteLength]).toEqual([5001, 40000]);
    const overlapping = (): unknown => Pool.shared({ memory, byteOffset: 4096, byteLength: 8192 });
    expect(thrownBy(overlapping).code).toBe('ERR_SEGFIT_REGION');
  });

  test('stays unlocked if filling an object with statistics throws', () => {
    const pool = Pool.shared({});
    const unwilling = {
      set used(_: number) {
        throw new Error('no');
      },
    };
    expect(() => pool.stats(unwilling as { used: number })).toThrow('no');
    pool.free(pool.alloc(8));
  });

  test('stays usable after a call that throws', () => {
    const pool = Pool.shared({});
    const pointer = pool.alloc(100);
    pool.view(pointer).fill(0);
    const before = bytesOf(pool);
    expect(thrownBy(() => pool.free(pointer + 8)).code).toBe('ERR_SEGFIT_POINTER');
    expect(thrownBy(() => pool.free(page)).code).toBe('ERR_SEGFIT_POINTER');
    expect(thrownBy(() => pool.realloc(pointer + 1, 8)).code).toBe('ERR_SEGFIT_POINTER');
    expect(thrownBy(() => pool.tryResize(pointer + 4, 8)).code).toBe('ERR_SEGFIT_POINTER');
    expect(thrownBy(() => pool.freeDeferred(pointer + 4)).code).toBe('ERR_SEGFIT_POINTER');
    expect(thrownBy(() => pool.freeDeferred(8)).code).toBe('ERR_SEGFIT_POINTER');
    expect(thrownBy(() => pool.freeDeferred(any('8'))).code).toBe('ERR_SEGFIT_ARG_TYPE');
    expect(sameBytes(bytesOf(pool), before)).toBe(true);
    pool.free(pointer);
    expect(thrownBy(() => pool.free(pointer)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(thrownBy(() => pool.freeDeferred(pointer)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(thrownBy(() => pool.alloc(page)).code).toBe('ERR_SEGFIT_OUT_OF_MEMORY');
    expect(pool.stats()).toMatchObject({ usedBlocks: 0, allocs: 1, frees: 1 });
  });

  test('stays usable after a fault found under the lock', () => {
    const pool = Pool.shared({});
    const pointer = pool.alloc(100);
    pool.alloc(8);
    pool.free(pointer);
    // The size in the last word of the free block.
    new Uint32Array(pool.buffer)[(pointer + 96) / 4] = 4096;
    const lock = new Int32Array(pool.buffer, pool.share().byteOffset + 4, 1);
    for (const call of [() => pool.alloc(100), () => pool.realloc(0, 100)]) {
      expect(thrownBy(call).code).toBe('ERR_SEGFIT_CORRUPT');
      expect(Atomics.load(lock, 0)).toBe(0);
    }
    expect(pool.stats().usedBlocks).toBe(1);
  });

  test('serves wasm modules of several threads', async () => {
    const pool = Pool.shared({ size: page, maxSize: 8 * page });
    const module = userModule(true);
    const kept = await inFour<number>(pool, 'wasm', { count: 300, module });
    expect(new Set(kept).size).toBe(4);
    kept.forEach((pointer, id) => {
      expect(pool.view(pointer, Uint32Array, 1)[0]).toBe(id);
      pool.free(pointer);
    });
    expect(pool.stats()).toMatchObject({ usedBlocks: 0, allocs: 1204, frees: 1204 });
  });
});

describe('freeDeferred', () => {
  test('defers a free to the next call that locks', () => {
    const pool = Pool.shared({ label: 'later' });
    const pointers = [10, 20, 30].map((size) => pool.alloc(size));
    const before = pool.stats().usedBlocks;
    for (const pointer of pointers) pool.freeDeferred(pointer);
    pool.freeDeferred(0);
    expect(before).toBe(3);
    expect(pool.stats()).toMatchObject({ usedBlocks: 0, freeBlocks: 1, frees: 3 });
  });

  test('needs no lock', () => {
    const pool = Pool.shared({});
    const pointer = pool.alloc(10);
    const lock = new Int32Array(pool.buffer, pool.share().byteOffset + 4, 1);
    Atomics.store(lock, 0, 1);
    pool.freeDeferred(pointer);
    expect(pool.tryAlloc(10)).toBe(0);
    Atomics.store(lock, 0, 0);
    expect(pool.alloc(10)).toBe(pointer);
  });

  test('does not slow tryAlloc, which completes deferred frees only when nothing fits', () => {
    const pool = Pool.shared({});
    const large = pool.alloc(40_000);
    pool.freeDeferred(large);
    const small = pool.tryAlloc(10);
    expect(small).toBeGreaterThan(large);
    expect(pool.tryAlloc(40_000)).toBe(large);
    expect(pool.stats()).toMatchObject({ allocs: 3, frees: 1, failures: 0 });
  });

  test('of a block that is written to afterwards damages nothing else', () => {
    const pool = Pool.shared({});
    const pointers = [10, 20, 30].map((size) => pool.alloc(size));
    for (const pointer of pointers) pool.freeDeferred(pointer);
    new Uint32Array(pool.buffer)[(pointers[1] ?? 0) / 4] = 0xfffffff0;
    expect(pool.stats()).toMatchObject({ frees: 2, usedBlocks: 1 });
    expect(pool.check().ok).toBe(true);
    pool.free(pool.alloc(8));
  });

  test('of the same block twice frees it once and damages nothing', () => {
    const pool = Pool.shared({});
    const [first, second, third] = [10, 20, 30].map((size) => pool.alloc(size)) as [
      number,
      number,
      number,
    ];
    pool.freeDeferred(first);
    pool.freeDeferred(second);
    pool.freeDeferred(first);
    expect(pool.stats()).toMatchObject({ allocs: 3, frees: 2, usedBlocks: 1 });
    expect(pool.check().ok).toBe(true);
    pool.freeDeferred(third);
    expect(pool.stats()).toMatchObject({ used: 0, freeBlocks: 1 });
  });

  test('accepts blocks from all threads at once', async () => {
    const pool = Pool.shared({ size: 8 * page });
    const pointers = Array.from({ length: 2000 }, () => pool.alloc(40));
    const parts = [0, 1, 2, 3].map((id) => pointers.filter((_, index) => index % 4 === id));
    await Promise.all(parts.map((part, id) => run(pool, 'handBack', id, { pointers: part })));
    expect(pool.stats()).toMatchObject({ used: 0, usedBlocks: 0, freeBlocks: 1, frees: 2000 });
    expect(pool.check().ok).toBe(true);
  });

  test('acts as free in a pool that is not shared', () => {
    const pool = new Pool({});
    const pointer = pool.alloc(10);
    pool.freeDeferred(pointer);
    expect(pool.stats().usedBlocks).toBe(0);
    expect(thrownBy(() => pool.freeDeferred(pointer)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
  });
});

describe('growth by another thread', () => {
  test('is reported to listeners outside of the lock, so that they may use the pool', async () => {
    const pool = Pool.shared({ size: page, maxSize: 4 * page });
    const heard: number[] = [];
    pool.onGrow(() => {
      const pointer = pool.alloc(8);
      heard.push(pool.stats().usedBlocks);
      pool.free(pointer);
    });
    await run(pool, 'grow', 0, { count: page });
    expect(pool.stats().grows).toBe(1);
    expect(pool.buffer.byteLength).toBe(2 * page);
    expect(heard).toEqual([1]);
  });

  test('is noticed: buffer, views, generation, listeners', async () => {
    const pool = Pool.shared({ size: page, maxSize: 4 * page });
    const old = pool.allocArray(Uint8Array, 8);
    const heard: number[] = [];
    pool.onGrow((grown) => heard.push(grown.byteLength));
    const answer = await run<unknown[]>(pool, 'grow', 0, { count: 2 * page });
    expect(answer.slice(0, 2)).toEqual([true, 3 * page]);
    expect(pool.byteLength).toBe(3 * page);
    expect([pool.generation, heard]).toEqual([1, [3 * page]]);
    expect(pool.buffer.byteLength).toBe(3 * page);
    const far = pool.allocArray(Uint8Array, 2 * page);
    expect(far.fill(1).every((byte) => byte === 1)).toBe(true);
    old[0] = 7;
    expect(pool.view(old.byteOffset)[0]).toBe(7);
    expect(pool.owns(old)).toBe(true);
    pool.free(old);
    pool.free(far);
    expect(pool.stats().used).toBe(0);
  });

  test('keeps views over every buffer of the memory valid', async () => {
    const pool = Pool.shared({ size: page, maxSize: 4 * page });
    const pointer = pool.alloc(8);
    await run(pool, 'grow', 0, { count: page });
    pool.memory.grow(0);
    const mine = new Uint8Array(pool.memory.buffer, pointer, 8);
    expect(pool.owns(mine)).toBe(true);
    pool.free(mine);
    const foreign = new Uint8Array(new SharedArrayBuffer(2000), pointer, 8);
    expect(thrownBy(() => pool.free(foreign)).code).toBe('ERR_SEGFIT_FOREIGN_VIEW');
  });
});

describe('attach', () => {
  test('returns the same pool, in this thread too', () => {
    const pool = Pool.shared({ label: 'both', tags: true });
    const other = Pool.attach(pool.share());
    expect([other.label, other.byteLength]).toEqual(['both', page]);
    const pointer = other.alloc(8, { tag: 9 });
    expect([...pool.blocks()][0]).toMatchObject({ pointer, tag: 9 });
    pool.free(pointer);
    expect(thrownBy(() => other.free(pointer)).code).toBe('ERR_SEGFIT_DOUBLE_FREE');
    expect(other.share().byteOffset).toBe(pool.share().byteOffset);
  });

  test('works with and without a module', () => {
    const descriptor = Pool.shared({}).share();
    expect(descriptor.module).toBeInstanceOf(WebAssembly.Module);
    expect(Pool.attach({ ...descriptor, module: null }).alloc(8)).not.toBe(0);
    const file = builtModule('segfit-threads.wasm');
    expect(Pool.attach({ ...descriptor, module: file }).alloc(8)).not.toBe(0);
  });

  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const plain = new WebAssembly.Memory({ initial: 1 });
  const foreign = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const good = Pool.shared({}).share();
  const fresh = (): PoolDescriptor => ({ ...good, memory });
  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined is not a descriptor'],
    ['null', null, 'null is not a descriptor'],
    ['a string', 'pool', '"pool" is not a descriptor'],
    ['a pool', Pool.shared({}), 'Object is not a descriptor'],
    ['another kind', { ...good, kind: 'segfit-offset-pool' }, 'Object is not a descriptor'],
    ['another layout', { ...good, layout: 1 }, 'its layout is 1'],
    ['no memory', { ...good, memory: undefined }, 'its memory is undefined'],
    ['a buffer', { ...good, memory: memory.buffer }, 'its memory is SharedArrayBuffer'],
    ['a memory that is not shared', { ...good, memory: plain }, 'not a shared'],
    ['a memory without a pool', fresh(), 'it may have been destroyed'],
    ['something for a module', { ...good, module: {} }, 'its module is Object'],
    ['an odd offset', { ...good, byteOffset: 8 }, 'byteOffset is 8'],
    ['an offset of none', { ...good, byteOffset: 160 }, 'no pool lies at 160'],
    ['a far offset', { ...good, byteOffset: page }, 'byteOffset is 65536'],
    ['a negative offset', { ...good, byteOffset: -16 }, 'byteOffset is -16'],
    ['an offset in letters', { ...good, byteOffset: '16' }, 'byteOffset is "16"'],
  ])('refuses %s', (_, descriptor, shown) => {
    const before = new Uint8Array(good.memory.buffer).slice();
    const { name, code, message } = thrownBy(() => Pool.attach(any(descriptor)));
    expect({ name, code }).toEqual({ name: 'Error', code: 'ERR_SEGFIT_DESCRIPTOR' });
    expect(message).toContain(shown);
    expect(sameBytes(new Uint8Array(good.memory.buffer), before)).toBe(true);
    expect(new Pool({}).alloc(8)).not.toBe(0);
  });

  test('refuses a module of another package', () => {
    const other = Pool.shared({});
    const copy = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    new Uint8Array(copy.buffer).set(bytesOf(other));
    const call = (): unknown => Pool.attach({ ...other.share(), memory: copy, module: foreign });
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_SEGFIT_DESCRIPTOR' });
    expect(Pool.attach({ ...other.share(), memory: copy, module: null }).alloc(8)).not.toBe(0);
  });

  test('share refuses a pool that is not shared', () => {
    const { name, code, message } = thrownBy(() => new Pool({ label: 'mine' }).share());
    expect({ name, code }).toEqual({ name: 'TypeError', code: 'ERR_SEGFIT_NOT_SHARED' });
    expect(message).toContain('"mine"');
  });
});

describe('destroy', () => {
  test('called by an attached thread ends the use there only', async () => {
    const pool = Pool.shared({});
    expect(await run(pool, 'leave')).toBe(true);
    const attached = Pool.attach(pool.share());
    attached.destroy();
    expect(thrownBy(() => attached.alloc(8)).code).toBe('ERR_SEGFIT_DESTROYED');
    pool.free(pool.alloc(8));
  });

  test('called by the maker ends the pool everywhere', () => {
    const pool = Pool.shared({ label: 'ended' });
    const descriptor = pool.share();
    const attached = Pool.attach(descriptor);
    const pointer = attached.alloc(8);
    const imports = attached.imports();
    pool.destroy();
    const calls = [
      () => attached.alloc(8),
      () => attached.tryAlloc(8),
      () => attached.free(pointer),
      () => attached.freeDeferred(pointer),
      () => attached.sizeOf(pointer),
      () => attached.stats(),
      () => attached.snapshot(),
      () => attached.reset(),
      () => attached.owns(pointer),
      () => attached.grow(1),
      () => imports.malloc(8),
    ];
    for (const call of calls) {
      expect(thrownBy(call)).toMatchObject({ name: 'Error', code: 'ERR_SEGFIT_DESTROYED' });
    }
    expect(thrownBy(() => Pool.attach(descriptor)).code).toBe('ERR_SEGFIT_DESCRIPTOR');
    attached.destroy();
  });
});

test('a ring records all threads, each with its number', async () => {
  const pool = Pool.shared({ size: 4 * page });
  const ring = createTraceRing({ capacity: 1000 });
  pool.trace({ ring });
  const capacities = await inFour<number>(pool, 'trace', { count: 50 });
  expect(capacities).toEqual([1000, 1000, 1000, 1000]);
  const events = [...ring.read(0)];
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
  const told = [1, 2, 3, 4].map((thread) => events.filter((event) => event.thread === thread));
  for (const list of told) {
    expect(list).toHaveLength(100);
    const [first] = list;
    list.forEach((event, index) => {
      expect(event).toMatchObject({ kind: index % 2 ? 'free' : 'alloc', tag: 0 });
    });
    const asked = list.filter(({ kind }) => kind === 'alloc').map(({ size }) => size);
    expect(new Set(asked).size).toBe(1);
    expect(first?.align).toBe(8);
  }
  expect(ring.dropped).toBe(0);
});
