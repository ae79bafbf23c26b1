// SPDX-License-Identifier: MIT
/**
 * How small a heap runs a program's calls: tried, by executing all of them in heaps that may not
 * grow.
 */
import type { Instance } from '../heap/allocator.ts';
import { flags, CallLog } from './call_log.ts';
import type { Operation } from './operation.ts';
import { Session } from './session.ts';
import { peakOf, type Settings } from './settings.ts';

/** Between the heap found and the largest that was too small lies at most this share of it. */
const precision = 1 / 4096;

/** Calls between two looks at the clock. */
const stretch = 20_000;

export interface Sizing {
  /** The smallest heap found in which every call is served; 0 as long as there is none. */
  readonly enough: number;
  /** The largest one tried in which a call is not, and that call. */
  readonly tooSmall: number;
  readonly failed: number;
  readonly tried: number;
  readonly done: boolean;
}

/** Tries heap after heap; `step` works on until the time given. */
export class Sizer {
  readonly #make: (room: number) => Instance;
  readonly #settings: Settings;
  readonly #callLog: CallLog;
  readonly #unit: number;
  readonly #most: number;
  #session: Session | null = null;
  #size: number;
  #result: Sizing = { enough: 0, tooSmall: 0, failed: 0, tried: 0, done: false };

  /** `make` gives an instance with room for a heap; `most`: the largest heap worth a try. */
  constructor(
    make: (room: number) => Instance,
    settings: Settings,
    operations: readonly Operation[],
    most: number,
  ) {
    this.#make = make;
    this.#settings = settings;
    this.#callLog = new CallLog(operations);
    this.#unit = settings.align;
    this.#most = most;
    // What is held at once is less than what any heap needs for it.
    const least = Math.max(peakOf(operations), 4096);
    this.#result = { ...this.#result, tooSmall: this.#round(least / 2) };
    this.#size = Math.min(this.#round(least * 1.25), most);
  }

  get result(): Sizing {
    return this.#result;
  }

  /** Works for as long as `goesOn` says so, and until it is done. */
  step(goesOn: () => boolean): void {
    while (!this.#result.done && goesOn()) {
      this.#advance();
    }
  }

  #advance(): void {
    const callLog = this.#callLog;
    this.#session ??= this.#begin();
    if (this.#session === null) {
      this.#judge(1);
      return;
    }
    const until = Math.min(this.#session.count + stretch, callLog.length);
    while (this.#session.count < until) {
      this.#session.execute();
      if (callLog.has(this.#session.count, flags.failed)) {
        this.#judge(this.#session.count);
        return;
      }
    }
    if (until === callLog.length) {
      this.#judge(0);
    }
  }

  /** Null where the allocator can make no heap that small. */
  #begin(): Session | null {
    const size = this.#size;
    const settings = { ...this.#settings, size, limit: size };
    const { allocator } = this.#make(size);
    try {
      return new Session(allocator, settings, this.#callLog);
    } catch (error) {
      if (error instanceof RangeError) {
        return null;
      }
      throw error;
    }
  }

  /** The heap tried served all, or failed at a call. */
  #judge(failed: number): void {
    const { enough, tooSmall, tried } = this.#result;
    const size = this.#size;
    this.#session = null;
    const found =
      failed === 0
        ? { enough: size, tooSmall, failed: this.#result.failed }
        : { enough, tooSmall: size, failed };
    const next = this.#next(found.enough, found.tooSmall);
    this.#result = { ...found, tried: tried + 1, done: next === 0 };
    this.#size = next;
  }

  /** The size to try next; 0 if there is none. */
  #next(enough: number, tooSmall: number): number {
    if (enough === 0) {
      return tooSmall >= this.#most ? 0 : Math.min(this.#round(tooSmall * 1.5), this.#most);
    }
    const near = Math.max(this.#unit, this.#round(enough * precision));
    return enough - tooSmall <= near ? 0 : this.#round((enough + tooSmall) / 2);
  }

  #round(size: number): number {
    return Math.ceil(size / this.#unit) * this.#unit;
  }
}
