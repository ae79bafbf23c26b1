// SPDX-License-Identifier: MIT
/**
 * Reaches any moment of a run: it restores the nearest keyframe, and the real allocator executes
 * the operations from there again. Nothing is undone or simulated.
 */
import type { HeapEvent, Instance } from '../heap/allocator.ts';
import { wordsOf } from '../heap/block_columns.ts';
import { finish, type Work } from '../work.ts';
import { flags, CallLog } from './call_log.ts';
import type { Operation } from './operation.ts';
import { type Keyframe, Session } from './session.ts';
import type { Settings } from './settings.ts';
import { type Step, stepsOf } from './steps.ts';

/** A moment of an operation. Operations count from 1; operation 0 is the untouched heap. */
export interface Position {
  readonly operation: number;
  readonly moment: number;
}

export type Result = 'done' | 'failed' | 'skipped';

export interface Outcome {
  readonly result: Result;
  /** The pointer that the operation received, or 0. */
  readonly before: number;
  /** The pointer that the operation returned; 0 for free and for NULL. */
  readonly pointer: number;
  readonly requested: number;
  /** Bytes by which the heap grew during the operation. */
  readonly grown: number;
}

/** The execution of one operation. The last of `steps` is the state after it. */
export interface Execution {
  readonly number: number;
  /** Null for the untouched heap. */
  readonly operation: Operation | null;
  readonly outcome: Outcome;
  readonly events: readonly HeapEvent[];
  readonly steps: readonly Step[];
}

const NOTHING: Outcome = { result: 'done', before: 0, pointer: 0, requested: 0, grown: 0 };
const mebibyte = 1024 * 1024;

export interface KeyframeOptions {
  /**
   * The initial number of operations between keyframes. It doubles when they need too much memory.
   */
  readonly stride: number;
  readonly bytes: number;
  readonly most: number;
}

/** Calls that take less than a millisecond. */
const callsBetweenPauses = 512;

const usual: KeyframeOptions = { stride: 64, bytes: 64 * mebibyte, most: 512 };

export class History {
  readonly #instance: Instance;
  readonly #session: Session;
  readonly #options: KeyframeOptions;
  #callLog: CallLog;
  /** Keyframe `i` is the state after `i * #stride` operations. */
  #keyframes: Keyframe[];
  #stride: number;
  #bytes = 0;
  #execution: Execution | null = null;
  /**
   * The moment that the memory shows: an operation and the index of an event; the number of events
   * means the operation's end.
   */
  #shownMoment = { number: -1, at: -1 };
  /** The words of the memory used last. */
  #words: Uint32Array = new Uint32Array(0);

  /** Executes the whole trace once. */
  static *running(
    instance: Instance,
    settings: Settings,
    operations: readonly Operation[],
    options: Partial<KeyframeOptions> = {},
  ): Work<History> {
    const history = new History(instance, settings, operations, options);
    yield* history.#runFrom(0);
    return history;
  }

  /** Same as running(), without pauses. */
  static of(...given: Parameters<typeof History.running>): History {
    return finish(History.running(...given));
  }

  private constructor(
    instance: Instance,
    settings: Settings,
    operations: readonly Operation[],
    options: Partial<KeyframeOptions>,
  ) {
    this.#instance = instance;
    this.#options = { ...usual, ...options };
    this.#stride = strideFor(operations.length, this.#options);
    this.#callLog = new CallLog(operations);
    this.#session = new Session(instance.allocator, settings, this.#callLog);
    this.#keyframes = [this.#session.save()];
  }

  get heap(): number {
    return this.#session.heap;
  }

  /** The number of operations. */
  get length(): number {
    return this.#callLog.length;
  }

  get callLog(): CallLog {
    return this.#callLog;
  }

  get operations(): readonly Operation[] {
    return this.#callLog.operations;
  }

  /** The end of the heap at its largest. */
  get largestEnd(): number {
    return this.#keyframes[0]!.end + this.#callLog.grown.reduce((sum, each) => sum + each, 0);
  }

  /** Returns the execution of operation `number`. The number is clamped to the run. */
  at(number: number): Execution {
    const wanted = Math.min(Math.max(Math.trunc(number) || 0, 0), this.length);
    if (this.#execution?.number !== wanted) {
      this.#execution = this.#execute(wanted);
    }
    return this.#execution;
  }

  /**
   * Returns the memory at a step of an operation, up to the heap's end. It is the allocator's own
   * memory, valid until this history moves to another moment.
   */
  memoryAt(number: number, moment: number): Uint8Array<ArrayBuffer> {
    const execution = this.at(number);
    const { steps, events } = execution;
    const { at } = steps[Math.min(Math.max(moment, 0), steps.length - 1)]!;
    this.#showMoment(execution.number, at, events.length);
    return this.#session.memory;
  }

