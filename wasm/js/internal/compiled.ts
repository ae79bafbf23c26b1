// SPDX-License-Identifier: MIT
import { wasmParts } from '../generated/wasm_text.ts';
import type { WasmModule } from '../public/platform.ts';
import { moduleOf } from './hex.ts';
import { wasmBlocked } from './make_error.ts';

const compiled: WasmModule[] = [];

/**
 * Returns the allocator's module for a memory that is shared or not. It is compiled on first use,
 * so that importing the package does nothing and cannot fail. compiled_file.ts replaces this file
 * on hosts that do not compile bytes.
 */
export function compiledModule(shared = false): WasmModule {
  const [head, plain, atomic, tail] = wasmParts;
  try {
    return (compiled[+shared] ??= moduleOf(head + (shared ? atomic : plain) + tail));
  } catch (cause) {
    throw wasmBlocked(cause);
  }
}
