// SPDX-License-Identifier: MIT
import { checkAlignment, checkMemory, checkOptions, checkSize, checkSwitch } from '../internal/arguments.ts';
import {
  outOfMemory,
  rangeError,
  sharedUnavailable,
  typeError,
  wasmBlocked,
  wrongType,
} from '../internal/make_error.ts';
import { cleanOption, debugOption, sharedOption, tagsOption } from '../generated/arena.ts';
import type { WasmMemory } from './platform.ts';

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
  /** See Pool.shared(), which makes such pools. */
  shared?: boolean;
  /**
   * A memory to lie in, for instance your own module's. The pool's bytes must be used by nobody
   * else.
   */
  memory?: WasmMemory;
  /**
   * Where in `memory` the pool begins. Default: 0, which in a module's own memory is hardly unused.
   */
  byteOffset?: number;
  /** The same as `size`, in a memory of yours. */
  byteLength?: number;
  /**
   * Asks for a buffer that keeps its identity and its views when the pool grows, where the engine
   * has `memory.toResizableBuffer()`; elsewhere nothing changes. Many functions of browsers
   * (TextDecoder, crypto, Blob, ImageData, WebGL) refuse views of such a buffer.
   */
  resizable?: boolean;
  /** Keeps the `tag` that each block is given; one byte a block. */
  tags?: boolean;
  /**
   * Finds more mistakes: writes behind a block's end and pointers that only look like a block's, at
   * the call that frees or uses it; blocks that were forgotten, on the console. Blocks arrive and
   * leave filled with patterns. Takes 16 bytes a block, and a look at every block in each call.
   */
  debug?: boolean;
  /** Kept for messages. */
  label?: string;
}

export interface AllocOptions {
  /** A power of two. Default: 8 for alloc(), the element's size for allocArray(). */
  align?: number;
  /** Fills the bytes with zeros. Default: false for alloc(), true for allocArray(). */
  zero?: boolean;
  /** 0 to 255, told by blocks() and traces; kept in pools with `tags` or `debug`. */
  tag?: number;
}

/** How a request is made beside its size. */
export interface Wish {
  align: number;
  zero: boolean;
  tag: number | undefined;
}

const requestOptions = ['align', 'zero', 'tag'];

/** The options of a request, checked, with their defaults. */
export function wishOf(options: AllocOptions, usualAlign: number, usualZero: boolean): Wish {
  checkOptions(options, requestOptions);
  const { align = usualAlign, zero = usualZero, tag } = options;
  checkAlignment(align);
  checkSwitch(zero, 'zero');
  if (tag !== undefined) {
    checkSize(tag, 'tag');
    if (tag > 255) {
      throw rangeError('ERR_SEGFIT_SIZE', `tag must be an integer from 0 to 255, not ${tag}`);
    }
  }
  return { align, zero, tag };
}

/** Where a pool is to lie, and what it can. */
export interface Place {
  readonly memory: WasmMemory;
  readonly begin: number;
  readonly length: number;
  readonly maxLength: number;
  readonly label: string;
  /** Of the options of an arena. */
  readonly bits: number;
  readonly resizable: boolean;
}

export const pageSize = 65536;
/** The most that a size can be, in whole pages. */
const mostPages = 65535;

const sizes = ['size', 'maxSize', 'byteOffset', 'byteLength'] as const;
const switches = ['shared', 'resizable', 'tags', 'debug'] as const;
/** What Pool.shared() takes. */
export const sharedOptions = [...sizes, 'tags', 'debug', 'memory', 'label'];
const knownOptions = [...sharedOptions, 'shared', 'resizable'];

export function placeOf(options: PoolOptions): Place {
  checkOptions(options, knownOptions);
  const { label = 'pool', shared = false, resizable = false, tags, debug } = options;
  if (typeof label !== 'string') throw wrongType('label', 'a string', label);
  for (const name of sizes) {
    const value = options[name];
    if (value !== undefined) checkSize(value, name);
  }
  for (const name of switches) checkSwitch(options[name], name);
  if (shared && resizable) {
    throw typeError('ERR_SEGFIT_ARG_TYPE', 'a shared pool cannot be resizable');
  }
  const bits = (shared ? sharedOption : 0) | (tags ? tagsOption : 0) | (debug ? debugOption : 0);
  if (options.memory !== undefined) return { label, bits, resizable, ...givenPlace(options) };
  // In a memory that was just made there was no pool before.
  return { label, bits: bits | cleanOption, resizable, ...ownPlace(options) };
}

type Stretch = Pick<Place, 'memory' | 'begin' | 'length' | 'maxLength'>;

function ownPlace({ size = pageSize, maxSize = size, shared, ...rest }: PoolOptions): Stretch {
  if (rest.byteOffset !== undefined || rest.byteLength !== undefined) {
    throw typeError('ERR_SEGFIT_ARG_TYPE', 'byteOffset and byteLength need a memory');
  }
  checkMaximum(size, maxSize);
  const initial = Math.max(1, Math.ceil(size / pageSize));
  const maximum = Math.min(Math.max(1, Math.ceil(maxSize / pageSize)), mostPages);
  if (initial > mostPages) throw noMemory(size);
  return {
    memory: makeMemory(initial, maximum, shared === true),
    begin: 0,
    length: initial * pageSize,
    maxLength: maximum * pageSize,
  };
}

const noMemory = (size: number): Error =>
  outOfMemory(size, pageSize, 'the engine has no such memory');

function makeMemory(initial: number, maximum: number, shared: boolean): WasmMemory {
  if (typeof WebAssembly === 'undefined') throw wasmBlocked();
  // Without isolation a page may make shared memory, but send it to no thread.
  if (
    shared &&
    (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false)
  ) {
    throw sharedUnavailable();
  }
  try {
    return new WebAssembly.Memory({ initial, maximum, shared });
  } catch {
    throw noMemory(initial * pageSize);
  }
}

function givenPlace(options: PoolOptions): Stretch {
  const { byteOffset = 0, byteLength, size, maxSize } = options;
  const memory = options.memory as WasmMemory;
  checkMemory(memory, options.shared);
  if (size !== undefined && byteLength !== undefined && size !== byteLength) {
    throw rangeError('ERR_SEGFIT_REGION', `size ${size} and byteLength ${byteLength} contradict`);
  }
  const there = memory.buffer.byteLength;
  const length = byteLength ?? size ?? Math.min(Math.max(0, there - byteOffset), 2 ** 32 - 1);
  if (byteOffset + length > there || byteOffset >= there) {
    throw rangeError(
      'ERR_SEGFIT_REGION',
      `${length} bytes at ${byteOffset} lie outside the memory of ${there} bytes`,
    );
  }
  checkMaximum(length, maxSize ?? length);
  const most = 2 ** 32 - 1 - byteOffset;
  return { memory, begin: byteOffset, length, maxLength: Math.min(maxSize ?? length, most) };
}

function checkMaximum(length: number, maxLength: number): void {
  if (maxLength >= length) return;
  const message = `maxSize ${maxLength} is less than the ${length} bytes to begin with`;
  throw rangeError('ERR_SEGFIT_REGION', message);
}
