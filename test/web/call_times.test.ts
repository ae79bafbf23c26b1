// SPDX-License-Identifier: MIT
/** The times of calls: the column, the chart by time, and jumps to a time. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readHeapl, writeHeapl } from '../../web/formats/heapl.ts';
import { readTrace } from '../../web/formats/read_trace.ts';
import { callTableCsv, perfettoEvents } from '../../web/formats/run_export.ts';
import { jump } from '../../web/model/page/jump.ts';
import { Store } from '../../web/model/page/store.ts';
import {
  binsOfTime,
  callAt,
  duration,
  secondsIn,
  timesOf,
} from '../../web/model/run/call_times.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { binOf } from '../../web/model/run/timeline_bins.ts';
import { build, run, small, trace } from './real.ts';

const lines = (...each: string[]): string => `${each.join('\n')}\n`;

/** Calls of the page's own trace with these times. */
function at(...times: (number | undefined)[]): readonly Operation[] {
  return times.map((time, index) => {
    const operation = trace.operations[index]!;
    return time === undefined ? operation : { ...operation, time };
  });
}

const seconds = (operations: readonly Operation[]): number[] => [...timesOf(operations)!];

test('time begins with the first call that has a time, and never decreases', () => {
  expect(seconds(at(5, 5.5, 5.25, undefined, 8))).toEqual([0, 0, 0.5, 0.5, 0.5, 3]);
  expect(seconds(at(undefined, 2, 3))).toEqual([0, 0, 0, 1]);
});

test('a trace without times, or with equal times, has no times', () => {
  expect(timesOf(trace.operations)).toBe(null);
  expect(timesOf(at(4, 4, 4))).toBe(null);
  expect(timesOf([])).toBe(null);
});

test('callAt returns the last call at or before a time', () => {
  const times = timesOf(at(0, 1, 1, 3))!;
  expect([-1, 0, 0.5, 1, 2.9, 3, 9].map((time) => callAt(times, time))).toEqual([
    0, 1, 1, 3, 3, 4, 4,
  ]);
});

test('bins by time lose no call, and a bin without calls keeps the state', () => {
  const { callLog } = run(trace.operations, { ...small, limit: small.size }).history;
  const steps = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 50, maxLength: 200 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(steps, share, share, fc.integer({ min: 1, max: 60 }), (all, one, other, count) => {
      let now = 0;
      const times = Float64Array.from([0, ...all.map((step) => (now += step))]);
      const [from, to] = [one, other]
        .map((value) => Math.round(value * all.length))
        .sort((a, b) => a - b) as [number, number];
      const bins = binsOfTime(callLog, times, { from, to }, count);
      expect(bins).toHaveLength(count);
      expect(bins.at(-1)!.last).toBe(to);
      const whole = binOf(callLog, from, to);
      expect(Math.max(...bins.map(({ held }) => held))).toBe(whole.held);
      expect(Math.min(...bins.map(({ largest }) => largest))).toBe(whole.largest);
      expect(bins.some(({ failed }) => failed)).toBe(whole.failed);
      bins.forEach((bin, index) => {
        const before = bins[index - 1];
        if (before !== undefined && before.last === bin.last) {
          const { held, used, largest } = binOf(callLog, bin.last, bin.last);
          expect(bin).toMatchObject({ held, used, largest, failed: false, grew: false });
        }
      });
    }),
    { numRuns: 300 },
  );
});

test.each([
  [0, '0 s'],
  [1.25, '1.25 s'],
  [75, '75 s'],
  [0.34, '340 ms'],
  [5e-6, '5 µs'],
  [2e-9, '2 ns'],
  [12.34567, '12.35 s'],
])('%d seconds are written %s', (value, text) => expect(duration(value)).toBe(text));

test.each([
  ['1.2s', 1.2],
  ['.5', 0.5],
  ['340ms', 0.34],
  ['340 ms', 0.34],
  ['5us', 5e-6],
  ['5µs', 5e-6],
  ['2ns', 2e-9],
  ['3', 3],
])('%s is parsed as a time', (text, value) => expect(secondsIn(text)).toBeCloseTo(value, 12));

test.each(['', 's', '-1s', '1.2.3', '1 h', '1e3', 'now'])('%p is no time', (text) =>
  expect(secondsIn(text)).toBe(null),
);

test('a jump goes to a time, or reports why it cannot', () => {
  const operations = at(10, 10.5, 10.5, 12);
  const store = new Store([build], { title: '', meta: {}, operations }, small);
  expect(jump(store, 't:600ms')).toBe('');
  expect(store.position.value.operation).toBe(3);
  expect(jump(store, 'T: 2s')).toBe('');
  expect(store.position.value.operation).toBe(4);
  expect(jump(store, 't:2.1')).toBe('This run takes 2 s.');
  expect(jump(store, 't:soon')).toMatch(/^A time is written .*; not soon\.$/);
  expect(store.position.value.operation).toBe(4);
  const without = new Store([build], { title: '', meta: {}, operations: trace.operations }, small);
  expect(jump(without, 't:1s')).toMatch(/does not say when/);
});

