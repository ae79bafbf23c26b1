// SPDX-License-Identifier: MIT
/**
 * Where in the allocator's C source a step happens. Lines are found by what they say inside a
 * function, never by number, so that they stay right when the code moves.
 */
import type { HeapEvent } from './session.ts';
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

interface Place {
  readonly file: SourceFile;
  /** Empty: whichever function the line stands in, of which there is one. */
  readonly function: string;
  /** What the line contains. */
  readonly text: string;
}

const place = (file: SourceFile, name: string, text: string): Place => ({
  file,
  function: name,
  text,
});

const places: Readonly<Record<Exclude<StepName, 'done'>, Place>> = {
  adjust: place('block.h', 'block_size_for', 'round_down('),
  class: place('size_class.h', 'size_class_floor', 'return'),
  probe: place('search.h', 'heap_class_for', 'const bool fits'),
  round: place('search.h', 'heap_class_for', 'from = floor + 1U'),
  columns: place('free_index.h', 'free_index_search', 'UINT32_MAX << column'),
  rows: place('free_index.h', 'free_index_search', 'SIZE_MAX << row'),
  take: place('free_index.h', 'free_index_pop', '*head = next'),
  split: place('cut.h', 'heap_cut', 'block_set_free'),
  merge: place('release.h', 'heap_merge', 'size += prev_size'),
  insert: place('free_index.h', 'free_index_insert', '*head = block'),
  use: place('cut.h', '', 'SEGFIT_EVENT(heap, use,'),
  release: place('release.h', '', 'SEGFIT_EVENT(heap, release,'),
  left: place('release.h', 'heap_merge', 'if (block_is_prev_free(block))'),
  right: place('release.h', 'heap_merge', 'if (block_is_free(next))'),
  move: place('alloc.c', 'segfit__try_realloc', '__builtin_memcpy'),
  grow: place('pools.c', '', 'SEGFIT_EVENT(heap, grow,'),
  fail: place('alloc.c', '', 'SEGFIT_EVENT(heap, fail,'),
};

/** What else decides which code runs. */
export interface Way {
  /** Stock search. */
  readonly stock: boolean;
  /** An alignment beyond that of every block was asked for. */
  readonly aligned: boolean;
}

/** The block that a search found is popped off its list; any other is unlinked from wherever it is. */
function placeOfTake(at: number, events: readonly HeapEvent[], { aligned }: Way): Place {
  const before = events[at - 1];
  // A search that found nothing is followed by a look deeper into the request's own list.
  const searched =
    before?.kind === 'probe' || (before?.kind === 'search' && before.b === events[at]?.b);
  return searched && !aligned
    ? places.take
    : place('free_index.h', 'free_index_unlink_inner', 'prev->next_free = next');
}

function placeOfMerge(event: HeapEvent, at: number, events: readonly HeapEvent[]): Place {
  const released = events.slice(0, at).findLast(({ kind }) => kind === 'release');
  if (released === undefined) {
    // A pool's new end merges with the free block before it; a realloc takes in what is behind.
    const later = events.slice(at).map(({ kind }) => kind);
    if (later.includes('grow')) {
      return places.merge;
    }
    const name = later.includes('move') ? 'heap_move_back' : 'heap_resize';
    return place('resize.h', name, 'SEGFIT_EVENT(heap, merge');
  }
  return event.block + event.a === released.block
    ? places.merge
    : place('release.h', 'heap_merge', 'size += next_size');
}

/** Steps that the code takes at several places are told apart by what came before. */
function placeOf({ name, event, at }: Step, events: readonly HeapEvent[], way: Way): Place | null {
  if (name === 'done' || event === null) {
    return null;
  }
  if (name === 'round' && way.stock) {
    return place('size_class.h', 'size_class_ceil', '!= 0');
  }
  if (name === 'take') {
    return placeOfTake(at, events, way);
  }
  if (name === 'move' && !events.slice(at).some(({ kind }) => kind === 'release')) {
    return place('resize.h', 'heap_move_back', '__builtin_memmove');
  }
  return name === 'merge' ? placeOfMerge(event, at, events) : places[name];
}

export interface Found {
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
export function sourceOf(
  step: Step,
  events: readonly HeapEvent[],
  way: Way,
  sources: Readonly<Partial<Record<SourceFile, string>>>,
): Found | null {
  const wanted = placeOf(step, events, way);
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
