// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { policies } from 'segfit/core';

import { wordAt } from '../../web/model/heap/snapshot.ts';
import {
  functionIn,
  type SourceFile,
  sourceFiles,
  excerptFor,
} from '../../web/model/run/c_source.ts';
import { unitBits } from '../../web/model/run/explain.ts';
import { highlightOf } from '../../web/model/run/highlight.ts';
import { settingsFor } from '../../web/model/run/settings.ts';
import { counterpart, type Step, stepNames } from '../../web/model/run/steps.ts';
import { programs } from './programs.ts';
import { malloc, release, run, type Run, small, trace } from './real.ts';

const both = fc.constantFrom(policies.probe, policies.stock);

/** Visits every step of every operation. */
function eachStep(real: Run, visit: (step: Step, number: number, moment: number) => void): void {
  for (let number = 1; number <= real.history.length; number++) {
    real.history.at(number).steps.forEach((step, moment) => visit(step, number, moment));
  }
}

test('steps pass through all events in their order and end after the last', () => {
  fc.assert(
    fc.property(programs, both, (operations, policy) => {
      const { history } = run(operations, { ...small, policy });
      for (let number = 1; number <= operations.length; number++) {
        const { steps, events } = history.at(number);
        const places = steps.map(({ at }) => at);
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect([...new Set(places)]).toEqual(
          Array.from({ length: events.length + 1 }, (_, at) => at),
        );
      }
    }),
    { numRuns: 30 },
  );
});

test('a free checks left and right once each, and predicts both merges', () => {
  fc.assert(
    fc.property(programs, (operations) => {
      const real = run(operations);
      eachStep(real, (step, number, moment) => {
        if (step.name !== 'left' && step.name !== 'right') {
          return;
        }
        const { headerPrevFree, headerFree } = real.instance.layout;
        const snapshot = real.at(number, moment);
        const { block, a } = step.event!;
        const { steps } = real.history.at(number);
        const free =
          step.name === 'left'
            ? (wordAt(snapshot, block) & headerPrevFree) !== 0
            : (wordAt(snapshot, block + a) & headerFree) !== 0;
        const next = steps.slice(moment + 1, moment + 3).map(({ name }) => name);
        expect(next[0] === 'take' && next[1] === 'merge').toBe(free);
      });
    }),
    { numRuns: 30 },
  );
});

test('the bit that a search finds is the lowest that word and mask have', () => {
  fc.assert(
    fc.property(programs, both, (operations, policy) => {
      const real = run(operations, { ...small, policy });
      eachStep(real, ({ name }, number, moment) => {
        if (name !== 'columns' && name !== 'rows') {
          return;
        }
        const snapshot = real.at(number, moment);
        const { scan } = highlightOf(real.history.at(number), moment, snapshot, real.classes);
        const word =
          scan!.of === 'columns' ? snapshot.columnBitmaps[scan!.row]! : snapshot.rowBitmap;
        const left = Array.from({ length: 32 }, (_, bit) => bit).filter(
          (bit) => bit >= scan!.from && ((word >>> bit) & 1) === 1,
        );
        expect(scan!.found).toBe(left[0] ?? -1);
      });
    }),
    { numRuns: 30 },
  );
});

test('the shown bits of a size match the row and column of the allocator', () => {
  const wrong: unknown[] = [];
  for (const columns of [1, 4, 16, 32]) {
    const real = run([], { ...small, columns });
    const snapshot = real.at(0);
    for (let size = snapshot.layout.minBlock; size < 60_000; size += snapshot.layout.align) {
      const index = real.classes.of(size);
      const [, column, rest] = unitBits(size, snapshot);
      if (index >= 0 && size / snapshot.layout.align >= columns) {
        const shown = [column === '' ? 0 : parseInt(column, 2), rest.length + 1];
        if (shown[0] !== index % columns || shown[1] !== Math.floor(index / columns)) {
          wrong.push([columns, size, index, shown]);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('counterpart finds the same step of another execution, or the one before it', () => {
  const operations = trace.operations.slice(0, 800);
  const settings = settingsFor(trace.operations);
  const a = run(operations, settings, 64);
  const b = run(operations, { ...settings, policy: policies.stock }, 64);
  for (let number = 1; number <= operations.length; number += 3) {
    const [mine, others] = [a.history.at(number).steps, b.history.at(number).steps];
    mine.forEach((step, moment) => {
      const found = others[counterpart(mine, moment, others)]!;
      expect(found).toBeDefined();
      if (others.some(({ name }) => name === step.name)) {
        expect(found.name).toBe(step.name);
      }
    });
    expect(counterpart(mine, mine.length - 1, others)).toBe(others.length - 1);
  }
});

// ------------------------------------------------------------------------------------ the source

const sources = Object.fromEntries(
  sourceFiles.map((name) => [
    name,
    readFileSync(join(__dirname, '..', '..', 'src', 'core', name), 'utf8'),
  ]),
) as Record<SourceFile, string>;

test('every step has one line in the source, and its event is in that function or near', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(programs, both, (operations, policy) => {
      const real = run(operations, { ...small, policy });
      eachStep(real, (step, number) => {
        if (step.name === 'done') {
          return;
        }
        const { events, operation } = real.history.at(number);
        const aligned = operation?.kind === 'malloc' && operation.align > 8;
        const way = { stock: policy === policies.stock, aligned };
        const found = excerptFor(step, events, way, sources);
        expect({ step: step.name, found: found !== null && found.current > 0 }).toEqual({
          step: step.name,
          found: true,
        });
        expect(found!.lines.at(-1)).toBe('}');
        seen.add(step.name);
      });
    }),
    { numRuns: 30 },
  );
  // Require enough steps for a meaningful test, whatever the seed.
  expect(seen.size).toBeGreaterThan(8);
});

test('constructed calls cover all steps but the last', () => {
  const [a, b, c] = [malloc(100), malloc(200), malloc(300)];
  const calls = [
    a,
    b,
    c,
    malloc(9000),
    malloc(64, 256),
    release(a),
    release(c),
    release(b),
    malloc(900_000),
  ];
  const names = new Set<string>();
  for (const policy of [policies.probe, policies.stock]) {
    eachStep(run(calls, { ...small, policy }), ({ name }) => names.add(name));
  }
  eachStep(run([a, malloc(20_000), malloc(15_000)]), ({ name }) => names.add(name));
  const expected = Object.keys(stepNames).filter((name) => name !== 'move');
  expect(expected.filter((name) => !names.has(name))).toEqual([]);
});

test('functionIn returns a function with its comment, and null for an unknown name', () => {
  const lines = functionIn(sources['free_index.h'], 'free_index_search')!;
  expect(lines[0]).toMatch(/^\/\/\/ The first class/);
  expect(lines.at(-1)).toBe('}');
  expect(functionIn(sources['alloc.c'], 'no_such_function')).toBe(null);
});
