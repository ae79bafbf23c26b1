// SPDX-License-Identifier: MIT
import { checkMemory, checkOptions, checkSize, describe } from './arguments.ts';
import { outOfMemory, rangeError, typeError, wasmBlocked } from './errors.ts';

export interface PoolOptions {
  /**
   * Bytes to begin with, rounded up to whole pages of 65,536 when the pool makes its own memory.
   * Default: one page, or all of `memory` from `byteOffset` on.
   */
  size?: number;
  /**
   * Upper bound for growth, rounded as `size`. Default: what the pool begins with, so no growth.
   */
  maxSize?: number;
  /**
   * A memory to lie in, for instance your own module's. The pool's bytes must be used by nobody
   * else.
   */
  memory?: WebAssembly.Memory;
  /**
   * Where in `memory` the pool begins. Default: 0, which in a module's own memory is hardly unused.
   */
  byteOffset?: number;
  /** The same as `size`, in a memory of yours. */
  byteLength?: number;
  /** Kept for messages. */
  label?: string;
}

export interface AllocOptions {
  /** A power of two. Default: 8 for alloc(), the element's size for allocArray(). */
  align?: number;
  /** Fills the bytes with zeros. Default: false for alloc(), true for allocArray(). */
  zero?: boolean;
}

/** Where a pool is to lie. */
export interface Place {
  readonly memory: WebAssembly.Memory;
  readonly begin: number;
  readonly length: number;
  readonly maxLength: number;
  readonly label: string;
}

export const pageSize = 65536;
const knownOptions = ['size', 'maxSize', 'memory', 'byteOffset', 'byteLength', 'label'] as const;

export function placeOf(options: PoolOptions): Place {
  checkOptions(options, knownOptions);
  const { label = 'pool', size, maxSize, byteOffset, byteLength } = options;
  if (typeof label !== 'string') {
    throw typeError('ERR_SEGFIT_ARG_TYPE', `label must be a string, not ${describe(label)}`);
  }
  for (const [name, value] of Object.entries({ size, maxSize, byteOffset, byteLength })) {
    if (value !== undefined) checkSize(value, name);
  }
  return { label, ...(options.memory === undefined ? ownPlace(options) : givenPlace(options)) };
}

function ownPlace({ size = pageSize, maxSize = size, byteOffset, byteLength }: PoolOptions) {
  if (byteOffset !== undefined || byteLength !== undefined) {
    throw typeError('ERR_SEGFIT_ARG_TYPE', 'byteOffset and byteLength need a memory');
  }
  const pages = Math.max(1, Math.ceil(size / pageSize));
  const maxPages = Math.max(1, Math.ceil(maxSize / pageSize));
  checkMaximum(pages * pageSize, maxPages * pageSize);
  return {
    memory: makeMemory(pages, maxPages),
    begin: 0,
    length: pages * pageSize,
    maxLength: maxPages * pageSize,
  };
}

function makeMemory(initial: number, maximum: number): WebAssembly.Memory {
  if (typeof WebAssembly === 'undefined') throw wasmBlocked();
  try {
    return new WebAssembly.Memory({ initial, maximum });
  } catch {
    throw outOfMemory(initial * pageSize, pageSize, 0, 0);
  }
}

function givenPlace({ memory, byteOffset = 0, byteLength, size, maxSize }: PoolOptions) {
  checkMemory(memory as WebAssembly.Memory);
  const given = memory as WebAssembly.Memory;
  if (size !== undefined && byteLength !== undefined && size !== byteLength) {
    throw rangeError('ERR_SEGFIT_REGION', `size ${size} and byteLength ${byteLength} contradict`);
  }
  const there = given.buffer.byteLength;
  const length = byteLength ?? size ?? Math.max(0, there - byteOffset);
  if (byteOffset + length > there || byteOffset >= there) {
    throw rangeError(
      'ERR_SEGFIT_REGION',
      `${length} bytes at ${byteOffset} lie outside the memory of ${there} bytes`,
    );
  }
  checkMaximum(length, maxSize ?? length);
  return { memory: given, begin: byteOffset, length, maxLength: maxSize ?? length };
}

function checkMaximum(length: number, maxLength: number): void {
  if (maxLength >= length) return;
  const message = `maxSize ${maxLength} is less than the ${length} bytes to begin with`;
  throw rangeError('ERR_SEGFIT_REGION', message);
}
