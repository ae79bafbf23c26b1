// SPDX-License-Identifier: MIT
// Made by `node test/package/npm/api.mjs --write`: the API, for review.

// ---------------------------------------------------------------------- segfit
// exports AllocOptions
// exports Block
// exports BlockInfo
// exports CheckReport
// exports ErrorCode
// exports OutOfMemoryError
// exports Pool
// exports PoolDescriptor
// exports PoolOptions
// exports PoolStats
// exports RingEvent
// exports SegfitError
// exports TraceEvent
// exports TraceKind
// exports TraceRing
// exports TraceRingOptions
// exports TraceSink
// exports TypedArrayConstructor
// exports ViewFor
// exports ViewOf
// exports WasmImports
// exports WasmMemory
// exports WasmModule
// exports createTraceRing
// exports isSegfitError
export interface AllocOptions {
    align?: number;
    zero?: boolean;
    tag?: number;
}
export interface Block<B extends ArrayBufferLike = ArrayBuffer> extends Disposable {
    readonly pointer: number;
    readonly size: number;
    readonly freed: boolean;
    readonly bytes: ViewOf<B>['Uint8Array'];
    as<C extends TypedArrayConstructor>(type: C): ViewFor<C, B>;
    free(): void;
    [Symbol.dispose](): void;
}
export interface BlockInfo {
    pointer: number;
    size: number;
    used: boolean;
    tag: number;
}
export interface CheckReport {
    ok: boolean;
    problems: readonly {
        pointer: number;
        what: string;
    }[];
}
export type ErrorCode = 'ERR_SEGFIT_ARG_TYPE' | 'ERR_SEGFIT_FOREIGN_VIEW' | 'ERR_SEGFIT_DETACHED_VIEW' | 'ERR_SEGFIT_NOT_SHARED' | 'ERR_SEGFIT_SIZE' | 'ERR_SEGFIT_ALIGNMENT' | 'ERR_SEGFIT_POINTER' | 'ERR_SEGFIT_DOUBLE_FREE' | 'ERR_SEGFIT_OUT_OF_MEMORY' | 'ERR_SEGFIT_REGION' | 'ERR_SEGFIT_DESTROYED' | 'ERR_SEGFIT_CORRUPT' | 'ERR_SEGFIT_DESCRIPTOR' | 'ERR_SEGFIT_LOCK_TIMEOUT' | 'ERR_SEGFIT_WASM_BLOCKED' | 'ERR_SEGFIT_SHARED_UNAVAILABLE';
type ImportName = 'malloc' | 'calloc' | 'realloc' | 'free' | 'aligned_alloc' | 'malloc_usable_size';
type Known<T, Other> = [0] extends [1 & T] ? Other : T;
type LibBigInt64Array<B extends ArrayBufferLike> = BigInt64Array<B>;
type LibBigUint64Array<B extends ArrayBufferLike> = BigUint64Array<B>;
type LibDataView<B extends ArrayBufferLike> = DataView<B>;
type LibFloat16Array<B extends ArrayBufferLike> = Float16Array<B>;
type LibFloat16ArrayConstructor = Float16ArrayConstructor;
type LibFloat32Array<B extends ArrayBufferLike> = Float32Array<B>;
type LibFloat64Array<B extends ArrayBufferLike> = Float64Array<B>;
type LibInt16Array<B extends ArrayBufferLike> = Int16Array<B>;
type LibInt32Array<B extends ArrayBufferLike> = Int32Array<B>;
type LibInt8Array<B extends ArrayBufferLike> = Int8Array<B>;
type LibMemory = WebAssembly.Memory;
type LibModule = WebAssembly.Module;
type LibUint16Array<B extends ArrayBufferLike> = Uint16Array<B>;
type LibUint32Array<B extends ArrayBufferLike> = Uint32Array<B>;
type LibUint8Array<B extends ArrayBufferLike> = Uint8Array<B>;
type LibUint8ClampedArray<B extends ArrayBufferLike> = Uint8ClampedArray<B>;
export type MaybeFloat16ArrayConstructor = Known<LibFloat16ArrayConstructor, never>;
export interface OutOfMemoryError extends RangeError {
    readonly code: 'ERR_SEGFIT_OUT_OF_MEMORY';
    readonly requested: number;
    readonly align: number;
    readonly largestFree: number;
    readonly free: number;
}
export declare class Pool<B extends ArrayBufferLike = ArrayBuffer> implements Disposable {
    #private;
    readonly label: string;
    readonly byteOffset: number;
    constructor(options: PoolOptions & {
        shared?: false;
    });
    static shared(options: Omit<PoolOptions, 'shared' | 'resizable'>): Pool<SharedArrayBuffer>;
    static attach(descriptor: PoolDescriptor): Pool<SharedArrayBuffer>;
    get memory(): WasmMemory;
    get heap(): number;
    get buffer(): B;
    get byteLength(): number;
    get generation(): number;
    get destroyed(): boolean;
    alloc(size: number, options?: AllocOptions): number;
    tryAlloc(size: number, align?: number): number;
    allocMany(sizes: Uint32Array, out: Uint32Array, align?: number): number;
    realloc(pointer: number, size: number, options?: AllocOptions): number;
    tryResize(pointer: number, size: number): boolean;
    free(pointer: number | ArrayBufferView): void;
    freeDeferred(pointer: number): void;
    freeMany(pointers: Uint32Array): void;
    reset(): void;
    sizeOf(pointer: number): number;
    canAlloc(size: number, align?: number): boolean;
    owns(pointer: number | ArrayBufferView): boolean;
    allocArray<C extends TypedArrayConstructor>(type: C, length: number, options?: AllocOptions): ViewFor<C, B>;
    reallocArray<V extends ArrayBufferView>(view: V, length: number, options?: AllocOptions): V;
    block(size: number, options?: AllocOptions): Block<B>;
    view(pointer: number): ViewOf<B>['Uint8Array'];
    view<C extends TypedArrayConstructor>(pointer: number, type: C, length: number): ViewFor<C, B>;
    dataView(pointer: number): ViewOf<B>['DataView'];
    grow(bytes: number): boolean;
    onGrow(listener: (pool: this) => void): () => void;
    stats(): PoolStats;
    stats<T extends Partial<PoolStats>>(into: T): T & PoolStats;
    blocks(): IterableIterator<BlockInfo>;
    snapshot(): ViewOf<ArrayBuffer>['Uint32Array'];
    check(): CheckReport;
    trace(sink: TraceSink | null): void;
    share(): PoolDescriptor;
    imports(): WasmImports;
    destroy(): void;
    [dispose](): void;
}
export interface PoolDescriptor {
    readonly kind: 'segfit-pool';
    readonly layout: number;
    readonly memory: WasmMemory;
    readonly module: WasmModule | null;
    readonly byteOffset: number;
    readonly label: string;
}
export interface PoolOptions {
    size?: number;
    maxSize?: number;
    shared?: boolean;
    memory?: WasmMemory;
    byteOffset?: number;
    byteLength?: number;
    resizable?: boolean;
    tags?: boolean;
    debug?: boolean;
    label?: string;
}
export interface PoolStats {
    capacity: number;
    used: number;
    free: number;
    largestFree: number;
    largestAlloc: number;
    usedBlocks: number;
    freeBlocks: number;
    peakUsed: number;
    allocs: number;
    frees: number;
    failures: number;
    grows: number;
    overhead: number;
    fragmentation: number;
}
export interface RingEvent extends TraceEvent {
    thread: number;
}
export type SegfitError = Error & {
    readonly code: ErrorCode;
};
export interface TraceEvent {
    kind: TraceKind;
    pointer: number;
    previous: number;
    size: number;
    align: number;
    tag: number;
    seq: number;
}
export type TraceKind = 'alloc' | 'free' | 'realloc' | 'fail' | 'grow' | 'reset';
export interface TraceRing {
    readonly capacity: number;
    readonly buffer: ArrayBufferLike;
    read(fromSeq: number): IterableIterator<Readonly<RingEvent>>;
    readonly dropped: number;
}
export interface TraceRingOptions {
    capacity?: number;
    shared?: boolean;
}
export interface TraceSink {
    event?(event: Readonly<TraceEvent>): void;
    ring?: TraceRing;
}
export type TypedArrayConstructor = Int8ArrayConstructor | Uint8ArrayConstructor | Uint8ClampedArrayConstructor | Int16ArrayConstructor | Uint16ArrayConstructor | Int32ArrayConstructor | Uint32ArrayConstructor | Float32ArrayConstructor | Float64ArrayConstructor | BigInt64ArrayConstructor | BigUint64ArrayConstructor | MaybeFloat16ArrayConstructor;
export type ViewFor<C extends TypedArrayConstructor, B extends ArrayBufferLike> = C extends Int8ArrayConstructor ? ViewOf<B>['Int8Array'] : C extends Uint8ArrayConstructor ? ViewOf<B>['Uint8Array'] : C extends Uint8ClampedArrayConstructor ? ViewOf<B>['Uint8ClampedArray'] : C extends Int16ArrayConstructor ? ViewOf<B>['Int16Array'] : C extends Uint16ArrayConstructor ? ViewOf<B>['Uint16Array'] : C extends Int32ArrayConstructor ? ViewOf<B>['Int32Array'] : C extends Uint32ArrayConstructor ? ViewOf<B>['Uint32Array'] : C extends Float32ArrayConstructor ? ViewOf<B>['Float32Array'] : C extends Float64ArrayConstructor ? ViewOf<B>['Float64Array'] : C extends BigInt64ArrayConstructor ? ViewOf<B>['BigInt64Array'] : C extends BigUint64ArrayConstructor ? ViewOf<B>['BigUint64Array'] : ViewOf<B>['Float16Array'];
export interface ViewOf<B extends ArrayBufferLike> {
    Int8Array: Known<LibInt8Array<B>, Int8Array>;
    Uint8Array: Known<LibUint8Array<B>, Uint8Array>;
    Uint8ClampedArray: Known<LibUint8ClampedArray<B>, Uint8ClampedArray>;
    Int16Array: Known<LibInt16Array<B>, Int16Array>;
    Uint16Array: Known<LibUint16Array<B>, Uint16Array>;
    Int32Array: Known<LibInt32Array<B>, Int32Array>;
    Uint32Array: Known<LibUint32Array<B>, Uint32Array>;
    Float16Array: Known<LibFloat16Array<B>, never>;
    Float32Array: Known<LibFloat32Array<B>, Float32Array>;
    Float64Array: Known<LibFloat64Array<B>, Float64Array>;
    BigInt64Array: Known<LibBigInt64Array<B>, BigInt64Array>;
    BigUint64Array: Known<LibBigUint64Array<B>, BigUint64Array>;
    DataView: Known<LibDataView<B>, DataView>;
}
export type WasmImports = Readonly<Record<ImportName, (...a: number[]) => number>>;
export type WasmMemory = Known<LibMemory, {
    readonly buffer: ArrayBufferLike;
    grow(delta: number): number;
}>;
export type WasmModule = Known<LibModule, object>;
export declare function createTraceRing(options?: TraceRingOptions): TraceRing;
export declare const dispose: typeof Symbol.dispose;
export declare function isSegfitError(value: unknown): value is SegfitError;

