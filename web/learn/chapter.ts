// SPDX-License-Identifier: MIT
/**
 * The parts of a chapter: prose that controls playback, and questions that the real allocator
 * answers.
 */
import type { Build } from '../model/heap/allocator.ts';
import type { Classes } from '../model/heap/classes.ts';
import type { Snapshot } from '../model/heap/snapshot.ts';
import type { Execution, Position } from '../model/run/history.ts';
import type { Operation } from '../model/run/operation.ts';
import { RunWorld } from '../model/run/run_world.ts';
import { type Settings, settingsFor } from '../model/run/settings.ts';
import { signal } from '../model/signal.ts';

/** A hidden heap with the chapter's calls, which answers the questions. */
export interface Oracle {
  readonly classes: Classes;
  /** Returns the execution of call `operation`. */
  execution(operation: number): Execution;
  /** Returns the heap after call `operation`, valid until the next call of this function. */
  after(operation: number): Snapshot;
}

export interface Question {
  readonly kind: 'question';
  /** The question, as prose with links. */
  readonly text: string;
  /** The call after which the question is asked. */
  readonly at: number;
  /** The kind of answer: a cell of the matrix, a block in the map, or one of `choices`. */
  readonly answer: 'class' | 'block' | 'choice';
  readonly choices?: readonly string[];
  /** Returns the right answer: a class, a block's header address, or the number of a choice. */
  readonly truth: (oracle: Oracle) => number;
  /** The explanation of the answer. */
  readonly because: string;
  /** The moment that shows the answer. */
  readonly shows: Position;
}

export interface Prose {
  readonly kind: 'prose';
  readonly text: string;
}

export interface Chapter {
  readonly title: string;
  /** The names of the panels, in order. */
  readonly panels: readonly string[];
  readonly operations: readonly Operation[];
  readonly settings: Partial<Settings>;
  readonly parts: readonly (Prose | Question)[];
}

export function settingsOf({ operations, settings }: Chapter): Settings {
  return { ...settingsFor(operations), ...settings };
}

export function oracleFor(builds: readonly Build[], chapter: Chapter): Oracle {
  const position = signal<Position>({ operation: 0, moment: 0 });
  const world = RunWorld.of(builds, chapter.operations, settingsOf(chapter), position);
  return {
    classes: world.classes,
    execution: (operation) => world.history.at(operation),
    after(operation) {
      position.value = { operation, moment: Infinity };
      return world.snapshot.value;
    },
  };
}

// ------------------------------------------------------------------------------------------ links

/** The action of a link in prose. */
export type Action =
  | { readonly kind: 'seek'; readonly position: Position }
  | { readonly kind: 'play'; readonly from: number; readonly to: number }
  | { readonly kind: 'class'; readonly size: number }
  | { readonly kind: 'set'; readonly settings: Partial<Settings> };

/** A piece of prose: text, code, or a link. */
export type Piece =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly action: Action };

const settingNames: readonly string[] = ['size', 'limit', 'columns', 'policy', 'align', 'pools'];

/** Parses an action: `3`, `3.2`, `3-9`, `class 200` or `policy 1`. */
function actionOf(text: string): Action {
  const seek = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (seek !== null) {
    const moment = seek[2] === undefined ? Infinity : Number(seek[2]);
    return { kind: 'seek', position: { operation: Number(seek[1]), moment } };
  }
  const play = /^(\d+)-(\d+)$/.exec(text);
  if (play !== null) {
    return { kind: 'play', from: Number(play[1]), to: Number(play[2]) };
  }
  const [, name = '', value] = /^(\w+) (\d+)$/.exec(text) ?? [];
  if (name === 'class') {
    return { kind: 'class', size: Number(value) };
  }
  if (settingNames.includes(name)) {
    return { kind: 'set', settings: { [name]: Number(value) } };
  }
  throw new RangeError(`"${text}" is not an action of a link`);
}

/** Divides prose into pieces: `[text](action)` is a link, `` `text` `` is code. */
export function piecesOf(prose: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  const addText = (text: string): number => (text === '' ? 0 : pieces.push({ kind: 'text', text }));
  for (const match of prose.matchAll(/\[([^\]]+)\]\(([^)]+)\)|`([^`]+)`/g)) {
    addText(prose.slice(done, match.index));
    const [all, text = '', action = '', code] = match;
    pieces.push(
      code === undefined
        ? { kind: 'link', text, action: actionOf(action) }
        : { kind: 'code', text: code },
    );
    done = match.index + all.length;
  }
  addText(prose.slice(done));
  return pieces;
}
