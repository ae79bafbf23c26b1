// SPDX-License-Identifier: MIT
import { decodeBase64 } from './base64.ts';
import { wasmBlocked } from './errors.ts';
import { wasmText } from './generated/wasm_text.ts';

let compiled: WebAssembly.Module | undefined;

/**
 * The allocator, compiled on first use, so that importing the package does nothing and cannot fail.
 * compiled_file.ts stands in for this file where bytes may not be compiled.
 */
export function compiledModule(): WebAssembly.Module {
  try {
    compiled ??= new WebAssembly.Module(decodeBase64(wasmText));
    return compiled;
  } catch (cause) {
    throw wasmBlocked(cause);
  }
}
