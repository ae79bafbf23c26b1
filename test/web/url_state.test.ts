// SPDX-License-Identifier: MIT
/** The state in a URL: written states are read back, and any other text is handled. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readCompact, writeCompact } from '../../web/model/page/compact_trace.ts';
import {
  changedSettings,
  emptyUrlState,
  type UrlState,
  readUrlState,
  unknownInQuery,
  writeUrlState,
} from '../../web/model/page/url_state.ts';
import type { Operation } from '../../web/model/run/operation.ts';
import { settingsFor } from '../../web/model/run/settings.ts';
import { trace } from './real.ts';

/** Any order of calls, including frees of unknown blocks. */
const operations = fc
  .array(
    fc.record({
      kind: fc.constantFrom('malloc', 'malloc', 'free', 'realloc'),
      size: fc.oneof(fc.nat(4000), fc.nat(2 ** 31)),
      align: fc.constantFrom(0, 0, 16, 4096),
      zero: fc.boolean(),
      pick: fc.nat(),
    }),
    { maxLength: 200 },
  )
  .map((picks) => {
    const live: number[] = [];
    return picks.map(({ kind, size, align, zero, pick }, index): Operation => {
      const id = index + 1;
      const at = live.length === 0 ? 0 : pick % (live.length + 1);
      const old = live[at] ?? 0;
      if (kind !== 'malloc') {
        live.splice(at, 1);
      }
      if (kind === 'free') {
        return { kind, id: old };
      }
      live.push(id);
      return kind === 'malloc'
        ? { kind, id, size, align, zero: zero && align === 0 }
        : { kind: 'realloc', id, oldId: old, size };
    });
  });

/** Renumbers ids in the order of calls, as a compact trace does. */
function renumbered(all: readonly Operation[]): Operation[] {
  const numbers = new Map<number, number>();
  return all.map((operation, index) => {
    if (operation.kind === 'free') {
      const id = numbers.get(operation.id) ?? 0;
      numbers.delete(operation.id);
      return { ...operation, id };
    }
    const renamed =
      operation.kind === 'realloc'
        ? { ...operation, id: index + 1, oldId: numbers.get(operation.oldId) ?? 0 }
        : { ...operation, id: index + 1 };
    if (operation.kind === 'realloc') {
      numbers.delete(operation.oldId);
    }
    numbers.set(operation.id, index + 1);
    return renamed;
  });
}

test('a compact trace is read back unchanged', () => {
  fc.assert(
    fc.property(operations, (all) => {
      expect(readCompact(writeCompact(all))).toEqual({ operations: renumbered(all), problem: '' });
    }),
  );
});

test('the real trace takes less than two bytes for each call', () => {
  const bytes = writeCompact(trace.operations);
  expect(bytes.length).toBeLessThan(2 * trace.operations.length);
  expect(readCompact(bytes).operations).toEqual(renumbered(trace.operations));
});

test('a truncated trace plays up to the damage, and reports it', () => {
  const bytes = writeCompact(trace.operations);
  const { operations: read, problem } = readCompact(bytes.subarray(0, 1000));
  expect(read).toEqual(renumbered(trace.operations).slice(0, read.length));
  expect(read.length).toBeGreaterThan(400);
  expect(problem).toMatch(/ends/);
});

test('no bytes make reading throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { operations: read, problem } = readCompact(bytes);
      expect(problem === '' || /^it /.test(problem)).toBe(true);
      expect(writeCompact(read).length).toBeGreaterThan(0);
    }),
  );
});

const settings = fc.record(
  {
    size: fc.integer({ min: 256, max: 2 ** 28 }),
    limit: fc.integer({ min: 256, max: 2 ** 28 }),
    columns: fc.constantFrom(1, 2, 4, 8, 16, 32),
    policy: fc.constantFrom(0, 1),
    align: fc.constantFrom(8, 16),
    pools: fc.integer({ min: 1, max: 16 }),
  },
  { requiredKeys: [] },
);

