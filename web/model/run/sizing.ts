// SPDX-License-Identifier: MIT
/**
 * Finds the smallest heap that serves all of a program's calls, by executing them in heaps that may
 * not grow.
 */
import type { Instance } from '../heap/allocator.ts';
import { flags, CallLog } from './call_log.ts';
import type { Operation } from './operation.ts';
import { Session } from './session.ts';
import { peakOf, type Settings } from './settings.ts';

/** The relative precision of the result. */
const precision = 1 / 4096;

/** Calls between two readings of the clock. */
const stretch = 20_000;

export interface Sizing {
  /** The smallest heap found that serves every call; 0 until one is found. */
  readonly enough: number;
  /** The largest heap tried in which a call fails, and that call. */
  readonly tooSmall: number;
  readonly failed: number;
  readonly tried: number;
  readonly done: boolean;
}

/** Tries one heap size after another. */
export class Sizer {
  readonly #make: (room: number) => Instance;
  readonly #settings: Settings;
  readonly #callLog: CallLog;
  readonly #unit: number;
  readonly #most: number;
  #session: Session | null = null;
  #size: number;
  #result: Sizing = { enough: 0, tooSmall: 0, failed: 0, tried: 0, done: false };

  /** `make` returns an instance with room for a heap. `most` is the largest heap to try. */
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
    // Every heap needs more bytes than the program holds at once.
    const least = Math.max(peakOf(operations), 4096);
    this.#result = { ...this.#result, tooSmall: this.#round(least / 2) };
    this.#size = Math.min(this.#round(least * 1.25), most);
  }

  get result(): Sizing {
    return this.#result;
  }

  /** Works until it is done, or `goesOn` returns false. */
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

  /** Returns null if the allocator cannot make such a small heap. */
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

  /** Records that the tried heap served all calls, or failed at one. */
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

  /** Returns the size to try next, or 0. */
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
