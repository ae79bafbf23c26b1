// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { eventKinds, faultCodes, type HeapReader, instantiate } from 'segfit/core';

import { builtModule, makeHeap, randomFrom, sameBytes, seed, step, thrownBy } from './helpers.ts';

test(`SEED=${seed}: the modules with and without events leave identical memory`, () => {
  let count = 0;
  const plain = makeHeap(2);
  const watched = makeHeap(2, 'segfit-events.wasm', { event: () => void count++ });
  const lists: [number[], number[]] = [[], []];
  const randoms = [randomFrom(seed), randomFrom(seed)] as const;
  for (let index = 0; index < 10_000; index++) {
    step(plain, lists[0], randoms[0]);
    step(watched, lists[1], randoms[1]);
    if (index % 100 === 99 && !sameBytes(plain.bytes, watched.bytes)) {
      throw new Error(`differs after operation ${index}, SEED=${seed}`);
    }
  }
  expect(lists[1]).toEqual(lists[0]);
  expect(count).toBeGreaterThan(20_000);
});

test(`SEED=${seed}: a reader can read the whole heap at each event`, () => {
  let reader: HeapReader | undefined;
  const seen = new Set<string>();
  const bench = makeHeap(2, 'segfit-events.wasm', {
    event: (heap, kind) => {
      seen.add(eventKinds.find(({ number }) => number === kind)?.name ?? `unknown ${kind}`);
      if (reader === undefined) return;
      expect(heap).toBe(reader.heap);
      const { capacity } = reader.stats();
      let sum = 0;
      for (const { size } of reader.blocks()) sum += size;
      if (sum !== capacity) throw new Error(`${sum} of ${capacity} bytes, event ${kind}`);
      reader.heads().forEach((head, index) => head !== 0 && [...bench.reader.list(index)]);
    },
  });
  reader = bench.reader;
  const live: number[] = [];
  const random = randomFrom(seed);
  for (let index = 0; index < 1500; index++) step(bench, live, random);
  expect([...seen].sort()).toEqual(eventKinds.map(({ name }) => name).sort());
});

test('one malloc and one free report their events in order', () => {
  const story: string[] = [];
  const { core, heap } = makeHeap(1, 'segfit-events.wasm', {
    event: (_heap, kind) => void story.push(eventKinds[kind - 1]?.name ?? ''),
  });
  story.length = 0;
  const pointer = core.exports.segfit_alloc(heap, 100);
  expect(story).toEqual(['map', 'probe', 'search', 'take', 'split', 'insert', 'use']);
  story.length = 0;
  core.exports.segfit_free(heap, pointer);
  expect(story).toEqual(['release', 'take', 'merge', 'insert']);
});

test('a panic callback that returns ends the call and changes nothing', () => {
  const told: [number, number, number][] = [];
  const bench = makeHeap(1, 'segfit.wasm', { panic: (...told_) => void told.push(told_) });
  const before = bench.bytes.slice();
  bench.core.exports.segfit_free(bench.heap, 0xfffffff8);
  bench.core.exports.segfit_free(bench.heap, bench.heap + 3);
  expect(told).toEqual([
    [faultCodes.outside, bench.heap, 0xfffffff8],
    [faultCodes.outside, bench.heap, bench.heap + 3],
  ]);
  expect(sameBytes(bench.bytes, before)).toBe(true);
});

test('without a panic callback the call throws a coded error', () => {
  const { core, heap } = makeHeap(1);
  const pointer = core.exports.segfit_alloc(heap, 8);
  core.exports.segfit_free(heap, pointer);
  expect(thrownBy(() => core.exports.segfit_free(heap, pointer))).toMatchObject({
    name: 'RangeError',
    code: 'ERR_SEGFIT_DOUBLE_FREE',
  });
});

test('instantiate changes no byte, and throws for a value that is not a module or memory', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  instantiate(builtModule('segfit.wasm'), memory);
  expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  const code = 'ERR_SEGFIT_ARG_TYPE';
  expect(thrownBy(() => instantiate({} as never, memory)).code).toBe(code);
  expect(thrownBy(() => instantiate(builtModule('segfit.wasm'), null as never)).code).toBe(code);
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  expect(thrownBy(() => instantiate(builtModule('segfit.wasm'), shared)).code).toBe(code);
});
