// SPDX-License-Identifier: MIT
/**
 * Calls every method of a pool with arbitrary arguments: the call works as documented, or it throws
 * an error of this package and changes nothing.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isSegfitError, Pool } from 'segfit';

/**
 * Arguments. `live` stands for a live block's pointer, `inside` for an address inside one, `many`
 * for a Uint32Array of such.
 */
type Place = { readonly live: number } | { readonly inside: number } | number;
export type Value = Place | { readonly odd: number } | { readonly many: readonly Place[] };

export interface Call {
  readonly method: (typeof methods)[number];
  readonly values: readonly Value[];
}

const methods = [
  'alloc',
  'tryAlloc',
  'realloc',
  'tryResize',
  'free',
  'freeDeferred',
  'allocMany',
  'freeMany',
  'reset',
  'sizeOf',
  'canAlloc',
  'owns',
  'allocArray',
  'reallocArray',
  'view',
  'dataView',
  'block',
  'grow',
  'onGrow',
  'stats',
  'blocks',
  'snapshot',
  'check',
  'trace',
  'imports',
  'share',
] as const;

/** Invalid and nearly valid arguments. */
const oddities: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => NaN,
  () => Infinity,
  () => -1,
  () => 1.5,
  () => 2 ** 53,
  () => '8',
  () => '',
  () => true,
  () => 8n,
  () => Symbol('odd'),
  () => ({}),
  () => [],
  () => [8],
  () => () => 8,
  () => new Uint8Array(8),
  () => new Uint32Array(4),
  () => new Uint32Array([8, 80]),
  () => new DataView(new ArrayBuffer(8)),
  () => new Date(8),
  () => Uint8Array,
  () => Float64Array,
  () => ({ align: 16 }),
  () => ({ align: 3 }),
  () => ({ zero: true }),
  () => ({ zero: 1 }),
  () => ({ tag: 300 }),
  () => ({ tag: 7 }),
  () => ({ unknown: 1 }),
  () => Object.create(null) as unknown,
  () => new Proxy({}, { get: (_target, name) => (name === 'align' ? 32 : undefined) }),
];

const live = fc.nat().map((at) => ({ live: at }));
const inside = fc.nat().map((at) => ({ inside: at }));
const place: fc.Arbitrary<Place> = fc.oneof({ weight: 6, arbitrary: live }, inside, fc.nat(300));

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(300) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, 1, 2, 8, 16, 64, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32),
  },
  { weight: 5, arbitrary: live },
  { weight: 1, arbitrary: inside },
  { weight: 2, arbitrary: fc.array(place, { maxLength: 4 }).map((many) => ({ many })) },
  { weight: 3, arbitrary: fc.nat(oddities.length - 1).map((odd) => ({ odd })) },
);

export const calls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.record({
    method: fc.oneof(
      {
        weight: 2,
        arbitrary: fc.constantFrom('alloc', 'tryAlloc', 'allocArray', 'free', 'realloc'),
      },
      { weight: 3, arbitrary: fc.constantFrom(...methods) },
    ) as fc.Arbitrary<Call['method']>,
    values: fc.array(value, { maxLength: 3 }),
  }),
  { maxLength: 60 },
);

/** Used blocks by pointer: their sizes and contents. */
type Contents = Map<number, Uint8Array>;

function contentsOf(pool: Pool): Contents {
  const used = [...pool.blocks()].filter((block) => block.used);
  return new Map(used.map(({ pointer }) => [pointer, pool.view(pointer).slice()]));
}

/** The blocks that a call may change or free if it succeeds. */
function concerned(
  method: Call['method'],
  pointers: readonly number[],
  [first]: readonly unknown[],
): Set<unknown> {
  switch (method) {
    case 'reset':
      return new Set(pointers);
    case 'free':
    case 'freeDeferred':
    case 'realloc':
    case 'reallocArray':
    case 'tryResize':
      return new Set([ArrayBuffer.isView(first) ? first.byteOffset : first]);
    case 'freeMany':
      return new Set(first instanceof Uint32Array ? first : []);
    default:
      return new Set();
  }
}

function argument(pool: Pool, pointers: readonly number[], given: Value): unknown {
  if (typeof given === 'number') return given;
  if ('odd' in given) return oddities[given.odd]!();
  if ('many' in given) {
    return Uint32Array.from(given.many, (each) => Number(argument(pool, pointers, each)) || 0);
  }
  const chosen = 'live' in given ? given.live : given.inside;
  const pointer = pointers[chosen % Math.max(pointers.length, 1)] ?? 0;
  if ('inside' in given) return pointer + 1 + (given.inside % 12);
  // Sometimes a view of it.
  return given.live % 5 === 0 && pointer !== 0 ? pool.view(pointer) : pointer;
}

/** Performs the call, and fills the returned block with a pattern. */
function execute(pool: Pool, { method }: Call, given: readonly unknown[]): boolean {
  try {
    const result: unknown = Reflect.apply(pool[method] as () => unknown, pool, given);
    if (method === 'blocks') for (const each of result as Iterable<unknown>) void each;
    return true;
  } catch (error) {
    const said = `${method}(${given.map((each) => typeof each)}): ${String(error)}`;
    assert(isSegfitError(error), said);
    assert(error.message.length > 8, said);
    return false;
  }
}

/** An exception of a listener becomes an unhandled rejection; these listeners throw nothing. */
const listener = (): void => {};

function checkCall(pool: Pool, call: Call): void {
  const before = contentsOf(pool);
  const pointers = [...before.keys()];
  const all = call.values.map((each) => argument(pool, pointers, each));
  const isListener = call.method === 'onGrow' && typeof all[0] === 'function';
  const given = isListener ? [listener] : all;
  const changeable = concerned(call.method, pointers, given);
  const done = execute(pool, call, given);
  assert.deepEqual(pool.check(), { ok: true, problems: [] });
  const after = contentsOf(pool);
  for (const [pointer, bytes] of before) {
    const now = after.get(pointer);
    const same = now !== undefined && Buffer.compare(now, bytes) === 0;
    assert(same || (done && changeable.has(pointer)), `${call.method} changed ${pointer}`);
  }
  if (!done) assert.equal(after.size, before.size, `${call.method} threw, and made a block`);
  const { usedBlocks, used, free, capacity } = pool.stats();
  assert.equal(usedBlocks, after.size);
  assert.equal(used + free, capacity);
  fill(pool, before, after);
}

/** Fills each new block with its own bytes. */
function fill(pool: Pool, before: Contents, after: Contents): void {
  for (const pointer of after.keys()) {
    if (!before.has(pointer)) pool.view(pointer).fill(pointer % 251);
  }
}

const makers: readonly (() => Pool)[] = [
  () => new Pool({ maxSize: 3 * 65_536 }),
  () =>
    new Pool({
      memory: new WebAssembly.Memory({ initial: 1 }),
      byteOffset: 1000,
      byteLength: 9001,
      tags: true,
    }),
  () => Pool.shared({ maxSize: 2 * 65_536 }) as unknown as Pool,
];

export function checkCalls(list: readonly Call[]): void {
  for (const make of makers) {
    const pool = make();
    try {
      for (const call of list) checkCall(pool, call);
    } finally {
      pool.destroy();
    }
  }
}
