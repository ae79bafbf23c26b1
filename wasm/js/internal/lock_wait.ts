// SPDX-License-Identifier: MIT
import type { WasmMemory } from '../public/platform.ts';

/** LOCK_AWAITED in src/port/lock.h: the lock is held and a thread may sleep on it. */
const awaited = 2;
/**
 * Time limits in milliseconds: how long one holder may keep the lock while this thread sleeps, or
 * spins, and how long one sleep lasts. A woken thread may end before it takes the lock, and then
 * wakes nobody; so each sleep ends by itself.
 */
const patience = { asleep: 10_000, spinning: 5000, nap: 1000 };

/**
 * Whether this thread may sleep. A page's main thread and an AudioWorklet in Chromium may not: the
 * first attempt throws. An AudioWorklet in Firefox can sleep, but must not.
 */
let maySleep = !('registerProcessor' in globalThis);
let since = 0;

interface MaybePausing {
  pause?(): void;
}

/**
 * Waits until the lock word at `address` may have changed. Returns false if the word stayed
 * unchanged for too long, counted from the call with `round` 0. A lock that other threads take and
 * release is busy, not abandoned: each observed change restarts the count.
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
