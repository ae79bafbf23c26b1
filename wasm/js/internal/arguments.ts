// SPDX-License-Identifier: MIT
import type { WasmMemory } from '../public/platform.ts';
import { rangeError, show, tagOf, typeError, wrongType } from './make_error.ts';

// Strings are never coerced, and -0 is 0. Each check is one compare on the path that succeeds:
// `value >>> 0` equals `value` for an integer from 0 to 2³² − 1 and for nothing else.

/** Refuses all but an integer from 0 to 2³² − 1; `what` is the argument's name. */
export function checkSize(value: number, what: string): void {
  if (typeof value === 'number' && value >>> 0 === value) return;
  if (typeof value !== 'number') throw wrongType(what, 'a number', value);
  const message = `${what} must be an integer from 0 to 4294967295, not ${show(value)}`;
  throw rangeError('ERR_SEGFIT_SIZE', message);
}

/** Refuses all but a power of two from 1 to 2³¹. */
export function checkAlignment(value: number): void {
  const integer = typeof value === 'number' && value >>> 0 === value;
  if (integer && value !== 0 && (value & (value - 1)) === 0) return;
  if (typeof value !== 'number') throw wrongType('align', 'a number', value);
  const message = `align must be a power of two from 1 to 2147483648, not ${show(value)}`;
  throw rangeError('ERR_SEGFIT_ALIGNMENT', message);
}

/** Refuses what cannot be an address; whether a block begins there is for the C side to judge. */
export function checkPointer(value: number): void {
  if (typeof value === 'number' && value >>> 0 === value) return;
  if (typeof value !== 'number') throw wrongType('pointer', 'a number', value);
  throw rangeError('ERR_SEGFIT_POINTER', `${show(value)} cannot be a pointer`);
}

/** Refuses a value that is not an object, and options of its own that are not `known`. */
export function checkOptions(value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null) throw wrongType('options', 'an object', value);
  // A loop that makes no garbage; it meets inherited names too, which are no options.
  for (const name in value) {
    if (known.includes(name) || !Object.keys(value).includes(name)) continue;
    const message = `unknown option ${show(name)}; known: ${known.join(', ')}`;
    throw typeError('ERR_SEGFIT_ARG_TYPE', message);
  }
}

/** The same for an object with functions to call: an instance of a class may have other members. */
export function checkCallbacks(value: object, known: readonly string[]): void {
  const parent = Object.getPrototypeOf(value) as object | null;
  if (parent === null || Object.getPrototypeOf(parent) === null) checkOptions(value, known);
}

/** Refuses all but true, false and undefined. */
export function checkSwitch(value: unknown, what: string): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(what, 'a boolean', value);
}

/** True for the buffer of a memory that threads share, of any realm. */
export const isShared = (buffer: unknown): boolean => tagOf(buffer) === 'SharedArrayBuffer';

/** Refuses what is no memory, and one that is shared where it must not be, or the other way. */
export function checkMemory(memory: WasmMemory, shared = false): void {
  if (tagOf(memory) !== 'WebAssembly.Memory') {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `${show(memory)} is no WebAssembly.Memory`);
  }
  if (isShared(memory.buffer) !== shared) {
    const message = shared
      ? 'the memory is not shared; this needs one that is'
      : 'the memory is shared; this needs one that is not';
    throw typeError('ERR_SEGFIT_ARG_TYPE', message);
  }
}
