// SPDX-License-Identifier: MIT
/** The stage of a run: a trace, where in it the page is, and one heap or two that execute it. */
import { layoutOf } from 'segfit/core';

import type { Build } from '../heap/allocator.ts';
import type { Classes } from '../heap/classes.ts';
import { blockIndexOf, isFree, type Snapshot } from '../heap/snapshot.ts';
import { classRange, type Explanation } from '../run/explain.ts';
import { focusOf, type Highlight } from '../run/highlight.ts';
import { type Execution, type History, type Position, samePosition } from '../run/history.ts';
import type { Operation, Trace } from '../run/operation.ts';
import { type Interest, nearest } from '../run/points_of_interest.ts';
import { RunWorld } from '../run/run_world.ts';
import { type Settings, settingsFor } from '../run/settings.ts';
import { batch, type Signal, signal } from '../signal.ts';
import { finish, inSlices, type Work } from '../work.ts';
import {
  afterOperation,
  defaultSpeed,
  nextEvent,
  nextOperation,
  StepClock,
  previousEvent,
  previousOperation,
  speeds,
} from './playback.ts';
import { noHover, Stage } from './stage.ts';

const start: Position = { operation: 0, moment: 0 };

export class Store extends Stage<RunWorld> {
  readonly builds: readonly Build[];
  readonly #clock = new StepClock();

  readonly trace: Signal<Trace>;
  readonly position: Signal<Position>;
  readonly playing = signal(false);
  readonly speed = signal(defaultSpeed);
  readonly follow = signal(true);
  /** Calls that the reader marked. */
  readonly marks: Signal<ReadonlySet<number>> = signal<ReadonlySet<number>>(new Set());
  /** What `seekInterest` looks for. */
  readonly interest: Signal<Interest | 'any'> = signal<Interest | 'any'>('any');
  /** The share of a change that is done, while one is under way that takes long; else null. */
  readonly pending: Signal<number | null> = signal<number | null>(null);
  readonly #wanted: Signal<readonly Settings[] | null> = signal<readonly Settings[] | null>(null);
  /** Counts what was wished for: of several changes only the last goes on. */
  #wishes = 0;
  /** Counts the runs that were asked for: of several only the last comes. */
  #runRequests = 0;

  /** `builds`: the allocator, once for each alignment that can be chosen. */
  constructor(builds: readonly Build[], trace: Trace, settings = settingsFor(trace.operations)) {
    const position = signal(start);
    super([RunWorld.of(builds, trace.operations, settings, position)]);
    this.builds = builds;
    this.position = position;
    this.trace = signal(trace);
  }

  // ------------------------------------------------------- what panels of the first world read

  get settings(): Settings {
    return this.world.settings;
  }

  get history(): History {
    return this.world.history;
  }

  get execution(): { readonly value: Execution } {
    return this.world.execution;
  }

  get snapshot(): { readonly value: Snapshot } {
    return this.world.snapshot;
  }

  get explanation(): { readonly value: Explanation } {
    return this.world.explanation;
  }

  get highlight(): { readonly value: Highlight } {
    return this.world.highlight;
  }

  get classes(): Classes {
    return this.world.classes;
  }

  /** The alignments that can be chosen. */
  get aligns(): readonly number[] {
    return this.builds.map(({ plain }) => layoutOf(plain).align);
  }

  classRange(index: number): string {
    return classRange(this.snapshot.value, index, this.classes);
  }

  // ------------------------------------------------------------------------------------- the run

  /**
   * Tells that a run is on its way, and gives what says whether it is wanted still: not once
   * another was asked for, or came.
   */
  requestRun(): () => boolean {
    const request = ++this.#runRequests;
    return () => request === this.#runRequests;
  }

  /** Another trace, with settings made for it unless they are given. */
  load(trace: Trace, settings = settingsFor(trace.operations)): void {
    finish(this.loading(trace, settings));
  }

  /** The same with pauses: until it is done, the run of before is shown. */
  *loading(trace: Trace, settings = settingsFor(trace.operations)): Work<void> {
    const { builds, position } = this;
    const world = yield* RunWorld.running(builds, trace.operations, settings, position);
    batch(() => {
      this.#runRequests++;
      this.playing.value = false;
      this.trace.value = trace;
      this.marks.value = new Set();
      this.#show([world], start);
    });
  }

