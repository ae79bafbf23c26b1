// SPDX-License-Identifier: MIT
export type { Block } from './block.ts';
export { isSegfitError } from '../internal/make_error.ts';
export type { ErrorCode, OutOfMemoryError, SegfitError } from '../internal/make_error.ts';
export type { PoolDescriptor } from '../internal/descriptor.ts';
export type { ViewOf, WasmMemory, WasmModule } from './platform.ts';
export { Pool } from './pool.ts';
export type { AllocOptions, PoolOptions } from './pool_options.ts';
export type { BlockInfo, CheckReport, PoolStats } from './pool_stats.ts';
export type { RingEvent, TraceEvent, TraceKind, TraceRing, TraceSink } from './trace.ts';
export { createTraceRing } from './trace_ring.ts';
export type { TraceRingOptions } from './trace_ring.ts';
export type { TypedArrayConstructor, ViewFor } from '../internal/views.ts';
export type { WasmImports } from '../internal/malloc_imports.ts';
