// SPDX-License-Identifier: MIT
export type { Block } from './block.ts';
export { isSegfitError } from './errors.ts';
export type { ErrorCode, OutOfMemoryError, SegfitError } from './errors.ts';
export type { ViewOf, WasmMemory, WasmModule } from './platform.ts';
export { Pool } from './pool.ts';
export type { PoolDescriptor } from './pool_descriptor.ts';
export type { AllocOptions, PoolOptions } from './pool_options.ts';
export type { BlockInfo, CheckReport, PoolStats } from './pool_stats.ts';
export type { RingEvent, TraceEvent, TraceKind, TraceRing, TraceSink } from './trace.ts';
export { createTraceRing } from './trace_ring.ts';
export type { TraceRingOptions } from './trace_ring.ts';
export type { TypedArrayConstructor, ViewFor } from './typed_arrays.ts';
export type { WasmImports } from './wasm_imports.ts';
