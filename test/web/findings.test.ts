// SPDX-License-Identifier: MIT
/** The worst moments of a run, pinning blocks, heap sizing, filters. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { createAllocator } from '../../web/model/heap/allocator.ts';
import { pinnedHoles, pinsOfHole } from '../../web/model/heap/pinned_holes.ts';
import { isFree, type Snapshot } from '../../web/model/heap/snapshot.ts';
import { filterOf, matchesOf } from '../../web/model/page/block_filter.ts';
import { Store } from '../../web/model/page/store.ts';
import { flags } from '../../web/model/run/call_log.ts';
import { findingsOf } from '../../web/model/run/findings.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import type { Settings } from '../../web/model/run/settings.ts';
import { Sizer } from '../../web/model/run/sizing.ts';
import { programs } from './programs.ts';
import { build, calloc, malloc, release, run, small, trace } from './real.ts';

const fixed: Settings = { ...small, limit: small.size };

test('the worst moments match the call log', () => {
  const { history } = run(trace.operations, { ...small, limit: 128 * 1024 });
  const { callLog } = history;
  const found = Object.fromEntries(findingsOf(callLog).map(({ kind, call }) => [kind, call]));
  expect(callLog.held[found.peak!]).toBe(Math.max(...callLog.held));
  expect(callLog.grown[found.growth!]).toBe(Math.max(...callLog.grown));
  expect(found.null).toBeUndefined();
  const tight = run(trace.operations, fixed).history.callLog;
  const first = findingsOf(tight).find(({ kind }) => kind === 'null')!;
  expect(tight.has(first.call, flags.failed)).toBe(true);
  for (let call = 1; call < first.call; call++) {
    expect(tight.has(call, flags.failed)).toBe(false);
  }
});

test('an empty run has no findings', () => {
  expect(findingsOf(run([], small).history.callLog)).toEqual([]);
});

test('freeing a pinning block leaves a hole of the predicted size', () => {
  let seen = 0;
  fc.assert(
    fc.property(programs, (operations) => {
      const { at, instance, history } = run(operations, fixed);
      const { layout } = at(operations.length);
      for (const { header, hole, before, behind } of pinnedHoles(at(operations.length), 3)) {
        expect(Math.min(before, behind)).toBeGreaterThan(0);
        at(0);
        at(operations.length);
        const { memory } = instance.allocator;
        instance.allocator.free(history.heap, header + layout.blockPayload);
        const merged = new DataView(memory.buffer).getUint32(header - before, true);
        expect(merged & ~layout.headerFlags).toBe(hole);
        seen++;
      }
    }),
    { numRuns: 200 },
  );
  expect(seen).toBeGreaterThan(20);
});

test('pinsOfHole returns the used neighbours of a free block', () => {
  const [left, middle, right] = [malloc(100), malloc(200), malloc(300)];
  const { at } = run([left, middle, right, malloc(16), release(middle)], fixed);
  const snapshot = at(5);
  const hole = [...snapshot.blocks.address.slice(0, snapshot.blocks.count)].find((_, index) =>
    isFree(snapshot, index),
  )!;
  const pins = pinsOfHole(snapshot, hole);
  expect(pins.map(({ size }) => size)).toEqual([104, 304]);
  expect(pinsOfHole(snapshot, pins[0]!.header)).toEqual([]);
});

function sized(operations: readonly Operation[], settings: Settings) {
  const sizer = new Sizer((room) => createAllocator(build, room), settings, operations, 1 << 24);
  sizer.step(() => true);
  return sizer.result;
}

test('the sizing result serves all calls, and the smaller heap does not', () => {
  const { enough, tooSmall, failed, tried, done } = sized(trace.operations, small);
  expect(done).toBe(true);
  expect(tried).toBeGreaterThan(3);
  expect(enough - tooSmall).toBeLessThanOrEqual(enough / 2048);
  const failures = (size: number): number[] => {
    const { callLog } = run(trace.operations, { ...small, size, limit: size }).history;
    return trace.operations
      .map((_, at) => at + 1)
      .filter((call) => callLog.has(call, flags.failed));
  };
  expect(failures(enough)).toEqual([]);
  expect(failures(tooSmall)[0]).toBe(failed);
});

test('calls that no tried heap can serve are reported', () => {
  const { enough, tooSmall, failed } = sized([malloc(8), malloc(2 ** 30)], small);
  expect([enough, failed]).toEqual([0, 2]);
  expect(tooSmall).toBe(1 << 24);
});

function shown(operations: readonly Operation[]): { store: Store; snapshot: Snapshot } {
  const store = new Store([build], { title: '', meta: {}, operations }, fixed);
  store.seek(operations.length);
  return { store, snapshot: store.snapshot.value };
}

const sizesOf = (store: Store, text: string): number[] => {
  const { operations } = store.history;
  const about = { world: store.world, operations, now: store.position.value.operation };
  const { blocks } = store.snapshot.value;
  return matchesOf(filterOf(text), about)!.indexes.map((index) => blocks.size[index]!);
};

test('filters select the matching blocks', () => {
  const first = { ...malloc(100), site: 'parse.c:12' };
  const gone = malloc(500);
  const { store, snapshot } = shown([first, gone, calloc(1000), release(gone), malloc(2000)]);
  const all = [...snapshot.blocks.size.slice(0, snapshot.blocks.count)];
  expect(sizesOf(store, 'size>0')).toEqual(all);
  expect([...sizesOf(store, 'used'), ...sizesOf(store, 'free')].sort()).toEqual([...all].sort());
  expect(sizesOf(store, 'used >100 <=504')).toEqual([104]);
  expect(sizesOf(store, '500-510')).toEqual([504]);
  expect(sizesOf(store, 'free 504')).toEqual([504]);
  expect(sizesOf(store, 'site:PARSE')).toEqual([104]);
  expect(sizesOf(store, 'age<=0')).toEqual([2008]);
  expect(sizesOf(store, 'call:1-3')).toEqual([104, 1008]);
  const classOf = store.classes.of(1008);
  const { columns } = snapshot;
  const place = `${Math.floor(classOf / columns)},${classOf % columns}`;
  expect(sizesOf(store, `row:${place}`)).toEqual([1008]);
  expect(sizesOf(store, '>1,000 used')).toEqual([1008, 2008]);
});

test('bytes and share belong to the matches', () => {
  const { store, snapshot } = shown([malloc(100), malloc(200)]);
  const { bytes, share, indexes } = matchesOf(filterOf('used'), { world: store.world })!;
  expect([bytes, indexes.length]).toEqual([104 + 208, 2]);
  expect(share).toBeCloseTo(312 / snapshot.statistics.capacity, 5);
});

test('an invalid filter is reported, and hides nothing', () => {
  expect(filterOf('  ')).toEqual({ test: null, problem: '' });
  for (const word of ['blue', '>', 'row:x', '10-', 'age']) {
    const { test: none, problem } = filterOf(`used ${word}`);
    expect(none).toBeNull();
    expect(problem).toContain(`“${word}”`);
  }
  const { store } = shown([malloc(1)]);
  expect(matchesOf(filterOf('blue'), { world: store.world })).toBeNull();
});
