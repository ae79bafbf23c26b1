// SPDX-License-Identifier: MIT
/**
 * Runs the readers of heaps over memories with arbitrary overwritten bytes: they end, and report
 * the damage.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeLayout,
  HeapReader,
  instantiate,
  type Layout,
  layoutFields,
  layoutOf,
  policies,
} from 'segfit/core';

import { LiveHeap } from '../../../web/model/heap/live_heap.ts';
import { builtModule } from './modules.ts';

const wasm = builtModule('segfit.wasm');
const layout = layoutOf(wasm);
const layoutBytes = layoutFields.length * 4;
const base = 64;

/** Makes a heap of two pools after random use, in one page; `heap` is its address. */
function makeImage(): { bytes: Uint8Array; heap: number; ends: number } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = instantiate(wasm, memory);
  const heap = exports.segfit_init(base, 20_000, 0, 16, 0, policies.probe) >>> 0;
  exports.segfit_add_pool(heap, 24_000, 9000);
  const live: number[] = [];
  for (let call = 0; call < 300; call++) {
    const size = (call * 37) % 300;
    if (call % 3 === 2) exports.segfit_free(heap, live.splice((call * 7) % live.length, 1)[0]!);
    else live.push(exports.segfit_alloc(heap, size) >>> 0);
  }
  return { bytes: new Uint8Array(memory.buffer).slice(), heap, ends: 33_000 };
}

const image = makeImage();

/** The positions where the heap stores addresses of free blocks, and these addresses. */
function findLinks(): { places: number[]; headers: number[]; classes: number[] } {
  const reader = new HeapReader(image.bytes, image.heap, layout);
  const headers = [...reader.blocks()].filter(({ used }) => !used).map(({ header }) => header);
  const { heads, pools } = reader.control();
  const classes = reader.heads().flatMap((head, index) => (head === 0 ? [] : [index]));
  const lists = classes.map((index) => heads + index * 4);
  const next = headers.map((header) => header + layout.blockNextFree);
  const places = [...lists, ...next, pools + layout.poolNext];
  return { places, headers: [...headers, pools], classes };
}

const links = findLinks();

/** Misleading words: small numbers, addresses within the heap, its ends, all bits set. */
const word = fc.oneof(
  fc.nat(0xffff),
  fc.integer({ min: 0, max: image.ends }).map((address) => address & ~7),
  fc.constantFrom(0, 1, 8, 16, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff),
);

/** A link that leads to another free block. */
const relink = fc.record({
  at: fc.constantFrom(...links.places),
  put: fc.constantFrom(...links.headers),
});

/** A word at an address of the heap, often of its control structure. */
const rewrite = fc.record({
  at: fc.oneof(
    fc.integer({ min: base, max: base + 400 }),
    fc.integer({ min: base, max: image.ends }),
  ),
  put: word,
});

export interface Damage {
  readonly changes: readonly { readonly at: number; readonly put: number }[];
  /** How many bytes of the memory remain. */
  readonly length: number;
  readonly heap: number;
  readonly key: number;
  readonly field: number;
  readonly value: number;
}

export const damage: fc.Arbitrary<Damage> = fc.record({
  changes: fc.array(fc.oneof(relink, rewrite), { maxLength: 6 }),
  length: fc.oneof(
    { weight: 6, arbitrary: fc.constant(image.bytes.length) },
    { weight: 1, arbitrary: fc.nat(image.ends) },
  ),
  heap: fc.oneof(
    { weight: 8, arbitrary: fc.constant(image.heap) },
    { weight: 1, arbitrary: fc.oneof(fc.nat(image.ends), word) },
  ),
  key: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: word }),
  // Nothing beyond the last field is changed.
  field: fc.oneof(
    { weight: 3, arbitrary: fc.constant(layoutFields.length) },
    { weight: 1, arbitrary: fc.nat(layoutFields.length - 1) },
  ),
  value: word,
});

const isRefusal = (error: unknown): boolean =>
  (error as { code?: string }).code === 'ERR_SEGFIT_CORRUPT';

/** Runs `read`; an exception must report that the heap is damaged. */
function reads(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Consumes a generator, which must end before `most` values. */
function drain(all: Iterable<unknown>, most: number): void {
  let count = 0;
  for (const each of all) {
    void each;
    assert(++count <= most, `more than ${most} in ${all}`);
  }
}

function layoutFor({ field, value }: Damage): Layout | null {
  const bytes = new Uint8Array(layoutBytes);
  const view = new DataView(bytes.buffer);
  layoutFields.forEach((name, index) => {
    view.setUint32(index * 4, index === field ? value : layout[name], true);
  });
  let decoded: Layout | null = null;
  reads(() => {
    decoded = decodeLayout(bytes);
  });
  return decoded;
}

export function checkImage(given: Damage): void {
  const used = layoutFor(given);
  if (used === null) return;
  const bytes = image.bytes.slice(0, given.length);
  const view = new DataView(bytes.buffer);
  for (const { at, put } of given.changes) {
    if (at + 4 <= bytes.length) view.setUint32(at, put, true);
  }
  const before = bytes.slice();
  const reader = new HeapReader(bytes, given.heap, used, 0, given.key);
  const most = bytes.length;
  for (const read of [
    () => reader.control(),
    () => reader.rowBits(),
    () => reader.columnBits(3),
    () => reader.heads(),
    () => reader.stats(),
    () => reader.snapshot(),
    () => drain(reader.pools(), most),
    () => drain(reader.blocks(), most),
    () => reader.block(given.value),
    () => reader.freeBlock(given.heap),
  ]) {
    reads(read);
  }
  for (const index of [-1, 0, ...links.classes, 1e6]) {
    reads(() => drain(reader.list(index), most));
  }
  checkView(given, used, bytes);
  assert.equal(Buffer.compare(bytes, before), 0, 'a reader wrote');
}

/** The view rejects an invalid heap with a message, and otherwise shows the readable part. */
function checkView({ heap, key }: Damage, used: Layout, bytes: Uint8Array<ArrayBuffer>): void {
  let live: LiveHeap;
  try {
    live = new LiveHeap({ memory: bytes, heap, layout: used, key });
  } catch (error) {
    assert(isRefusal(error) || /heap|header|words/.test((error as Error).message), String(error));
    return;
  }
  for (let look = 0; look < 3; look++) reads(() => live.refresh());
  reads(() => live.refreshAll());
  const { blocks, pools, problems } = live.snapshot;
  let end = 0;
  for (let index = 0; index < blocks.count; index++) {
    assert(blocks.address[index]! >= end, 'blocks overlap');
    end = blocks.address[index]! + blocks.size[index]!;
  }
  assert(blocks.count === 0 || pools.length > 0 || problems.length > 0);
}
