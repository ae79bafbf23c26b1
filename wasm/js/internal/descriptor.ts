// SPDX-License-Identifier: MIT
import {
  arenaAbandoned,
  arenaMark,
  arenaSize,
  beginWord,
  busyFault,
  lockWord,
} from '../generated/arena.ts';
import type { PoolDescriptor } from '../public/pool_descriptor.ts';
import type { Arena } from './arena.ts';
import { isShared } from './arguments.ts';
import { type Host, hostOf } from './host.ts';
import { callError, plainError, show, tagOf, typeError } from './make_error.ts';
import type { PoolHeap } from './pool_heap.ts';

/**
 * Returns the descriptor of a shared pool.
 *
 * @throws {TypeError} `ERR_SEGFIT_NOT_SHARED` if the pool is not shared.
 */
export function describePool({ shared, memory, module, address, label }: PoolHeap): PoolDescriptor {
  if (!shared) {
    const message = `the pool "${label}" is not in shared memory; make it with Pool.shared()`;
    throw typeError('ERR_SEGFIT_NOT_SHARED', message);
  }
  const byteOffset = address;
  return { kind: 'segfit-pool', layout: arenaMark, memory, module, byteOffset, label };
}

/**
 * Checks a descriptor and returns the arena it describes.
 *
 * @throws {Error} `ERR_SEGFIT_DESCRIPTOR` if the descriptor is invalid or its pool was destroyed;
 * `ERR_SEGFIT_LOCK_TIMEOUT` if the pool's lock is abandoned.
 */
export function attachArena(descriptor: PoolDescriptor): Arena {
  const refuse = (text: string): Error =>
    plainError('ERR_SEGFIT_DESCRIPTOR', `cannot attach to a pool: ${text}`);
  if (typeof descriptor !== 'object' || descriptor?.kind !== 'segfit-pool') {
    throw refuse(`${show(descriptor)} is not a descriptor from share()`);
  }
  const { layout, memory, module, byteOffset, label } = descriptor;
  if (layout !== arenaMark)
    throw refuse(
      `its layout is ${show(layout)}, not ${arenaMark}; use one version of segfit in all threads`,
    );
  if (tagOf(memory) !== 'WebAssembly.Memory' || !isShared(memory.buffer)) {
    throw refuse(`its memory is ${show(memory)}, not a shared WebAssembly.Memory`);
  }
  if (module !== null && tagOf(module) !== 'WebAssembly.Module') {
    throw refuse(`its module is ${show(module)}, not a WebAssembly.Module`);
  }
  const { buffer } = memory;
  const fits = byteOffset >>> 0 === byteOffset && byteOffset + arenaSize <= buffer.byteLength;
  if (!fits || byteOffset % 16 !== 0)
    throw refuse(`its byteOffset is ${show(byteOffset)}, not an address of a pool`);
  const words = new Uint32Array(buffer, byteOffset, beginWord + 1);
  const begin = words[beginWord] ?? 0;
  if (Atomics.load(words, 0) !== arenaMark || begin > byteOffset || byteOffset - begin > 16) {
    throw refuse(`no pool lies at ${byteOffset}; it may have been destroyed`);
  }
  if (Atomics.load(words, lockWord) === arenaAbandoned) throw callError(busyFault, 0, `${label}`);
  let host: Host;
  try {
    host = hostOf(memory, true, module ?? undefined);
  } catch (cause) {
    if (module === null) throw cause;
    throw refuse('its module is not of this version of segfit');
  }
  return { host, memory, address: byteOffset, label: `${label}`, resizable: false, owned: false };
}
