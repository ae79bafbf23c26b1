// SPDX-License-Identifier: MIT
import { arenaSize } from '../generated/arena.ts';
import type { WasmMemory, WasmModule } from '../public/platform.ts';
import { compiledModule } from './compiled.ts';
import { waitFor } from './lock_wait.ts';
import { callError, rangeError, typeError } from './make_error.ts';

/** The functions of src/arena/arena.c. Every argument and result is a 32-bit integer. */
export interface ArenaExports {
  arena_make(begin: number, length: number, most: number, options: number): number;
  arena_end(arena: number): void;
  arena_alloc(arena: number, size: number, align: number, flags: number): number;
  arena_calloc(arena: number, count: number, size: number): number;
  arena_realloc(arena: number, pointer: number, size: number, align: number, flags: number): number;
  arena_resize(arena: number, pointer: number, size: number): number;
  arena_free(arena: number, pointer: number): void;
  arena_defer(arena: number, pointer: number): void;
  arena_size(arena: number, pointer: number): number;
  arena_fault(arena: number, pointer: number, flags: number): number;
  arena_max(arena: number): number;
  arena_lock(arena: number, locks: number): number;
  arena_grow(arena: number, bytes: number): number;
  arena_trace(arena: number, ring: number, bytes: number): number;
  arena_reset(arena: number): void;
  arena_check(arena: number): number;
}

/** A pool as its host knows it: its position, and the callbacks of the C side. */
export interface HostedPool {
  readonly label: string;
  /** The arena's address; 0 once the pool is destroyed. */
  readonly address: number;
  readonly byteOffset: number;
  readonly length: number;
  /** This thread's number in a shared pool. */
  readonly thread: number;
  /** Called after the C side has grown the pool, which had `before` bytes. */
  refresh(before: number): void;
}

/** All that this copy of the package keeps for one memory: an instance and the memory's pools. */
export interface Host {
  readonly raw: ArenaExports;
  readonly module: WasmModule;
  readonly pools: Set<HostedPool>;
}

const hosts = /* @__PURE__ */ new WeakMap<WasmMemory, Host>();

export function hostOf(
  memory: WasmMemory,
  shared: boolean,
  module: WasmModule = compiledModule(shared),
): Host {
  const known = hosts.get(memory);
  if (known !== undefined) return known;
  const pools = new Set<HostedPool>();
  const each = (arena: number, work: (pool: HostedPool) => void): void => {
    for (const pool of pools) if (pool.address === arena >>> 0) work(pool);
  };
  const env = {
    memory,
    segfit_panic(code: number, heap: number, pointer: number): void {
      let label = 'pool';
      each(heap - arenaSize, (known) => (label = known.label));
      throw callError(code, pointer >>> 0, label);
    },
    segfit_grown: (arena: number, before: number) =>
      each(arena, (pool) => pool.refresh(before >>> 0)),
    segfit_wait: (word: number, round: number) => waitFor(memory, word >>> 0, round),
    segfit_thread(arena: number): number {
      let number: number | undefined;
      each(arena, ({ thread }) => (number ??= thread));
      return number ?? 0;
    },
  };
  const raw = new WebAssembly.Instance(module, { env }).exports as unknown as ArenaExports;
  if (typeof raw.arena_check !== 'function')
    throw typeError(
      'ERR_SEGFIT_ARG_TYPE',
      'the module is not of this version of segfit: it has no arenas',
    );
  const host = { raw, module, pools };
  hosts.set(memory, host);
  return host;
}

/** @throws {RangeError} `ERR_SEGFIT_REGION` if a pool of this host overlaps the region. */
export function checkRegion({ pools }: Host, begin: number, length: number): void {
  for (const { byteOffset, length: taken } of pools) {
    if (begin >= byteOffset + taken || byteOffset >= begin + length) continue;
    throw rangeError(
      'ERR_SEGFIT_REGION',
      `${length} bytes at ${begin} overlap the pool of ${taken} bytes at ${byteOffset}; ` +
        'destroy() that pool first',
    );
  }
}
