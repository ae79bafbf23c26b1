// SPDX-License-Identifier: MIT
/** The page's readers of traces: every file, whatever it holds, yields a program that can run. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { policies } from 'segfit/core';

import { readingTrace, type ReadTrace } from '../../../web/formats/read_trace.ts';
import { createAllocator } from '../../../web/model/heap/allocator.ts';
import { timesOf } from '../../../web/model/run/call_times.ts';
import { History } from '../../../web/model/run/history.ts';
import { peakOf } from '../../../web/model/run/settings.ts';
import { finish } from '../../../web/model/work.ts';
import { builtModule } from './modules.ts';

/** Small files of every kind, which mutations start from. */
const samples = [
  '{"op":"H","v":1,"title":"x","unit":"us","meta":{"word_size":8}}\n' +
    '{"op":"M","t":1,"id":1,"size":24,"site":"a"}\n{"op":"M","id":2,"size":8,"align":64}\n' +
    '{"op":"R","t":5,"id":3,"old_id":1,"size":48}\n{"op":"F","id":2}\n{"op":"F","t":9,"id":3}\n',
  '20000\n2\n6\n1\na 0 512\na 1 128\nr 0 640\nf 1\nf 0\nf -1\n',
  '186: malloc 0xb60 20 1000 2000\n186: calloc 0xb70 32 4\n187: realloc 0xb80 0xb60 40\n' +
    '186: memalign 0xae0 4096 100\n186: free 0xb70 5000 6000\n187: thread_done 0x0\n',
  '= Start\n@ ./p:(main+0x1e)[0x40] + 0x1a0 0x18\n@ ./p:[0x41] + 0x1b0 0x40\n' +
    '@ ./p:[0x42] < 0x1a0\n@ ./p:[0x42] > 0x1c0 0x80\n@ ./p:[0x43] ! 0x1c0 0x99\n' +
    '@ ./p:[0x44] - 0x1b0\n= End\n',
  'v 10400 3\nX /usr/bin/p\nt 4011 0\n+ 18 1 55aa10\n+ 400 1 55aa30\nc a\n- 55aa10\n',
  'v 10400 3\nt 1 0\na 18 1\n+ 0\na 400 1\n+ 1\n+ 0\nc ff\n- 0\n- 0\n',
  '18545 malloc(32)=0x7f90\n18545 calloc(24,2)=0x7f91\n18545 realloc(0x7f90,48)=0x7f92\n' +
    '18545 posix_memalign(64,100)=#4\n18545 free(0x7f91)\n',
  '[pid 7] 1700000000.5 p->malloc(32) = 0x10\n[pid 8] 1700000000.6 p->malloc(64 <unfinished ...>\n' +
    '[pid 7] 12:00:01.5 p->free(0x10) = <void>\n[pid 8] <... malloc resumed> ) = 0x20\n',
];

const words = [
  '0',
  '-1',
  '1',
  '7',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '1e999',
  '0.5',
  'NaN',
  'null',
  '0x',
  '0xffffffffffffffff',
  '(nil)',
  'ffffffffffffffff',
  '#1',
  '""',
  '{}',
  '[]',
  '"op"',
  '"t":-5',
  '"t":1e300',
  '"__proto__"',
  'constructor',
  ' ',
  '\n',
  '\r\n',
  '\0',
  ',',
  '=',
  ')',
  '(',
  'a',
  'r',
  'f',
  'c',
  '+',
  '-',
  '<',
  '>',
  'free',
  'malloc',
  'realloc',
  '\u2028',
  '😀',
];

/** A position: a share of the text, or the n-th of its numbers. */
type Edit =
  | { readonly at: number; readonly cut: number; readonly put: string }
  | { readonly number: number; readonly put: string };

const anywhere: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof({ weight: 4, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(60) }),
  put: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  ),
});

const edit: fc.Arbitrary<Edit> = fc.oneof(
  anywhere,
  fc.record({ number: fc.nat(60), put: fc.constantFrom(...words) }),
);

function edited(text: string, change: Edit): string {
  if ('at' in change) {
    const begin = Math.floor(change.at * text.length);
    return text.slice(0, begin) + change.put + text.slice(begin + change.cut);
  }
  const numbers = [...text.matchAll(/-?[\da-f]+/g)];
  const { 0: old, index } = numbers[change.number % Math.max(numbers.length, 1)] ?? {
    0: '',
    index: 0,
  };
  return text.slice(0, index) + change.put + text.slice(index + old.length);
}

/** Concatenated files with cuts and insertions at some positions. */
export const traceText: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.constantFrom(...samples), { minLength: 1, maxLength: 3 }),
    fc.array(edit, { maxLength: 8 }),
  )
  .map(([files, edits]) => edits.reduce(edited, files.join('')));

/** Checks that each id names one life of one block, and that every size can be requested. */
function checkProgram({ trace, warnings }: ReadTrace, text: string): void {
  const live = new Set<number>();
  const seen = new Set<number>();
  for (const operation of trace.operations) {
    if (operation.kind !== 'malloc') {
      const ended = operation.kind === 'free' ? operation.id : operation.oldId;
      assert(live.delete(ended), `${ended} is ended, and does not live`);
    }
    if (operation.kind !== 'free') {
      const { id, size } = operation;
      assert(!seen.has(id), `${id} lives twice`);
      seen.add(id);
      live.add(id);
      assert(Number.isSafeInteger(size) && size >= 0, `a size of ${size}`);
    }
    if (operation.kind === 'malloc') {
      const { align } = operation;
      assert(Number.isSafeInteger(align) && align >= 0, `an alignment of ${align}`);
      assert(align === 0 || Number.isInteger(Math.log2(align)), `an alignment of ${align}`);
    }
    const { time } = operation;
    assert(time === undefined || Number.isFinite(time), `a time of ${time}`);
  }
  const lines = text.split('\n').length;
  for (const { line, text: said } of warnings) {
    assert(line >= 1 && line <= lines && said !== '', `a warning in line ${line} of ${lines}`);
  }
}

const build = { plain: builtModule('segfit.wasm'), events: builtModule('segfit-events.wasm') };
const settings = {
  size: 16_384,
  limit: 65_536,
  step: 16_384,
  columns: 16,
  policy: policies.probe,
  align: 8,
  pools: 1,
};

export function checkTrace(text: string): void {
  const read = finish(readingTrace(text));
  checkProgram(read, text);
  const { operations } = read.trace;
  assert(peakOf(operations) >= 0);
  const times = timesOf(operations);
  assert(times === null || times.every((time, at) => time >= (times[at - 1] ?? 0)));
  const history = History.of(createAllocator(build, settings.limit), settings, operations);
  assert.equal(history.length, operations.length);
  assert(history.callLog.used.every((used, at) => used <= history.callLog.capacity[at]!));
}
