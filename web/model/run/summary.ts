// SPDX-License-Identifier: MIT
/** Summarises the result of an operation in one or two sentences. */
import { bytes, counted, decimal } from '../format.ts';
import type { EventKind, HeapEvent } from '../heap/allocator.ts';
import { type Snapshot, summarizeFree, wordAt } from '../heap/snapshot.ts';
import type { Execution } from './history.ts';

function eventsOf({ events }: Execution, wanted: EventKind): HeapEvent[] {
  return events.filter(({ kind }) => kind === wanted);
}

function sizeOf(snapshot: Snapshot, pointer: number): number {
  const { blockPayload, headerFlags } = snapshot.layout;
  return wordAt(snapshot, pointer - blockPayload) & ~headerFlags;
}

function summarizeFailure(snapshot: Snapshot): string {
  const { total, count, largest } = summarizeFree(snapshot);
  if (count === 0) {
    return 'No byte is free.';
  }
  return count === 1
    ? `The one free block has ${bytes(total)}.`
    : `${bytes(total)} are free, but in ${counted(count, 'piece')}: ` +
        `the largest has ${decimal(largest)}.`;
}

function summarizeAllocation(execution: Execution, snapshot: Snapshot): string {
  const { outcome } = execution;
  const used = eventsOf(execution, 'use').at(-1);
  const grown =
    outcome.grown > 0
      ? `Nothing was large enough, so the heap grew by ${bytes(outcome.grown)}. `
      : '';
  const size = used?.a ?? sizeOf(snapshot, outcome.pointer);
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
  const size = sizeOf(snapshot, outcome.pointer);
  if (eventsOf(execution, 'merge').length > 0 && eventsOf(execution, 'insert').length === 0) {
    return `It grew in place into the free block behind it and has ${bytes(size)}.`;
  }
  return `It stays where it is and has ${bytes(size)}.`;
}

function summarizeFreeing(execution: Execution): string {
  if (execution.outcome.result === 'skipped') {
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

export function summarize(execution: Execution, snapshot: Snapshot): string {
  const { operation, outcome } = execution;
  if (operation === null) {
    const { total, count } = summarizeFree(snapshot);
    const what = count === 1 ? `One free block of ${bytes(total)}` : `${count} free blocks`;
    return `${what}, behind the control structure that holds bitmaps and list heads.`;
  }
  if (outcome.result === 'failed') {
    return summarizeFailure(snapshot);
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
