// SPDX-License-Identifier: MIT
/**
 * Explains a step in plain sentences, for the caption and for screen readers. Every number comes
 * from the event or from the heap's bytes at that moment.
 */
import { policies } from 'segfit/core';

import { bytes, counted, decimal, hex } from '../format.ts';
import type { HeapEvent } from '../heap/allocator.ts';
import type { Classes } from '../heap/classes.ts';
import { countedLength, type Snapshot, summarizeFree, wordAt } from '../heap/snapshot.ts';
import type { Execution } from './history.ts';
import type { Step, StepName } from './steps.ts';
import { summarize } from './summary.ts';

export interface Explanation {
  /** The call as in a program, and its result once it is known. */
  readonly call: string;
  readonly sentence: string;
}

export function className(snapshot: Snapshot, index: number): string {
  return `row ${Math.floor(index / snapshot.columns)}, column ${index % snapshot.columns}`;
}

/** Returns the range of block sizes of a class, as text. */
export function classRange(snapshot: Snapshot, index: number, classes: Classes): string {
  const first = classes.sizeOf(index);
  const isLast = index + 1 >= snapshot.rows * snapshot.columns;
  // Sizes are multiples of the alignment, so a class ends one step below the next.
  const last = isLast ? Infinity : classes.sizeOf(index + 1) - snapshot.layout.align;
  if (last === first) {
    return bytes(first);
  }
  return isLast ? `${decimal(first)} bytes or more` : `${decimal(first)} to ${bytes(last)}`;
}

