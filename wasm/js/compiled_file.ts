// SPDX-License-Identifier: MIT
import module from './segfit.wasm';

/** The allocator, from hosts that refuse bytes and compile files when a program is deployed. */
export function compiledModule(): WebAssembly.Module {
  return module;
}