// ---------------------------------------------------------------------- segfit/core
// exports Core
// exports CoreCallbacks
// exports ErrorCode
// exports FreeBlock
// exports HeapBlock
// exports HeapBytes
// exports HeapControl
// exports HeapPool
// exports HeapReader
// exports HeapStats
// exports Layout
// exports Named
// exports RawExports
// exports SegfitError
// exports ViewOf
// exports WasmMemory
// exports WasmModule
// exports decodeLayout
// exports eventKinds
// exports faultCodes
// exports heapFigures
// exports instantiate
// exports invariants
// exports isSegfitError
// exports layoutFields
// exports layoutOf
// exports policies
export interface Core {
    readonly exports: RawExports;
    readonly memory: WasmMemory;
    readonly layout: Layout;
}
export interface CoreCallbacks {
    event?: (heap: number, kind: number, block: number, a: number, b: number) => void;
    panic?: (code: number, heap: number, pointer: number) => void;
}
export type ErrorCode = 'ERR_SEGFIT_ARG_TYPE' | 'ERR_SEGFIT_FOREIGN_VIEW' | 'ERR_SEGFIT_DETACHED_VIEW' | 'ERR_SEGFIT_NOT_SHARED' | 'ERR_SEGFIT_SIZE' | 'ERR_SEGFIT_ALIGNMENT' | 'ERR_SEGFIT_POINTER' | 'ERR_SEGFIT_DOUBLE_FREE' | 'ERR_SEGFIT_OUT_OF_MEMORY' | 'ERR_SEGFIT_REGION' | 'ERR_SEGFIT_DESTROYED' | 'ERR_SEGFIT_CORRUPT' | 'ERR_SEGFIT_DESCRIPTOR' | 'ERR_SEGFIT_LOCK_TIMEOUT' | 'ERR_SEGFIT_WASM_BLOCKED' | 'ERR_SEGFIT_SHARED_UNAVAILABLE';
export interface FreeBlock extends HeapBlock {
    readonly next: number;
    readonly previous: number;
}
export interface HeapBlock {
    readonly header: number;
    readonly pointer: number;
    readonly size: number;
    readonly used: boolean;
    readonly previousFree: boolean;
}
export interface HeapBytes {
    readonly buffer: ArrayBufferLike;
}
export interface HeapControl {
    readonly rows: number;
    readonly columns: number;
    readonly policy: number;
    readonly heads: number;
    readonly pools: number;
    readonly freshBegin: number;
    readonly freshEnd: number;
}
export interface HeapPool {
    readonly record: number;
    readonly memory: number;
    readonly first: number;
    readonly end: number;
}
export declare class HeapReader {
    #private;
    readonly layout: Layout;
    readonly heap: number;
    constructor(bytes: HeapBytes, heap: number, layout: Layout, base?: number, key?: number | bigint);
    control(): HeapControl;
    rowBits(): boolean[];
    columnBits(row: number): number;
    head(index: number): number;
    heads(): number[];
    list(index: number): Generator<FreeBlock, void, undefined>;
    block(header: number): HeapBlock;
    freeBlock(header: number): FreeBlock;
    pools(): Generator<HeapPool, void, undefined>;
    blocks(): Generator<HeapBlock, void, undefined>;
    snapshot(): ViewOf<ArrayBuffer>['Uint32Array'];
    stats(): Omit<HeapStats, 'largestAlloc'>;
    word(address: number): number;
}
export type HeapStats = Record<(typeof heapFigures)[number], number>;
type Known<T, Other> = [0] extends [1 & T] ? Other : T;
export interface Layout {
    readonly magic: number;
    readonly version: number;
    readonly wordSize: number;
    readonly align: number;
    readonly minBlock: number;
    readonly headerFree: number;
    readonly headerPrevFree: number;
    readonly headerFlags: number;
    readonly controlSize: number;
    readonly controlRows: number;
    readonly controlColumnsLog2: number;
    readonly controlPolicy: number;
    readonly controlHeadsOffset: number;
    readonly controlRowBitmap: number;
    readonly controlColumnBitmaps: number;
    readonly controlPools: number;
    readonly controlFreshBegin: number;
    readonly controlFreshEnd: number;
    readonly statsCapacity: number;
    readonly statsOverhead: number;
    readonly statsUsed: number;
    readonly statsPeakUsed: number;
    readonly statsPeakRequest: number;
    readonly statsFreeBlocks: number;
    readonly statsAllocs: number;
    readonly statsFrees: number;
    readonly statsFailures: number;
    readonly statsGrows: number;
    readonly poolNext: number;
    readonly poolEnd: number;
    readonly poolMemory: number;
    readonly poolFirst: number;
    readonly blockPayload: number;
    readonly blockNextFree: number;
    readonly blockPrevFree: number;
    readonly blockFooterBack: number;
    readonly blockGuard: number;
    readonly headerInverse: number;
    readonly headerInverseHigh: number;
}
type LibBigInt64Array<B extends ArrayBufferLike> = BigInt64Array<B>;
type LibBigUint64Array<B extends ArrayBufferLike> = BigUint64Array<B>;
type LibDataView<B extends ArrayBufferLike> = DataView<B>;
type LibFloat16Array<B extends ArrayBufferLike> = Float16Array<B>;
type LibFloat32Array<B extends ArrayBufferLike> = Float32Array<B>;
type LibFloat64Array<B extends ArrayBufferLike> = Float64Array<B>;
type LibInt16Array<B extends ArrayBufferLike> = Int16Array<B>;
type LibInt32Array<B extends ArrayBufferLike> = Int32Array<B>;
type LibInt8Array<B extends ArrayBufferLike> = Int8Array<B>;
type LibMemory = WebAssembly.Memory;
type LibModule = WebAssembly.Module;
type LibUint16Array<B extends ArrayBufferLike> = Uint16Array<B>;
type LibUint32Array<B extends ArrayBufferLike> = Uint32Array<B>;
type LibUint8Array<B extends ArrayBufferLike> = Uint8Array<B>;
type LibUint8ClampedArray<B extends ArrayBufferLike> = Uint8ClampedArray<B>;
export interface Named {
    readonly number: number;
    readonly name: string;
    readonly text: string;
}
export interface RawExports {
    segfit_init(memory: number, size: number, rows: number, columns: number, largest: number, policy: number): number;
    segfit_init_empty(memory: number, size: number, rows: number, columns: number, largest: number, policy: number): number;
    segfit_reset(heap: number): void;
    segfit_add_pool(heap: number, memory: number, size: number): number;
    segfit_extend_pool(heap: number, memory: number, size: number): number;
    segfit_pool_is_empty(heap: number, memory: number): number;
    segfit_remove_pool(heap: number, memory: number): number;
    segfit_pool_size_to_contain(heap: number, size: number, alignment: number): number;
    segfit_alloc(heap: number, size: number): number;
    segfit_alloc_aligned(heap: number, alignment: number, size: number): number;
    segfit_calloc(heap: number, count: number, size: number): number;
    segfit_realloc(heap: number, pointer: number, size: number): number;
    segfit_realloc_aligned(heap: number, pointer: number, alignment: number, size: number): number;
    segfit_resize(heap: number, pointer: number, size: number): number;
    segfit_free(heap: number, pointer: number): void;
    segfit_usable_size(heap: number, pointer: number): number;
    segfit_max_request(heap: number): number;
    segfit_max_alloc(heap: number): number;
    segfit_block_size_for(heap: number, size: number): number;
    segfit_class_of(heap: number, blockSize: number): number;
    segfit_class_size(heap: number, index: number): number;
    segfit_stats(heap: number, stats: number): void;
    segfit_reset_peaks(heap: number): void;
    segfit_walk_next(heap: number, walk: number): number;
    segfit_pointer_fault(heap: number, pointer: number): number;
    segfit_check(heap: number, fault: number): number;
    segfit_describe(layout: number): void;
}
export type SegfitError = Error & {
    readonly code: ErrorCode;
};
export interface ViewOf<B extends ArrayBufferLike> {
    Int8Array: Known<LibInt8Array<B>, Int8Array>;
    Uint8Array: Known<LibUint8Array<B>, Uint8Array>;
    Uint8ClampedArray: Known<LibUint8ClampedArray<B>, Uint8ClampedArray>;
    Int16Array: Known<LibInt16Array<B>, Int16Array>;
    Uint16Array: Known<LibUint16Array<B>, Uint16Array>;
    Int32Array: Known<LibInt32Array<B>, Int32Array>;
    Uint32Array: Known<LibUint32Array<B>, Uint32Array>;
    Float16Array: Known<LibFloat16Array<B>, never>;
    Float32Array: Known<LibFloat32Array<B>, Float32Array>;
    Float64Array: Known<LibFloat64Array<B>, Float64Array>;
    BigInt64Array: Known<LibBigInt64Array<B>, BigInt64Array>;
    BigUint64Array: Known<LibBigUint64Array<B>, BigUint64Array>;
    DataView: Known<LibDataView<B>, DataView>;
}
export type WasmMemory = Known<LibMemory, {
    readonly buffer: ArrayBufferLike;
    grow(delta: number): number;
}>;
export type WasmModule = Known<LibModule, object>;
export declare function decodeLayout(bytes: Uint8Array): Layout;
export declare const eventKinds: readonly Named[];
export declare const faultCodes: {
    readonly ok: 0;
    readonly outside: 1;
    readonly misaligned: 2;
    readonly freed: 3;
    readonly notABlock: 4;
    readonly neighbour: 5;
    readonly freeBlock: 6;
    readonly control: 7;
    readonly overrun: 8;
    readonly usedAfterFree: 9;
};
export declare const heapFigures: readonly ['capacity', 'used', 'free', 'peakUsed', 'peakRequest', 'usedBlocks', 'freeBlocks', 'allocs', 'frees', 'failures', 'grows', 'overhead', 'largestFree', 'largestAlloc'];
export declare function instantiate(module: WasmModule, memory: WasmMemory, callbacks?: CoreCallbacks): Core;
export declare const invariants: readonly Named[];
export declare function isSegfitError(value: unknown): value is SegfitError;
export declare const layoutFields: readonly (keyof Layout)[];
export declare function layoutOf(module: WasmModule): Layout;
export declare const policies: {
    readonly probe: 0;
    readonly stock: 1;
};

