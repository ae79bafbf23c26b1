// SPDX-License-Identifier: MIT
/** The state that all panels share: one run, one position, one selection, one hover. */
import { policies } from 'segfit/core';

import { type Instance, createAllocator } from './allocator.ts';
import { snapshotOf } from './decode.ts';
import { type Classes, classRange, explain, type Explanation } from './explain.ts';
import { focusOf, type Highlight, highlightOf } from './highlight.ts';
import { type Execution, History, type Position } from './history.ts';
import type { Operation, Trace } from './operation.ts';
import {
  afterOperation,
  defaultSpeed,
  nextEvent,
  nextOperation,
  Pace,
  previousEvent,
  previousOperation,
  speeds,
} from './player.ts';
import type { Live, Settings } from './session.ts';
import { batch, computed, type ReadonlySignal, type Signal, signal } from './signal.ts';
import { blockIndexAt, blockIndexOf, isFree, type Snapshot } from './snapshot.ts';

/** What the pointer is over: a block's header address or 0, and a class or −1. */
export interface Hover {
  readonly block: number;
  readonly index: number;
}

interface Run {
  readonly trace: Trace;
  readonly instance: Instance;
  readonly history: History;
  readonly settings: Settings;
}

const noHover: Hover = { block: 0, index: -1 };
const kibibyte = 1024;

/** How many states of a run are kept to start from: few enough that they take little memory. */
const mostKeyframes = 64;
const keyframeBytes = 32 * kibibyte * kibibyte;

/** A heap that is somewhat too small for what a trace holds at its peak, so that it must grow. */
export function settingsFor(operations: readonly Operation[]): Settings {
  const sizes = new Map<number, number>();
  let held = 0;
  let peak = 0;
  for (const operation of operations) {
    const ended = operation.kind === 'realloc' ? operation.oldId : operation.id;
    held -= sizes.get(ended) ?? 0;
    sizes.delete(ended);
    if (operation.kind !== 'free') {
      held += operation.size;
      sizes.set(operation.id, operation.size);
    }
    peak = Math.max(peak, held);
  }
  const step =
    16 * kibibyte * 2 ** Math.max(0, Math.ceil(Math.log2((peak + 1) / (128 * kibibyte))));
  const size = Math.max(Math.floor((peak * 0.85) / step), 1) * step;
  return {
    size,
    limit: Math.max(size + 4 * step, 7 * step),
    step,
    columns: 16,
    policy: policies.probe,
  };
}

export class Store {
  readonly #module: WebAssembly.Module;
  readonly #run: Signal<Run>;
  /** Counts what was inserted: the run is the same object, its history is not. */
  readonly #revision = signal(0);
  readonly #pace = new Pace();

  readonly position: Signal<Position> = signal({ operation: 0, moment: 0 });
  readonly playing = signal(false);
  readonly speed = signal(defaultSpeed);
  readonly follow = signal(true);
  /** The selected block's header address, or 0. */
  readonly selected = signal(0);
  readonly selectedClass = signal(-1);
  readonly hover = signal(noHover);

  readonly execution: ReadonlySignal<Execution>;
  readonly snapshot: ReadonlySignal<Snapshot>;
  readonly explanation: ReadonlySignal<Explanation>;
  readonly highlight: ReadonlySignal<Highlight>;
  /** What the program holds, by header address. */
  readonly live: ReadonlySignal<ReadonlyMap<number, Live & { readonly id: number }>>;

  constructor(module: WebAssembly.Module, trace: Trace) {
    this.#module = module;
    this.#run = signal(this.#start(trace));
    this.execution = computed(() => this.history.at(this.position.value.operation));
    this.snapshot = computed(() => {
      const { memory } = this.#moment();
      return snapshotOf(memory, this.history.heap, this.#run.value.instance.layout);
    });
    this.explanation = computed(() =>
      explain(this.execution.value, this.position.value.moment, this.snapshot.value, this.classes),
    );
    this.highlight = computed(() =>
      highlightOf(this.execution.value, this.position.value.moment, this.classes),
    );
    this.live = computed(() => {
      const payload = this.#run.value.instance.layout.blockPayload;
      const entries = [...this.execution.value.live];
      return new Map(entries.map(([id, live]) => [live.pointer - payload, { ...live, id }]));
    });
  }

  get trace(): Trace {
    return this.#run.value.trace;
  }

  get settings(): Settings {
    return this.#run.value.settings;
  }

  /** Reading it makes a panel draw again when an operation was inserted. */
  get history(): History {
    void this.#revision.value;
    return this.#run.value.history;
  }

  /** Where the heap ends when it is largest in this run. */
  get largestEnd(): number {
    const grown = this.history.samples.reduce((sum, sample) => sum + sample.grown, 0);
    return this.history.heap + this.settings.size + grown;
  }

  readonly classes: Classes = {
    sizeOf: (index) => this.#run.value.instance.classSize(this.history.heap, index),
    of: (size) => this.#run.value.instance.classOf(this.history.heap, size),
  };

  classSize(index: number): number {
    return this.classes.sizeOf(index);
  }

  classRange(index: number): string {
    return classRange(this.snapshot.value, index, this.classes);
  }

  /** The class whose list holds a free block, or in which a used one would be kept. */
  classOfBlock(address: number): number {
    const snapshot = this.snapshot.value;
    const index = blockIndexOf(snapshot.blocks, address);
    if (index < 0) {
      return -1;
    }
    return snapshot.classes.get(address) ?? this.classes.of(snapshot.blocks.size[index]!);
  }

  // ------------------------------------------------------------------------------------- the run

  load(trace: Trace): void {
    batch(() => {
      this.#run.value = this.#start(trace);
      this.playing.value = false;
      this.#go({ operation: 0, moment: 0 });
    });
  }

  #start(trace: Trace): Run {
    const settings = settingsFor(trace.operations);
    const instance = createAllocator(this.#module, settings.limit);
    const keyframes = Math.min(mostKeyframes, Math.ceil(keyframeBytes / settings.limit));
    const stride = Math.max(mostKeyframes, Math.ceil(trace.operations.length / keyframes));
    const history = new History(instance.allocator, settings, trace.operations, stride);
    return { trace, instance, history, settings };
  }

  #moment(): Execution['moments'][number] {
    const { moments } = this.execution.value;
    return moments[Math.min(this.position.value.moment, moments.length - 1)]!;
  }

