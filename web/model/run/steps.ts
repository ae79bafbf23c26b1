// SPDX-License-Identifier: MIT
/**
 * Divides the events of an operation into steps. One event may become several steps: a search
 * rounds up, examines the columns of its row, and then the rows. Each step names the event whose
 * memory it shows; the memory does not change between two events.
 */
import type { EventKind, HeapEvent } from '../heap/allocator.ts';

export type StepName =
  | Exclude<EventKind, 'map' | 'search'>
  | 'adjust'
  | 'class'
  | 'round'
  | 'columns'
  | 'rows'
  | 'left'
  | 'right'
  | 'done';

export interface Step {
  readonly name: StepName;
  /** The event, or null for the state after the operation. */
  readonly event: HeapEvent | null;
  /** The index of the event whose memory this step shows; the number of events means the end. */
  readonly at: number;
  /** The operation's last event that mapped a size, which is the size searched for. */
  readonly wanted: HeapEvent | null;
}

/** The label of each step. */
export const stepNames: Readonly<Record<StepName, string>> = {
  adjust: 'block size',
  class: 'class',
  probe: 'own list',
  round: 'next class',
  columns: 'column bits',
  rows: 'row bits',
  take: 'take',
  split: 'split',
  merge: 'merge',
  insert: 'put in list',
  use: 'mark used',
  release: 'give back',
  left: 'left free?',
  right: 'right free?',
  move: 'copy',
  grow: 'grow',
  fail: 'NULL',
  done: 'done',
};

interface Shape {
  readonly columns: number;
  readonly count: number;
  /** Returns the class of a block size, or −1. */
  readonly of: (size: number) => number;
}

function stepsOfMap({ b }: HeapEvent, { of }: Shape): StepName[] {
  return of(b) < 0 ? ['adjust'] : ['adjust', 'class'];
}

function stepsOfSearch({ a, b }: HeapEvent, wanted: HeapEvent | null, shape: Shape): StepName[] {
  const names: StepName[] = [];
  if (wanted !== null && a !== shape.of(wanted.b)) {
    names.push('round');
  }
  if (a < shape.count) {
    names.push('columns');
  }
  const sameRow = Math.floor(a / shape.columns) === Math.floor(b / shape.columns);
  if (a >= shape.count || !sameRow || b >= shape.count) {
    names.push('rows');
  }
  return names;
}

/** Returns whether the events at `index` merge the block before into the released one. */
function mergesLeft(events: readonly HeapEvent[], index: number, released: number): boolean {
  const [take, merge] = [events[index], events[index + 1]];
  return take?.kind === 'take' && merge?.kind === 'merge' && merge.block < released;
}

/** Divides the events of one operation into steps. */
export function stepsOf(events: readonly HeapEvent[], shape: Shape): Step[] {
  const steps: Step[] = [];
  let wanted: HeapEvent | null = null;
  let rightAt = -1;
  events.forEach((event, at) => {
    const add = (name: StepName, about = event): void => {
      steps.push({ name, event: about, at, wanted });
    };
    switch (event.kind) {
      case 'map':
        wanted = event;
        stepsOfMap(event, shape).forEach((name) => add(name));
        break;
      case 'search':
        stepsOfSearch(event, wanted, shape).forEach((name) => add(name));
        break;
      case 'release':
        add('release');
        add('left');
        rightAt = mergesLeft(events, at + 1, event.block) ? at + 2 : at;
        break;
      default:
        add(event.kind);
    }
    if (at === rightAt) {
      add('right', rightBlock(event));
      rightAt = -1;
    }
  });
  steps.push({ name: 'done', event: null, at: events.length, wanted });
  return steps;
}

/**
 * Returns the event for the step 'right': the block whose next neighbour is examined, with its
 * size.
 */
function rightBlock(event: HeapEvent): HeapEvent {
  const { kind, block, a, b } = event;
  return { kind: 'release', block, a: kind === 'merge' ? a + b : a, b: 0 };
}

/** The usual order of steps in a call. A merge may come before and between. */
const order = Object.keys(stepNames) as StepName[];

/**
 * Returns the step of another execution of the same call that corresponds to step `moment` of this
 * one.
 */
export function counterpart(
  steps: readonly Step[],
  moment: number,
  others: readonly Step[],
): number {
  const { name } = steps[moment]!;
  const nth = steps.slice(0, moment).filter((each) => each.name === name).length;
  const same = others.flatMap((each, at) => (each.name === name ? [at] : []));
  if (same.length > 0) {
    return same[Math.min(nth, same.length - 1)]!;
  }
  const before = others.filter((each) => order.indexOf(each.name) < order.indexOf(name)).length;
  return Math.max(before - 1, 0);
}
