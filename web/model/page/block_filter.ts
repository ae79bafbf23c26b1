// SPDX-License-Identifier: MIT
/**
 * Parses a filter that selects blocks: words that must all match, such as `free >1000`, `used
 * 64-128 age>500`, `row:3`, `site:parse`.
 */
import { isFree } from '../heap/snapshot.ts';
import type { Operation } from '../run/operation.ts';
import type { World } from '../run/world.ts';

/**
 * The world whose blocks are filtered. If its calls are not known, age, call and site match
 * nothing.
 */
export interface FilterSubject {
  readonly world: World;
  readonly operations?: readonly Operation[];
  /** The number of the shown call. */
  readonly now?: number;
}

/** A block to test; other properties are looked up on demand. */
interface Candidate {
  readonly free: boolean;
  readonly size: number;
  readonly index: number;
  readonly about: FilterSubject;
}

type Test = (block: Candidate) => boolean;

export interface Filter {
  /** Null if the filter is empty or invalid: everything is shown. */
  readonly test: Test | null;
  /** The error message, or ''. */
  readonly problem: string;
}

export interface Matches {
  /** The indexes of the blocks in the snapshot. */
  readonly indexes: readonly number[];
  readonly bytes: number;
  /** The share of all blocks' bytes. */
  readonly share: number;
}

const everything: Filter = { test: null, problem: '' };

export const filterHelp =
  'used, free, >64, <64, 64-128, row:3, row:3,5, age>100, call:10-20, site:name';

const number = (text: string): number => Number(text.replaceAll(',', ''));

/** Parses a comparison with the result of `value`: `>64`, `<64`, `64-128`, `64`. */
function comparison(text: string, value: (block: Candidate) => number): Test | null {
  const [, sign, bound] = /^([<>]=?|=)?([\d,]+)$/.exec(text) ?? [];
  if (bound !== undefined) {
    const limit = number(bound);
    const compare: Record<string, (at: number) => boolean> = {
      '>': (at) => at > limit,
      '>=': (at) => at >= limit,
      '<': (at) => at < limit,
      '<=': (at) => at <= limit,
    };
    const holds = compare[sign ?? '='] ?? ((at: number): boolean => at === limit);
    // −1 means unknown.
    return (block) => value(block) >= 0 && holds(value(block));
  }
  const [, from, to] = /^([\d,]+)(?:-|\.\.|–)([\d,]+)$/.exec(text) ?? [];
  return from === undefined || to === undefined
    ? null
    : (block) => value(block) >= number(from) && value(block) <= number(to);
}

/** Returns the call that allocated a used block; −1 if unknown. */
function callOf({ free, index, about: { world } }: Candidate): number {
  const header = world.snapshot.value.blocks.address[index]!;
  const call = free ? 0 : (world.ownerOf(header)?.operation ?? 0);
  return call === 0 ? -1 : call;
}

function ageOf(block: Candidate): number {
  const call = callOf(block);
  const { now } = block.about;
  return call < 0 || now === undefined ? -1 : now - call;
}

/** Returns the program's call site of an allocation. A realloc keeps the site. */
export function siteOf(operations: readonly Operation[] | undefined, call: number): string {
  const operation = operations?.[call - 1];
  return operation?.kind === 'malloc' ? (operation.site ?? '') : '';
}

function classTest(text: string): Test | null {
  const [, row, column] = /^(\d+)(?:[,.](\d+))?$/.exec(text) ?? [];
  if (row === undefined) {
    return null;
  }
  return ({ size, about: { world } }) => {
    const at = world.classes.of(size);
    const { columns } = world.snapshot.value;
    const sameRow = at >= 0 && Math.floor(at / columns) === Number(row);
    return sameRow && (column === undefined || at % columns === Number(column));
  };
}

function wordTest(word: string): Test | null {
  if (word === 'used' || word === 'free') {
    return ({ free }) => free === (word === 'free');
  }
  const [, name, rest] = /^(age|call|row|class|site|size):?(.+)$/.exec(word) ?? [];
  switch (name) {
    case undefined:
      return comparison(word, ({ size }) => size);
    case 'size':
      return comparison(rest!, ({ size }) => size);
    case 'age':
      return comparison(rest!, ageOf);
    case 'call':
      return comparison(rest!, callOf);
    case 'site':
      return (block) => siteOf(block.about.operations, callOf(block)).toLowerCase().includes(rest!);
    default:
      return classTest(rest!);
  }
}

export function filterOf(text: string): Filter {
  const words = text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const tests: Test[] = [];
  for (const word of words) {
    const test = wordTest(word);
    if (test === null) {
      return { test: null, problem: `“${word}” is not a filter. Use one of: ${filterHelp}.` };
    }
    tests.push(test);
  }
  return tests.length === 0
    ? everything
    : { test: (block) => tests.every((each) => each(block)), problem: '' };
}

/** Returns the matching blocks; null if everything is shown. Linear in blocks. */
export function matchesOf({ test }: Filter, about: FilterSubject): Matches | null {
  if (test === null) {
    return null;
  }
  const snapshot = about.world.snapshot.value;
  const { blocks } = snapshot;
  const indexes: number[] = [];
  let [bytes, all] = [0, 0];
  for (let index = 0; index < blocks.count; index++) {
    const size = blocks.size[index]!;
    all += size;
    if (test({ free: isFree(snapshot, index), size, index, about })) {
      indexes.push(index);
      bytes += size;
    }
  }
  return { indexes, bytes, share: all === 0 ? 0 : bytes / all };
}
