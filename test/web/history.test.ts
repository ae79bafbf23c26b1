// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { createAllocator } from '../../web/model/heap/allocator.ts';
import { readImage } from '../../web/model/heap/heap_image.ts';
import { countedLength, isFree, summarizeFree } from '../../web/model/heap/snapshot.ts';
import { flags, CallLog, neverEnded } from '../../web/model/run/call_log.ts';
import { History } from '../../web/model/run/history.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { Session } from '../../web/model/run/session.ts';
import { settingsFor } from '../../web/model/run/settings.ts';
import { programs } from './programs.ts';
import { build, malloc, realloc, release, run, type Run, small, trace } from './real.ts';

/** Returns the words of a heap that the allocator reads, as text. */
function imageOf(memory: Uint8Array<ArrayBuffer>, { instance, history }: Run): string {
  const { patches, words } = readImage(memory, history.heap, instance.layout);
  return JSON.stringify([patches.map(({ bytes }) => [...bytes]), [...words]]);
}

/** Returns the heap after each operation, from a session that only goes forward. */
function forward(operations: readonly Operation[], settings = small): string[] {
  const { allocator, layout } = createAllocator(build, settings.limit);
  const session = new Session(allocator, settings, new CallLog(operations));
  const image = (): string => {
    const { patches, words } = readImage(session.memory, session.heap, layout);
    return JSON.stringify([patches.map(({ bytes }) => [...bytes]), [...words]]);
  };
  const states = [image()];
  for (let number = 1; number <= operations.length; number++) {
    session.execute();
    states.push(image());
  }
  return states;
}

