// SPDX-License-Identifier: MIT
import module from './segfit.wasm';
import type { WasmModule } from '../public/platform.ts';
import { sharedUnavailable } from './make_error.ts';

/**
 * Returns the allocator's module on hosts that do not compile bytes, but compile files when a
 * program is deployed. Such hosts have no threads to share memory with.
 */
export function compiledModule(shared = false): WasmModule {
  if (shared) throw sharedUnavailable();
  return module;
}
