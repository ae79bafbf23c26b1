// SPDX-License-Identifier: MIT
/**
 * The state of a page that plays a run: a trace, the position in it, and one heap or two that
 * execute it.
 */
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
  /** The calls that the reader marked. */
  readonly marks: Signal<ReadonlySet<number>> = signal<ReadonlySet<number>>(new Set());
  /** The kind of event that `seekInterest` searches for. */
  readonly interest: Signal<Interest | 'any'> = signal<Interest | 'any'>('any');
  /** The completed share of a long change; null if none is in progress. */
  readonly pending: Signal<number | null> = signal<number | null>(null);
  readonly #wanted: Signal<readonly Settings[] | null> = signal<readonly Settings[] | null>(null);
  /** Counts changes: of several only the last continues. */
  #changes = 0;
  /** Counts requested runs: of several only the last is shown. */
  #runRequests = 0;

  /** `builds` holds the allocator for each alignment that can be selected. */
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

  /** The alignments that can be selected. */
  get aligns(): readonly number[] {
    return this.builds.map(({ plain }) => layoutOf(plain).align);
  }

  classRange(index: number): string {
    return classRange(this.snapshot.value, index, this.classes);
  }

  // ------------------------------------------------------------------------------------- the run

  /**
   * Announces a run that is being loaded. Returns a function that returns whether the run is still
   * wanted: not if another was requested or shown since.
   */
  requestRun(): () => boolean {
    const request = ++this.#runRequests;
    return () => request === this.#runRequests;
  }

  /** Loads another trace, with the default settings for it unless given. */
  load(trace: Trace, settings = settingsFor(trace.operations)): void {
    finish(this.loading(trace, settings));
  }

  /** Same as load(), with pauses. The page shows the previous run meanwhile. */
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
   * Executes the same calls with other settings, including calls by hand. The position stays.
   *
   * @throws {RangeError} if no heap can be made with these settings; nothing changes then.
   */
  configure(number: number, changes: Partial<Settings>): void {
    finish(this.configuring(number, changes));
  }

  /** The same with pauses. */
  *configuring(number: number, changes: Partial<Settings>): Work<void> {
    const all = this.#wantedSettings;
    yield* this.#changeWorlds(
      all.map((each, at) => (at === number ? { ...each, ...changes } : each)),
    );
  }

  /** Adds a second world that executes the same calls; null removes it. */
  compareWith(settings: Settings | null): void {
    finish(this.comparingWith(settings));
  }

  /** The same with pauses. */
  *comparingWith(settings: Settings | null): Work<void> {
    const [first] = this.#wantedSettings;
    yield* this.#changeWorlds(settings === null ? [first!] : [first!, settings]);
  }

  /**
   * Returns the settings of a world after the change in progress; those of the first world if it
   * will be removed.
   */
  settingsOf(number: number): Settings {
    const wanted = this.#wantedSettings;
    return wanted[number] ?? wanted[0]!;
  }

  get #wantedSettings(): readonly Settings[] {
    return this.#wanted.value ?? this.worlds.value.map(({ settings }) => settings);
  }

  *#changeWorlds(wanted: readonly Settings[]): Work<void> {
    this.#wanted.value = wanted;
    try {
      this.#show(yield* this.#makingWorlds(wanted), this.position.value);
    } finally {
      // Unless a later change started from this one.
      if (this.#wanted.value === wanted) {
        this.#wanted.value = null;
      }
    }
  }

  /**
   * Performs a change in slices, so that the page stays responsive. A change that takes no longer
   * than one slice is done at once. Returns false if another change replaced it.
   *
   * @throws {RangeError} as the change itself does; nothing changes then.
   */
  async change(work: Work<void>): Promise<boolean> {
    const change = ++this.#changes;
    const goesOn = (): boolean => change === this.#changes;
    const report = (share: number): void => {
      this.pending.value = share;
    };
    try {
      return (await inSlices(work, report, goesOn)) !== null;
    } finally {
      if (goesOn()) {
        this.pending.value = null;
      }
    }
  }

  /** Makes a world for the present calls. All but the first follow the lead. */
  *#makingWorld(settings: Settings, lead: RunWorld | null): Work<RunWorld> {
    const { operations } = this.history;
    return yield* RunWorld.running(this.builds, operations, settings, this.position, lead);
  }

  /**
   * Returns the worlds for these settings. Keeps worlds whose settings stay, except that a new lead
   * needs new followers. Makes all anew if a call was added by hand meanwhile.
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
      this.#changes++;
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

  /** Advances playback by the elapsed time. */
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

  /** Goes to the end of operation `operation`. */
  seek(operation: number): void {
    this.#jump(afterOperation(this.history, operation));
  }

  /** Marks the shown call, or removes its mark. */
  toggleMark(): void {
    const { operation } = this.position.value;
    const marks = new Set(this.marks.value);
    if (!marks.delete(operation)) {
      marks.add(operation);
    }
    this.marks.value = marks;
  }

  /** Goes to the nearest call of the selected interest, if there is one. */
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

  /** Moves to a position, and lets the selection follow the step. */
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

  /** Frees the selected block if it is used. */
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

  /** Returns the program's id of the selected block; null if the program does not hold it. */
  #selectedId(): number | null {
    const owner = this.isSelectedUsed() ? this.world.ownerOf(this.selected.value) : null;
    return owner === null ? null : this.history.operations[owner.operation - 1]!.id;
  }

  /** Inserts an operation after the shown one; the rest of the trace follows. */
  #insert(operation: Operation): void {
    batch(() => {
      const { operation: number } = this.position.value;
      this.playing.value = false;
      this.worlds.value.forEach((world) => world.insert(number, operation));
      this.#go(afterOperation(this.history, number + 1));
    });
  }
}