  /**
   * Executes the same calls with other settings, those by hand included. The position stays.
   *
   * @throws {RangeError} if no heap can be made so; nothing changes then.
   */
  configure(number: number, changes: Partial<Settings>): void {
    finish(this.configuring(number, changes));
  }

  /** The same with pauses. */
  *configuring(number: number, changes: Partial<Settings>): Work<void> {
    const all = this.#wantedSettings;
    yield* this.#becoming(all.map((each, at) => (at === number ? { ...each, ...changes } : each)));
  }

  /** Adds a second world that executes the same calls; null takes it away. */
  compareWith(settings: Settings | null): void {
    finish(this.comparingWith(settings));
  }

  /** The same with pauses. */
  *comparingWith(settings: Settings | null): Work<void> {
    const [first] = this.#wantedSettings;
    yield* this.#becoming(settings === null ? [first!] : [first!, settings]);
  }

  /** Of a world, as they will be when what is under way is done; the first's if it will be gone. */
  settingsOf(number: number): Settings {
    const wanted = this.#wantedSettings;
    return wanted[number] ?? wanted[0]!;
  }

  get #wantedSettings(): readonly Settings[] {
    return this.#wanted.value ?? this.worlds.value.map(({ settings }) => settings);
  }

  *#becoming(wanted: readonly Settings[]): Work<void> {
    this.#wanted.value = wanted;
    try {
      this.#show(yield* this.#makingWorlds(wanted), this.position.value);
    } finally {
      // Unless a later wish has gone on from this one.
      if (this.#wanted.value === wanted) {
        this.#wanted.value = null;
      }
    }
  }

  /**
   * Does a change in slices, so that a page answers meanwhile; what takes no longer than a slice is
   * done at once. False if another change overtook it.
   *
   * @throws {RangeError} as the change itself does; nothing changes then.
   */
  async change(work: Work<void>): Promise<boolean> {
    const wish = ++this.#wishes;
    const goesOn = (): boolean => wish === this.#wishes;
    const tell = (share: number): void => {
      this.pending.value = share;
    };
    try {
      return (await inSlices(work, tell, goesOn)) !== null;
    } finally {
      if (goesOn()) {
        this.pending.value = null;
      }
    }
  }

  /** A world for the present calls; all but the first are led by it. */
  *#makingWorld(settings: Settings, lead: RunWorld | null): Work<RunWorld> {
    const { operations } = this.history;
    return yield* RunWorld.running(this.builds, operations, settings, this.position, lead);
  }

  /**
   * Worlds whose settings stay are kept, except that a new leader needs new followers. All are made
   * anew if a call was added by hand meanwhile.
   */
  *#makingWorlds([first, ...others]: readonly Settings[]): Work<RunWorld[]> {
    const { operations } = this.history;
    const old = this.worlds.value;
    const isSameLead = first === old[0]!.settings;
    const lead = isSameLead ? old[0]! : yield* this.#makingWorld(first!, null);
    const worlds = [lead];
    for (const [at, each] of others.entries()) {
      const isKept = isSameLead && each === old[at + 1]?.settings;
      worlds.push(isKept ? old[at + 1]! : yield* this.#makingWorld(each, lead));
    }
    const isPresent = operations === this.history.operations;
    return isPresent ? worlds : yield* this.#makingWorlds([first!, ...others]);
  }

  #show(worlds: readonly RunWorld[], position: Position): void {
    batch(() => {
      this.#wishes++;
      this.pending.value = null;
      this.#wanted.value = null;
      this.worlds.value = worlds;
      this.selected.value = 0;
      this.selectedClass.value = -1;
      this.lens.value = null;
      const { operation, moment } = position;
      const { number, steps } = this.history.at(operation);
      this.#go({ operation: number, moment: Math.min(moment, steps.length - 1) });
    });
  }

  // ----------------------------------------------------------------------------------- transport

  togglePlay(): void {
    batch(() => {
      if (!this.playing.value && this.#atEnd()) {
        this.#go(start);
      }
      this.#clock.reset();
      this.playing.value = !this.playing.value;
    });
  }

  /** Lets time pass while playing. */
  tick(seconds: number): void {
    if (!this.playing.value) {
      return;
    }
    const speed = speeds[this.speed.value]!;
    const steps = this.#clock.due(seconds, speed);
    if (steps === 0) {
      return;
    }
    batch(() => {
      if (speed.unit === 'event') {
        for (let step = 0; step < steps; step++) {
          this.#go(nextEvent(this.#at, this.history.length, this.position.value));
        }
      } else {
        const target = this.position.value.operation + steps;
        this.#go(afterOperation(this.history, target));
      }
      this.playing.value = !this.#atEnd();
    });
  }

  stepEvent(direction: 1 | -1): void {
    const { value } = this.position;
    this.#jump(
      direction > 0
        ? nextEvent(this.#at, this.history.length, value)
        : previousEvent(this.#at, value),
    );
  }

  stepOperation(direction: 1 | -1): void {
    const { value } = this.position;
    this.#jump(
      direction > 0
        ? nextOperation(this.#at, this.history.length, value)
        : previousOperation(this.#at, value),
    );
  }

  toStart(): void {
    this.#jump(start);
  }

  toEnd(): void {
    this.seek(this.history.length);
  }

  /** To the end of operation `operation`. */
  seek(operation: number): void {
    this.#jump(afterOperation(this.history, operation));
  }

  /** Marks the call that is shown, or takes its mark away. */
  toggleMark(): void {
    const { operation } = this.position.value;
    const marks = new Set(this.marks.value);
    if (!marks.delete(operation)) {
      marks.add(operation);
    }
    this.marks.value = marks;
  }

  /** To the nearest call that the reader looks for; stays where there is none. */
  seekInterest(direction: 1 | -1): void {
    const { operation } = this.position.value;
    const { marks, interest, history } = this;
    const found = nearest(history.callLog, operation, direction, interest.value, marks.value);
    if (found !== 0) {
      this.seek(found);
    }
  }

  seekMoment(operation: number, moment: number): void {
    const { number, steps } = this.history.at(operation);
    const last = steps.length - 1;
    this.#jump({ operation: number, moment: Math.min(Math.max(moment, 0), last) });
  }

  readonly #at = (operation: number): Execution => this.history.at(operation);

  #atEnd(): boolean {
    const { operation, moment } = this.position.value;
    return operation === this.history.length && moment === this.#at(operation).steps.length - 1;
  }

  #jump(position: Position): void {
    batch(() => {
      this.playing.value = false;
      this.#go(position);
    });
  }

  /** Moves, and lets the selection follow what the step is about. */
  #go(position: Position): void {
    batch(() => {
      if (!samePosition(position, this.position.value)) {
        this.position.value = position;
      }
      this.hover.value = noHover;
      if (this.follow.value) {
        this.#follow();
      }
      this.keepSelection();
    });
  }

  #follow(): void {
    const { highlight, execution, position } = this;
    const focus = focusOf(execution.value, position.value.moment, highlight.value);
    if (focus !== 0) {
      this.select(focus);
    }
    const { index, classes } = highlight.value;
    const shown = index >= 0 ? index : classes.at(-1);
    if (shown !== undefined) {
      this.selectedClass.value = shown;
    }
  }

  // ------------------------------------------------------------------------------------- by hand

  malloc(size: number, align: number): void {
    const id = this.history.freshId();
    this.#insert({ kind: 'malloc', id, size, align, zero: false });
  }

  /** Frees the selected block, if it is a used one. */
  freeSelected(): void {
    const id = this.#selectedId();
    if (id !== null) {
      this.#insert({ kind: 'free', id });
    }
  }

  reallocSelected(size: number): void {
    const oldId = this.#selectedId();
    if (oldId !== null) {
      this.#insert({ kind: 'realloc', id: this.history.freshId(), oldId, size });
    }
  }

  isSelectedUsed(): boolean {
    const snapshot = this.snapshot.value;
    const index = blockIndexOf(snapshot.blocks, this.selected.value);
    return index >= 0 && !isFree(snapshot, index);
  }

  /** The id under which the program knows the selected block; null if it does not hold it. */
  #selectedId(): number | null {
    const owner = this.isSelectedUsed() ? this.world.ownerOf(this.selected.value) : null;
    return owner === null ? null : this.history.operations[owner.operation - 1]!.id;
  }

  /** Behind the operation that is shown; the rest of the trace goes on behind it. */
  #insert(operation: Operation): void {
    batch(() => {
      const { operation: number } = this.position.value;
      this.playing.value = false;
      this.worlds.value.forEach((world) => world.insert(number, operation));
      this.#go(afterOperation(this.history, number + 1));
    });
  }
}
