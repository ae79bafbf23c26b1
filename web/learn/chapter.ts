// SPDX-License-Identifier: MIT
/** What a chapter is: prose that drives the player, questions that the real allocator answers. */
import type { Build } from '../model/heap/allocator.ts';
import type { Classes } from '../model/heap/classes.ts';
import type { Snapshot } from '../model/heap/snapshot.ts';
import type { Execution, Position } from '../model/run/history.ts';
import type { Operation } from '../model/run/operation.ts';
import { RunWorld } from '../model/run/run_world.ts';
import { type Settings, settingsFor } from '../model/run/settings.ts';
import { signal } from '../model/signal.ts';

/** A heap with the chapter's calls, to ask: nobody looks at it, so it may stand anywhere. */
export interface Oracle {
  readonly classes: Classes;
  /** How the call numbered `operation` went. */
  execution(operation: number): Execution;
  /** The heap after it. Good until the next question. */
  after(operation: number): Snapshot;
}

export interface Question {
  readonly kind: 'question';
  /** As prose: may hold links. */
  readonly text: string;
  /** Where the player stands while it is asked: after that call, before the next. */
  readonly at: number;
  /** What is clicked: a cell of the matrix, a block in the map, or one of `choices`. */
  readonly answer: 'class' | 'block' | 'choice';
  readonly choices?: readonly string[];
  /** A class, a block's header address, or the number of a choice, as the allocator has it. */
  readonly truth: (oracle: Oracle) => number;
  /** Said with the answer. */
  readonly because: string;
  /** Where the player goes to show it. */
  readonly shows: Position;
}

export interface Prose {
  readonly kind: 'prose';
  readonly text: string;
}

export interface Chapter {
  readonly title: string;
  /** In the order in which they stand; each needs to be in what it says. */
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

/** What a link in prose does. */
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

/** Reads `3`, `3.2`, `3-9`, `class 200` or `policy 1`. */
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
  throw new RangeError(`a link cannot lead to "${text}"`);
}

/** Cuts prose: `[text](action)` is a link, `` `text` `` is code. */
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
