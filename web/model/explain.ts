// SPDX-License-Identifier: MIT
/**
 * What a moment means, in plain sentences. The caption shows them and screen readers are given the
 * same text. Every number comes from the event or from the heap's bytes at that moment.
 */
import { bytes, counted, decimal, hex } from './format.ts';
import type { Execution } from './history.ts';
import type { EventKind, HeapEvent } from './session.ts';
import { blockIndexOf, type Snapshot, summarizeFree, wordAt } from './snapshot.ts';

/** The allocator's own arithmetic. */
export interface Classes {
  /** The smallest block size of a class. */
  readonly sizeOf: (index: number) => number;
  /** The class of a block size, or −1 if the heap has none that large. */
  readonly of: (size: number) => number;
}

export interface Explanation {
  /** The call as in a program, and what it returned once that is known. */
  readonly call: string;
  readonly sentence: string;
}

/** A step's name in a few words, for the row of steps. */
export const stepNames: Readonly<Record<EventKind, string>> = {
  map: 'size → class',
  probe: 'look at own class',
  search: 'search bitmaps',
  take: 'take from list',
  split: 'cut',
  merge: 'merge',
  insert: 'put into list',
  use: 'mark used',
  release: 'give back',
  move: 'copy',
  grow: 'grow',
  fail: 'give up',
};

export function className(snapshot: Snapshot, index: number): string {
  return `row ${Math.floor(index / snapshot.columns)}, column ${index % snapshot.columns}`;
}

/** The sizes that a class holds, as text. */
export function classRange(snapshot: Snapshot, index: number, classes: Classes): string {
  const first = classes.sizeOf(index);
  const isLast = index + 1 >= snapshot.rows * snapshot.columns;
  // Sizes are multiples of the alignment, so the last one of a class is one step below the next.
  const last = isLast ? Infinity : classes.sizeOf(index + 1) - snapshot.layout.align;
  if (last === first) {
    return bytes(first);
  }
  return isLast ? `${decimal(first)} bytes or more` : `${decimal(first)} to ${bytes(last)}`;
}

function call(execution: Execution): string {
  const { operation, outcome } = execution;
  if (operation === null) {
    return 'an empty heap';
  }
  const pointer = outcome.before === 0 ? `block ${operation.id}` : hex(outcome.before);
  switch (operation.kind) {
    case 'malloc':
      if (operation.align !== 0) {
        return `aligned_alloc(${operation.align}, ${operation.size})`;
      }
      return `${operation.zero ? 'calloc(1, ' : 'malloc('}${operation.size})`;
    case 'realloc':
      return `realloc(${outcome.before === 0 ? 'NULL' : pointer}, ${operation.size})`;
    case 'free':
      return `free(${pointer})`;
  }
}

function returned({ operation, outcome }: Execution): string {
  if (operation === null || operation.kind === 'free') {
    return '';
  }
  return outcome.pointer === 0 ? ' → NULL' : ` → ${hex(outcome.pointer)}`;
}

interface Scene {
  readonly execution: Execution;
  readonly event: HeapEvent;
  readonly snapshot: Snapshot;
  readonly classes: Classes;
}

function explainMap({ event, snapshot, classes }: Scene): string {
  const { blockPayload, align, minBlock } = snapshot.layout;
  const sum = `${bytes(event.a)} and ${decimal(blockPayload)} for the header`;
  const index = classes.of(event.b);
  if (index < 0) {
    return `${sum} are more than this heap can ever hold.`;
  }
  const where = `${bytes(event.b)}: ${className(snapshot, index)}.`;
  if (event.b <= minBlock) {
    return `${sum} fit into the smallest block there is, ${where}`;
  }
  return event.a + blockPayload === event.b
    ? `${sum} make a block of ${where}`
    : `${sum}, rounded up to a multiple of ${align}, make a block of ${where}`;
}

