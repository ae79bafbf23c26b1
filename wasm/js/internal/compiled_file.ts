// SPDX-License-Identifier: MIT
import module from './segfit.wasm';
import type { WasmModule } from '../public/platform.ts';
import { sharedUnavailable } from './make_error.ts';

/**
 * The allocator, from hosts that refuse bytes and compile files when a program is deployed. They
 * have no threads to share memory with.
 */
export function compiledModule(shared = false): WasmModule {
  if (shared) throw sharedUnavailable();
  return module;
}