/** Returns the call as a program would write it. */
export function callOf({ operation, outcome }: Execution): string {
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

interface StepContext {
  readonly event: HeapEvent;
  readonly wanted: HeapEvent | null;
  readonly snapshot: Snapshot;
  readonly classes: Classes;
}

function explainAdjust({ event, snapshot, classes }: StepContext): string {
  const { blockPayload, align, minBlock } = snapshot.layout;
  const sum = `${bytes(event.a)} and ${decimal(blockPayload)} for the header`;
  if (classes.of(event.b) < 0) {
    return `${sum} are more than this heap can ever hold.`;
  }
  if (event.a + blockPayload <= minBlock) {
    return `${sum} fit into the smallest block there is, ${bytes(event.b)}.`;
  }
  return event.a + blockPayload === event.b
    ? `${sum} make a block of ${bytes(event.b)}.`
    : `${sum}, rounded up to a multiple of ${align}, make a block of ${bytes(event.b)}.`;
}

/**
 * Returns the bits of a size in units of the alignment, divided into the highest bit, the column
 * bits and the rest.
 */
export function unitBits(size: number, { layout, columns }: Snapshot): [string, string, string] {
  const bits = (size / layout.align).toString(2);
  const width = Math.log2(columns);
  return [bits.slice(0, 1), bits.slice(1, width + 1), bits.slice(width + 1)];
}

function explainClass({ event, snapshot, classes }: StepContext): string {
  const { columns, layout } = snapshot;
  const index = classes.of(event.b);
  const units = event.b / layout.align;
  const sum = `${decimal(event.b)} ÷ ${layout.align} = ${decimal(units)}`;
  if (units < columns) {
    const where = className(snapshot, index);
    return `${sum}. Below ${columns} each size has a class of its own: ${where}.`;
  }
  const [first, column, rest] = unitBits(event.b, snapshot);
  const where = className(snapshot, index);
  const dropped = rest === '' ? '' : `, the last ${counted(rest.length, 'bit')} do not count`;
  return (
    `${sum} = ${first}${column}${rest} in binary. The highest bit gives the row, the next ` +
    `${column.length} the column${dropped}: ${where}.`
  );
}

function explainProbe({ event, snapshot, classes }: StepContext): string {
  const where = `${className(snapshot, event.a)} (${classRange(snapshot, event.a, classes)})`;
  if (event.block === 0) {
    return `The list for this very size, ${where}, is empty.`;
  }
  const size = wordAt(snapshot, event.block) & ~snapshot.layout.headerFlags;
  const block = `The list for this very size, ${where}: its block at ${hex(event.block)}`;
  return event.b !== 0
    ? `${block} has ${bytes(size)} and fits.`
    : `${block} has only ${bytes(size)}.`;
}

function explainRound({ event, snapshot, classes, wanted }: StepContext): string {
  const size = bytes(wanted?.b ?? 0);
  if (event.a >= snapshot.rows * snapshot.columns) {
    return `Any block of a higher class would fit ${size}, but there is no higher class.`;
  }
  const next = `${className(snapshot, event.a)}, ${classRange(snapshot, event.a, classes)}`;
  return snapshot.policy === policies.probe
    ? `From the next class on, ${next}, every block has at least ${size}.`
    : `The class of ${size} may hold smaller blocks too. From the next one on, ${next}, every ` +
        'block fits: so the search begins there and passes by blocks that might have done.';
}

function explainColumns({ event, snapshot }: StepContext): string {
  const { columns } = snapshot;
  const row = Math.floor(event.a / columns);
  const from = event.a % columns;
  const begin = from === 0 ? `Row ${row}` : `Row ${row}, columns before ${from} masked out`;
  if (event.b >= snapshot.rows * columns || Math.floor(event.b / columns) !== row) {
    return `${begin}: no bit is set.`;
  }
  const column = event.b % columns;
  return `${begin}: the first set bit is column ${column}. Every block in its list fits.`;
}

function explainRows({ event, snapshot, classes }: StepContext): string {
  const { columns, rows } = snapshot;
  const row = Math.floor(event.a / columns);
  if (event.b >= rows * columns) {
    const after = `Rows after ${Math.min(row, rows - 1)}`;
    return `${after}: no bit is set either. No list holds a block that surely fits.`;
  }
  const found = Math.floor(event.b / columns);
  return (
    `Of the rows after ${row}, the first set bit is row ${found}. Its first column is ` +
    `${event.b % columns}, ${classRange(snapshot, event.b, classes)}: any block there fits.`
  );
}

function explainTake({ event, snapshot }: StepContext): string {
  const where = className(snapshot, event.b);
  const rest = snapshot.list(event.b, countedLength).filter((address) => address !== event.block);
  const block = `The block at ${hex(event.block)}, ${bytes(event.a)}, leaves the list of ${where}.`;
  if (rest.length + 1 >= countedLength) {
    return `${block} Many more stay there.`;
  }
  if (rest.length > 0) {
    const verb = rest.length === 1 ? 'stays' : 'stay';
    return `${block} ${counted(rest.length, 'block')} ${verb} there.`;
  }
  return `${block} It was the only one, so the bit is cleared.`;
}

function explainInsert({ event, snapshot }: StepContext): string {
  const alone = snapshot.list(event.b, 2).length < 2;
  const where = className(snapshot, event.b);
  return (
    `The free block at ${hex(event.block)}, ${bytes(event.a)}, goes to the head of the list of ` +
    `${where}${alone ? ', which was empty: its bit is set' : ''}.`
  );
}

function explainLeft({ event, snapshot }: StepContext): string {
  const { headerPrevFree, blockFooterBack } = snapshot.layout;
  if ((wordAt(snapshot, event.block) & headerPrevFree) === 0) {
    return 'A bit in its own header says that the block before it is used: nothing to merge there.';
  }
  const size = wordAt(snapshot, event.block - blockFooterBack);
  return (
    `A bit in its own header says that the block before it is free; that one’s last word says ` +
    `where it begins, ${bytes(size)} earlier. They merge.`
  );
}

function explainRight({ event, snapshot }: StepContext): string {
  const next = event.block + event.a;
  const word = wordAt(snapshot, next);
  const size = word & ~snapshot.layout.headerFlags;
  if ((word & snapshot.layout.headerFree) !== 0) {
    return `The block behind, at ${hex(next)}, is free and has ${bytes(size)}. They merge.`;
  }
  return size === 0
    ? 'Behind it is the end of the pool: nothing to merge there.'
    : `The block behind, at ${hex(next)}, is used: nothing to merge there.`;
}

function explainFail({ event, snapshot }: StepContext): string {
  const { total, count, largest } = summarizeFree(snapshot);
  const free =
    count === 0
      ? 'No byte is free.'
      : `${bytes(total)} are free in ${counted(count, 'piece')}, ` +
        `the largest has ${decimal(largest)}.`;
  return `No free block is found for ${bytes(event.a)}. ${free}`;
}

const explainers: Readonly<Record<Exclude<StepName, 'done'>, (context: StepContext) => string>> = {
  adjust: explainAdjust,
  class: explainClass,
  probe: explainProbe,
  round: explainRound,
  columns: explainColumns,
  rows: explainRows,
  take: explainTake,
  insert: explainInsert,
  left: explainLeft,
  right: explainRight,
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
  fail: explainFail,
};

function explainStep(step: Step, event: HeapEvent, snapshot: Snapshot, classes: Classes): string {
  const name = step.name as Exclude<StepName, 'done'>;
  return explainers[name]({ event, wanted: step.wanted, snapshot, classes });
}

/** Explains moment `moment` of an operation; `snapshot` is the heap at that moment. */
export function explain(
  execution: Execution,
  moment: number,
  snapshot: Snapshot,
  classes: Classes,
): Explanation {
  const step = execution.steps[moment];
  if (step === undefined || step.event === null) {
    return {
      call: callOf(execution) + returned(execution),
      sentence: summarize(execution, snapshot),
    };
  }
  return { call: callOf(execution), sentence: explainStep(step, step.event, snapshot, classes) };
}
