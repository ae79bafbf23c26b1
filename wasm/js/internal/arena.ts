// SPDX-License-Identifier: MIT
import { sharedOption } from '../generated/arena.ts';
import type { WasmMemory } from '../public/platform.ts';
import { checkRegion, type Host, hostOf } from './host.ts';
import { rangeError } from './make_error.ts';
import type { PoolRegion } from './region.ts';

/** A pool for Pool to be the face of: placed in a new region, or one that is there already. */
export interface Arena {
  readonly host: Host;
  readonly memory: WasmMemory;
  readonly address: number;
  readonly label: string;
  readonly resizable: boolean;
  /** Whether the pool ends with this object. */
  readonly owned: boolean;
}

/** Makes a pool; nothing changes where it cannot be. */
export function createArena(place: PoolRegion): Arena {
  const { memory, begin, length, maxLength, label, bits, resizable } = place;
  const host = hostOf(memory, (bits & sharedOption) !== 0);
  checkRegion(host, begin, length);
  const address = host.raw.arena_make(begin, length, maxLength, bits) >>> 0;
  if (address === 0) {
    throw rangeError('ERR_SEGFIT_REGION', `${length} bytes at ${begin} are too few for a pool`);
  }
  return { host, memory, address, label, resizable, owned: true };
}
