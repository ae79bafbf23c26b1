// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readHeapl, writeHeapl } from '../../web/formats/heapl.ts';
import { trace, traceText } from './real.ts';

const lines = (...each: string[]): string => each.join('\n');

test('the trace of the page has no bad line', () => {
  const { warnings } = readHeapl(traceText);
  expect(warnings).toEqual([]);
  expect(trace.operations.length).toBe(traceText.trim().split('\n').length - 1);
  expect(trace.operations.length).toBeGreaterThan(1500);
  expect(trace.title).toContain('Lua');
});

test('a written trace is read back unchanged', () => {
  const { trace: again, warnings } = readHeapl(writeHeapl(trace));
  expect(warnings).toEqual([]);
  expect(again).toEqual(trace);
});

test('all fields of all operations are read', () => {
  const { trace: read, warnings } = readHeapl(
    lines(
      '{"op":"H","v":1,"title":"a run","meta":{"word_size":8}}',
      '{"op":"M","id":1,"size":24,"align":64}',
      '{"op":"M","id":2,"size":0,"zero":true}',
      '{"op":"R","id":3,"old_id":1,"size":48}',
      '{"op":"F","id":3}',
    ),
  );
  expect(warnings).toEqual([]);
  expect(read).toEqual({
    title: 'a run',
    meta: { word_size: 8 },
    operations: [
      { kind: 'malloc', id: 1, size: 24, align: 64, zero: false },
      { kind: 'malloc', id: 2, size: 0, align: 0, zero: true },
      { kind: 'realloc', id: 3, oldId: 1, size: 48 },
      { kind: 'free', id: 3 },
    ],
  });
});

test('unknown records, unknown fields, comments and empty lines are legal', () => {
  const { trace: read, warnings } = readHeapl(
    lines(
      '# a comment',
      '',
      '{"op":"N","text":"here"}',
      '{"op":"M","id":1,"size":8,"site":"main"}',
      '\r',
    ),
  );
  expect(warnings).toEqual([]);
  expect(read.operations).toHaveLength(1);
});

test.each([
  ['not JSON', '{"op":"M"', 'not JSON'],
  ['not an object', '[1]', 'not an object'],
  ['no op', '{"id":1}', 'no "op"'],
  ['no size', '{"op":"M","id":9}', '"size" is not a whole number: missing'],
  ['a negative size', '{"op":"M","id":9,"size":-1}', '"size" is not a whole number: -1'],
  ['a fraction', '{"op":"M","id":9,"size":1.5}', '"size" is not a whole number: 1.5'],
  ['a size as text', '{"op":"M","id":9,"size":"8"}', '"size" is not a whole number: "8"'],
  ['an id twice', '{"op":"M","id":1,"size":8}', 'id 1 was used before'],
  [
    'an alignment of 3',
    '{"op":"M","id":9,"size":8,"align":3}',
    '"align" is not a power of two to 2³¹: 3',
  ],
  ['a free of nothing', '{"op":"F","id":77}', 'no live block has id 77'],
  ['a realloc of nothing', '{"op":"R","id":9,"old_id":77,"size":8}', 'no live block has id 77'],
  ['another version', '{"op":"H","v":2}', 'version 2, this page reads version 1'],
])('%s is a warning with its line, and the rest is read', (_, line, text) => {
  const { trace: read, warnings } = readHeapl(
    lines('{"op":"M","id":1,"size":8}', '{"op":"M","id":2,"size":8}', line, '{"op":"F","id":1}'),
  );
  expect(warnings).toEqual([{ line: 3, text }]);
  expect(read.operations).toHaveLength(3);
});

test('a bad line has no effect: its id can still be used', () => {
  const { trace: read, warnings } = readHeapl(
    lines(
      '{"op":"M","id":1,"size":8}',
      '{"op":"R","id":2,"old_id":1,"size":-8}',
      '{"op":"F","id":1}',
      '{"op":"M","id":2,"size":8}',
    ),
  );
  expect(warnings.map(({ line }) => line)).toEqual([2]);
  expect(read.operations).toHaveLength(3);
});

test('no text makes the reader throw', () => {
  const record = fc.record({
    op: fc.constantFrom('H', 'M', 'R', 'F', 'X', 3, null),
    id: fc.oneof(fc.nat(5), fc.anything()),
    old_id: fc.nat(5),
    size: fc.oneof(fc.nat(), fc.anything()),
    align: fc.oneof(fc.constant(undefined), fc.anything()),
  });
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    record.map((each) => JSON.stringify(each) ?? ''),
  );
  fc.assert(
    fc.property(fc.array(line), (all) => {
      const text = all.join('\n');
      const { trace: read, warnings } = readHeapl(text);
      expect(read.operations.length + warnings.length).toBeLessThanOrEqual(text.split('\n').length);
    }),
  );
});

test('an alignment is a power of two up to 2³¹', () => {
  const read = (align: number): readonly string[] =>
    readHeapl(`{"op":"M","id":1,"size":8,"align":${align}}`).warnings.map(({ text }) => text);
  for (const align of [0, 1, 64, 2 ** 31]) {
    expect(read(align)).toEqual([]);
  }
  // For the last values, the low 32 bits alone would be valid.
  for (const align of [3, 2 ** 32, 2 ** 33 + 2 ** 32, 2 ** 32 + 8]) {
    expect(read(align)).toEqual([`"align" is not a power of two to 2³¹: ${align}`]);
  }
});
