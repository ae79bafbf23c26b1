// SPDX-License-Identifier: MIT
/**
 * The position in a run, how it moves, and how fast. It has no clock: the caller reports the
 * elapsed time.
 */
import type { Execution, History, Position } from '../run/history.ts';

export interface Speed {
  readonly label: string;
  readonly perSecond: number;
  /** The unit of a step. */
  readonly unit: 'event' | 'operation';
}

export const speeds: readonly Speed[] = [
  { label: '1 step a second', perSecond: 1, unit: 'event' },
  { label: '3 steps a second', perSecond: 3, unit: 'event' },
  { label: '4 calls a second', perSecond: 4, unit: 'operation' },
  { label: '15 calls a second', perSecond: 15, unit: 'operation' },
  { label: '60 calls a second', perSecond: 60, unit: 'operation' },
  { label: '300 calls a second', perSecond: 300, unit: 'operation' },
];

export const defaultSpeed = 3;

type At = (operation: number) => Pick<Execution, 'steps'>;

const last = (execution: Pick<Execution, 'steps'>): number => execution.steps.length - 1;

/** Returns the position after operation `operation`, clamped to the run. */
export function afterOperation(history: History, operation: number): Position {
  const execution = history.at(operation);
  return { operation: execution.number, moment: last(execution) };
}

/** Returns the next event; from an operation's end, the first event of the next operation. */
export function nextEvent(at: At, length: number, { operation, moment }: Position): Position {
  if (moment < last(at(operation))) {
    return { operation, moment: moment + 1 };
  }
  return operation < length ? { operation: operation + 1, moment: 0 } : { operation, moment };
}

/**
 * Returns the previous event; from an operation's first event, the end of the previous operation.
 */
export function previousEvent(at: At, { operation, moment }: Position): Position {
  if (moment > 0) {
    return { operation, moment: moment - 1 };
  }
  return operation > 0
    ? { operation: operation - 1, moment: last(at(operation - 1)) }
    : { operation, moment };
}

/** Returns the end of this operation, or, from there, the end of the next. */
export function nextOperation(at: At, length: number, { operation, moment }: Position): Position {
  const target = moment < last(at(operation)) ? operation : Math.min(operation + 1, length);
  return { operation: target, moment: last(at(target)) };
}

/** Returns the end of the previous operation. */
export function previousOperation(at: At, { operation }: Position): Position {
  const target = Math.max(operation - 1, 0);
  return { operation: target, moment: last(at(target)) };
}

/** Converts elapsed time to whole steps. */
export class StepClock {
  #owed = 0;

  /**
   * Returns how many steps are due after another `seconds`. A long pause counts as a quarter of a
   * second.
   */
  due(seconds: number, speed: Speed): number {
    this.#owed += Math.min(seconds, 0.25) * speed.perSecond;
    const steps = Math.floor(this.#owed);
    this.#owed -= steps;
    return steps;
  }

  reset(): void {
    this.#owed = 0;
  }
}
