// SPDX-License-Identifier: MIT

/**
 * Calls a user's function in the middle of an operation. What it throws is seen as an unhandled
 * rejection and does not end the operation, whose result, a block's pointer, would be lost. All
 * else that could report it is absent from an AudioWorklet.
 */
export function callGuarded(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    void Promise.reject(error);
  }
}

/** Calls a function whose failure changes nothing for the caller, as at the end of a pool. */
export function callQuietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // The pool takes nothing back: its lock is abandoned, or it has ended.
  }
}