function explainProbe({ event, snapshot, classes }: Scene): string {
  const where = `${className(snapshot, event.a)} (${classRange(snapshot, event.a, classes)})`;
  if (event.block === 0) {
    return `The list for this very size, ${where}, is empty.`;
  }
  const size = sizeOf(snapshot, event.block);
  const block = `The list for this very size, ${where}: its block at ${hex(event.block)}`;
  return event.b !== 0
    ? `${block} has ${bytes(size)} and fits.`
    : `${block} has only ${bytes(size)}.`;
}

function explainSearch({ event, snapshot, classes }: Scene): string {
  const begin = className(snapshot, event.a);
  if (event.b >= snapshot.rows * snapshot.columns) {
    return `From ${begin} on, no bit is set in either bitmap: no list there holds a block.`;
  }
  const found = `${className(snapshot, event.b)} (${classRange(snapshot, event.b, classes)})`;
  if (event.a === event.b) {
    return `The bit of ${begin} is set: every block in that list is large enough.`;
  }
  const sameRow = Math.floor(event.a / snapshot.columns) === Math.floor(event.b / snapshot.columns);
  return sameRow
    ? `From ${begin} on, the row’s first set bit is that of ${found}.`
    : `From ${begin} on, its row has no bit. The next row that has one leads to ${found}.`;
}

function explainTake({ event, snapshot }: Scene): string {
  const where = className(snapshot, event.b);
  const rest = (snapshot.lists.get(event.b) ?? []).filter((address) => address !== event.block);
  const block = `The block at ${hex(event.block)}, ${bytes(event.a)}, leaves the list of ${where}.`;
  if (rest.length > 0) {
    const verb = rest.length === 1 ? 'stays' : 'stay';
    return `${block} ${counted(rest.length, 'block')} ${verb} there.`;
  }
  return `${block} It was the only one, so the bit is cleared.`;
}

function explainInsert({ event, snapshot }: Scene): string {
  const count = snapshot.lists.get(event.b)?.length ?? 1;
  const where = className(snapshot, event.b);
  return (
    `The free block at ${hex(event.block)}, ${bytes(event.a)}, goes to the head of the list of ` +
    `${where}${count === 1 ? ', which was empty: its bit is set' : ''}.`
  );
}

const explainers: Readonly<Record<EventKind, (scene: Scene) => string>> = {
  map: explainMap,
  probe: explainProbe,
  search: explainSearch,
  take: explainTake,
  insert: explainInsert,
  split: ({ event }) =>
    `The block at ${hex(event.block)} is cut: ${decimal(event.a)} bytes stay, the other ` +
    `${decimal(event.b)} become a block of their own.`,
  merge: ({ event }) =>
    `The block at ${hex(event.block)}, ${bytes(event.a)}, and the one behind it, ` +
    `${bytes(event.b)}, become one of ${decimal(event.a + event.b)}.`,
  use: ({ event, snapshot }) =>
    `The block at ${hex(event.block)}, ${bytes(event.a)}, is marked used. Its payload begins ` +
    `${decimal(snapshot.layout.blockPayload)} bytes further, behind the header.`,
  release: ({ event }) =>
    `The used block at ${hex(event.block)}, ${bytes(event.a)}, comes back. ` +
    'Are its neighbours free?',
  move: ({ event }) =>
    `${decimal(event.b)} bytes of content are copied from ${hex(event.a)} to ${hex(event.block)}.`,
  grow: ({ event }) => `The heap gets ${bytes(event.a)} more at its end.`,
  fail: ({ event, snapshot }) => `Nothing fits ${bytes(event.a)}. ${explainFailure(snapshot)}`,
};

function explainFailure(snapshot: Snapshot): string {
  const { total, count, largest } = summarizeFree(snapshot);
  if (count === 0) {
    return 'No byte is free.';
  }
  return count === 1
    ? `The one free block has ${bytes(total)}.`
    : `${bytes(total)} are free, but in ${counted(count, 'piece')}: ` +
        `the largest has ${decimal(largest)}.`;
}