const address = fc.nat(2 ** 31);
const places: fc.Arbitrary<UrlState> = fc.record({
  position: fc.option(
    fc.record({ operation: fc.nat(), moment: fc.oneof(fc.nat(40), fc.constant(Infinity)) }),
  ),
  selected: address,
  selectedClass: fc.integer({ min: -1, max: 2000 }),
  lens: fc.option(
    fc.tuple(address, fc.integer({ min: 1, max: 2 ** 31 - 1 })).map(([begin, bytes]) => ({
      begin,
      end: begin + bytes,
    })),
  ),
  settings,
  other: fc.option(settings),
  trace: fc.option(
    fc.record({
      title: fc.string(),
      operations: operations.map(renumbered).filter(({ length }) => length > 0),
    }),
  ),
  chapter: fc.nat(8),
});

test('a state survives its address, also as part of a URL', () => {
  fc.assert(
    fc.property(places, (state) => {
      const { hash } = new URL(`https://example.org/view/#${writeUrlState(state)}`);
      expect(readUrlState(hash)).toEqual({ state, problems: [] });
    }),
  );
});

test('URLs of the first version still work', () => {
  expect(readUrlState('#at=300.2').state.position).toEqual({ operation: 300, moment: 2 });
  expect(readUrlState('#at=300').state.position).toEqual({ operation: 300, moment: Infinity });
});

test('every part of a URL is read or reported', () => {
  const part = fc.tuple(
    fc.constantFrom('v', 'at', 'sel', 'class', 'lens', 'cfg', 'cmp', 'learn', 't', 'name', 'zz'),
    fc.oneof(fc.string(), fc.constantFrom('', '-1', '1e9', '0x', '99999999999999999999', 'NaN')),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const { state, problems } = readUrlState(
        parts.map(([name, value]) => `${name}=${value}`).join('&'),
      );
      expect(Object.keys(state).sort()).toEqual(Object.keys(emptyUrlState).sort());
      problems.forEach((problem) => expect(problem).toMatch(/address/));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['v=2&at=3', /version 2/],
  ['at=x', /"at".*"x"/],
  ['at=12.', /"at"/],
  ['lens=0x20-0x10', /"lens".*is empty/],
  ['cfg=columns:12', /columns cannot be 12/],
  ['cfg=size:999999999999', /"cfg"/],
  ['cfg=colour:1', /no setting "colour"/],
  ['cfg=toString:1', /no setting "toString"/],
  ['t=***', /"t".*base64url/],
  ['t=_w', /damaged.*ends/],
])('the URL %s is reported', (fragment, words) => {
  const { state, problems } = readUrlState(fragment);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(words);
  expect(state).toEqual(emptyUrlState);
});

test('only settings that differ from the defaults are written', () => {
  const usual = settingsFor(trace.operations);
  expect(changedSettings(usual, usual)).toEqual({});
  expect(changedSettings({ ...usual, columns: 32 }, usual)).toEqual({ columns: 32 });
});

test('a trace too long for a URL is omitted', () => {
  const many = Array.from({ length: 6000 }, (_, index): Operation => {
    return { kind: 'malloc', id: index + 1, size: 8, align: 0, zero: false };
  });
  const text = writeUrlState({ ...emptyUrlState, trace: { title: 'many', operations: many } });
  expect(text).toBe('');
});

test('an unknown part is named, and the others are read', () => {
  const { state, problems } = readUrlState('#v=1&at=12&selected=0x40&colums=8');
  expect(state.position).toEqual({ operation: 12, moment: Infinity });
  expect(problems).toEqual([
    'This page does not know "selected" in an address and ignores it.',
    'This page does not know "colums" in an address and ignores it.',
  ]);
});

test('the name of an element is not a part of the state', () => {
  expect(readUrlState('#problems')).toEqual({ state: emptyUrlState, problems: [] });
  expect(readUrlState('#')).toEqual({ state: emptyUrlState, problems: [] });
});

test('a query parameter that the page does not read is named, unless other sites add it', () => {
  expect(unknownInQuery('')).toEqual([]);
  expect(unknownInQuery('?trace=a.heapl&utm_source=x&fbclid=y&gclid=z')).toEqual([]);
  expect(unknownInQuery('?traces=a.heapl&at=5')).toEqual([
    'This page does not know "traces" in an address and ignores it.',
    '"at" in this address belongs behind #; this page ignores it here.',
  ]);
});
