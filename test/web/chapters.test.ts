// SPDX-License-Identifier: MIT
/** The chapters, checked against the real allocator. */
import { expect, test } from '@jest/globals';
import { policies } from 'segfit/core';

import {
  type Chapter,
  type Oracle,
  oracleFor,
  piecesOf,
  type Question,
  settingsOf,
} from '../../web/learn/chapter.ts';
import { chapters } from '../../web/learn/chapters.ts';
import { blockIndexOf, isFree } from '../../web/model/heap/snapshot.ts';
import { Store } from '../../web/model/page/store.ts';
import { build } from './real.ts';

const named = chapters.map((chapter): [string, Chapter] => [chapter.title, chapter]);

function questionsOf({ parts }: Chapter): Question[] {
  return parts.filter((part): part is Question => part.kind === 'question');
}

function truths(chapter: Chapter): number[] {
  const oracle = oracleFor([build], chapter);
  return questionsOf(chapter).map(({ truth }) => truth(oracle));
}

test('there are eight chapters, each with a question', () => {
  expect(chapters).toHaveLength(8);
  chapters.forEach((chapter) => expect(questionsOf(chapter).length).toBeGreaterThan(0));
});

test.each(named)('%s: its calls match the prose, and fail only where it says', (_, chapter) => {
  const oracle = oracleFor([build], chapter);
  const failing = chapter.operations
    .map((_operation, index) => index + 1)
    .filter((number) => oracle.execution(number).outcome.result !== 'done');
  const asked = questionsOf(chapter)
    .filter(({ answer, choices }) => answer === 'choice' && /NULL|fails/.test(choices!.join()))
    .map(({ at }) => at + 1);
  expect(failing).toEqual(asked);
});

test.each(named)('%s: each question has an answer that can be clicked', (_, chapter) => {
  const oracle = oracleFor([build], chapter);
  for (const { truth, answer, choices, at } of questionsOf(chapter)) {
    const right = truth(oracle);
    const { blocks, rows, columns } = oracle.after(at);
    const reachable = {
      choice: right >= 0 && right < (choices?.length ?? 0),
      class: right >= 0 && right < rows * columns,
      block: blockIndexOf(blocks, right) >= 0,
    };
    expect(reachable[answer]).toBe(true);
  }
});

