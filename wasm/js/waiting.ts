// SPDX-License-Identifier: MIT

/** LOCK_AWAITED in src/lock.h: held, and somebody may sleep. */
const awaited = 2;
/** How long a lock may stay held, in milliseconds, for a thread that sleeps and one that spins. */
const patience = { asleep: 10_000, spinning: 5000 };

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
 * Waits until the lock word at `address` may have changed. False when that took too long, counted
 * from the call with `round` 0.
 */
export function waitFor(memory: WebAssembly.Memory, address: number, round: number): boolean {
  const words = new Int32Array(memory.buffer);
  const index = address / 4;
  if (round === 0) since = Date.now();
  if (maySleep) {
    try {
      Atomics.wait(words, index, awaited, patience.asleep);
      return Date.now() - since < patience.asleep;
    } catch {
      maySleep = false;
    }
  }
  for (let spins = 0; spins < 1000 && Atomics.load(words, index) === awaited; spins++) {
    (Atomics as MaybePausing).pause?.();
  }
  return Date.now() - since < patience.spinning;
}
