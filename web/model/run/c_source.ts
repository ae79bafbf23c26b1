// SPDX-License-Identifier: MIT
/**
 * Finds the line of the allocator's C source for a step. Lines are found by their text inside a
 * function, never by number, so that they stay right when the code moves.
 */
import type { HeapEvent } from '../heap/allocator.ts';
import type { Step, StepName } from './steps.ts';

export const sourceFiles = [
  'alloc.c',
  'search.h',
  'cut.h',
  'release.h',
  'resize.h',
  'free_index.h',
  'size_class.h',
  'block.h',
  'pools.c',
] as const;
export type SourceFile = (typeof sourceFiles)[number];

interface SourceLine {
  readonly file: SourceFile;
  /** If empty, the only function that contains the text. */
  readonly function: string;
  /** A text that the line contains. */
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
  probe: sourceLine('search.h', 'heap_class_for', 'const bool fits'),
  round: sourceLine('search.h', 'heap_class_for', 'from = floor + 1U'),
  columns: sourceLine('free_index.h', 'free_index_search', 'UINT32_MAX << column'),
  rows: sourceLine('free_index.h', 'free_index_search', 'SIZE_MAX << row'),
  take: sourceLine('free_index.h', 'free_index_pop', '*head = next'),
  split: sourceLine('cut.h', 'heap_cut', 'block_set_free'),
  merge: sourceLine('release.h', 'heap_merge', 'size += prev_size'),
  insert: sourceLine('free_index.h', 'free_index_insert', '*head = block'),
  use: sourceLine('cut.h', '', 'SEGFIT_EVENT(heap, use,'),
  release: sourceLine('release.h', '', 'SEGFIT_EVENT(heap, release,'),
  left: sourceLine('release.h', 'heap_merge', 'if (block_is_prev_free(block))'),
  right: sourceLine('release.h', 'heap_merge', 'if (block_is_free(next))'),
  move: sourceLine('alloc.c', 'segfit__try_realloc', '__builtin_memcpy'),
  grow: sourceLine('pools.c', '', 'SEGFIT_EVENT(heap, grow,'),
  fail: sourceLine('alloc.c', '', 'SEGFIT_EVENT(heap, fail,'),
};

/** The other conditions that select the code. */
export interface SearchVariant {
  /** Whether the search is stock TLSF. */
  readonly stock: boolean;
  /** Whether the request has an alignment beyond that of every block. */
  readonly aligned: boolean;
}

/** The code pops the block that a search found; it unlinks any other block. */
function lineOfTake(
  at: number,
  events: readonly HeapEvent[],
  { aligned }: SearchVariant,
): SourceLine {
  const before = events[at - 1];
  // After a failed search, the code looks deeper into the request's own list.
  const searched =
    before?.kind === 'probe' || (before?.kind === 'search' && before.b === events[at]?.b);
  return searched && !aligned
    ? stepLines.take
    : sourceLine('free_index.h', 'free_index_unlink_inner', 'prev->next_free = next');
}

function lineOfMerge(event: HeapEvent, at: number, events: readonly HeapEvent[]): SourceLine {
  const released = events.slice(0, at).findLast(({ kind }) => kind === 'release');
  if (released === undefined) {
    // A pool's new end merges with the free block before it; a realloc merges the block behind it.
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

/** Distinguishes steps that occur in several places by the events before them. */
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
  /** The function's lines, including the comment above it. */
  readonly lines: readonly string[];
  /** The index of the step's line. */
  readonly current: number;
}

/**
 * Returns the lines of a function, from the comment above it to its closing brace; null if it is
 * absent.
 */
export function functionIn(source: string, name: string): readonly string[] | null {
  const lines = source.split('\n');
  const opening = lines.findIndex(
    (line, index) => new RegExp(`^\\w.*\\b${name}\\(`).test(line) && hasBody(lines, index),
  );
  return opening < 0 ? null : functionFrom(lines, opening);
}

/** Returns the name of the function that contains the only line with `text`, or ''. */
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

/**
 * Returns the function of a step. `sources` holds the files by name. Returns null if the step has
 * no line.
 */
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