test.each(named)('%s: links and questions lead to moments that exist', (_, chapter) => {
  const store = new Store(
    [build],
    { title: '', meta: {}, operations: chapter.operations },
    settingsOf(chapter),
  );
  const texts = chapter.parts.flatMap((part) =>
    part.kind === 'prose' ? [part.text] : [part.text, part.because],
  );
  for (const piece of texts.flatMap(piecesOf)) {
    if (piece.kind === 'text') {
      expect(piece.text).not.toMatch(/[[\]`]/);
    }
    if (piece.kind !== 'link') {
      continue;
    }
    const { action } = piece;
    if (action.kind === 'seek') {
      const { operation, moment } = action.position;
      store.seekMoment(operation, moment);
      expect(store.position.value.operation).toBe(operation);
      expect(moment === Infinity || store.position.value.moment === moment).toBe(true);
    } else if (action.kind === 'play') {
      expect(action.from).toBeLessThan(action.to);
      expect(action.to).toBeLessThanOrEqual(chapter.operations.length);
    } else if (action.kind === 'class') {
      expect(store.classes.of(action.size)).toBeGreaterThanOrEqual(0);
    } else {
      store.configure(0, action.settings);
      expect(store.settings).toMatchObject(action.settings);
    }
  }
  questionsOf(chapter).forEach(({ at, shows }) => {
    expect(at).toBeLessThanOrEqual(chapter.operations.length);
    expect(shows.operation).toBeLessThanOrEqual(chapter.operations.length);
  });
});

/** The numbers that the prose claims. */
const claims: Readonly<Record<number, (oracle: Oracle, right: readonly number[]) => void>> = {
  1: (oracle, [choice]) => {
    expect(choice).toBe(1);
    expect(oracle.classes.blockFor(20)).toBe(24);
  },
  2: (oracle, [block]) => {
    const { blocks } = oracle.after(6);
    // The first block, which is free, absorbs the other two.
    expect(blockIndexOf(blocks, block!)).toBe(0);
    expect(isFree(oracle.after(6), 0)).toBe(true);
  },
  3: (oracle, [block]) => {
    const before = oracle.after(20 + 10);
    const free = Array.from({ length: before.blocks.count }, (_, index) => index).filter((index) =>
      isFree(before, index),
    );
    expect(free.findIndex((index) => before.blocks.address[index] === block)).toBe(5);
  },
  4: (oracle, [index]) => {
    expect(oracle.classes.blockFor(36)).toBe(40);
    expect(oracle.after(21).heads[oracle.classes.of(40)]).toBe(0);
    expect(oracle.classes.sizeOf(index!)).toBe(48);
  },
  5: (oracle, [small, large]) => {
    expect(small! % 16).toBe(9);
    expect(oracle.classes.sizeOf(large!)).toBe(1472);
    expect(oracle.classes.sizeOf(large! + 1)).toBe(1536);
    expect(large! % 16).toBe(7);
    // A megabyte is in the fourteenth row, where small lists for each size would be 131,072.
    expect(8 * 16 * 2 ** 13).toBe(2 ** 20);
    expect(2 ** 20 / 8).toBe(131_072);
  },
  6: (oracle, [same, other]) => {
    expect(oracle.classes.blockFor(90)).toBe(96);
    expect(same).not.toBe(oracle.classes.of(96));
    expect(Math.floor(other! / 16)).toBeGreaterThan(Math.floor(oracle.classes.of(200) / 16));
  },
  7: (oracle, [choice]) => {
    const after = oracle.after(5);
    const sizes = [...after.blocks.size].filter((_, index) => isFree(after, index));
    expect(sizes).toEqual([1040]);
    expect(choice).toBe(1);
    expect(oracle.classes.sizeOf(oracle.classes.of(1040))).toBe(1024);
    expect(oracle.classes.sizeOf(oracle.classes.of(1040) + 1)).toBe(1088);
  },
  8: (oracle, [choice]) => {
    const comb = oracle.after(37);
    const sizes = [...comb.blocks.size].filter((_, index) => isFree(comb, index));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1536);
    expect(Math.max(...sizes)).toBe(128);
    expect(choice).toBe(1);
  },
};

test.each(named)('%s: the figures in its prose are those of the heap', (_, chapter) => {
  const number = chapters.indexOf(chapter) + 1;
  claims[number]!(oracleFor([build], chapter), truths(chapter));
});

test('the policy solves the puzzle of the seventh chapter', () => {
  const chapter = chapters[6]!;
  const settings = { ...chapter.settings, policy: policies.probe };
  const oracle = oracleFor([build], { ...chapter, settings });
  expect(oracle.execution(6).outcome.result).toBe('done');
});

test('prose is divided into text, code and links', () => {
  expect(
    piecesOf('See [it](3.2) and `free(p)`, [play](1-9), [a](class 200) or [b](policy 1).'),
  ).toEqual([
    { kind: 'text', text: 'See ' },
    { kind: 'link', text: 'it', action: { kind: 'seek', position: { operation: 3, moment: 2 } } },
    { kind: 'text', text: ' and ' },
    { kind: 'code', text: 'free(p)' },
    { kind: 'text', text: ', ' },
    { kind: 'link', text: 'play', action: { kind: 'play', from: 1, to: 9 } },
    { kind: 'text', text: ', ' },
    { kind: 'link', text: 'a', action: { kind: 'class', size: 200 } },
    { kind: 'text', text: ' or ' },
    { kind: 'link', text: 'b', action: { kind: 'set', settings: { policy: 1 } } },
    { kind: 'text', text: '.' },
  ]);
  expect(() => piecesOf('[x](emptyUrlState)')).toThrow(/emptyUrlState/);
});
