// SPDX-License-Identifier: MIT

/**
 * Calls a user's function in the middle of an operation. An exception becomes an unhandled
 * rejection. It must not end the operation, whose result, a block's pointer, would be lost. An
 * AudioWorklet has no other way to report it.
 */
export function callGuarded(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    void Promise.reject(error);
  }
}

/** Calls a function and ignores its exceptions, as at the end of a pool. */
export function callQuietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // The pool's lock is abandoned, or the pool has ended: the block cannot be freed.
  }
}
