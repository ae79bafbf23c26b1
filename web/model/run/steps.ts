// SPDX-License-Identifier: MIT
/**
 * The steps of an operation, cut from its events. One event may be several steps of thought: a
 * search rounds up, looks at its row's columns and then at the rows. Each step says at which event
 * the memory is as the step has it; between two events nothing is written.
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
  /** Null for the state after the operation. */
  readonly event: HeapEvent | null;
  /** The event, counted from 0, whose memory this step shows; after the last: the end. */
  readonly at: number;
  /** The operation's last event that mapped a size: what is searched for. */
  readonly wanted: HeapEvent | null;
}

/** A step's name in a few words. */
export const stepNames: Readonly<Record<StepName, string>> = {
  adjust: 'block size',
  class: 'class',
  probe: 'own list',
  round: 'next class',
  columns: 'column bits',
  rows: 'row bits',
  take: 'take',
  split: 'cut',
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
  /** The class of a block size, −1 if there is none. */
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

/** Whether an event from `index` on merges the block before into what was released. */
function mergesLeft(events: readonly HeapEvent[], index: number, released: number): boolean {
  const [take, merge] = [events[index], events[index + 1]];
  return take?.kind === 'take' && merge?.kind === 'merge' && merge.block < released;
}

/** Cuts the events of one operation into steps. */
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

/** What 'right' is about: the block whose next neighbour is looked at, with its size. */
function rightBlock(event: HeapEvent): HeapEvent {
  const { kind, block, a, b } = event;
  return { kind: 'release', block, a: kind === 'merge' ? a + b : a, b: 0 };
}

/** In which order the steps of a call come; merging may come before and between. */
const order = Object.keys(stepNames) as StepName[];

/** The step of another execution of the same call that corresponds to step `moment` of this one. */
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
