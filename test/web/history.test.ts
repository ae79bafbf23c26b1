// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { History } from '../../web/model/history.ts';
import type { Operation } from '../../web/model/operation.ts';
import { Session } from '../../web/model/session.ts';
import { isFree, summarizeFree } from '../../web/model/snapshot.ts';
import { settingsFor } from '../../web/model/store.ts';
import { createAllocator } from '../../web/model/allocator.ts';
import { malloc, realloc, release, run, small, trace, wasm } from './real.ts';

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

/** The memory after each operation, by a session that only goes forward. */
function forward(operations: readonly Operation[], settings = small): Uint8Array[] {
  const session = new Session(createAllocator(wasm, settings.limit).allocator, settings);
  const states = [session.copyMemory()];
  for (const operation of operations) {
    session.execute(operation);
    states.push(session.copyMemory());
  }
  return states;
}

const sizes = fc.oneof(fc.nat(64), fc.nat(600), fc.nat(20_000));

/** Operations that a program could make. */
const programs = fc
  .array(fc.record({ choice: fc.nat(9), size: sizes, which: fc.nat(1000) }), {
    minLength: 1,
    maxLength: 80,
  })
  .map((steps) => {
    const operations: Operation[] = [];
    const live: Operation[] = [];
    for (const { choice, size, which } of steps) {
      const at = which % Math.max(live.length, 1);
      if (choice < 5 || live.length === 0) {
        operations.push(malloc(size, choice === 0 ? 64 : 0));
        live.push(operations.at(-1)!);
      } else if (choice < 8) {
        operations.push(release(live.splice(at, 1)[0]!));
      } else {
        operations.push(realloc(live[at]!, size));
        live[at] = operations.at(-1)!;
      }
    }
    return operations;
  });

test('any moment, however it is reached, has the memory that running forward gave', () => {
  fc.assert(
    fc.property(programs, fc.array(fc.nat(80)), (operations, visits) => {
      const states = forward(operations);
      const { history } = run(operations, small, 8);
      for (const visit of visits) {
        const number = Math.min(visit, operations.length);
        const execution = history.at(visit);
        expect(execution.number).toBe(number);
        expect(same(execution.moments.at(-1)!.memory, states[number]!)).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});

test('going back over the real trace restores every state byte for byte', () => {
  const settings = settingsFor(trace.operations);
  const { history } = run(trace.operations, settings, 64);
  const states = forward(trace.operations, settings);
  for (let number = trace.operations.length; number >= 0; number -= 7) {
    expect(same(history.at(number).moments.at(-1)!.memory, states[number]!)).toBe(true);
  }
});

test('the same moments come again, event for event and byte for byte', () => {
  const { history } = run(trace.operations, settingsFor(trace.operations), 64);
  const once = history.at(700).moments;
  history.at(12);
  const again = history.at(700).moments;
  expect(again.map(({ event }) => event)).toEqual(once.map(({ event }) => event));
  expect(again.every(({ memory }, index) => same(memory, once[index]!.memory))).toBe(true);
});

test('a moment in the middle of an operation is neither the state before nor the one after', () => {
  const { history, snapshot } = run([malloc(100)]);
  const [before] = history.at(0).moments;
  const { moments } = history.at(1);
  const split = moments.find(({ event }) => event?.kind === 'split')!;
  expect(same(split.memory, before!.memory)).toBe(false);
  expect(same(split.memory, moments.at(-1)!.memory)).toBe(false);
  // The rest is cut off and free, and in no list yet.
  const { blocks, lists } = snapshot(split.memory);
  expect(blocks.count).toBe(2);
  expect(lists.size).toBe(0);
});

test('the walk agrees with the figures and the lists at the end of every operation', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const { history, snapshot } = run(operations);
      for (let number = 0; number <= operations.length; number++) {
        const { moments, live } = history.at(number);
        const decoded = snapshot(moments.at(-1)!.memory);
        const { total, count } = summarizeFree(decoded);
        const { used, capacity, freeBlocks } = decoded.statistics;
        expect(decoded.problems).toEqual([]);
        expect(capacity - used).toBe(total);
        expect(freeBlocks).toBe(count);
        expect(decoded.classes.size).toBe(count);
        expect(decoded.blocks.count - count).toBe(live.size);
        for (const { pointer } of live.values()) {
          const index = decoded.blocks.address.indexOf(pointer - decoded.layout.blockPayload);
          expect(index >= 0 && !isFree(decoded, index)).toBe(true);
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('every moment inside an operation can be read', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const { history, snapshot } = run(operations);
      for (let number = 1; number <= operations.length; number++) {
        for (const { memory } of history.at(number).moments) {
          expect(snapshot(memory).problems).toEqual([]);
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('a heap that is full grows, and says by how much', () => {
  const { history, snapshot } = run([malloc(10_000), malloc(10_000)]);
  expect(history.samples.map(({ grown }) => grown)).toEqual([0, small.step]);
  const { outcome, moments } = history.at(2);
  expect(outcome).toMatchObject({ result: 'done', grown: small.step });
  expect(moments.map(({ event }) => event?.kind)).toContain('grow');
  const { capacity } = snapshot(moments.at(-1)!.memory).statistics;
  const { capacity: before } = snapshot(history.at(1).moments.at(-1)!.memory).statistics;
  expect(capacity - before).toBe(small.step);
});

test('a request beyond the limit fails, and its free is skipped', () => {
  const huge = malloc(1_000_000);
  const { history } = run([huge, release(huge), malloc(8)]);
  expect(history.at(1).outcome).toMatchObject({ result: 'failed', pointer: 0 });
  expect(history.at(2).outcome).toMatchObject({ result: 'skipped' });
  expect(history.at(3).outcome).toMatchObject({ result: 'done' });
  expect(history.samples.map(({ failed }) => failed)).toEqual([true, false, false]);
});

test('a realloc that fails leaves the block to its new id', () => {
  const first = malloc(100);
  const larger = realloc(first, 1_000_000);
  const { history } = run([first, larger, release(larger)]);
  expect(history.at(2).outcome).toMatchObject({ result: 'failed' });
  expect(history.at(3).outcome).toMatchObject({ result: 'done', requested: 100 });
});

test('what is inserted by hand is executed, and the rest follows', () => {
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
  expect(history.samples.map(({ held }) => held)).toEqual([100, 0, 40, 240, 240]);
});

test('positions beyond the ends are pulled in', () => {
  const { history } = run([malloc(8)]);
  expect(history.at(-5).number).toBe(0);
  expect(history.at(99).number).toBe(1);
  expect(history.at(NaN).number).toBe(0);
});

test('a heap too small to exist is refused', () => {
  const tiny = { ...small, size: 64 };
  const { allocator } = createAllocator(wasm, small.limit);
  expect(() => new History(allocator, tiny, [])).toThrow('a heap of 64 bytes cannot be made');
});
