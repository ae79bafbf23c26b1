// SPDX-License-Identifier: MIT

type ImportName = 'malloc' | 'calloc' | 'realloc' | 'free' | 'aligned_alloc' | 'malloc_usable_size';

/** C's malloc functions over a pool, as exports of a wasm module. */
export type WasmImports = Readonly<Record<ImportName, (...a: number[]) => number>>;
