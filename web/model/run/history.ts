// SPDX-License-Identifier: MIT
/**
 * Any moment of a run: the nearest keyframe is restored and the real allocator executes the
 * operations from there again. Nothing is undone and nothing is simulated.
 */
import type { HeapEvent, Instance } from '../heap/allocator.ts';
import { wordsOf } from '../heap/block_columns.ts';
import { finish, type Work } from '../work.ts';
import { flags, CallLog } from './call_log.ts';
import type { Operation } from './operation.ts';
import { type Keyframe, Session } from './session.ts';
import type { Settings } from './settings.ts';
import { type Step, stepsOf } from './steps.ts';

/** Moment `moment` of operation `operation`, counted from 1; operation 0 is the untouched heap. */
export interface Position {
  readonly operation: number;
  readonly moment: number;
}

export type Result = 'done' | 'failed' | 'skipped';

export interface Outcome {
  readonly result: Result;
  /** The pointer that the operation was given; 0 if none. */
  readonly before: number;
  /** The pointer that it returned; 0 for free and for NULL. */
  readonly pointer: number;
  readonly requested: number;
  /** Bytes by which the heap grew on the way. */
  readonly grown: number;
}

/** One operation as it went. The last of `steps` is the state after it. */
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
  /** Operations between keyframes at first; doubled whenever they would take too much memory. */
  readonly stride: number;
  readonly bytes: number;
  readonly most: number;
}

/** Calls that are executed in less than a millisecond. */
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
  /** Where the memory stands: an operation, and its event, or how many it has for its end. */
  #standing = { number: -1, at: -1 };
  /** Of the memory that was asked about last. */
  #words: Uint32Array = new Uint32Array(0);

  /** Runs the whole trace once. */
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

  /** The same at once. */
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

  /** How many operations there are. */
  get length(): number {
    return this.#callLog.length;
  }

  get callLog(): CallLog {
    return this.#callLog;
  }

  get operations(): readonly Operation[] {
    return this.#callLog.operations;
  }

  /** Where the heap ended when it was largest. */
  get largestEnd(): number {
    return this.#keyframes[0]!.end + this.#callLog.grown.reduce((sum, each) => sum + each, 0);
  }

  /** The operation numbered `number`, with its steps. Numbers beyond the ends are pulled in. */
  at(number: number): Execution {
    const wanted = Math.min(Math.max(Math.trunc(number) || 0, 0), this.length);
    if (this.#execution?.number !== wanted) {
      this.#execution = this.#execute(wanted);
    }
    return this.#execution;
  }

  /**
   * The memory at a step of an operation, up to the heap's end. It is the allocator's own: good
   * until this history is asked for another moment.
   */
  memoryAt(number: number, moment: number): Uint8Array<ArrayBuffer> {
    const execution = this.at(number);
    const { steps, events } = execution;
    const { at } = steps[Math.min(Math.max(moment, 0), steps.length - 1)]!;
    this.#stand(execution.number, at, events.length);
    return this.#session.memory;
  }

  /** Puts an operation behind the one numbered `number`; what followed follows still. */
  insert(number: number, operation: Operation): void {
    const operations = [...this.operations];
    operations.splice(number, 0, operation);
    const callLog = new CallLog(operations);
    callLog.adopt(this.#callLog, number);
    this.#callLog = callLog;
    finish(this.#runFrom(number));
  }

  /** An id that no operation uses. */
  freshId(): number {
    return this.operations.reduce((largest, each) => Math.max(largest, each.id), 0) + 1;
  }

  /** Which operation's block has its payload at `pointer` after operation `number`; 0 if none. */
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

  /** Leaves the session after `number` operations. */
  #seek(number: number): void {
    const session = this.#session;
    // From where the session stands is as good as a keyframe, when it is nearer.
    const frame = Math.floor(number / this.#stride);
    if (session.halted || session.count > number || session.count < frame * this.#stride) {
      session.restore(this.#keyframes[frame]!);
    }
    while (session.count < number) {
      session.execute();
    }
    this.#standing = { number: -1, at: -1 };
  }

  #stand(number: number, at: number, end: number): void {
    if (this.#standing.number === number && this.#standing.at === at) {
      return;
    }
    if (at >= end) {
      this.#seek(number);
    } else {
      this.#seek(number - 1);
      this.#session.executeUntil(at);
    }
    this.#standing = { number, at };
  }

  #execute(number: number): Execution {
    const events: HeapEvent[] = [];
    if (number === 0) {
      this.#seek(0);
    } else {
      this.#seek(number - 1);
      this.#session.executeWithEvents((event) => events.push(event));
    }
    this.#standing = { number, at: events.length };
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

  /** Runs everything behind the first `number` operations, for keyframes and the callLog. */
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
    this.#standing = { number: -1, at: -1 };
  }

  /** Keeps a keyframe; when there are too many, every second goes and they are half as dense. */
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

/** The first stride, doubled until half of the keyframes that there may be are enough. */
function strideFor(operations: number, { stride, most }: KeyframeOptions): number {
  let wide = stride;
  while (operations / wide > most / 2) {
    wide *= 2;
  }
  return wide;
}

/** Notes in the callLog what only events tell. */
function noteEvents(callLog: CallLog, session: Session): (event: HeapEvent) => void {
  const told: Partial<Record<HeapEvent['kind'], number>> = {
    split: flags.split,
    merge: flags.merged,
    move: flags.moved,
  };
  return ({ kind }) => {
    const flag = told[kind];
    if (flag !== undefined) {
      callLog.flags[session.count]! |= flag;
    }
  };
}

export function samePosition(left: Position, right: Position): boolean {
  return left.operation === right.operation && left.moment === right.moment;
}
