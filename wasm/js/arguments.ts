// SPDX-License-Identifier: MIT
import { rangeError, show, typeError } from './errors.ts';

// Strings are never coerced, and -0 is 0. Each check is one compare on the path that succeeds:
// `value >>> 0` equals `value` for an integer from 0 to 2³² − 1 and for nothing else.

/** Refuses all but an integer from 0 to 2³² − 1; `what` is the argument's name. */
export function checkSize(value: number, what: string): void {
  if (typeof value === 'number' && value >>> 0 === value) return;
  refuseSize(value, what);
}

function refuseSize(value: unknown, what: string): never {
  if (typeof value !== 'number') {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `${what} must be a number, not ${describe(value)}`);
  }
  const message = `${what} must be an integer from 0 to 4294967295, not ${show(value)}`;
  throw rangeError('ERR_SEGFIT_SIZE', message);
}

/** Refuses all but a power of two from 1 to 2³¹. */
export function checkAlignment(value: number): void {
  const integer = typeof value === 'number' && value >>> 0 === value;
  if (integer && value !== 0 && (value & (value - 1)) === 0) return;
  if (typeof value !== 'number') {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `align must be a number, not ${describe(value)}`);
  }
  const message = `align must be a power of two from 1 to 2147483648, not ${show(value)}`;
  throw rangeError('ERR_SEGFIT_ALIGNMENT', message);
}

/** Refuses what cannot be an address; whether a block begins there is for the C side to judge. */
export function checkPointer(value: number): void {
  if (typeof value === 'number' && value >>> 0 === value) return;
  if (typeof value !== 'number') {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `pointer must be a number, not ${describe(value)}`);
  }
  throw rangeError('ERR_SEGFIT_POINTER', `${show(value)} cannot be a pointer`);
}

/** A wrong value and what it is, for a message that the value alone would leave unclear. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? show(value) : `${show(value)} (${typeof value})`;
}

/** Refuses what is no object of options, and names that this version does not know. */
export function checkOptions(value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null) {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `options must be an object, not ${describe(value)}`);
  }
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const message = `unknown option ${show(name)}; known: ${known.join(', ')}`;
    throw typeError('ERR_SEGFIT_ARG_TYPE', message);
  }
}

/** Object.prototype.toString, for telling kinds of objects across realms. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Refuses what is no memory, and a shared one, which these modules cannot work on. */
export function checkMemory(memory: WebAssembly.Memory): void {
  if (tagOf(memory) !== 'WebAssembly.Memory') {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `${show(memory)} is no WebAssembly.Memory`);
  }
  if (tagOf(memory.buffer) === 'SharedArrayBuffer') {
    throw typeError('ERR_SEGFIT_ARG_TYPE', 'the memory is shared; this needs one that is not');
  }
}
