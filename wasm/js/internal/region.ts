// SPDX-License-Identifier: MIT
import { cleanOption, debugOption, sharedOption, tagsOption } from '../generated/arena.ts';
import type { WasmMemory } from '../public/platform.ts';
import type { PoolOptions } from '../public/pool_options.ts';
import { checkMemory, checkOptions, checkSize, checkSwitch } from './arguments.ts';
import {
  outOfMemory,
  rangeError,
  sharedUnavailable,
  typeError,
  wasmBlocked,
  wrongType,
} from './make_error.ts';

/** Where a pool is to lie, and what it can. */
export interface PoolRegion {
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

export function regionOf(options: PoolOptions): PoolRegion {
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

type Stretch = Pick<PoolRegion, 'memory' | 'begin' | 'length' | 'maxLength'>;

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