  // ----------------------------------------------------------------------------------- transport

  togglePlay(): void {
    batch(() => {
      if (!this.playing.value && this.#atEnd()) {
        this.#go({ operation: 0, moment: 0 });
      }
      this.#pace.reset();
      this.playing.value = !this.playing.value;
    });
  }

  /** Lets time pass while playing. */
  tick(seconds: number): void {
    if (!this.playing.value) {
      return;
    }
    const speed = speeds[this.speed.value]!;
    const steps = this.#pace.due(seconds, speed);
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
    this.#jump({ operation: 0, moment: 0 });
  }

  toEnd(): void {
    this.seek(this.history.length);
  }

  /** To the end of operation `operation`. */
  seek(operation: number): void {
    this.#jump(afterOperation(this.history, operation));
  }

  seekMoment(operation: number, moment: number): void {
    const execution = this.history.at(operation);
    const last = execution.moments.length - 1;
    this.#jump({ operation: execution.number, moment: Math.min(Math.max(moment, 0), last) });
  }

  readonly #at = (operation: number): Execution => this.history.at(operation);

  #atEnd(): boolean {
    const { operation, moment } = this.position.value;
    return operation === this.history.length && moment === this.#at(operation).moments.length - 1;
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
      this.position.value = position;
      this.hover.value = noHover;
      if (this.follow.value) {
        this.#follow();
      }
      this.#keepSelection();
    });
  }

  #follow(): void {
    const { highlight, execution, position } = this;
    const focus = focusOf(execution.value, position.value.moment, highlight.value);
    if (focus !== 0) {
      this.select(focus);
    }
    const index = highlight.value.search?.last ?? highlight.value.classes.at(-1);
    if (index !== undefined) {
      this.selectedClass.value = Math.min(index, this.#classes() - 1);
    }
  }

  #classes(): number {
    const { rows, columns } = this.snapshot.value;
    return rows * columns;
  }

  /** A selected block that merged into another is that other one from then on. */
  #keepSelection(): void {
    const { blocks } = this.snapshot.value;
    const index = blockIndexAt(blocks, this.selected.value);
    this.selected.value = index < 0 ? 0 : blocks.address[index]!;
  }

  // ----------------------------------------------------------------------------------- selection

  select(address: number): void {
    batch(() => {
      this.selected.value = address;
      const index = this.classOfBlock(address);
      if (index >= 0) {
        this.selectedClass.value = index;
      }
    });
  }

  /** Selects a class, and the first block in its list if it has one. */
  selectClass(index: number): void {
    batch(() => {
      this.selectedClass.value = index;
      this.selected.value = this.snapshot.value.lists.get(index)?.[0] ?? 0;
    });
  }

  hoverBlock(address: number): void {
    this.#setHover({ block: address, index: address === 0 ? -1 : this.#listOf(address) });
  }

  hoverClass(index: number): void {
    this.#setHover({ block: 0, index });
  }

  #listOf(address: number): number {
    return this.snapshot.value.classes.get(address) ?? -1;
  }

  #setHover(next: Hover): void {
    const { block, index } = this.hover.value;
    if (block !== next.block || index !== next.index) {
      this.hover.value = next;
    }
  }

  // ------------------------------------------------------------------------------------- by hand

  malloc(size: number, align: number): void {
    const id = this.history.freshId();
    this.#insert({ kind: 'malloc', id, size, align, zero: false });
  }

  /** Frees the selected block, if it is a used one. */
  freeSelected(): void {
    const live = this.live.value.get(this.selected.value);
    if (live !== undefined && this.isSelectedUsed()) {
      this.#insert({ kind: 'free', id: live.id });
    }
  }

  reallocSelected(size: number): void {
    const live = this.live.value.get(this.selected.value);
    if (live !== undefined && this.isSelectedUsed()) {
      this.#insert({ kind: 'realloc', id: this.history.freshId(), oldId: live.id, size });
    }
  }

  isSelectedUsed(): boolean {
    const snapshot = this.snapshot.value;
    const index = blockIndexOf(snapshot.blocks, this.selected.value);
    return index >= 0 && !isFree(snapshot, index);
  }

  /** Behind the operation that is shown; the rest of the trace goes on behind it. */
  #insert(operation: Operation): void {
    batch(() => {
      const { operation: number } = this.position.value;
      this.playing.value = false;
      this.history.insert(number, operation);
      this.#revision.value++;
      this.#go(afterOperation(this.history, number + 1));
    });
  }
}
