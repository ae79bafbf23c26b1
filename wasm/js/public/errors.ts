// SPDX-License-Identifier: MIT
/** The kind of an error, for programs. Messages are for people and name the value. */
export type ErrorCode =
  // TypeError
  | 'ERR_SEGFIT_ARG_TYPE'
  | 'ERR_SEGFIT_FOREIGN_VIEW'
  | 'ERR_SEGFIT_DETACHED_VIEW'
  | 'ERR_SEGFIT_NOT_SHARED'
  // RangeError
  | 'ERR_SEGFIT_SIZE'
  | 'ERR_SEGFIT_ALIGNMENT'
  | 'ERR_SEGFIT_POINTER'
  | 'ERR_SEGFIT_DOUBLE_FREE'
  | 'ERR_SEGFIT_OUT_OF_MEMORY'
  | 'ERR_SEGFIT_REGION'
  // Error
  | 'ERR_SEGFIT_DESTROYED'
  | 'ERR_SEGFIT_CORRUPT'
  | 'ERR_SEGFIT_DESCRIPTOR'
  | 'ERR_SEGFIT_LOCK_TIMEOUT'
  | 'ERR_SEGFIT_WASM_BLOCKED'
  | 'ERR_SEGFIT_SHARED_UNAVAILABLE';

/** Any error that this package throws. */
export type SegfitError = Error & { readonly code: ErrorCode };

/** No free block fits. The properties are for log lines; all sizes are in bytes. */
export interface OutOfMemoryError extends RangeError {
  readonly code: 'ERR_SEGFIT_OUT_OF_MEMORY';
  readonly requested: number;
  readonly align: number;
  /** As `largestFree` of PoolStats: the largest free block may be larger, by one size class. */
  readonly largestFree: number;
  /** Bytes of all free blocks, headers included. 0 if the engine has no memory for a pool. */
  readonly free: number;
}

/**
 * Returns whether this package threw `value`. Unlike `instanceof`, this works across realms and
 * between the ESM and the CJS copy of the package.
 */
export function isSegfitError(value: unknown): value is SegfitError {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message } = value as { code?: unknown; message?: unknown };
  return typeof message === 'string' && typeof code === 'string' && code.startsWith('ERR_SEGFIT_');
}
