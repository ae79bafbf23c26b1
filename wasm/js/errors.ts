// SPDX-License-Identifier: MIT
import { faultCodes } from './generated/contract.ts';

/** What went wrong, for programs. Messages are for people and name the value. */
export type ErrorCode =
  // TypeError
  | 'ERR_SEGFIT_ARG_TYPE'
  | 'ERR_SEGFIT_FOREIGN_VIEW'
  | 'ERR_SEGFIT_DETACHED_VIEW'
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
  | 'ERR_SEGFIT_WASM_BLOCKED';

/** Any error that this package throws. */
export type SegfitError = Error & { readonly code: ErrorCode };

/** Nothing fits; carries what is needed for a log line. All sizes in bytes. */
export interface OutOfMemoryError extends RangeError {
  readonly code: 'ERR_SEGFIT_OUT_OF_MEMORY';
  readonly requested: number;
  readonly align: number;
  readonly largestFree: number;
  readonly free: number;
}

/**
 * True for any error that this package threw, across realms and across its ESM and CJS copies, for
 * which `instanceof` would not do.
 */
export function isSegfitError(value: unknown): value is SegfitError {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message } = value as { code?: unknown; message?: unknown };
  return typeof message === 'string' && typeof code === 'string' && code.startsWith('ERR_SEGFIT_');
}

function coded<E extends Error>(error: E, code: ErrorCode): E & { readonly code: ErrorCode } {
  return Object.assign(error, { code });
}

export const typeError = (code: ErrorCode, message: string): SegfitError =>
  coded(new TypeError(message), code);

export const rangeError = (code: ErrorCode, message: string): SegfitError =>
  coded(new RangeError(message), code);

export const plainError = (code: ErrorCode, message: string, cause?: unknown): SegfitError =>
  coded(cause === undefined ? new Error(message) : new Error(message, { cause }), code);

export function outOfMemory(
  requested: number,
  align: number,
  largestFree: number,
  free: number,
): OutOfMemoryError {
  const message =
    `no room for ${requested} bytes aligned to ${align}: ` +
    `${free} bytes are free, the largest free block holds ${largestFree}`;
  const code = 'ERR_SEGFIT_OUT_OF_MEMORY' as const;
  return Object.assign(new RangeError(message), { code, requested, align, largestFree, free });
}

export const wasmBlocked = (cause?: unknown): SegfitError =>
  plainError(
    'ERR_SEGFIT_WASM_BLOCKED',
    'WebAssembly cannot be compiled here; if this is a page, its Content-Security-Policy must ' +
      "allow 'wasm-unsafe-eval'",
    cause,
  );

/** A value in a message: short, and in a form that tells 16 from "16". */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name === '' ? 'a function' : value.name;
  if (typeof value === 'object' && value !== null) {
    return Object.prototype.toString.call(value).slice(8, -1);
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

export const hex = (address: number): string => `0x${address.toString(16)}`;

/** The error for a pointer that the C side refused. `fault` is one of `faultCodes`. */
export function pointerError(fault: number, pointer: number): SegfitError {
  const address = `${pointer} (${hex(pointer)})`;
  switch (fault) {
    case faultCodes.outside:
      return rangeError('ERR_SEGFIT_POINTER', `pointer ${address} lies outside the pool`);
    case faultCodes.misaligned:
      return rangeError(
        'ERR_SEGFIT_POINTER',
        `pointer ${address} is misaligned: no block begins there`,
      );
    case faultCodes.freed:
      return rangeError('ERR_SEGFIT_DOUBLE_FREE', `pointer ${address} is freed already`);
    case faultCodes.notABlock:
      return rangeError(
        'ERR_SEGFIT_POINTER',
        `pointer ${address}: no block begins there, or its header was overwritten`,
      );
    default:
      return plainError(
        'ERR_SEGFIT_CORRUPT',
        `pointer ${address}: its block and a neighbour disagree about where they meet`,
      );
  }
}
