// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { policies } from 'segfit/core';

import { mapLayoutFor } from '../../web/draw/map_layout.ts';
import { differenceOf } from '../../web/draw/usage_difference.ts';
import { createAllocator } from '../../web/model/heap/allocator.ts';
import { snapshotOf } from '../../web/model/heap/decode.ts';
import { fitsOf, Oracle, reachOf } from '../../web/model/heap/fits.ts';
import { isFree, type Snapshot, summarizeFree } from '../../web/model/heap/snapshot.ts';
import { flags, CallLog } from '../../web/model/run/call_log.ts';
import { History } from '../../web/model/run/history.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { buildScenario } from '../../web/model/run/scenario_builder.ts';
import { scenarios } from '../../web/model/run/scenarios.ts';
import { Session } from '../../web/model/run/session.ts';
import type { Settings } from '../../web/model/run/settings.ts';
import { whyNull } from '../../web/model/run/why_null.ts';
import { WordCounter } from '../../web/model/run/word_counter.ts';
import { programs } from './programs.ts';
import { build, malloc, release, run, type Run, small } from './real.ts';

const full = { ...small, limit: small.size };
const both = fc.constantFrom(policies.probe, policies.stock);

/** Returns whether one more call of that size succeeds after all of `operations`. */
function isServed(operations: readonly Operation[], settings: Settings, size: number): boolean {
  const { history } = run([...operations, malloc(size)], settings);
  return history.at(operations.length + 1).outcome.result === 'done';
}

function sureOf(real: Run): number {
  real.history.memoryAt(real.history.length, Infinity);
  return real.instance.allocator.guaranteedAllocation(real.history.heap);
}

test('the requests that fit are those that one more call can get', () => {
  fc.assert(
    fc.property(programs, both, (operations, policy) => {
      const settings = { ...full, policy };
      const real = run(operations, settings);
      const oracle = new Oracle(createAllocator(build, settings.limit), real.history.heap);
      const fits = fitsOf(real.at(operations.length), sureOf(real), oracle);
      if (fits.guaranteed > 0) {
        expect(isServed(operations, settings, fits.guaranteed)).toBe(true);
        expect(isServed(operations, settings, Math.ceil(fits.guaranteed / 2))).toBe(true);
      }
      expect(isServed(operations, settings, fits.most + 1)).toBe(false);
      for (const { request, served } of fits.tried.slice(0, 3)) {
        expect(request).toBeGreaterThan(fits.guaranteed);
        expect(request).toBeLessThanOrEqual(fits.most);
        expect(isServed(operations, settings, request)).toBe(served);
      }
    }),
    { numRuns: 40 },
  );
});

test('the reach counts every free byte once, and grows as the request shrinks', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const snapshot = run(operations).at(operations.length);
      const { total, count, largest } = summarizeFree(snapshot);
      const reach = reachOf(snapshot);
      expect(reach.at(-1)).toMatchObject({ count, bytes: total });
      expect(reach[0]!.size).toBe(largest);
      const bytes = reach.map((each) => each.bytes);
      expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    }),
  );
});

// -------------------------------------------------------------------------------------- why NULL

/** Explains why the last call of `operations`, which must fail, returned NULL. */
function failure(operations: readonly Operation[], settings: Settings) {
  const real = run(operations, settings);
  const number = operations.length;
  const last = operations[number - 1] as Operation & { kind: 'malloc' };
  expect(real.history.at(number).outcome.result).toBe('failed');
  return {
    real,
    why: whyNull(
      { request: last.size, align: last.align },
      real.at(number),
      real.classes,
      sureOf(real),
    ),
  };
}

test('each cause of NULL is distinguished', () => {
  const taken = Array.from({ length: 14 }, () => malloc(1000));
  expect(failure([malloc(1_000_000)], full).why.cause).toBe('too large');
  expect(failure([...taken, malloc(3000)], full).why.cause).toBe('full');
  const half = taken.filter((_, index) => index % 2 === 0).map(release);
  expect(failure([...taken, ...half, malloc(2500)], full).why.cause).toBe('fragmented');
  const stock = { ...full, policy: policies.stock };
  const edge = buildScenario('edge', [build]);
  expect(failure(edge.trace.operations.slice(0, edge.at), { ...edge.settings }).why.cause).toBe(
    'missed',
  );
  expect(failure([malloc(8000), malloc(6000, 4096)], stock).why.cause).toBe('padded');
});