// ---------------------------------------------------------------------- segfit/view
// exports ErrorDetail
// exports PositionDetail
// exports SegfitViewElement
// exports SelectDetail
// exports WatchedHeap
// exports WatchedMemory
// exports attach
// exports defineView
export interface ErrorDetail {
  readonly message: string;
}
type LibElement = Element;
type LibHTMLElement = HTMLElement;
type PageElement = [0] extends [1 & LibHTMLElement] ? object : LibHTMLElement;
export interface PositionDetail {
  readonly call: number;
  readonly step: number;
}
export interface SegfitViewElement extends PageElement {
  src: string;
  panels: string;
  state: string;
  attach(source: WatchedHeap): Promise<void>;
  detach(): void;
  refresh(): void;
  play(): void;
  pause(): void;
  seek(call: number, step?: number): void;
}
export interface SelectDetail {
  readonly block: number;
}
export interface WatchedHeap {
  readonly memory: WatchedMemory;
  readonly heap: number;
  readonly layout?: number | Uint8Array;
  readonly key?: number | bigint | undefined;
}
export interface WatchedMemory {
  readonly buffer: ArrayBufferLike;
}
export declare function attach(
  source: WatchedHeap,
  parent?: LibElement,
): Promise<SegfitViewElement>;
export declare function defineView(): void;
declare global {
  interface HTMLElementTagNameMap {
    'segfit-view': SegfitViewElement;
  }
}

