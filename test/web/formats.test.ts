// SPDX-License-Identifier: MIT
/** Each format with a small file of its kind, and readers with arbitrary files. */
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { writeRep } from '../../web/formats/malloc_lab.ts';
import { readTrace, type ReadTrace, textOf } from '../../web/formats/read_trace.ts';
import { callTableCsv, perfettoEvents } from '../../web/formats/run_export.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { run, small, trace } from './real.ts';

const lines = (...each: string[]): string => `${each.join('\n')}\n`;

const malloc = (id: number, size: number, more: Partial<Operation> = {}): Operation =>
  ({ kind: 'malloc', id, size, align: 0, zero: false, ...more }) as Operation;
const realloc = (id: number, oldId: number, size: number): Operation => ({
  kind: 'realloc',
  id,
  oldId,
  size,
});
const free = (id: number): Operation => ({ kind: 'free', id });

function calls({ trace: { operations } }: ReadTrace): readonly Operation[] {
  return operations;
}

test('.rep: an id stays with a block that is reallocated', () => {
  const read = readTrace(
    lines('20000', '2', '5', '1', 'a 0 512', 'a 1 128', 'r 0 640', 'f 1', 'f 0'),
  );
  expect(read.format).toBe('malloc lab .rep');
  expect(read.warnings).toEqual([]);
  expect(calls(read)).toEqual([
    malloc(1, 512),
    malloc(2, 128),
    realloc(3, 1, 640),
    free(2),
    free(3),
  ]);
});

test('.rep: written calls are read back unchanged', () => {
  const text = writeRep(trace.operations, 65_536);
  const again = readTrace(text);
  expect(again.format).toBe('malloc lab .rep');
  expect(again.warnings).toEqual([]);
  const bare = (operations: readonly Operation[]): unknown => {
    const order = new Map<number, number>();
    const named = (id: number): number => order.get(id) ?? order.set(id, order.size).get(id)!;
    return operations.map((each) =>
      each.kind === 'free'
        ? ['f', named(each.id)]
        : each.kind === 'realloc'
          ? ['r', named(each.oldId), named(each.id), each.size]
          : ['a', named(each.id), each.size],
    );
  };
  expect(bare(again.trace.operations)).toEqual(bare(trace.operations));
});

test('.heapl keeps the call sites', () => {
  const read = readTrace(lines('{"op":"H","v":1}', '{"op":"M","id":4,"size":9,"site":"main.c:3"}'));
  expect(read.format).toBe('.heapl');
  expect(calls(read)).toEqual([malloc(4, 9, { site: 'main.c:3' })]);
});

test('logalloc, as recorded and with small pointers', () => {
  const recorded = readTrace(
    lines(
      '18545 malloc(32)=0x7f90495120e0',
      '18545 calloc(24,2)=0x7f9049512120',
      '18545 realloc(0x7f90495120e0,48)=0x7f9049512160',
      '18545 free(0x7f9049512120)',
      '18545 jemalloc_stats()',
    ),
  );
  expect(recorded.format).toBe('logalloc or ltrace');
  expect(recorded.warnings).toEqual([]);
  const wanted = [malloc(1, 32), malloc(2, 48, { zero: true }), realloc(3, 1, 48), free(2)];
  expect(calls(recorded)).toEqual(wanted);
  const small = readTrace(
    lines(
      '1 1 malloc(32)=#1',
      '1 1 calloc(24,2)=#2',
      '1 1 realloc(#1,48)=#1',
      '1 1 free(#2)',
      '1 1 free(#0)',
      '1 1 memalign(64,100)=#2',
      '1 1 posix_memalign(128,10)=#3',
    ),
  );
  expect(small.warnings).toEqual([]);
  expect(calls(small)).toEqual([
    ...wanted,
    malloc(4, 100, { align: 64 }),
    malloc(5, 10, { align: 128 }),
  ]);
});

test('ltrace, with other calls between, and with divided calls', () => {
  const read = readTrace(
    lines(
      '__libc_start_main(0x401136, 1, 0x7ffc <unfinished ...>',
      'malloc(24)                             = 0x5581a2c0',
      'puts("free(0x1)")                      = 10',
      '[pid 7] prog->malloc(100 <unfinished ...>',
      '[pid 8] prog->calloc(3, 8)             = 0x5581a300',
      '[pid 7] <... malloc resumed> )         = 0x5581a320',
      'realloc(0x5581a2c0, 64)                = 0x5581a400',
      'free(0x5581a300)                       = <void>',
      'free(nil)                              = <void>',
      '+++ exited (status 0) +++',
    ),
  );
  expect(read.format).toBe('logalloc or ltrace');
  expect(read.warnings).toEqual([]);
  expect(calls(read)).toEqual([
    malloc(1, 24),
    malloc(2, 24, { zero: true }),
    malloc(3, 100),
    realloc(4, 1, 64),
    free(2),
  ]);
});

test('memory_replay, of versions with and without times', () => {
  const read = readTrace(
    lines(
      '186: malloc 0xb6038060 20',
      '186: calloc 0xb609f080 32 4',
      '187: realloc 0xb609f180 0xb6038060 40 1000 2000',
      '186: memalign 0xae9d1000 4096 100',
      '186: free 0xb609f080 5000 6000',
      '187: thread_done 0x0',
    ),
  );
  expect(read.format).toBe('Android memory_replay');
  expect(read.warnings).toEqual([]);
  expect(calls(read)).toEqual([
    malloc(1, 20),
    malloc(2, 128, { zero: true }),
    { ...realloc(3, 1, 40), time: 1e-6 },
    malloc(4, 100, { align: 4096 }),
    { ...free(2), time: 5e-6 },
  ]);
});