test('a call by hand has the time of the previous call', () => {
  const store = new Store([build], { title: '', meta: {}, operations: at(1, 2, 4) }, small);
  store.seek(2);
  store.malloc(24, 0);
  expect(seconds(store.history.operations)).toEqual([0, 0, 1, 1, 3]);
});

test('the call table has the times of calls, if known', () => {
  const operations = at(1, 1.5, 2);
  const { callLog } = run(operations).history;
  const cells = callTableCsv(callLog)
    .trim()
    .split('\n')
    .map((row) => row.split(',').at(-1));
  expect(cells).toEqual(['seconds', '0', '0.5', '1']);
  const stamps = (
    JSON.parse(perfettoEvents(callLog, '')) as { traceEvents: { ts?: number }[] }
  ).traceEvents.flatMap(({ ts }) => (ts === undefined ? [] : [ts]));
  expect([...new Set(stamps)]).toEqual([0, 0.5e6, 1e6]);
  expect(callTableCsv(run(trace.operations.slice(0, 1)).history.callLog)).toMatch(/,\n$/);
});

// ------------------------------------------------------------------------------------- the formats

test('.heapl: times in the unit of the header are written in nanoseconds', () => {
  const text = lines(
    '{"op":"H","v":1,"unit":"ms"}',
    '{"op":"M","id":1,"size":9,"t":1500}',
    '{"op":"R","id":2,"old_id":1,"size":99,"t":1501}',
    '{"op":"F","id":2,"t":2500.5}',
  );
  const { trace: read, warnings } = readHeapl(text);
  expect(warnings).toEqual([]);
  expect(read.operations.map(({ time }) => time)).toEqual([1.5, 1.501, 2.5005]);
  expect(readHeapl(writeHeapl(read)).trace.operations).toEqual(read.operations);
});

test('.heapl: ticks and invalid numbers are not times', () => {
  const call = '{"op":"M","id":1,"size":9,"t":1500}';
  for (const header of [
    '{"op":"H","v":1,"unit":"tick"}',
    '{"op":"H","v":1,"unit":"constructor"}',
  ]) {
    expect(readHeapl(lines(header, call)).trace.operations[0]).not.toHaveProperty('time');
  }
  for (const t of ['"now"', '1e999', 'null']) {
    const text = lines(`{"op":"M","id":1,"size":9,"t":${t}}`);
    expect(readHeapl(text).trace.operations[0]).not.toHaveProperty('time');
  }
});

test('heaptrack: times are milliseconds in hexadecimal', () => {
  const text = lines('v 10500 2', '+ 10 1 aa', 'c a', '+ 10 1 bb', 'c 400', '- aa');
  expect(seconds(readTrace(text).trace.operations)).toEqual([0, 0, 0, 1.014]);
});

test('memory_replay: newer files have begin and end of a call in nanoseconds', () => {
  const text = lines(
    '7: malloc 0x10 8 1000000000 1000000100',
    '7: calloc 0x20 2 8 1500000000 1500000100',
    '7: realloc 0x30 0x10 99 2000000000 2000000100',
    '7: free 0x30 2500000000 2500000100',
  );
  const { trace: read, warnings } = readTrace(text);
  expect(warnings).toEqual([]);
  expect(seconds(read.operations)).toEqual([0, 0, 0.5, 1, 1.5]);
  expect(timesOf(readTrace(lines('7: calloc 0x20 2 8', '7: free 0x20')).trace.operations)).toBe(
    null,
  );
});

test('a time too large for a number is ignored', () => {
  const long = '9'.repeat(400);
  const texts = [
    '7: malloc 0x10 8 1e999 2',
    `1.5 p->malloc(8) = 0x1\n${long}.5 p->malloc(8) = 0x2`,
    `c ${long}\n+ 10 1 aa`,
  ];
  for (const text of texts) {
    for (const { time = 0 } of readTrace(lines(text)).trace.operations) {
      expect(Number.isFinite(time)).toBe(true);
    }
  }
});

test.each([
  ['-ttt', ['1700000000.5 p->malloc(8) = 0x10', '[pid 9] 1700000002.25 p->free(0x10) = <void>']],
  ['-tt', ['23:59:59.500000 p->malloc(8) = 0x10', '00:00:01.250000 p->free(0x10) = <void>']],
  ['-r', ['0.5 p->malloc(8) = 0x10', '1.75 p->free(0x10) = <void>']],
])('ltrace %s', (_option, [first, second]) => {
  const { trace: read, warnings } = readTrace(lines(first!, second!));
  expect(warnings).toEqual([]);
  expect(seconds(read.operations)).toEqual([0, 0, 1.75]);
});
