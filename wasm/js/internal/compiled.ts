// SPDX-License-Identifier: MIT
import { wasmParts } from '../generated/wasm_text.ts';
import type { WasmModule } from '../public/platform.ts';
import { moduleOf } from './hex.ts';
import { wasmBlocked } from './make_error.ts';

const compiled: WasmModule[] = [];

/**
 * The allocator for a memory that is shared or not, compiled on first use, so that importing the
 * package does nothing and cannot fail. compiled_file.ts stands in for this file where bytes may
 * not be compiled.
 */
export function compiledModule(shared = false): WasmModule {
  const [head, plain, atomic, tail] = wasmParts;
  try {
    return (compiled[+shared] ??= moduleOf(head + (shared ? atomic : plain) + tail));
  } catch (cause) {
    throw wasmBlocked(cause);
  }
}