test('mtrace, with callers', () => {
  const read = readTrace(
    lines(
      '= Start',
      '@ ./prog:(main+0x1e)[0x401154] + 0x1a2b2a0 0x18',
      '@ ./prog:[0x401162] + 0x1a2b2c0 0x40',
      '@ ./prog:[0x401170] < 0x1a2b2a0',
      '@ ./prog:[0x401170] > 0x1a2b310 0x80',
      '@ ./prog:[0x401180] - 0x1a2b2c0',
      '= End',
    ),
  );
  expect(read.format).toBe('mtrace');
  expect(read.warnings).toEqual([]);
  expect(calls(read)).toEqual([
    malloc(1, 24, { site: 'prog:(main+0x1e)' }),
    malloc(2, 64, { site: 'prog' }),
    realloc(3, 1, 128),
    free(2),
  ]);
});

test('heaptrack, raw and interpreted', () => {
  const raw = readTrace(
    lines(
      'v 10400 3',
      'X /usr/bin/prog',
      't 4011 0',
      '+ 18 1 55aa10',
      '+ 400 1 55aa30',
      'c a',
      '- 55aa10',
    ),
  );
  expect(raw.format).toBe('heaptrack');
  expect(raw.warnings).toEqual([]);
  const site = { site: 'trace 1' };
  expect(calls(raw)).toEqual([
    malloc(1, 24, site),
    malloc(2, 1024, site),
    { ...free(1), time: 0.01 },
  ]);
  const interpreted = readTrace(
    lines('v 10400 3', 't 1 0', 'a 18 1', '+ 0', 'a 400 1', '+ 1', '+ 0', '- 0', '- 0'),
  );
  expect(interpreted.warnings).toEqual([]);
  expect(calls(interpreted)).toEqual([
    malloc(1, 24, site),
    malloc(2, 1024, site),
    malloc(3, 24, site),
    free(1),
    free(3),
  ]);
});

test('an impossible record is a warning with its line, and the rest is read', () => {
  const read = readTrace(
    lines(
      '1: malloc 0x10 8',
      '1: free 0x99',
      '1: malloc 0x10 16',
      '1: malloc 0x0 99',
      '1: free 0x10',
    ),
  );
  expect(read.warnings.map(({ line, text }) => `${line} ${text}`)).toEqual([
    '2 no live block at 0x99; it may be older than the recording',
    '3 the block at 0x10 is allocated again without a free in this file',
    '4 a request of 99 bytes failed in the recorded program; ignored',
  ]);
  expect(calls(read)).toEqual([malloc(1, 8), free(1), malloc(2, 16), free(2)]);
});

test('a file of another kind has no format', () => {
  for (const text of ['', '\u0089PNG\r\n\u001a', 'Dear Sir,\nplease find enclosed', '{"a":1}']) {
    expect(readTrace(text)).toMatchObject({ format: '', trace: { operations: [] } });
  }
});

test('gzip is unpacked, other compressions are named', async () => {
  const text = lines('1 1 malloc(42)=#1');
  expect(await textOf(new Blob([gzipSync(text)]))).toBe(text);
  expect(await textOf(new Blob([text]))).toBe(text);
  await expect(textOf(new Blob([Buffer.from([0x28, 0xb5, 0x2f, 0xfd])]))).rejects.toThrow(/zstd/);
});

test('no text makes a reader throw, and the result can be executed', () => {
  const word = fc.constantFrom(
    'a',
    'r',
    'f',
    '+',
    '-',
    '@',
    '<',
    '>',
    '1:',
    '0x10',
    '#1',
    '0',
    '7',
    'ff',
    'malloc',
    'free',
    'realloc',
    'malloc(8)=#1',
    'free(#1)',
    'realloc(#1,9)=#2',
    '[pid 1]',
    '= Start',
    ' = ',
    '<unfinished ...>',
    '{"op":"M"}',
  );
  const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (all) => {
      const live = new Set<number>();
      for (const each of readTrace(lines(...all)).trace.operations) {
        if (each.kind !== 'malloc') {
          expect(live.delete(each.kind === 'free' ? each.id : each.oldId)).toBe(true);
        }
        if (each.kind !== 'free') {
          expect(live.has(each.id)).toBe(false);
          live.add(each.id);
          expect(each.size).toBeGreaterThanOrEqual(0);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('the call table has the results of the call log', () => {
  const tight = run(trace.operations, { ...small, limit: small.size }).history.callLog;
  const [names, ...rows] = callTableCsv(tight).trim().split('\n');
  expect(names!.split(',')).toHaveLength(10);
  expect(rows).toHaveLength(trace.operations.length);
  const failed = rows.filter((row) => row.includes(',NULL,')).length;
  expect(failed).toBeGreaterThan(0);
  const { traceEvents: events } = JSON.parse(perfettoEvents(tight, 'a run')) as {
    traceEvents: { name: string; ph: string; ts?: number; args?: Record<string, number> }[];
  };
  expect(events.filter(({ name, ph }) => name === 'NULL' && ph === 'i')).toHaveLength(failed);
  const heap = events.filter(({ name }) => name === 'heap');
  expect(heap).toHaveLength(trace.operations.length + 1);
  heap.forEach(({ args }, call) => {
    expect(args!.held! + args!.overhead! + args!.free!).toBe(tight.capacity[call]);
  });
});
