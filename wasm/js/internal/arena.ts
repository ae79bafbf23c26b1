// SPDX-License-Identifier: MIT
import { sharedOption } from '../generated/arena.ts';
import type { WasmMemory } from '../public/platform.ts';
import { checkRegion, type Host, hostOf } from './host.ts';
import { rangeError } from './make_error.ts';
import type { PoolRegion } from './region.ts';

/** An arena in a memory: a pool as the C side knows it, new or attached. */
export interface Arena {
  readonly host: Host;
  readonly memory: WasmMemory;
  readonly address: number;
  readonly label: string;
  readonly resizable: boolean;
  /** Whether destroy() ends the pool, or only detaches this thread. */
  readonly owned: boolean;
}

/** Makes an arena in a region. Changes nothing if it throws. */
export function createArena(place: PoolRegion): Arena {
  const { memory, begin, length, maxLength, label, bits, resizable } = place;
  const host = hostOf(memory, (bits & sharedOption) !== 0);
  checkRegion(host, begin, length);
  const address = host.raw.arena_make(begin, length, maxLength, bits) >>> 0;
  if (address === 0) {
    throw rangeError(
      'ERR_SEGFIT_REGION',
      `${length} bytes at ${begin} are too few for a pool; give it more bytes`,
    );
  }
  return { host, memory, address, label, resizable, owned: true };
}
