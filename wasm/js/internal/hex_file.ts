// SPDX-License-Identifier: MIT
import imports from './segfit-imports.wasm';
import type { WasmModule } from '../public/platform.ts';

/**
 * Replaces hex.ts on hosts that do not compile bytes. As compiled_file.ts replaces compiled.ts too,
 * only malloc_imports.ts calls this function.
 */
export function moduleOf(_text: string): WasmModule {
  return imports;
}