// ---------------------------------------------------------------------- segfit/view/define
// exports ErrorDetail
// exports PositionDetail
// exports SegfitViewElement
// exports SelectDetail
// exports WatchedHeap
// exports WatchedMemory
// exports attach
// exports defineView
export interface ErrorDetail {
  readonly message: string;
}
type LibElement = Element;
type LibHTMLElement = HTMLElement;
type PageElement = [0] extends [1 & LibHTMLElement] ? object : LibHTMLElement;
export interface PositionDetail {
  readonly call: number;
  readonly step: number;
}
export interface SegfitViewElement extends PageElement {
  src: string;
  panels: string;
  state: string;
  attach(source: WatchedHeap): Promise<void>;
  detach(): void;
  refresh(): void;
  play(): void;
  pause(): void;
  seek(call: number, step?: number): void;
}
export interface SelectDetail {
  readonly block: number;
}
export interface WatchedHeap {
  readonly memory: WatchedMemory;
  readonly heap: number;
  readonly layout?: number | Uint8Array;
  readonly key?: number | bigint | undefined;
}
export interface WatchedMemory {
  readonly buffer: ArrayBufferLike;
}
export declare function attach(
  source: WatchedHeap,
  parent?: LibElement,
): Promise<SegfitViewElement>;
export declare function defineView(): void;
declare global {
  interface HTMLElementTagNameMap {
    'segfit-view': SegfitViewElement;
  }
}

