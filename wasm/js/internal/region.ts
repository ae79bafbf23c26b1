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

/** The region and the options of a pool to make. */
export interface PoolRegion {
  readonly memory: WasmMemory;
  readonly begin: number;
  readonly length: number;
  readonly maxLength: number;
  readonly label: string;
  /** The arena's option bits. */
  readonly bits: number;
  readonly resizable: boolean;
}

export const pageSize = 65536;
/** The maximum size in whole pages. */
const mostPages = 65535;

const sizes = ['size', 'maxSize', 'byteOffset', 'byteLength'] as const;
const switches = ['shared', 'resizable', 'tags', 'debug'] as const;
/** The options of Pool.shared(). */
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
  // The memory is new, so no pool was there before.
  return { label, bits: bits | cleanOption, resizable, ...ownPlace(options) };
}

type Stretch = Pick<PoolRegion, 'memory' | 'begin' | 'length' | 'maxLength'>;

function ownPlace({ size = pageSize, maxSize = size, shared, ...rest }: PoolOptions): Stretch {
  if (rest.byteOffset !== undefined || rest.byteLength !== undefined) {
    throw typeError(
      'ERR_SEGFIT_ARG_TYPE',
      'byteOffset and byteLength are for a given memory; pass memory too',
    );
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
  outOfMemory(size, pageSize, 'the engine cannot allocate the memory');

function makeMemory(initial: number, maximum: number, shared: boolean): WasmMemory {
  if (typeof WebAssembly === 'undefined') throw wasmBlocked();
  // Without isolation a page may make shared memory, but cannot send it to a thread.
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
    throw rangeError(
      'ERR_SEGFIT_REGION',
      `size ${size} and byteLength ${byteLength} differ; give one of them`,
    );
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
  const message = `maxSize ${maxLength} is less than the initial size of ${length} bytes`;
  throw rangeError('ERR_SEGFIT_REGION', message);
}
