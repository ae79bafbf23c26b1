// SPDX-License-Identifier: MIT
import { bindingText } from '../generated/wasm_text.ts';
import type { WasmImports } from '../public/wasm_imports.ts';
import { moduleOf } from './hex.ts';
import { destroyedError, wasmBlocked } from './make_error.ts';
import type { PoolHeap } from './pool_heap.ts';

let compiled: WebAssembly.Module | undefined;

/**
 * Binds malloc's functions to a pool with a small wasm module, so that calls from the user's module
 * stay in wasm and the functions fit in a table. wasm/js/build/binding.mjs assembles the module.
 */
export function wasmImports(heap: PoolHeap): WasmImports {
  try {
    compiled ??= moduleOf(bindingText);
  } catch (cause) {
    throw wasmBlocked(cause);
  }
  const arena = new WebAssembly.Global({ value: 'i32', mutable: true }, heap.address);
  heap.onDestroy = () => {
    arena.value = 0;
  };
  const dead = (): never => {
    throw destroyedError(heap.label);
  };
  const pool = { ...heap.raw, arena, dead } as unknown as WebAssembly.ModuleImports;
  return new WebAssembly.Instance(compiled, { pool }).exports as unknown as WasmImports;
}