// ---------------------------------------------------------------------- segfit/trace
// exports RingEvent
// exports TraceEvent
// exports TraceKind
// exports TraceRing
// exports TraceRingOptions
// exports TraceSink
// exports createTraceRing
export interface RingEvent extends TraceEvent {
    thread: number;
}
export interface TraceEvent {
    kind: TraceKind;
    pointer: number;
    previous: number;
    size: number;
    align: number;
    tag: number;
    seq: number;
}
export type TraceKind = 'alloc' | 'free' | 'realloc' | 'fail' | 'grow' | 'reset';
export interface TraceRing {
    readonly capacity: number;
    readonly buffer: ArrayBufferLike;
    read(fromSeq: number): IterableIterator<Readonly<RingEvent>>;
    readonly dropped: number;
}
export interface TraceRingOptions {
    capacity?: number;
    shared?: boolean;
}
export interface TraceSink {
    event?(event: Readonly<TraceEvent>): void;
    ring?: TraceRing;
}
export declare function createTraceRing(options?: TraceRingOptions): TraceRing;

// ---------------------------------------------------------------------- segfit/malloc
// exports ArchiveOptions
// exports ArchiveTarget
// exports archive
// exports archiveTargets
// exports cmakeDir
// exports includeDir
// exports singleFile
// exports sourceDir
// exports sources
export interface ArchiveOptions {
    threads?: boolean;
    workers?: boolean;
    pic?: boolean;
    variant?: 'small' | 'debug';
}
export type ArchiveTarget = 'emscripten' | 'wasi' | 'wasm32' | 'wasm64';
export declare function archive(target: ArchiveTarget, options?: ArchiveOptions): string;
export declare function archiveTargets(options?: ArchiveOptions): ArchiveTarget[];
export declare const cmakeDir: string;
export declare const includeDir: string;
export declare const singleFile: string;
export declare const sourceDir: string;
export declare function sources(): string[];
