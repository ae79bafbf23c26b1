// SPDX-License-Identifier: MIT
/** A world made by executing operations on a heap of given settings. */
import { type Build, buildFor, createAllocator, type Instance } from './allocator.ts';
import { snapshotOf } from './decode.ts';
import { explain, type Explanation } from './explain.ts';
import { Oracle } from './fits.ts';
import { type Highlight, highlightOf } from './highlight.ts';
import { type Execution, History, type Position } from './history.ts';
import { never } from './ledger.ts';
import type { Operation } from './operation.ts';
import type { Settings } from './settings.ts';
import { computed, type ReadonlySignal, signal } from './signal.ts';
import type { Snapshot } from './snapshot.ts';
import { counterpart, type Step } from './steps.ts';
import type { Classes, Extent, Owner, World } from './world.ts';

export class RunWorld implements World {
  readonly settings: Settings;
  readonly classes: Classes;
  readonly instance: Instance;
  readonly #lead: RunWorld | null;
  readonly #build: Build;
  #oracle: Oracle | null = null;
  readonly #history: History;
  /** Counts what was inserted: the history is the same object, what it says is not. */
  readonly #revision = signal(0);
  readonly #position: ReadonlySignal<Position>;

  readonly execution: ReadonlySignal<Execution>;
  readonly step: ReadonlySignal<Step>;
  readonly snapshot: ReadonlySignal<Snapshot>;
  readonly explanation: ReadonlySignal<Explanation>;
  readonly highlight: ReadonlySignal<Highlight>;
  readonly extent: ReadonlySignal<Extent>;

  constructor(
    builds: readonly Build[],
    operations: readonly Operation[],
    settings: Settings,
    position: ReadonlySignal<Position>,
    lead: RunWorld | null = null,
  ) {
    this.#lead = lead;
    this.#build = buildFor(builds, settings.align);
    this.instance = createAllocator(this.#build, settings.limit);
    this.settings = { ...settings, align: this.instance.layout.align };
    this.#history = new History(this.instance, settings, operations);
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
      return snapshotOf(memory(), heap, this.instance.layout, memory);
    });
    this.explanation = computed(() =>
      explain(this.execution.value, this.moment(), this.snapshot.value, this.classes),
    );
    this.highlight = computed(() =>
      highlightOf(this.execution.value, this.moment(), this.snapshot.value, this.classes),
    );
    this.extent = computed(() => ({ begin: heap, end: this.history.largestEnd }));
  }

  /** The largest request that is surely served at the moment shown. */
  sure(): number {
    // Reading the memory sees to it that it is the moment's.
    return this.snapshot.value.memory.byteLength === 0
      ? 0
      : this.instance.allocator.surelyFree(this.#history.heap);
  }

  /** Answers for copies of this heap. */
  get oracle(): Oracle {
    this.#oracle ??= new Oracle(this.another(), this.#history.heap);
    return this.#oracle;
  }

  /** Another instance of the same build, with as much room. */
  another(): Instance {
    return createAllocator(this.#build, this.settings.limit);
  }

  /** Reading it makes a panel draw again when an operation was inserted. */
  get history(): History {
    void this.#revision.value;
    return this.#history;
  }

  /**
   * The moment shown. A world that is led shows the step of the same name as the leading one, or
   * the one that comes before it: the same call takes other steps in another heap.
   */
  moment(): number {
    const { steps } = this.execution.value;
    if (this.#lead === null) {
      return Math.min(this.#position.value.moment, steps.length - 1);
    }
    return counterpart(this.#lead.execution.value.steps, this.#lead.moment(), steps);
  }

  insert(number: number, operation: Operation): void {
    this.#history.insert(number, operation);
    this.#revision.value++;
  }

  ownerOf(header: number): Owner | null {
    const { memory, layout } = this.snapshot.value;
    const { number } = this.execution.value;
    const operation = this.#history.ownerOf(header + layout.blockPayload, number, memory);
    return operation === 0
      ? null
      : { operation, requested: this.#history.ledger.asked[operation]! };
  }

  blockOf(operation: number): number {
    const { ledger } = this.#history;
    const { number } = this.execution.value;
    const ended = ledger.ended[operation] ?? never;
    const pointer = ledger.pointer[operation] ?? 0;
    return pointer === 0 || operation > number || ended <= number
      ? 0
      : pointer - this.instance.layout.blockPayload;
  }
}
