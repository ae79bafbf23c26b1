// SPDX-License-Identifier: MIT
/**
 * Where in the allocator's C source a step happens. Lines are found by what they say inside a
 * function, never by number, so that they stay right when the code moves.
 */
import type { HeapEvent } from '../heap/allocator.ts';
import type { Step, StepName } from './steps.ts';

export const sourceFiles = [
  'heap.c',
  'resize.h',
  'free_index.h',
  'size_class.h',
  'block.h',
  'pool.c',
] as const;
export type SourceFile = (typeof sourceFiles)[number];

interface SourceLine {
  readonly file: SourceFile;
  /** Empty: whichever function the line stands in, of which there is one. */
  readonly function: string;
  /** What the line contains. */
  readonly text: string;
}

const sourceLine = (file: SourceFile, name: string, text: string): SourceLine => ({
  file,
  function: name,
  text,
});

const stepLines: Readonly<Record<Exclude<StepName, 'done'>, SourceLine>> = {
  adjust: sourceLine('block.h', 'block_size_for', 'round_down('),
  class: sourceLine('size_class.h', 'size_class_floor', 'return'),
  probe: sourceLine('heap.c', 'heap_class_for', 'const bool fits'),
  round: sourceLine('heap.c', 'heap_class_for', 'from = floor + 1U'),
  columns: sourceLine('free_index.h', 'free_index_search', 'UINT32_MAX << column'),
  rows: sourceLine('free_index.h', 'free_index_search', 'SIZE_MAX << row'),
  take: sourceLine('free_index.h', 'free_index_pop', '*head = next'),
  split: sourceLine('heap.c', 'heap_cut', 'block_set_free'),
  merge: sourceLine('heap.c', 'heap_merge', 'size += prev_size'),
  insert: sourceLine('free_index.h', 'free_index_insert', '*head = block'),
  use: sourceLine('heap.c', '', 'SEGFIT_EVENT(heap, use,'),
  release: sourceLine('heap.c', '', 'SEGFIT_EVENT(heap, release,'),
  left: sourceLine('heap.c', 'heap_merge', 'if (block_is_prev_free(block))'),
  right: sourceLine('heap.c', 'heap_merge', 'if (block_is_free(next))'),
  move: sourceLine('heap.c', 'segfit__try_realloc', '__builtin_memcpy'),
  grow: sourceLine('pool.c', '', 'SEGFIT_EVENT(heap, grow,'),
  fail: sourceLine('heap.c', '', 'SEGFIT_EVENT(heap, fail,'),
};

/** What else decides which code runs. */
export interface SearchVariant {
  /** Stock search. */
  readonly stock: boolean;
  /** An alignment beyond that of every block was asked for. */
  readonly aligned: boolean;
}

/** The block that a search found is popped off its list; any other is unlinked from wherever it is. */
function lineOfTake(
  at: number,
  events: readonly HeapEvent[],
  { aligned }: SearchVariant,
): SourceLine {
  const before = events[at - 1];
  // A search that found nothing is followed by a look deeper into the request's own list.
  const searched =
    before?.kind === 'probe' || (before?.kind === 'search' && before.b === events[at]?.b);
  return searched && !aligned
    ? stepLines.take
    : sourceLine('free_index.h', 'free_index_unlink_inner', 'prev->next_free = next');
}

function lineOfMerge(event: HeapEvent, at: number, events: readonly HeapEvent[]): SourceLine {
  const released = events.slice(0, at).findLast(({ kind }) => kind === 'release');
  if (released === undefined) {
    // A pool's new end merges with the free block before it; a realloc takes in what is behind.
    const later = events.slice(at).map(({ kind }) => kind);
    if (later.includes('grow')) {
      return stepLines.merge;
    }
    const name = later.includes('move') ? 'heap_move_back' : 'heap_resize';
    return sourceLine('resize.h', name, 'SEGFIT_EVENT(heap, merge');
  }
  return event.block + event.a === released.block
    ? stepLines.merge
    : sourceLine('heap.c', 'heap_merge', 'size += next_size');
}

/** Steps that the code takes at several stepLines are told apart by what came before. */
function lineOf(
  { name, event, at }: Step,
  events: readonly HeapEvent[],
  variant: SearchVariant,
): SourceLine | null {
  if (name === 'done' || event === null) {
    return null;
  }
  if (name === 'round' && variant.stock) {
    return sourceLine('size_class.h', 'size_class_ceil', '!= 0');
  }
  if (name === 'take') {
    return lineOfTake(at, events, variant);
  }
  if (name === 'move' && !events.slice(at).some(({ kind }) => kind === 'release')) {
    return sourceLine('resize.h', 'heap_move_back', '__builtin_memmove');
  }
  return name === 'merge' ? lineOfMerge(event, at, events) : stepLines[name];
}

export interface SourceExcerpt {
  readonly file: SourceFile;
  readonly function: string;
  /** The function's lines with the comment above it. */
  readonly lines: readonly string[];
  /** Which of them is meant, counted from 0. */
  readonly current: number;
}

/**
 * The lines of a function, from the comment above it to its closing brace; null if it is not there.
 */
export function functionIn(source: string, name: string): readonly string[] | null {
  const lines = source.split('\n');
  const opening = lines.findIndex(
    (line, index) => new RegExp(`^\\w.*\\b${name}\\(`).test(line) && hasBody(lines, index),
  );
  return opening < 0 ? null : functionFrom(lines, opening);
}

/** The name of the function that the only line with `text` stands in; '' if there is none. */
function functionAround(source: string, text: string): string {
  const lines = source.split('\n');
  const inside = lines.findIndex((line) => line.includes(text));
  const heads = lines.slice(0, Math.max(inside, 0)).map((line) => /^\w.*?(\w+)\(/.exec(line));
  const index = heads.findLastIndex((head, at) => head !== null && hasBody(lines, at));
  return heads[index]?.[1] ?? '';
}

function functionFrom(lines: readonly string[], opening: number): readonly string[] {
  let first = opening;
  while (first > 0 && lines[first - 1]!.startsWith('///')) {
    first--;
  }
  const end = lines.findIndex((line, index) => index > opening && line === '}');
  return lines.slice(first, end + 1);
}

/** A declaration ends in a semicolon before any brace opens. */
function hasBody(lines: readonly string[], from: number): boolean {
  for (let index = from; index < lines.length; index++) {
    if (lines[index]!.endsWith(';')) {
      return false;
    }
    if (lines[index] === '{') {
      return true;
    }
  }
  return false;
}

/** `sources` are the files by name; null where the step has no line of its own. */
export function excerptFor(
  step: Step,
  events: readonly HeapEvent[],
  variant: SearchVariant,
  sources: Readonly<Partial<Record<SourceFile, string>>>,
): SourceExcerpt | null {
  const wanted = lineOf(step, events, variant);
  const source = wanted === null ? undefined : sources[wanted.file];
  if (wanted === null || source === undefined) {
    return null;
  }
  const name = wanted.function || functionAround(source, wanted.text);
  const lines = functionIn(source, name);
  if (lines === null) {
    return null;
  }
  const current = lines.findIndex((line) => !line.startsWith('///') && line.includes(wanted.text));
  return { file: wanted.file, function: name, lines, current };
}
