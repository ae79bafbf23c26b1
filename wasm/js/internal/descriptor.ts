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

/** @throws {TypeError} `ERR_SEGFIT_NOT_SHARED` if the pool is not. */
export function describePool({ shared, memory, module, address, label }: PoolHeap): PoolDescriptor {
  if (!shared) {
    const message = `the pool "${label}" lies in memory of this thread only; use Pool.shared()`;
    throw typeError('ERR_SEGFIT_NOT_SHARED', message);
  }
  const byteOffset = address;
  return { kind: 'segfit-pool', layout: arenaMark, memory, module, byteOffset, label };
}

/**
 * @throws {Error} `ERR_SEGFIT_DESCRIPTOR` for what is none, or of a pool that is no more;
 * `ERR_SEGFIT_LOCK_TIMEOUT` for a pool whose lock is abandoned.
 */
export function attachArena(descriptor: PoolDescriptor): Arena {
  const refuse = (text: string): Error =>
    plainError('ERR_SEGFIT_DESCRIPTOR', `no pool can be attached: ${text}`);
  if (typeof descriptor !== 'object' || descriptor?.kind !== 'segfit-pool') {
    throw refuse(`${show(descriptor)} is no descriptor`);
  }
  const { layout, memory, module, byteOffset, label } = descriptor;
  if (layout !== arenaMark) throw refuse(`layout ${show(layout)} is not ${arenaMark}`);
  if (tagOf(memory) !== 'WebAssembly.Memory' || !isShared(memory.buffer)) {
    throw refuse(`its memory is ${show(memory)}, not a shared WebAssembly.Memory`);
  }
  if (module !== null && tagOf(module) !== 'WebAssembly.Module') {
    throw refuse(`its module is ${show(module)}`);
  }
  const { buffer } = memory;
  const fits = byteOffset >>> 0 === byteOffset && byteOffset + arenaSize <= buffer.byteLength;
  if (!fits || byteOffset % 16 !== 0) throw refuse(`byteOffset is ${show(byteOffset)}`);
  const words = new Uint32Array(buffer, byteOffset, beginWord + 1);
  const begin = words[beginWord] ?? 0;
  if (Atomics.load(words, 0) !== arenaMark || begin > byteOffset || byteOffset - begin > 16) {
    throw refuse(`there is none at ${byteOffset}; perhaps it was destroyed`);
  }
  if (Atomics.load(words, lockWord) === arenaAbandoned) throw callError(busyFault, 0, `${label}`);
  let host: Host;
  try {
    host = hostOf(memory, true, module ?? undefined);
  } catch (cause) {
    if (module === null) throw cause;
    throw refuse('its module is not of this package');
  }
  return { host, memory, address: byteOffset, label: `${label}`, resizable: false, owned: false };
}
