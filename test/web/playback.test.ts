// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';

import {
  nextEvent,
  nextOperation,
  StepClock,
  previousEvent,
  previousOperation,
  speeds,
} from '../../web/model/page/playback.ts';
import { Store } from '../../web/model/page/store.ts';
import type { Position } from '../../web/model/run/history.ts';
import { settingsFor } from '../../web/model/run/settings.ts';
import { build, malloc, release, run, trace } from './real.ts';

const { history } = run(trace.operations.slice(0, 60), settingsFor(trace.operations), 16);
const at = (operation: number) => history.at(operation);
const end = { operation: 60, moment: at(60).steps.length - 1 };

test('event by event forward and back visits the same moments', () => {
  const there: Position[] = [{ operation: 0, moment: 0 }];
  for (let here = there[0]!; here.operation < end.operation || here.moment < end.moment; ) {
    here = nextEvent(at, history.length, here);
    there.push(here);
  }
  const moments = Array.from({ length: 61 }, (_, number) => at(number).steps.length);
  expect(there).toHaveLength(moments.reduce((sum, each) => sum + each, 0));
  const back = [end as Position];
  while (back.length < there.length) {
    back.push(previousEvent(at, back.at(-1)!));
  }
  expect(back.reverse()).toEqual(there);
});

test('playback stops at both ends', () => {
  expect(nextEvent(at, history.length, end)).toEqual(end);
  expect(nextOperation(at, history.length, end)).toEqual(end);
  expect(previousEvent(at, { operation: 0, moment: 0 })).toEqual({ operation: 0, moment: 0 });
  expect(previousOperation(at, { operation: 0, moment: 0 })).toEqual({ operation: 0, moment: 0 });
});

test('inside a call, one call forward goes to its end, and one call back to the end of the previous', () => {
  const last = (operation: number): Position => ({
    operation,
    moment: at(operation).steps.length - 1,
  });
  expect(nextOperation(at, history.length, { operation: 5, moment: 1 })).toEqual(last(5));
  expect(nextOperation(at, history.length, last(5))).toEqual(last(6));
  expect(previousOperation(at, { operation: 5, moment: 1 })).toEqual(last(4));
});

test('the step clock keeps fractions of a step, and limits a long pause', () => {
  const pace = new StepClock();
  const three = { label: '', perSecond: 3, unit: 'event' } as const;
  const steps = Array.from({ length: 60 }, () => pace.due(1 / 60, three));
  expect(steps.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(2);
  expect(pace.due(3600, three)).toBeLessThanOrEqual(1);
});

const operation = malloc(100);
const tiny = { title: 'tiny', meta: {}, operations: [operation, malloc(50), release(operation)] };

test('playing reaches the end and stops there', () => {
  const store = new Store([build], tiny);
  store.speed.value = speeds.findIndex(({ unit }) => unit === 'operation');
  store.togglePlay();
  for (let tick = 0; tick < 100 && store.playing.value; tick++) {
    store.tick(0.2);
  }
  expect(store.playing.value).toBe(false);
  expect(store.position.value.operation).toBe(3);
  store.togglePlay();
  expect(store.position.value.operation).toBe(0);
});

test('playing event by event shows every moment', () => {
  const store = new Store([build], tiny);
  store.speed.value = speeds.findIndex(({ unit }) => unit === 'event');
  store.togglePlay();
  const seen = new Set<string>();
  for (let tick = 0; tick < 1000 && store.playing.value; tick++) {
    store.tick(0.1);
    seen.add(`${store.position.value.operation}.${store.position.value.moment}`);
  }
  const moments = [1, 2, 3].map((number) => store.history.at(number).steps.length);
  expect(seen.size - 1).toBe(moments.reduce((sum, each) => sum + each, 0));
});

test('the selection follows the step, and links block and class', () => {
  const store = new Store([build], tiny);
  store.seek(1);
  const pointer = store.execution.value.outcome.pointer;
  expect(store.selected.value).toBe(pointer - store.snapshot.value.layout.blockPayload);
  const { heads } = store.snapshot.value;
  const index = heads.findIndex((each) => each !== 0);
  const head = heads[index];
  store.selectClass(index);
  expect(store.selected.value).toBe(head);
  store.select(pointer - store.snapshot.value.layout.blockPayload);
  expect(store.classes.sizeOf(store.selectedClass.value)).toBeLessThanOrEqual(104);
});

test('calls by hand come after the shown call, and the trace follows', () => {
  const store = new Store([build], tiny);
  store.seek(1);
  store.freeSelected();
  expect(store.history.length).toBe(4);
  expect(store.position.value.operation).toBe(2);
  expect(store.explanation.value.call).toMatch(/^free\(0x/);
  store.malloc(64, 32);
  expect(store.execution.value.outcome.pointer % 32).toBe(0);
  store.reallocSelected(500);
  expect(store.explanation.value.call).toMatch(/^realloc\(0x\w+, 500\) → 0x/);
  store.toEnd();
  expect(store.execution.value.outcome.result).toBe('skipped');
});

test('after a merge, the merged block is selected', () => {
  const store = new Store([build], tiny);
  store.seek(2);
  store.follow.value = false;
  const { blocks } = store.snapshot.value;
  store.select(blocks.address[2]!);
  store.freeSelected();
  expect(store.selected.value).toBe(blocks.address[2]);
  store.select(blocks.address[1]!);
  store.freeSelected();
  expect(store.selected.value).toBe(blocks.address[1]);
});

test('the default heap is a little too small for the trace', () => {
  const settings = settingsFor(trace.operations);
  const grown = run(trace.operations, settings, 64).history.callLog.grown.filter(
    (each) => each > 0,
  );
  expect(grown.length).toBeGreaterThan(0);
  expect(settings.size).toBeGreaterThanOrEqual(48 * 1024);
  expect(settings.limit).toBeLessThan(256 * 1024);
});