function sizeOf(snapshot: Snapshot, address: number): number {
  const index = blockIndexOf(snapshot.blocks, address);
  return index >= 0
    ? snapshot.blocks.size[index]!
    : wordAt(snapshot, address) & ~snapshot.layout.headerFlags;
}

function eventsOf(execution: Execution, kind: EventKind): HeapEvent[] {
  return execution.moments.flatMap(({ event }) => (event?.kind === kind ? [event] : []));
}

function summarizeAllocation(execution: Execution, snapshot: Snapshot): string {
  const { outcome } = execution;
  const used = eventsOf(execution, 'use').at(-1);
  const grown =
    outcome.grown > 0
      ? `Nothing was large enough, so the heap grew by ${bytes(outcome.grown)}. `
      : '';
  const size = used?.a ?? sizeOf(snapshot, outcome.pointer - snapshot.layout.blockPayload);
  const split = eventsOf(execution, 'split').at(-1);
  if (split !== undefined) {
    return (
      `${grown}A free block of ${bytes(split.a + split.b)} was cut: ${decimal(size)} are used ` +
      `from now on, ${decimal(split.b)} stay free.`
    );
  }
  return `${grown}A free block of ${bytes(size)} fitted and is used whole.`;
}

function summarizeRealloc(execution: Execution, snapshot: Snapshot): string {
  const { outcome } = execution;
  const moved = eventsOf(execution, 'move').at(-1);
  if (moved !== undefined) {
    const content = `${bytes(moved.b)} of content`;
    return `The block could not grow where it was: ${content} moved to another place.`;
  }
  if (outcome.before === 0) {
    return summarizeAllocation(execution, snapshot);
  }
  if (outcome.pointer !== outcome.before) {
    return 'The block moved to another place.';
  }
  const size = sizeOf(snapshot, outcome.pointer - snapshot.layout.blockPayload);
  if (eventsOf(execution, 'merge').length > 0 && eventsOf(execution, 'insert').length === 0) {
    return `It grew in place into the free block behind it and has ${bytes(size)}.`;
  }
  return `It stays where it is and has ${bytes(size)}.`;
}

function summarizeFreeing(execution: Execution): string {
  const { result } = execution.outcome;
  if (result === 'skipped') {
    return (
      'The program frees a block that this heap could not give it, or that was freed by hand: ' +
      'nothing happens.'
    );
  }
  const merges = eventsOf(execution, 'merge').length;
  const inserted = eventsOf(execution, 'insert').at(-1);
  const size = inserted?.a ?? eventsOf(execution, 'release').at(-1)?.a ?? 0;
  if (merges === 0) {
    return `${bytes(size)} are free again. Both neighbours are in use, so nothing merges.`;
  }
  const neighbours = merges === 1 ? 'a free neighbour' : 'both free neighbours';
  return `The block merged with ${neighbours}: one free block of ${bytes(size)}.`;
}

function summarize(execution: Execution, snapshot: Snapshot): string {
  const { operation, outcome } = execution;
  if (operation === null) {
    const { total } = summarizeFree(snapshot);
    return (
      `One free block of ${bytes(total)}, behind the control structure that holds bitmaps and ` +
      'list heads.'
    );
  }
  if (outcome.result === 'failed') {
    return explainFailure(snapshot);
  }
  switch (operation.kind) {
    case 'malloc':
      return summarizeAllocation(execution, snapshot);
    case 'realloc':
      return summarizeRealloc(execution, snapshot);
    case 'free':
      return summarizeFreeing(execution);
  }
}

/** Explains moment `moment` of an operation; `snapshot` is the heap at that moment. */
export function explain(
  execution: Execution,
  moment: number,
  snapshot: Snapshot,
  classes: Classes,
): Explanation {
  const event = execution.moments[moment]?.event ?? null;
  if (event === null) {
    return {
      call: call(execution) + returned(execution),
      sentence: summarize(execution, snapshot),
    };
  }
  const sentence = explainers[event.kind]({ execution, event, snapshot, classes });
  return { call: call(execution), sentence };
}
