// SPDX-License-Identifier: MIT
import type { WasmMemory } from '../public/platform.ts';

/** LOCK_AWAITED in src/lock.h: held, and somebody may sleep. */
const awaited = 2;
/**
 * How long one holder may keep a lock, in milliseconds, for a thread that sleeps and one that
 * spins; and how long one sleep lasts. A thread that a holder woke may be ended before it takes the
 * lock, and wakes nobody then: so each sleep ends by itself.
 */
const patience = { asleep: 10_000, spinning: 5000, nap: 1000 };

/**
 * Whether this thread may sleep. A page's main thread and an AudioWorklet in Chromium may not,
 * which the first attempt tells; one in Firefox may, but must not.
 */
let maySleep = !('registerProcessor' in globalThis);
let since = 0;

interface MaybePausing {
  pause?(): void;
}

/**
 * Waits until the lock word at `address` may have changed. False when it stayed as it is for too
 * long, counted from the call with `round` 0. A lock that other threads take and give back is busy,
 * not abandoned: a change seen here begins the count anew.
 */
export function waitFor(memory: WasmMemory, address: number, round: number): boolean {
  const words = new Int32Array(memory.buffer);
  const index = address / 4;
  if (round === 0) since = Date.now();
  if (maySleep) {
    try {
      if (Atomics.wait(words, index, awaited, patience.nap) !== 'timed-out') since = Date.now();
      return Date.now() - since < patience.asleep;
    } catch {
      maySleep = false;
    }
  }
  for (let spins = 0; spins < 1000; spins++) {
    if (Atomics.load(words, index) !== awaited) {
      since = Date.now();
      break;
    }
    (Atomics as MaybePausing).pause?.();
  }
  return Date.now() - since < patience.spinning;
}
