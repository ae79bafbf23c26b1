// SPDX-License-Identifier: MIT
import {
  busyFault,
  controlFault,
  freeBlockFault,
  freedFault,
  goneFault,
  misalignedFault,
  neighbourFault,
  notABlockFault,
  outsideFault,
  overrunFault,
  usedAfterFreeFault,
} from '../generated/arena.ts';
import type { ErrorCode, OutOfMemoryError, SegfitError } from '../public/errors.ts';

const coded = <E extends Error, P extends { code: ErrorCode }>(error: E, properties: P): E & P =>
  Object.assign(error, properties);

export const typeError = (code: ErrorCode, message: string): SegfitError =>
  coded(new TypeError(message), { code });

/** Makes the error for an argument of a wrong type. */
export const wrongType = (what: string, wanted: string, value: unknown): SegfitError =>
  typeError('ERR_SEGFIT_ARG_TYPE', `${what} must be ${wanted}, not ${describe(value)}`);

export const rangeError = (code: ErrorCode, message: string): SegfitError =>
  coded(new RangeError(message), { code });

export const plainError = (code: ErrorCode, message: string, cause?: unknown): SegfitError =>
  coded(cause === undefined ? new Error(message) : new Error(message, { cause }), { code });

/** Makes the error for a request that does not fit. `why` states the reason. */
export const outOfMemory = (
  requested: number,
  align: number,
  why: string,
  largestFree = 0,
  free = 0,
): OutOfMemoryError =>
  coded(new RangeError(`no free block for ${requested} bytes aligned to ${align}: ${why}`), {
    code: 'ERR_SEGFIT_OUT_OF_MEMORY',
    requested,
    align,
    largestFree,
    free,
  });

export const wasmBlocked = (cause?: unknown): SegfitError =>
  plainError(
    'ERR_SEGFIT_WASM_BLOCKED',
    'WebAssembly cannot be compiled here; if this is a page, its Content-Security-Policy must ' +
      "allow 'wasm-unsafe-eval'",
    cause,
  );

export const sharedUnavailable = (cause?: unknown): SegfitError =>
  plainError(
    'ERR_SEGFIT_SHARED_UNAVAILABLE',
    'memory cannot be shared between threads here; if this is a page, it must be served with the ' +
      'headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: ' +
      'require-corp',
    cause,
  );

/** Formats a value for a message: short, and so that 16 and "16" differ. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name || 'a function';
  if (typeof value === 'object' && value !== null) return tagOf(value);
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Formats a value and its type, for a message about a wrong type. */
export function describe(value: unknown): string {
  const plain = value === null || value === undefined || typeof value === 'object';
  return plain ? show(value) : `${show(value)} (${typeof value})`;
}

/** The class name of an object of any realm, by Object.prototype.toString. */
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

export const hex = (address: number): string => `0x${address.toString(16)}`;

/** Makes the error for a pointer that the C side refused. `fault` is one of `faultCodes`. */
export function pointerError(fault: number, pointer: number): SegfitError {
  const begin = `pointer ${pointer} (${hex(pointer)})`;
  const refuse = (text: string): SegfitError => rangeError('ERR_SEGFIT_POINTER', `${begin}${text}`);
  if (fault === outsideFault) return refuse(' lies outside the pool');
  if (fault === misalignedFault) return refuse(' is misaligned: no block begins there');
  if (fault === notABlockFault) {
    return refuse(': no block begins there, or its header was overwritten');
  }
  if (fault === freedFault) {
    return rangeError('ERR_SEGFIT_DOUBLE_FREE', `${begin} is already freed`);
  }
  return plainError('ERR_SEGFIT_CORRUPT', `${begin}: ${damages[fault] ?? damages[neighbourFault]}`);
}

/** The overwritten part, for faults of the heap and not of the pointer. */
const damages: Readonly<Record<number, string>> = {
  [neighbourFault]: 'its block and a neighbour disagree about where they meet',
  [freeBlockFault]: 'the free block was overwritten',
  [controlFault]: 'the heap was overwritten',
  [overrunFault]: 'bytes behind the end of its block were written',
  [usedAfterFreeFault]: 'the freed block was written to',
};

/** Makes the error for a call that the C side refused in the pool named `label`. */
export function callError(fault: number, pointer: number, label: string): SegfitError {
  if (fault === goneFault) return destroyedError(label);
  if (fault !== busyFault) return pointerError(fault, pointer);
  return plainError(
    'ERR_SEGFIT_LOCK_TIMEOUT',
    `the pool "${label}" stayed locked: a thread ended inside it, or is slow`,
  );
}

export const destroyedError = (label: string): SegfitError =>
  plainError('ERR_SEGFIT_DESTROYED', `the pool "${label}" is destroyed`);
