// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { policies } from 'segfit/core';

import { betterOf, metricsOf } from '../../web/model/heap/costs.ts';
import { otherSettings, toggleComparison } from '../../web/model/page/comparison.ts';
import { jump } from '../../web/model/page/jump.ts';
import { Store } from '../../web/model/page/store.ts';
import { flags } from '../../web/model/run/call_log.ts';
import { type Interest, nearest } from '../../web/model/run/points_of_interest.ts';
import { type Settings, settingsFor } from '../../web/model/run/settings.ts';
import { classesAround, sizeInFocus } from '../../web/model/run/size_in_focus.ts';
import { binsOf } from '../../web/model/run/timeline_bins.ts';
import { effect } from '../../web/model/signal.ts';
import { finish } from '../../web/model/work.ts';
import { build, malloc, release, run, small, trace, wideBuild } from './real.ts';

const real = run(trace.operations, settingsFor(trace.operations), 64);
const { callLog } = real.history;

test('bins lose no peak and no event, however few there are', () => {
  const counts = fc.integer({ min: 1, max: 3000 });
  const ranges = fc
    .tuple(fc.nat(callLog.length), fc.nat(callLog.length))
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
  fc.assert(
    fc.property(counts, ranges, (count, { from, to }) => {
      const bins = binsOf(callLog, { from, to }, count);
      expect(bins.length).toBeLessThanOrEqual(Math.max(count, 1) + 1);
      const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
      const most = Math.max(...numbers.map((number) => callLog.held[number]!));
      expect(Math.max(...bins.map(({ held }) => held))).toBe(most);
      expect(bins.at(-1)!.last).toBe(to);
      const grew = numbers.some((number) => callLog.has(number, flags.grew));
      expect(bins.some((bin) => bin.grew)).toBe(grew);
    }),
  );
});

test('the next and the previous event are of the requested kind, and none is skipped', () => {
  const kinds: Interest[] = ['growth', 'peak', 'split', 'merge', 'move'];
  const flagOf = { growth: flags.grew, split: flags.split, merge: flags.merged, move: flags.moved };
  for (const kind of kinds) {
    const on: number[] = [];
    for (let at = nearest(callLog, 0, 1, kind); at !== 0; at = nearest(callLog, at, 1, kind)) {
      on.push(at);
    }
    const back: number[] = [];
    const end = callLog.length + 1;
    for (let at = nearest(callLog, end, -1, kind); at !== 0; at = nearest(callLog, at, -1, kind)) {
      back.push(at);
    }
    expect(on.length).toBeGreaterThan(0);
    expect(back.reverse()).toEqual(on);
    if (kind !== 'peak' && kind !== 'failure') {
      const all = Array.from({ length: callLog.length }, (_, at) => at + 1);
      expect(on).toEqual(all.filter((number) => callLog.has(number, flagOf[kind])));
    }
  }
  expect(nearest(callLog, 0, 1, 'failure')).toBe(0);
});

test('the maximum use is a peak', () => {
  const top = callLog.used.indexOf(Math.max(...callLog.used));
  expect(nearest(callLog, top - 1, 1, 'peak')).toBe(top);
});

const first = malloc(100);
const tiny = { title: 'tiny', meta: {}, operations: [first, malloc(50), release(first)] };
const newStore = (): Store => new Store([build], tiny, small);

test('a jump goes to a call, to an address, or to a block of the program', () => {
  const store = newStore();
  expect(jump(store, '2')).toBe('');
  expect(store.position.value.operation).toBe(2);
  const header = store.world.blockOf(1);
  expect(jump(store, `0x${(header + 20).toString(16)}`)).toBe('');
  expect(store.selected.value).toBe(header);
  expect(jump(store, `#${tiny.operations[1]!.id}`)).toBe('');
  expect(store.selected.value).toBe(store.world.blockOf(2));
  store.seek(3);
  expect(jump(store, `#${first.id}`)).toBe('');
  expect([store.position.value.operation, store.selected.value]).toEqual([1, header]);
});

test('a jump to a missing target reports it and moves nothing', () => {
  const store = newStore();
  store.seek(2);
  for (const wish of ['99', '0x10', '0xfffffff0', '#123456789', 'hello', '-1']) {
    expect(jump(store, wish)).toMatch(/\.$/);
    expect(store.position.value.operation).toBe(2);
  }
});

test('other settings execute the same calls at once, and the position stays', () => {
  const store = new Store([build], trace);
  store.seek(700);
  const { held } = store.history.callLog;
  store.configure(0, { columns: 32 });
  expect(store.snapshot.value.columns).toBe(32);
  expect(store.position.value.operation).toBe(700);
  expect([...store.history.callLog.held]).toEqual([...held]);
  store.configure(0, { policy: policies.stock, pools: 2 });
  expect(store.snapshot.value.policy).toBe(policies.stock);
  expect(store.snapshot.value.pools.length).toBe(2);
});

test('another alignment uses another build, and every block has it', () => {
  const store = new Store([build, wideBuild], trace);
  expect(store.aligns).toEqual([8, 16]);
  store.seek(900);
  store.configure(0, { align: 16 });
  const { layout, blocks } = store.snapshot.value;
  expect(layout.align).toBe(16);
  expect(blocks.address.every((address) => (address + layout.blockPayload) % 16 === 0)).toBe(true);
  expect(store.world.instance.check(store.history.heap)).toBe(null);
});

