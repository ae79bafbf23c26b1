// SPDX-License-Identifier: MIT
import imports from './segfit-imports.wasm';
import type { WasmModule } from '../public/platform.ts';

/**
 * Stands in for hex.ts where bytes may not be compiled, whatever their text: with compiled_file.ts
 * in its place too, all that is left to compile is what wasm_imports.ts asks for.
 */
export function moduleOf(_text: string): WasmModule {
  return imports;
}
