// SPDX-License-Identifier: MIT
/** A world that executes operations on a heap with given settings. */
import { type Build, buildFor, createAllocator, type Instance } from '../heap/allocator.ts';
import type { Classes } from '../heap/classes.ts';
import { snapshotOf } from '../heap/decode.ts';
import { Oracle } from '../heap/fits.ts';
import type { Blocks, Snapshot } from '../heap/snapshot.ts';
import { computed, type ReadonlySignal, signal } from '../signal.ts';
import { finish, type Work } from '../work.ts';
import { neverEnded } from './call_log.ts';
import { explain, type Explanation } from './explain.ts';
import { type Highlight, highlightOf } from './highlight.ts';
import { type Execution, History, type Position } from './history.ts';
import { IncrementalBlocks, touchedBetween } from './incremental_blocks.ts';
import type { Operation } from './operation.ts';
import type { Settings } from './settings.ts';
import { counterpart, type Step } from './steps.ts';
import type { Extent, Owner, World } from './world.ts';

export class RunWorld implements World {
  readonly settings: Settings;
  readonly classes: Classes;
  readonly instance: Instance;
  readonly #lead: RunWorld | null;
  readonly #build: Build;
  #oracle: Oracle | null = null;
  /** The blocks after the operation shown last, if there are many. */
  #incremental: { readonly incremental: IncrementalBlocks; readonly number: number } | null = null;
  /** With fewer blocks, every snapshot reads all of them and stays valid. */
  incrementalFrom = 50_000;
  readonly #history: History;
  /** Counts the insertions, which change the history but not its object. */
  readonly #revision = signal(0);
  readonly #position: ReadonlySignal<Position>;

  readonly execution: ReadonlySignal<Execution>;
  readonly step: ReadonlySignal<Step>;
  readonly snapshot: ReadonlySignal<Snapshot>;
  readonly explanation: ReadonlySignal<Explanation>;
  readonly highlight: ReadonlySignal<Highlight>;
  readonly extent: ReadonlySignal<Extent>;

  /** Executes the operations once, on its own heap. */
  static *running(
    builds: readonly Build[],
    operations: readonly Operation[],
    settings: Settings,
    position: ReadonlySignal<Position>,
    lead: RunWorld | null = null,
  ): Work<RunWorld> {
    const build = buildFor(builds, settings.align);
    const instance = createAllocator(build, settings.limit);
    const history = yield* History.running(instance, settings, operations);
    const actual = { ...settings, align: instance.layout.align };
    return new RunWorld(build, instance, history, actual, position, lead);
  }

  /** Same as running(), without pauses. */
  static of(...given: Parameters<typeof RunWorld.running>): RunWorld {
    return finish(RunWorld.running(...given));
  }

  private constructor(
    build: Build,
    instance: Instance,
    history: History,
    settings: Settings,
    position: ReadonlySignal<Position>,
    lead: RunWorld | null,
  ) {
    this.#lead = lead;
    this.#build = build;
    this.instance = instance;
    this.settings = settings;
    this.#history = history;
    this.#position = position;
    const { heap } = this.#history;
    this.classes = {
      sizeOf: (index) => this.instance.classSize(heap, index),
      of: (size) => this.instance.classOf(heap, size),
      blockFor: (request) => this.instance.blockSize(heap, request),
    };
    this.execution = computed(() => this.history.at(this.#position.value.operation));
    this.step = computed(() => this.execution.value.steps[this.moment()]!);
    this.snapshot = computed(() => {
      const { number } = this.execution.value;
      const moment = this.moment();
      const memory = (): Uint8Array => this.#history.memoryAt(number, moment);
      return this.#snapshot(number, memory);
    });
    this.explanation = computed(() =>
      explain(this.execution.value, this.moment(), this.snapshot.value, this.classes),
    );
    this.highlight = computed(() =>
      highlightOf(this.execution.value, this.moment(), this.snapshot.value, this.classes),
    );
    this.extent = computed(() => ({ begin: heap, end: this.history.largestEnd }));
  }

  #snapshot(number: number, memory: () => Uint8Array): Snapshot {
    const { layout } = this.instance;
    const { callLog, heap } = this.#history;
    const { incremental, number: before } = this.#incremental ?? { incremental: null, number };
    const touched = incremental === null ? null : touchedBetween(callLog, before, number, layout);
    let known: Blocks | null = null;
    const snapshot = snapshotOf(memory(), heap, layout, memory, (words, pools) => {
      known = touched && incremental!.update(words, pools, layout, touched);
      return known;
    });
    const { blocks, pools, problems } = snapshot;
    if (known !== null) {
      this.#incremental = { incremental: incremental!, number };
    } else if (blocks.count >= this.incrementalFrom && problems.length === 0) {
      this.#incremental = { incremental: new IncrementalBlocks(blocks, pools), number };
    } else {
      this.#incremental = null;
    }
    return snapshot;
  }

  /** Returns the guaranteed allocation at the shown moment. */
  guaranteed(): number {
    // Reading the memory first moves it to the shown moment.
    return this.snapshot.value.memory.byteLength === 0
      ? 0
      : this.instance.allocator.guaranteedAllocation(this.#history.heap);
  }

  /** Tries requests on copies of this heap. */
  get oracle(): Oracle {
    this.#oracle ??= new Oracle(this.another(), this.#history.heap);
    return this.#oracle;
  }

  /** Makes another instance of the same build, by default with the same room. */
  another(room = this.settings.limit): Instance {
    return createAllocator(this.#build, room);
  }

  /** A panel that reads it is drawn again after an insertion. */
  get history(): History {
    void this.#revision.value;
    return this.#history;
  }

  /**
   * Returns the shown moment. A world with a lead shows the corresponding step, since the same call
   * takes other steps in another heap.
   */
  moment(): number {
    const { steps } = this.execution.value;
    if (this.#lead === null) {
      return Math.min(this.#position.value.moment, steps.length - 1);
    }
    return counterpart(this.#lead.execution.value.steps, this.#lead.moment(), steps);
  }

  insert(number: number, operation: Operation): void {
    this.#incremental = null;
    this.#history.insert(number, operation);
    this.#revision.value++;
  }

  ownerOf(header: number): Owner | null {
    const { memory, layout } = this.snapshot.value;
    const { number } = this.execution.value;
    const operation = this.#history.ownerOf(header + layout.blockPayload, number, memory);
    return operation === 0
      ? null
      : { operation, requested: this.#history.callLog.asked[operation]! };
  }

  blockOf(operation: number): number {
    const { callLog } = this.#history;
    const { number } = this.execution.value;
    const ended = callLog.ended[operation] ?? neverEnded;
    const pointer = callLog.pointer[operation] ?? 0;
    return pointer === 0 || operation > number || ended <= number
      ? 0
      : pointer - this.instance.layout.blockPayload;
  }
}