test('impossible settings change nothing', () => {
  const store = newStore();
  const { world } = store;
  expect(() => store.configure(0, { size: 32 })).toThrow(RangeError);
  expect(store.world).toBe(world);
});

test('a change with pauses includes calls added by hand meanwhile', () => {
  const store = new Store([build], trace);
  const work = store.configuring(0, { columns: 4 });
  work.next();
  store.malloc(123, 0);
  expect(store.settings.columns).toBe(16);
  expect(store.settingsOf(0).columns).toBe(4);
  finish(work);
  expect([store.settings.columns, store.history.length]).toEqual([4, 1968]);
  expect(store.history.operations[0]).toMatchObject({ kind: 'malloc', size: 123 });
});

test('of several changes the last continues, including the others', async () => {
  const store = new Store([build], trace);
  const first = store.configuring(0, { columns: 4 });
  // As if it takes longer than a slice.
  const paused = store.change(
    (function* () {
      for (let step = first.next(); step.done !== true; step = first.next()) {
        const until = performance.now() + 30;
        while (performance.now() < until);
        yield step.value;
      }
    })(),
  );
  expect(store.pending.value).toBeGreaterThan(0);
  expect(store.settings.columns).toBe(16);
  const other = store.change(store.configuring(0, { pools: 2 }));
  await expect(Promise.all([paused, other])).resolves.toEqual([false, true]);
  expect(store.settings).toMatchObject({ columns: 4, pools: 2 });
  expect(store.pending.value).toBe(null);
});

test('an impossible change changes nothing', async () => {
  const store = new Store([build], trace);
  const { world } = store;
  await expect(store.change(store.configuring(0, { size: 32 }))).rejects.toThrow(RangeError);
  expect([store.world, store.pending.value]).toEqual([world, null]);
  expect(store.settingsOf(0)).toEqual(world.settings);
});

test('the settings of the second world can be read after it is removed', () => {
  const store = new Store([build], trace);
  store.compareWith(otherSettings(store.settings));
  const shown: Settings[] = [];
  const end = effect(() => {
    shown.push(store.settingsOf(1));
  });
  store.compareWith(null);
  end();
  expect(shown[0]).toEqual(otherSettings(store.settings));
  expect(shown.at(-1)).toBe(store.settings);
});

test('of requested runs only the last is wanted, until one is shown', () => {
  const store = new Store([build], trace);
  const [first, second] = [store.requestRun(), store.requestRun()];
  expect([first(), second()]).toEqual([false, true]);
  store.load(trace);
  expect([first(), second()]).toEqual([false, false]);
});

test('two worlds execute the same calls, share one position, and know each other’s blocks', () => {
  const store = new Store([build], trace);
  toggleComparison(store);
  expect(store.worlds.value.length).toBe(2);
  expect(store.worldAt(1).settings).toEqual(otherSettings(store.settings));
  store.seek(1000);
  const live = store.history.callLog;
  const alive = Array.from({ length: 1000 }, (_, at) => at + 1).filter(
    (number) => live.pointer[number] !== 0 && live.ended[number]! > 1000,
  );
  expect(alive.length).toBeGreaterThan(50);
  for (const number of alive) {
    const [here, there] = [store.worldAt(0).blockOf(number), store.worldAt(1).blockOf(number)];
    store.select(here);
    expect(store.selectedIn(1)).toBe(there);
    store.select(there, 1);
    expect(store.selected.value).toBe(here);
  }
  store.malloc(123, 0);
  expect(store.worlds.value.map(({ history }) => history.length)).toEqual([1968, 1968]);
  toggleComparison(store);
  expect(store.worlds.value.length).toBe(1);
});

test('the metrics of a world equal those of itself', () => {
  const snapshot = real.at(1200);
  const costs = { snapshot, held: callLog.held[1200]!, guaranteed: 100, failures: 0 };
  const same = metricsOf([costs, costs]);
  expect(same.map(betterOf).every((better) => better === -1)).toBe(true);
  const [heap, used, rounding, own] = same.map(({ values }) => values[0]!);
  expect(used! - rounding!).toBe(costs.held);
  expect(own).toBe(heap! - snapshot.statistics.capacity);
  const worse = metricsOf([costs, { ...costs, failures: 3, guaranteed: 50 }]);
  const named = new Map(worse.map((metric) => [metric.name, betterOf(metric)]));
  expect(named.get('calls answered by NULL')).toBe(0);
  expect(named.get('surely served')).toBe(0);
});

test('the size in focus is that of the request, or of the freed block', () => {
  const store = newStore();
  store.seekMoment(1, 0);
  const asked = sizeInFocus(store.execution.value, 0, store.world);
  expect(asked).toMatchObject({ request: 100, size: 104 });
  store.seek(3);
  const put = sizeInFocus(store.execution.value, 0, store.world);
  expect(put).toMatchObject({ request: null, size: 104 });
  expect(
    sizeInFocus(
      { ...store.execution.value, events: [], steps: store.history.at(0).steps },
      0,
      store.world,
    ),
  ).toBe(null);
});

test('classesAround returns the requested number of classes, also at both ends', () => {
  const snapshot = real.at(0);
  const count = snapshot.rows * snapshot.columns;
  for (let index = 0; index < count; index++) {
    const [begin, end] = classesAround(index, 7, snapshot);
    expect(end - begin).toBe(7);
    expect(index >= begin && index < end).toBe(true);
  }
});