test('the suggested remedies for NULL work', () => {
  fc.assert(
    fc.property(programs, both, fc.integer({ min: 1, max: 16_000 }), (operations, policy, size) => {
      const settings = { ...full, policy };
      if (isServed(operations, settings, size)) {
        return;
      }
      const calls = [...operations, malloc(size)];
      const { real, why } = failure(calls, settings);
      if (why.smaller > 0) {
        expect(isServed(calls, settings, why.smaller)).toBe(true);
      }
      for (const { header, hole } of why.pins) {
        const pointer = header + real.instance.layout.blockPayload;
        const owner = real.history.ownerOf(pointer, calls.length, real.at(calls.length).memory);
        const freed = [...calls, { kind: 'free', id: calls[owner - 1]!.id } as const];
        const after = run(freed, settings).at(freed.length);
        const merged = Array.from(after.blocks.size).filter(
          (each, index) => isFree(after, index) && each === hole,
        );
        expect(merged.length).toBeGreaterThan(0);
        expect(isServed(freed, settings, size)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

// ------------------------------------------------------------------------------------- scenarios

test('each scenario shows its effect', () => {
  const shown = Object.fromEntries(
    scenarios.map(({ name }) => {
      const { trace, settings, at } = buildScenario(name, [build]);
      const instance = createAllocator(build, settings.limit);
      return [name, { history: History.of(instance, settings, trace.operations), at }];
    }),
  );
  const eventsOf = (name: string): string[] => {
    const { history, at } = shown[name]!;
    return history.at(at).events.map(({ kind }) => kind);
  };
  expect(eventsOf('sandwiched').filter((kind) => kind === 'merge').length).toBe(2);
  for (const name of ['comb', 'edge']) {
    const { history, at } = shown[name]!;
    expect(history.at(at).outcome.result).toBe('failed');
    expect(history.callLog.has(at - 1, flags.failed)).toBe(false);
  }
  const { callLog } = shown.comb!.history;
  expect(callLog.used[callLog.length]! / callLog.capacity[callLog.length]!).toBeLessThan(0.6);
  expect(shown.edge!.history.at(shown.edge!.at + 1).outcome.result).toBe('done');
  expect(eventsOf('huge')).toContain('split');
  expect([...shown.sawtooth!.history.callLog.grown].some((grown) => grown > 0)).toBe(true);
  expect(eventsOf('aligned').filter((kind) => kind === 'split').length).toBe(2);
});

// ----------------------------------------------------------------------------------- words, bytes

/** Returns the number of differing words, without payloads and unused bytes. */
function changedWords(before: Uint8Array, after: Snapshot): number {
  const { layout, blocks, memory } = after;
  const content = new Set<number>();
  for (let index = 0; index < blocks.count; index++) {
    const header = blocks.address[index]!;
    const end = header + blocks.size[index]!;
    const free = isFree(after, index);
    const from = header + (free ? layout.blockPrevFree + layout.wordSize : layout.blockPayload);
    for (let at = from; at < (free ? end - layout.blockFooterBack : end); at += layout.wordSize) {
      content.add(at);
    }
  }
  const view = (bytes: Uint8Array, at: number): number =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
  let changed = 0;
  for (let at = after.begin; at < after.end; at += layout.wordSize) {
    if (!content.has(at) && view(before, at) !== view(memory, at)) {
      changed++;
    }
  }
  return changed;
}

test('the counted words are those that differ, and at most a few dozen', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const short = operations.slice(0, 12);
      const counter = new WordCounter(createAllocator(build, full.limit), full, short);
      // A new memory: after another run, a word may already have its new value.
      const { allocator, layout } = createAllocator(build, full.limit);
      const session = new Session(allocator, full, new CallLog(short));
      while (!counter.done) {
        const before = session.memory.slice();
        session.execute();
        const expected = changedWords(before, snapshotOf(session.memory, session.heap, layout));
        const seen = counter.counts.calls;
        counter.step();
        const now = counter.counts.calls;
        const words = now.findIndex((each, at) => each !== (seen[at] ?? 0));
        expect(words).toBe(expected);
        expect(words).toBeLessThanOrEqual(36);
      }
      expect(session.count).toBe(short.length);
    }),
    { numRuns: 20 },
  );
});

test('the difference of two heaps accounts for every used byte of both', () => {
  fc.assert(
    fc.property(programs, fc.integer({ min: 1, max: 900 }), (operations, width) => {
      const [left, right] = [policies.probe, policies.stock].map((policy) =>
        run(operations, { ...full, policy }).at(operations.length),
      );
      const mapLayout = mapLayoutFor(left!.begin, left!.end, width, {
        maxLines: 9,
        minBytesPerLine: 512,
        lineHeight: 2,
        gap: 0,
      });
      const { both: shared, first, second } = differenceOf(left!, right!, mapLayout);
      const bytes = (shares: Float32Array): number =>
        shares.reduce((sum, share) => sum + share, 0) * mapLayout.bytesPerPixel;
      const within = 1 + left!.statistics.used * 1e-4;
      expect(Math.abs(bytes(shared) + bytes(first) - left!.statistics.used)).toBeLessThan(within);
      expect(Math.abs(bytes(shared) + bytes(second) - right!.statistics.used)).toBeLessThan(within);
      const most = Math.max(...shared.map((share, at) => share + first[at]! + second[at]!));
      expect(most).toBeLessThan(1.001);
    }),
    { numRuns: 40 },
  );
});
