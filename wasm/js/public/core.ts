// SPDX-License-Identifier: MIT
/**
 * The allocator itself, for programs that have their own WebAssembly.Module and memory: the
 * exported C functions, and a reader of heaps.
 *
 * @module
 */
import { type Layout, layoutFields } from '../generated/contract.ts';
import { checkCallbacks, checkMemory } from '../internal/arguments.ts';
import {
  plainError,
  pointerError,
  show,
  tagOf,
  typeError,
  wrongType,
} from '../internal/make_error.ts';
import { decodeLayout } from './heap_reader.ts';
import type { WasmMemory, WasmModule } from './platform.ts';

/**
 * The C functions of segfit.h and segfit/inspect.h, by name. Every argument and result is a 32-bit
 * integer: apply `>>> 0` to a returned address or size. A boolean is 0 or 1. `segfit_init` and
 * `segfit_init_empty` take the members of their options one by one; `segfit_describe` writes
 * `segfit_layout` to an address.
 */
export interface RawExports {
  segfit_init(
    memory: number,
    size: number,
    rows: number,
    columns: number,
    largest: number,
    policy: number,
  ): number;
  segfit_init_empty(
    memory: number,
    size: number,
    rows: number,
    columns: number,
    largest: number,
    policy: number,
  ): number;
  segfit_reset(heap: number): void;

  segfit_add_pool(heap: number, memory: number, size: number): number;
  segfit_extend_pool(heap: number, memory: number, size: number): number;
  segfit_pool_is_empty(heap: number, memory: number): number;
  segfit_remove_pool(heap: number, memory: number): number;
  segfit_pool_size_to_contain(heap: number, size: number, alignment: number): number;

  segfit_alloc(heap: number, size: number): number;
  segfit_alloc_aligned(heap: number, alignment: number, size: number): number;
  segfit_calloc(heap: number, count: number, size: number): number;
  segfit_realloc(heap: number, pointer: number, size: number): number;
  segfit_realloc_aligned(heap: number, pointer: number, alignment: number, size: number): number;
  segfit_resize(heap: number, pointer: number, size: number): number;
  segfit_free(heap: number, pointer: number): void;
  segfit_usable_size(heap: number, pointer: number): number;

  segfit_max_request(heap: number): number;
  segfit_max_alloc(heap: number): number;
  segfit_block_size_for(heap: number, size: number): number;
  segfit_class_of(heap: number, blockSize: number): number;
  segfit_class_size(heap: number, index: number): number;

  segfit_stats(heap: number, stats: number): void;
  segfit_reset_peaks(heap: number): void;
  segfit_walk_next(heap: number, walk: number): number;
  segfit_pointer_fault(heap: number, pointer: number): number;
  segfit_check(heap: number, fault: number): number;
  segfit_describe(layout: number): void;
}

/** An instance of the module on one memory, which can hold any number of heaps. */
export interface Core {
  readonly exports: RawExports;
  readonly memory: WasmMemory;
  readonly layout: Layout;
}

/** Functions that an instance calls. Addresses are unsigned. */
export interface CoreCallbacks {
  /**
   * Called at each event by segfit-events.wasm, never by segfit.wasm. The operation is not
   * complete, so only read the memory. If the callback throws, the operation ends halfway.
   */
  event?: (heap: number, kind: number, block: number, a: number, b: number) => void;
  /**
   * Called for a pointer that cannot be a live block, before anything changes; `code` is one of
   * `faultCodes`. If the callback returns, the call does nothing. Without a callback, the call
   * throws a coded error.
   */
  panic?: (code: number, heap: number, pointer: number) => void;
}

/**
 * Makes an instance of segfit.wasm or segfit-events.wasm on `memory`. Nothing in the memory
 * changes.
 *
 * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if `module` is not a WebAssembly.Module, if `memory` is
 * not a WebAssembly.Memory or is shared, and for callbacks that are not functions or have an
 * unknown name.
 * @throws {Error} `ERR_SEGFIT_CORRUPT` if the module is not of this version of the package.
 */
export function instantiate(
  module: WasmModule,
  memory: WasmMemory,
  callbacks: CoreCallbacks = {},
): Core {
  checkModule(module);
  checkMemory(memory);
  if (typeof callbacks !== 'object' || callbacks === null) {
    throw wrongType('callbacks', 'an object', callbacks);
  }
  checkCallbacks(callbacks, ['event', 'panic']);
  for (const name of ['event', 'panic'] as const) {
    const value = callbacks[name];
    if (value !== undefined && typeof value !== 'function') {
      throw wrongType(name, 'a function', value);
    }
  }
  return { exports: link(module, memory, callbacks), memory, layout: layoutOf(module) };
}

const layouts = /* @__PURE__ */ new WeakMap<WasmModule, Layout>();

/**
 * Returns the layout of every heap that `module` makes.
 *
 * @throws {Error} `ERR_SEGFIT_CORRUPT` if this version of the package does not know the layout's
 * version.
 */
export function layoutOf(module: WasmModule): Layout {
  const known = layouts.get(module);
  if (known !== undefined) return known;
  // Writes to a memory of its own, since every byte of the caller's may be in use.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  link(module, memory, {}).segfit_describe(0);
  const layout = decodeLayout(new Uint8Array(memory.buffer, 0, layoutFields.length * 4));
  layouts.set(module, layout);
  return layout;
}

function link(module: WasmModule, memory: WasmMemory, { event, panic }: CoreCallbacks): RawExports {
  const env = {
    memory,
    segfit_panic: (code: number, heap: number, pointer: number): void => {
      if (panic === undefined) throw pointerError(code, pointer >>> 0);
      panic(code, heap >>> 0, pointer >>> 0);
    },
    segfit_grown: (): void => {},
    segfit_event: (heap: number, kind: number, block: number, a: number, b: number): void =>
      event?.(heap >>> 0, kind, block >>> 0, a >>> 0, b >>> 0),
  };
  const notOurs = 'not a WebAssembly.Module of this version of segfit';
  try {
    const { exports } = new WebAssembly.Instance(module, { env });
    if (typeof exports.segfit_describe === 'function') return exports as unknown as RawExports;
  } catch (cause) {
    throw plainError('ERR_SEGFIT_CORRUPT', notOurs, cause);
  }
  throw plainError('ERR_SEGFIT_CORRUPT', notOurs);
}

function checkModule(module: WasmModule): void {
  if (tagOf(module) === 'WebAssembly.Module') return;
  throw typeError(
    'ERR_SEGFIT_ARG_TYPE',
    `module must be a WebAssembly.Module, not ${show(module)}`,
  );
}

export { isSegfitError } from './errors.ts';
export type { ErrorCode, SegfitError } from './errors.ts';
export {
  eventKinds,
  faultCodes,
  heapFigures,
  invariants,
  layoutFields,
  policies,
} from '../generated/contract.ts';
export type { HeapStats, Layout, Named } from '../generated/contract.ts';
export { decodeLayout, HeapReader } from './heap_reader.ts';
export type { FreeBlock, HeapBlock, HeapBytes, HeapControl, HeapPool } from './heap_reader.ts';
export type { ViewOf, WasmMemory, WasmModule } from './platform.ts';
