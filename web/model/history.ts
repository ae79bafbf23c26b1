// SPDX-License-Identifier: MIT
/**
 * Any moment of a run: the nearest keyframe is restored and the real allocator executes the
 * operations from there again. Nothing is undone and nothing is simulated.
 */
import type { Operation } from './operation.ts';
import {
  type Allocator,
  type HeapEvent,
  type Keyframe,
  type Live,
  type Moment,
  type Outcome,
  Session,
  type Settings,
} from './session.ts';

/** Moment `moment` of operation `operation`, counted from 1; operation 0 is the untouched heap. */
export interface Position {
  readonly operation: number;
  readonly moment: number;
}

/** One operation as it went. The last of `moments` is the state after it. */
export interface Execution {
  readonly number: number;
  /** Null for the untouched heap. */
  readonly operation: Operation | null;
  readonly outcome: Outcome;
  readonly moments: readonly Moment[];
  readonly live: ReadonlyMap<number, Live>;
}

/** What the timeline shows of each operation. */
export interface Sample {
  /** Bytes that the program asked for and holds. */
  readonly held: number;
  readonly failed: boolean;
  readonly grown: number;
}

const NOTHING: Outcome = { result: 'done', before: 0, pointer: 0, requested: 0, grown: 0 };

export class History {
  readonly #session: Session;
  #operations: Operation[];
  /** Keyframe `i` is the state after `i * #stride` operations. */
  #keyframes: Keyframe[];
  readonly #stride: number;
  #samples: Sample[] = [];
  #execution: Execution;

  /** `stride`: operations between keyframes. Runs the whole trace once. */
  constructor(
    allocator: Allocator,
    settings: Settings,
    operations: readonly Operation[],
    stride = 64,
  ) {
    this.#session = new Session(allocator, settings);
    this.#operations = [...operations];
    this.#stride = stride;
    this.#keyframes = [this.#session.save()];
    this.#execution = this.#untouched();
    this.#runFrom(0);
  }

  get heap(): number {
    return this.#session.heap;
  }

  /** How many operations there are. */
  get length(): number {
    return this.#operations.length;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** The operation numbered `number`, with its moments. Numbers beyond the ends are pulled in. */
  at(number: number): Execution {
    const wanted = Math.min(Math.max(Math.trunc(number) || 0, 0), this.length);
    if (wanted !== this.#execution.number) {
      this.#execution = wanted === 0 ? this.#untouched() : this.#execute(wanted);
    }
    return this.#execution;
  }

  /** Puts an operation behind the one numbered `number`; what followed follows still. */
  insert(number: number, operation: Operation): void {
    this.#operations.splice(number, 0, operation);
    this.#runFrom(number);
  }

  /** An id that no operation uses. */
  freshId(): number {
    return this.#operations.reduce((largest, each) => Math.max(largest, each.id), 0) + 1;
  }

  #untouched(): Execution {
    this.#session.restore(this.#keyframes[0]!);
    const memory = this.#session.copyMemory();
    return {
      number: 0,
      operation: null,
      outcome: NOTHING,
      moments: [{ event: null, memory }],
      live: new Map(),
    };
  }

  /** Leaves the session after `number` operations. */
  #seek(number: number): void {
    // From where the session stands is as good as a keyframe, when it is nearer.
    const frame = Math.floor(number / this.#stride);
    if (this.#session.count > number || this.#session.count < frame * this.#stride) {
      this.#session.restore(this.#keyframes[frame]!);
    }
    while (this.#session.count < number) {
      this.#session.execute(this.#operations[this.#session.count]!);
    }
  }

  #execute(number: number): Execution {
    this.#seek(number - 1);
    const operation = this.#operations[number - 1]!;
    const events: HeapEvent[] = [];
    const outcome = this.#session.executeTelling(operation, (event) => events.push(event));
    const memory = this.#session.copyMemory();
    const moments = events.map((event, index) => this.#moment(event, number, index));
    moments.push({ event: null, memory });
    return { number, operation, outcome, moments, live: new Map(this.#session.live) };
  }

  /** A moment whose memory is copied when somebody looks: the operation is executed once more. */
  #moment(event: HeapEvent, number: number, index: number): Moment {
    let copy: Uint8Array<ArrayBuffer> | null = null;
    const load = (): Uint8Array<ArrayBuffer> => this.#memoryAt(number, index);
    return {
      event,
      get memory() {
        copy ??= load();
        return copy;
      },
    };
  }

  /** The memory at event `index`, counted from 0, of operation `number`. */
  #memoryAt(number: number, index: number): Uint8Array<ArrayBuffer> {
    this.#seek(number - 1);
    let copy = this.#session.copyMemory();
    let passed = 0;
    this.#session.executeTelling(this.#operations[number - 1]!, () => {
      if (passed++ === index) {
        copy = this.#session.copyMemory();
      }
    });
    return copy;
  }

  /** Runs everything behind the first `number` operations, for keyframes and samples. */
  #runFrom(number: number): void {
    this.#keyframes.length = Math.floor(number / this.#stride) + 1;
    this.#session.restore(this.#keyframes.at(-1)!);
    this.#samples.length = this.#session.count;
    let held = this.#samples.at(-1)?.held ?? 0;
    while (this.#session.count < this.length) {
      const operation = this.#operations[this.#session.count]!;
      const before = requestedBy(this.#session.live, operation);
      const { result, grown } = this.#session.execute(operation);
      held += this.#session.live.get(operation.id)?.requested ?? 0;
      held -= before;
      this.#samples.push({ held, failed: result === 'failed', grown });
      if (this.#session.count % this.#stride === 0) {
        this.#keyframes.push(this.#session.save());
      }
    }
    this.#execution = this.#untouched();
  }
}

/** Bytes that the program holds in the block that `operation` ends. */
function requestedBy(live: ReadonlyMap<number, Live>, operation: Operation): number {
  const id = operation.kind === 'realloc' ? operation.oldId : operation.id;
  return operation.kind === 'malloc' ? 0 : (live.get(id)?.requested ?? 0);
}

export function samePosition(left: Position, right: Position): boolean {
  return left.operation === right.operation && left.moment === right.moment;
}
