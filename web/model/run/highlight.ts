// SPDX-License-Identifier: MIT
/** Determines the blocks, classes and bits that a step concerns. */
import type { HeapEvent } from '../heap/allocator.ts';
import type { Classes } from '../heap/classes.ts';
import type { Snapshot } from '../heap/snapshot.ts';
import type { Execution } from './history.ts';
import type { Step } from './steps.ts';

/** The bits that a search examines. Those before `from` are masked out. */
export interface Scan {
  readonly of: 'columns' | 'rows';
  /** The row whose columns are examined; for a search of rows, the row that had no block. */
  readonly row: number;
  /** The first column, or row, that is not masked out. */
  readonly from: number;
  /** The column, or row, that the search finds, or −1. */
  readonly found: number;
}

export interface Highlight {
  /** Header addresses of the blocks that this step reads or changes. */
  readonly blocks: readonly number[];
  /** Classes that this step changes. */
  readonly classes: readonly number[];
  /** The class that this step examines or reaches, or −1. */
  readonly index: number;
  readonly scan: Scan | null;
}

export const nothing: Highlight = { blocks: [], classes: [], index: -1, scan: null };

function scanOf(name: 'columns' | 'rows', { a, b }: HeapEvent, snapshot: Snapshot): Scan {
  const { columns, rows } = snapshot;
  const row = Math.min(Math.floor(a / columns), rows);
  const found = b >= rows * columns ? -1 : Math.floor(b / columns);
  if (name === 'columns') {
    return { of: name, row, from: a % columns, found: found === row ? b % columns : -1 };
  }
  return { of: name, row, from: a % columns === 0 && row >= rows ? row : row + 1, found };
}

function ofSearch(step: Step, event: HeapEvent, snapshot: Snapshot): Highlight {
  const count = snapshot.rows * snapshot.columns;
  if (step.name === 'round') {
    return { ...nothing, index: event.a < count ? event.a : -1 };
  }
  const scan = scanOf(step.name as 'columns' | 'rows', event, snapshot);
  const reached = scan.found >= 0 && event.b < count;
  return { ...nothing, index: reached ? event.b : -1, scan };
}

function ofStep(step: Step, event: HeapEvent, snapshot: Snapshot, classes: Classes): Highlight {
  const { block, a, b } = event;
  const blocks = block === 0 ? [] : [block];
  switch (step.name) {
    case 'adjust':
      return { ...nothing, blocks };
    case 'class':
      return { ...nothing, blocks, index: classes.of(b) };
    case 'probe':
      return { ...nothing, blocks, index: a };
    case 'round':
    case 'columns':
    case 'rows':
      return ofSearch(step, event, snapshot);
    case 'take':
    case 'insert':
      return { ...nothing, blocks, classes: [b], index: b };
    case 'split':
    case 'merge':
      return { ...nothing, blocks: [block, block + a] };
    case 'right':
      return { ...nothing, blocks: [block, block + a] };
    case 'move':
      return { ...nothing, blocks: [block, a] };
    default:
      return { ...nothing, blocks };
  }
}

/**
 * Returns the highlight of a moment. The last moment, after the operation, highlights the block
 * that the program received, or else the free block that resulted, and every list that changed.
 */
export function highlightOf(
  { steps, events }: Execution,
  moment: number,
  snapshot: Snapshot,
  classes: Classes,
): Highlight {
  const step = steps[moment];
  if (step !== undefined && step.event !== null) {
    return ofStep(step, step.event, snapshot, classes);
  }
  const used = events.filter(({ kind }) => kind === 'use').slice(-1);
  const inserted = events.filter(({ kind }) => kind === 'insert');
  const changed = events.filter(({ kind }) => kind === 'take' || kind === 'insert');
  const about = used.length > 0 ? used : inserted.slice(-1);
  return {
    ...nothing,
    blocks: about.map(({ block }) => block),
    classes: [...new Set(changed.map(({ b: index }) => index))],
    index: changed.at(-1)?.b ?? -1,
  };
}

/**
 * Returns the block to select: that of this step, or else the next one that the call concerns; 0 if
 * there is no such block.
 */
export function focusOf({ steps }: Execution, moment: number, { blocks }: Highlight): number {
  if (blocks.length > 0) {
    return blocks[0]!;
  }
  const later = steps.slice(moment).find(({ event }) => event !== null && event.block !== 0);
  return later?.event?.block ?? 0;
}
