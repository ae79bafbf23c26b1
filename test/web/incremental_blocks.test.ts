// SPDX-License-Identifier: MIT
/** Blocks updated from moment to moment, compared with walks over all blocks. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { wordsOf } from '../../web/model/heap/block_columns.ts';
import { snapshotOf } from '../../web/model/heap/decode.ts';
import type { Snapshot } from '../../web/model/heap/snapshot.ts';
import type { Position } from '../../web/model/run/history.ts';
import { IncrementalBlocks, touchedBetween } from '../../web/model/run/incremental_blocks.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { RunWorld } from '../../web/model/run/run_world.ts';
import type { Settings } from '../../web/model/run/settings.ts';
import { type Signal, signal } from '../../web/model/signal.ts';
import { build, small, trace } from './real.ts';

interface Shown {
  readonly world: RunWorld;
  readonly position: Signal<Position>;
}

/** A world that updates blocks incrementally, however few they are. */
function worldOf(operations: readonly Operation[], settings: Settings = small): Shown {
  const position = signal<Position>({ operation: 0, moment: 0 });
  const world = RunWorld.of([build], operations, settings, position);
  world.incrementalFrom = 0;
  return { world, position };
}

function columns({ blocks }: Snapshot): number[][] {
  return [[...blocks.address], [...blocks.size], [...blocks.header]];
}

/** Returns the blocks that a walk finds in the memory of the world's snapshot. */
function walked(world: RunWorld): number[][] {
  const { memory } = world.snapshot.value;
  return columns(snapshotOf(memory, world.history.heap, world.instance.layout));
}

/** Calls of every kind, their sizes far apart. */
const calls = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 20, maxLength: 160 });

function programOf(picks: readonly (readonly [number, number])[]): Operation[] {
  const live: number[] = [];
  return picks.map(([pick, which], index): Operation => {
    const id = index + 1;
    const size = pick % 7 === 0 ? pick % 3000 : pick % 200;
    const at = which % Math.max(live.length, 1);
    if (pick % 16 < 8 || live.length === 0) {
      live.push(id);
      const align = pick % 16 === 3 ? 16 << (which % 5) : 0;
      return { kind: 'malloc', id, size, align, zero: pick % 16 === 5 };
    }
    const old = live[at]!;
    if (pick % 16 < 12) {
      live[at] = id;
      return { kind: 'realloc', id, oldId: old, size };
    }
    live.splice(at, 1);
    return { kind: 'free', id: old };
  });
}

/** Random targets: mostly near, in calls and in steps of a call; sometimes far. */
const moves = fc.array(
  fc.record({
    by: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -3, max: 3 }) },
      { weight: 1, arbitrary: fc.integer({ min: -60, max: 60 }) },
    ),
    moment: fc.nat({ max: 14 }),
  }),
  { minLength: 5, maxLength: 60 },
);

test.each([
  ['one pool that grows', small],
  ['three pools', { ...small, pools: 3 }],
  ['a heap that is often full', { ...small, size: 4096, limit: 4096 }],
])('%s: at every position a walk finds the same blocks', (_, settings) => {
  fc.assert(
    fc.property(calls, moves, (picks, path) => {
      const { world, position } = worldOf(programOf(picks), settings);
      let operation = 0;
      for (const { by, moment } of path) {
        operation = Math.min(Math.max(operation + by, 0), world.history.length);
        position.value = { operation, moment };
        expect(columns(world.snapshot.value)).toEqual(walked(world));
      }
    }),
    { numRuns: 150 },
  );
});

test('call by call and back through a real program’s trace, and with calls by hand', () => {
  const { world, position } = worldOf(trace.operations);
  const go = (operation: number): void => {
    position.value = { operation, moment: Infinity };
    expect(columns(world.snapshot.value)).toEqual(walked(world));
  };
  for (let call = 0; call <= trace.operations.length; call += 3) {
    go(call);
  }
  for (let call = trace.operations.length; call > 1000; call -= 7) {
    go(call);
  }
  world.insert(1000, {
    kind: 'malloc',
    id: world.history.freshId(),
    size: 24,
    align: 0,
    zero: false,
  });
  go(1001);
  go(1000);
});

test('near moments are updated without a walk', () => {
  const { world, position } = worldOf(trace.operations);
  position.value = { operation: 1500, moment: Infinity };
  const { blocks, pools } = world.snapshot.value;
  const { layout } = world.instance;
  const incremental = new IncrementalBlocks(blocks, pools);
  const { memory } = world.snapshot.value;
  const touched = touchedBetween(world.history.callLog, 1500, 1502, layout)!;
  expect(touched.length).toBeGreaterThan(1);
  expect(incremental.update(wordsOf(memory), pools, layout, touched)!.count).toBe(blocks.count);
  expect(touchedBetween(world.history.callLog, 0, 1500, layout)).toBe(null);
  // Other pools and invalid blocks need a walk.
  const longer = pools.map(({ first, end }) => ({ first, end: end + 64 }));
  expect(incremental.update(wordsOf(memory), longer, layout, touched)).toBe(null);
  const damaged = memory.slice();
  new Uint32Array(damaged.buffer)[touched[0]! >>> 2] = 0x55;
  expect(incremental.update(wordsOf(damaged), pools, layout, touched)).toBe(null);
});