  /** Inserts an operation after operation `number`. The following operations stay. */
  insert(number: number, operation: Operation): void {
    const operations = [...this.operations];
    operations.splice(number, 0, operation);
    const callLog = new CallLog(operations);
    callLog.adopt(this.#callLog, number);
    this.#callLog = callLog;
    finish(this.#runFrom(number));
  }

  /** Returns an id that no operation uses. */
  freshId(): number {
    return this.operations.reduce((largest, each) => Math.max(largest, each.id), 0) + 1;
  }

  /** Returns the operation that made the block at `pointer`, as of operation `number`, or 0. */
  ownerOf(pointer: number, number: number, memory: Uint8Array): number {
    const { pointer: pointers, ended, length } = this.#callLog;
    if (pointers[number] === pointer) {
      return number;
    }
    if (this.#words.buffer !== memory.buffer) {
      this.#words = wordsOf(memory);
    }
    const signed = this.#words[pointer >>> 2] ?? 0;
    const holds = signed > 0 && signed <= Math.min(number, length) && ended[signed]! >= number;
    return holds && pointers[signed] === pointer ? signed : 0;
  }

  /** Moves the session to the end of operation `number`. */
  #seek(number: number): void {
    const session = this.#session;
    // Continue from the session's position if it is nearer than a keyframe.
    const frame = Math.floor(number / this.#stride);
    if (session.halted || session.count > number || session.count < frame * this.#stride) {
      session.restore(this.#keyframes[frame]!);
    }
    while (session.count < number) {
      session.execute();
    }
    this.#shownMoment = { number: -1, at: -1 };
  }

  #showMoment(number: number, at: number, end: number): void {
    if (this.#shownMoment.number === number && this.#shownMoment.at === at) {
      return;
    }
    if (at >= end) {
      this.#seek(number);
    } else {
      this.#seek(number - 1);
      this.#session.executeUntil(at);
    }
    this.#shownMoment = { number, at };
  }

  #execute(number: number): Execution {
    const events: HeapEvent[] = [];
    if (number === 0) {
      this.#seek(0);
    } else {
      this.#seek(number - 1);
      this.#session.executeWithEvents((event) => events.push(event));
    }
    this.#shownMoment = { number, at: events.length };
    return {
      number,
      operation: this.operations[number - 1] ?? null,
      outcome: this.#outcome(number),
      events,
      steps: stepsOf(events, this.#shape()),
    };
  }

  #shape(): Parameters<typeof stepsOf>[1] {
    const { layout, allocator, classOf } = this.#instance;
    const view = new DataView(allocator.memory.buffer);
    const rows = view.getUint8(this.heap + layout.controlRows);
    const columns = 1 << view.getUint8(this.heap + layout.controlColumnsLog2);
    return { columns, count: rows * columns, of: (size) => classOf(this.heap, size) };
  }

  #outcome(number: number): Outcome {
    const callLog = this.#callLog;
    const operation = callLog.operations[number - 1];
    if (operation === undefined) {
      return NOTHING;
    }
    const subject = callLog.subject[number]!;
    const failed = callLog.has(number, flags.failed);
    const skipped = callLog.has(number, flags.skipped);
    const freeing = operation.kind === 'free';
    return {
      result: failed ? 'failed' : skipped ? 'skipped' : 'done',
      before: subject === 0 ? 0 : callLog.pointer[subject]!,
      pointer: freeing || failed ? 0 : callLog.pointer[number]!,
      requested: freeing ? (callLog.asked[subject] ?? 0) : operation.size,
      grown: callLog.grown[number]!,
    };
  }

  /** Executes all operations after the first `number`, to make keyframes and fill the log. */
  *#runFrom(number: number): Work<void> {
    const session = this.#session;
    this.#keyframes.length = Math.floor(number / this.#stride) + 1;
    this.#bytes = this.#keyframes.reduce((sum, { image }) => sum + image.byteLength, 0);
    session.restore(this.#keyframes.at(-1)!);
    session.callLog = this.#callLog;
    const noted = noteEvents(this.#callLog, session);
    while (session.count < this.length) {
      session.executeWithEvents(noted);
      if (session.count % this.#stride === 0) {
        this.#keep(session.save());
      }
      if (session.count % callsBetweenPauses === 0) {
        yield session.count / this.length;
      }
    }
    this.#execution = null;
    this.#shownMoment = { number: -1, at: -1 };
  }

  /** Stores a keyframe. If there are too many, drops every second one and doubles the stride. */
  #keep(keyframe: Keyframe): void {
    this.#keyframes.push(keyframe);
    this.#bytes += keyframe.image.byteLength;
    const { bytes, most } = this.#options;
    if (this.#keyframes.length <= most && this.#bytes <= bytes) {
      return;
    }
    this.#keyframes = this.#keyframes.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
    this.#bytes = this.#keyframes.reduce((sum, { image }) => sum + image.byteLength, 0);
  }
}

/** Returns the initial stride, doubled until half of the allowed keyframes suffice. */
function strideFor(operations: number, { stride, most }: KeyframeOptions): number {
  let wide = stride;
  while (operations / wide > most / 2) {
    wide *= 2;
  }
  return wide;
}

/** Returns a listener that records in the log the facts that only events report. */
function noteEvents(callLog: CallLog, session: Session): (event: HeapEvent) => void {
  const flagsByKind: Partial<Record<HeapEvent['kind'], number>> = {
    split: flags.split,
    merge: flags.merged,
    move: flags.moved,
  };
  return ({ kind }) => {
    const flag = flagsByKind[kind];
    if (flag !== undefined) {
      callLog.flags[session.count]! |= flag;
    }
  };
}

export function samePosition(left: Position, right: Position): boolean {
  return left.operation === right.operation && left.moment === right.moment;
}
