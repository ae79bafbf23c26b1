// SPDX-License-Identifier: MIT
import type { WasmMemory } from '../public/platform.ts';
import { rangeError, show, tagOf, typeError, wrongType } from './make_error.ts';

// Strings are never coerced, and -0 counts as 0. A valid value costs one comparison: `value >>> 0`
// equals `value` for the integers from 0 to 2³² − 1 and for nothing else.

/** Requires an integer from 0 to 2³² − 1. `what` is the argument's name. */
export function checkSize(value: number, what: string): void {
  if (typeof value === 'number' && value >>> 0 === value) return;
  if (typeof value !== 'number') throw wrongType(what, 'a number', value);
  const message = `${what} must be an integer from 0 to 4294967295, not ${show(value)}`;
  throw rangeError('ERR_SEGFIT_SIZE', message);
}

/** Requires a power of two from 1 to 2³¹. */
export function checkAlignment(value: number): void {
  const integer = typeof value === 'number' && value >>> 0 === value;
  if (integer && value !== 0 && (value & (value - 1)) === 0) return;
  if (typeof value !== 'number') throw wrongType('align', 'a number', value);
  const message = `align must be a power of two from 1 to 2147483648, not ${show(value)}`;
  throw rangeError('ERR_SEGFIT_ALIGNMENT', message);
}

/** Requires an integer that can be an address. The C side checks whether a block begins there. */
export function checkPointer(value: number): void {
  if (typeof value === 'number' && value >>> 0 === value) return;
  if (typeof value !== 'number') throw wrongType('pointer', 'a number', value);
  throw rangeError(
    'ERR_SEGFIT_POINTER',
    `pointer must be an integer from 0 to 4294967295, not ${show(value)}`,
  );
}

/** Requires an object whose own properties are all `known`. */
export function checkOptions(value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null) throw wrongType('options', 'an object', value);
  // The loop makes no garbage. It also visits inherited names, which are not options.
  for (const name in value) {
    if (known.includes(name) || !Object.keys(value).includes(name)) continue;
    const message = `unknown option ${show(name)}; known: ${known.join(', ')}`;
    throw typeError('ERR_SEGFIT_ARG_TYPE', message);
  }
}

/**
 * Same as checkOptions() for an object with callbacks, but allows an instance of a class to have
 * other members.
 */
export function checkCallbacks(value: object, known: readonly string[]): void {
  const parent = Object.getPrototypeOf(value) as object | null;
  if (parent === null || Object.getPrototypeOf(parent) === null) checkOptions(value, known);
}

/** Requires true, false or undefined. */
export function checkSwitch(value: unknown, what: string): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(what, 'a boolean', value);
}

/** Returns whether `buffer` is a SharedArrayBuffer of any realm. */
export const isShared = (buffer: unknown): boolean => tagOf(buffer) === 'SharedArrayBuffer';

/** Requires a WebAssembly.Memory that is shared or not, as `shared` says. */
export function checkMemory(memory: WasmMemory, shared = false): void {
  if (tagOf(memory) !== 'WebAssembly.Memory') {
    throw typeError(
      'ERR_SEGFIT_ARG_TYPE',
      `memory must be a WebAssembly.Memory, not ${show(memory)}`,
    );
  }
  if (isShared(memory.buffer) !== shared) {
    const message = shared
      ? 'the memory is not shared, but must be: make it with { shared: true }'
      : 'the memory is shared, but must not be; Pool.shared() takes a shared memory';
    throw typeError('ERR_SEGFIT_ARG_TYPE', message);
  }
}