test('every moment has the same heap, however it is reached', () => {
  fc.assert(
    fc.property(programs, fc.array(fc.nat(80)), (operations, visits) => {
      const states = forward(operations);
      const real = run(operations, small, 8);
      for (const visit of visits) {
        const number = Math.min(visit, operations.length);
        const memory = real.history.memoryAt(visit, Infinity);
        expect(imageOf(memory, real) === states[number]).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});

test('going back over the real trace restores every state', () => {
  const settings = settingsFor(trace.operations);
  const real = run(trace.operations, settings, 64);
  const states = forward(trace.operations, settings);
  for (let number = trace.operations.length; number >= 0; number -= 7) {
    const image = imageOf(real.history.memoryAt(number, Infinity), real);
    expect(image === states[number]).toBe(true);
  }
});

test('few keyframes reach the same moments as many', () => {
  const settings = settingsFor(trace.operations);
  const instance = createAllocator(build, settings.limit);
  const sparse = History.of(instance, settings, trace.operations, { stride: 4, most: 3 });
  const real = run(trace.operations, settings, 64);
  for (let number = trace.operations.length; number >= 0; number -= 211) {
    const image = imageOf(sparse.memoryAt(number, Infinity), real);
    expect(image === imageOf(real.history.memoryAt(number, Infinity), real)).toBe(true);
  }
});

test('a repeated execution has the same events and words', () => {
  const real = run(trace.operations, settingsFor(trace.operations), 64);
  const visit = (): unknown[] => {
    const { events, steps } = real.history.at(700);
    const heaps = steps.map((_, moment) => imageOf(real.history.memoryAt(700, moment), real));
    return [JSON.stringify(events), ...heaps];
  };
  const once = visit();
  real.history.at(12);
  expect(visit().map((each, index) => each === once[index])).toEqual(once.map(() => true));
  expect(new Set(once).size).toBeGreaterThan(2);
});

test('a moment inside an operation differs from the states before and after', () => {
  const { history, at } = run([malloc(100)]);
  const { steps } = history.at(1);
  const moment = steps.findIndex(({ name }) => name === 'split');
  // The rest is split off and free, and not yet in a list.
  const { blocks, heads } = at(1, moment);
  expect(blocks.count).toBe(2);
  expect(heads.every((head) => head === 0)).toBe(true);
  expect(at(0).blocks.count).toBe(1);
  expect(at(1).heads.some((head) => head !== 0)).toBe(true);
});

test('the walk agrees with the statistics and the lists after every operation', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const { history, at, instance } = run(operations);
      for (let number = 0; number <= operations.length; number++) {
        const decoded = at(number);
        const { total, count } = summarizeFree(decoded);
        const { used, capacity, freeBlocks } = decoded.statistics;
        const classes = Array.from(decoded.heads, (_, index) => decoded.list(index));
        const listed = classes.flat();
        expect(instance.check(history.heap)).toBe(null);
        expect(decoded.problems).toEqual([]);
        expect(capacity - used).toBe(total);
        expect(freeBlocks).toBe(count);
        expect(listed.length).toBe(count);
        expect(decoded.list(0, countedLength).length).toBeLessThanOrEqual(countedLength);
        const { callLog } = history;
        const live = Array.from({ length: number }, (_, index) => index + 1).filter(
          (each) => callLog.pointer[each] !== 0 && callLog.ended[each]! > number,
        );
        expect(decoded.blocks.count - count).toBe(live.length);
        for (const each of live) {
          const header = callLog.pointer[each]! - decoded.layout.blockPayload;
          const index = decoded.blocks.address.indexOf(header);
          expect(index >= 0 && !isFree(decoded, index)).toBe(true);
          expect(history.ownerOf(callLog.pointer[each]!, number, decoded.memory)).toBe(each);
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('every moment inside an operation can be read', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const { history, at } = run(operations);
      for (let number = 1; number <= operations.length; number++) {
        for (let moment = 0; moment < history.at(number).steps.length; moment++) {
          expect(at(number, moment).problems).toEqual([]);
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('the owner of a used block is the call that made it, even inside calls', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const { history, at } = run(operations);
      const { callLog } = history;
      for (let number = 1; number <= operations.length; number++) {
        const { steps } = history.at(number);
        for (let moment = 0; moment < steps.length; moment++) {
          const decoded = at(number, moment);
          for (let index = 0; index < decoded.blocks.count; index++) {
            if (isFree(decoded, index)) {
              continue;
            }
            const pointer = decoded.blocks.address[index]! + decoded.layout.blockPayload;
            const owner = history.ownerOf(pointer, number, decoded.memory);
            if (owner !== 0) {
              expect(callLog.pointer[owner]).toBe(pointer);
              expect(callLog.ended[owner]).toBeGreaterThanOrEqual(number);
            }
          }
        }
      }
    }),
    { numRuns: 10 },
  );
});

test('a full heap grows, and the outcome has the number of bytes', () => {
  const { history, at } = run([malloc(10_000), malloc(10_000)]);
  expect([...history.callLog.grown]).toEqual([0, 0, small.step]);
  const { outcome, events } = history.at(2);
  expect(outcome).toMatchObject({ result: 'done', grown: small.step });
  expect(events.map(({ kind }) => kind)).toContain('grow');
  const { capacity } = at(2).statistics;
  expect(capacity - at(1).statistics.capacity).toBe(small.step);
  expect(history.callLog.capacity[2]).toBe(capacity);
});

test('a request beyond the limit fails, and its free is skipped', () => {
  const huge = malloc(1_000_000);
  const { history } = run([huge, release(huge), malloc(8)]);
  expect(history.at(1).outcome).toMatchObject({ result: 'failed', pointer: 0 });
  expect(history.at(2).outcome).toMatchObject({ result: 'skipped' });
  expect(history.at(3).outcome).toMatchObject({ result: 'done' });
  expect([1, 2, 3].map((each) => history.callLog.has(each, flags.failed))).toEqual([
    true,
    false,
    false,
  ]);
});

test('a failed realloc keeps the block under its new id', () => {
  const first = malloc(100);
  const larger = realloc(first, 1_000_000);
  const { history } = run([first, larger, release(larger)]);
  expect(history.at(2).outcome).toMatchObject({ result: 'failed' });
  expect(history.at(3).outcome).toMatchObject({ result: 'done', requested: 100 });
  const { pointer } = history.at(1).outcome;
  expect(history.ownerOf(pointer, 2, history.memoryAt(2, Infinity))).toBe(2);
});

test('an inserted call is executed, and the rest follows', () => {
  const kept = malloc(100);
  const { history } = run([kept, malloc(200), release(kept)]);
  history.insert(1, { kind: 'free', id: kept.id });
  history.insert(2, { kind: 'malloc', id: history.freshId(), size: 40, align: 0, zero: false });
  expect(history.length).toBe(5);
  expect(history.at(2).outcome).toMatchObject({
    result: 'done',
    before: history.at(1).outcome.pointer,
  });
  expect(history.at(5).outcome).toMatchObject({ result: 'skipped' });
  expect([...history.callLog.held]).toEqual([0, 100, 0, 40, 240, 240]);
  expect(history.callLog.ended[1]).toBe(2);
  expect(history.callLog.ended[4]).toBe(neverEnded);
});

test('positions beyond the ends are clamped', () => {
  const { history } = run([malloc(8)]);
  expect(history.at(-5).number).toBe(0);
  expect(history.at(99).number).toBe(1);
  expect(history.at(NaN).number).toBe(0);
});

test('a heap that is too small throws', () => {
  const tiny = { ...small, size: 64 };
  const instance = createAllocator(build, small.limit);
  expect(() => History.of(instance, tiny, [])).toThrow('a heap of 64 bytes is too small');
});

test('a heap of several pools has blocks in each', () => {
  const operations = Array.from({ length: 40 }, () => malloc(300));
  const { at, history, instance } = run(operations, { ...small, pools: 4, limit: small.size });
  const { pools, blocks } = at(operations.length);
  expect(pools.length).toBe(4);
  expect(instance.check(history.heap)).toBe(null);
  for (const { first, end } of pools) {
    expect(blocks.address.some((address) => address >= first && address < end)).toBe(true);
  }
});
