// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';

import { wordAt } from '../../web/model/heap/snapshot.ts';
import { explain } from '../../web/model/run/explain.ts';
import { highlightOf } from '../../web/model/run/highlight.ts';
import { settingsFor } from '../../web/model/run/settings.ts';
import { malloc, realloc, release, run, type Run, small, trace } from './real.ts';

function sentences({ history, at, classes }: Run, number: number): string[] {
  const execution = history.at(number);
  return execution.steps.map(
    (_, moment) => explain(execution, moment, at(number, moment), classes).sentence,
  );
}

function call({ history, at, classes }: Run, number: number, moment: number): string {
  const execution = history.at(number);
  const index = moment < 0 ? execution.steps.length + moment : moment;
  return explain(execution, index, at(number, index), classes).call;
}

test('a malloc is explained step by step', () => {
  const real = run([malloc(100)]);
  const free = real.at(0).blocks.size[0]!;
  const told = sentences(real, 1);
  const rest = (free - 104).toLocaleString('en');
  expect(told[0]).toBe('100 bytes and 4 for the header make a block of 104 bytes.');
  expect(told[1]).toBe(
    '104 ÷ 8 = 13. Below 16 each size has a class of its own: row 0, column 13.',
  );
  expect(told[2]).toBe('The list for this very size, row 0, column 13 (104 bytes), is empty.');
  expect(told).toContainEqual(
    expect.stringContaining('It was the only one, so the bit is cleared.'),
  );
  expect(told).toContainEqual(expect.stringContaining(`104 bytes stay, the other ${rest} become`));
  expect(told.at(-1)).toBe(
    `A free block of ${free.toLocaleString('en')} bytes was cut: 104 are used from now on, ` +
      `${rest} stay free.`,
  );
});

test('an explanation names the rounding of sizes', () => {
  expect(sentences(run([malloc(30)]), 1)[0]).toBe(
    '30 bytes and 4 for the header, rounded up to a multiple of 8, make a block of 40 bytes.',
  );
  expect(sentences(run([malloc(1)]), 1)[0]).toBe(
    '1 byte and 4 for the header fit into the smallest block there is, 16 bytes.',
  );
});

test('an explanation names a request beyond the largest class of the heap', () => {
  const told = sentences(run([malloc(1_000_000)]), 1);
  expect(told[0]).toBe(
    '1,000,000 bytes and 4 for the header are more than this heap can ever hold.',
  );
});

test('a free is explained with its merges', () => {
  const [first, second, third, last] = [malloc(100), malloc(200), malloc(300), malloc(8)];
  const real = run([first, second, third, last, release(first), release(third), release(second)]);
  expect(sentences(real, 5).at(-1)).toBe(
    '104 bytes are free again. Both neighbours are in use, so nothing merges.',
  );
  expect(sentences(real, 7).at(-1)).toBe(
    'The block merged with both free neighbours: one free block of 616 bytes.',
  );
});

test('the call shows pointers, and its result once it is known', () => {
  const first = malloc(100);
  const grown = realloc(first, 120);
  const real = run([first, grown, release(grown), malloc(64, 256), malloc(1_000_000)]);
  const pointer = `0x${real.history.at(1).outcome.pointer.toString(16).padStart(4, '0')}`;
  expect(call(real, 1, 0)).toBe('malloc(100)');
  expect(call(real, 1, -1)).toBe(`malloc(100) → ${pointer}`);
  expect(call(real, 2, -1)).toBe(`realloc(${pointer}, 120) → ${pointer}`);
  expect(call(real, 3, -1)).toBe(`free(${pointer})`);
  expect(call(real, 4, 0)).toBe('aligned_alloc(256, 64)');
  expect(call(real, 5, -1)).toBe('malloc(1000000) → NULL');
});

test('a failure is explained with the free bytes and pieces', () => {
  const blocks = Array.from({ length: 40 }, () => malloc(1000));
  const every = blocks.filter((_, index) => index % 2 === 0).map(release);
  const real = run([...blocks, ...every, malloc(60_000)], {
    ...small,
    size: 48 * 1024,
    limit: 48 * 1024,
  });
  expect(sentences(real, real.history.length).at(-1)).toMatch(
    /^[\d,]+ bytes are free, but in \d+ pieces: the largest has [\d,]+\.$/,
  );
});

test('every moment of the real trace has a sentence made of real numbers', () => {
  const real = run(trace.operations, settingsFor(trace.operations), 64);
  for (let number = 0; number <= trace.operations.length; number += 3) {
    for (const sentence of sentences(real, number)) {
      expect(sentence).toMatch(/^.{12,240}\.$|^.{12,240}\?$/);
      expect(sentence).not.toMatch(/undefined|NaN|Infinity|null/);
    }
  }
});

test('the highlighted blocks of a step exist at that moment', () => {
  const real = run(trace.operations, settingsFor(trace.operations), 64);
  for (let number = 1; number <= trace.operations.length; number += 5) {
    const execution = real.history.at(number);
    execution.steps.forEach(({ name }, moment) => {
      const decoded = real.at(number, moment);
      for (const block of highlightOf(execution, moment, decoded, real.classes).blocks) {
        const size = wordAt(decoded, block) & ~decoded.layout.headerFlags;
        // Behind the last block is the pool's end, of size 0.
        const least = name === 'right' ? 0 : decoded.layout.minBlock;
        expect(size).toBeGreaterThanOrEqual(least);
      }
    });
  }
});
