// SPDX-License-Identifier: MIT
import type { PoolHeap } from './pool_heap.ts';

// A small wasm module, put together here, which gives C's malloc functions their heap. It is wasm
// so that a call from the user's module stays in wasm, and so that the functions fit in a table.

type ImportName =
  | 'malloc'
  | 'calloc'
  | 'realloc'
  | 'free'
  | 'aligned_alloc'
  | 'malloc_usable_size';

/** C's malloc functions over a pool, as functions of a wasm module. */
export type WasmImports = Readonly<Record<ImportName, (...a: number[]) => number>>;

let compiled: WebAssembly.Module | undefined;

export function wasmImports(heap: PoolHeap): WasmImports {
  compiled ??= new WebAssembly.Module(bindingModule());
  const address = new WebAssembly.Global({ value: 'i32', mutable: true }, heap.address);
  heap.onDestroy = () => {
    address.value = 0;
  };
  const { raw } = heap;
  const pool: Record<string, WebAssembly.ImportValue> = {
    heap: address,
    dead: () => {
      throw heap.destroyedError();
    },
    more: (count: number, size: number, align: number) => {
      const bytes = (count >>> 0) * (size >>> 0);
      return bytes <= 0xffffffff && heap.makeRoom(bytes, align >>> 0) && heap.address !== 0;
    },
    alloc: raw.segfit_alloc,
    alignedAlloc: raw.segfit_alloc_aligned,
    calloc: raw.segfit_calloc,
    realloc: raw.segfit_realloc,
    usableSize: raw.segfit_usable_size,
    free: raw.segfit_free,
  };
  return new WebAssembly.Instance(compiled, { pool }).exports as unknown as WasmImports;
}

const i32 = 0x7f;
const op = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  i32Const: 0x41,
  i32Eqz: 0x45,
} as const;
const noResult = 0x40;

/** Parameters and results, all i32, of the types by index. */
const types = { done: 0, i_i: 1, ii_i: 2, iii_i: 3, i_: 4, ii_: 5 };
const signatures = [[0, 0], [1, 1], [2, 1], [3, 1], [1, 0], [2, 0]] as const;

/** The imported functions, in the order of their indices. */
const imported: readonly (readonly [string, number])[] = [
  ['dead', types.done],
  ['more', types.iii_i],
  ['alloc', types.ii_i],
  ['alignedAlloc', types.iii_i],
  ['calloc', types.iii_i],
  ['realloc', types.iii_i],
  ['usableSize', types.ii_i],
  ['free', types.ii_],
];
const call = (name: string): number[] => [
  op.call,
  imported.findIndex(([known]) => known === name),
];

const one = [op.i32Const, 1];
const local = (index: number): number[] => [op.localGet, index];
const heapAddress = [op.globalGet, 0];
const refuseDead = [
  ...heapAddress, op.i32Eqz, op.if, noResult, ...call('dead'), op.unreachable, op.end,
];

/** Calls the C function `name` with the heap and all parameters. */
const plain = (name: string, parameters: number): number[] => [
  ...refuseDead,
  ...heapAddress,
  ...Array.from({ length: parameters }, (_, index) => local(index)).flat(),
  ...call(name),
];

/** The same, and once more if it gives 0 and the pool can grow for count, size and alignment. */
function growing(name: string, parameters: number, request: readonly number[][]): number[] {
  const result = parameters;
  return [
    ...plain(name, parameters), op.localTee, result, op.i32Eqz,
    op.if, noResult,
    ...request.flat(), ...call('more'),
    op.if, noResult, ...plain(name, parameters), op.localSet, result, op.end,
    op.end,
    ...local(result),
  ];
}

/** The exported functions: name, type, body. */
const exportedFunctions = (): readonly (readonly [ImportName, number, number[]])[] => [
  ['malloc', types.i_i, growing('alloc', 1, [one, local(0), one])],
  ['calloc', types.ii_i, growing('calloc', 2, [local(0), local(1), one])],
  ['realloc', types.ii_i, growing('realloc', 2, [one, local(1), one])],
  ['free', types.i_, plain('free', 1)],
  ['aligned_alloc', types.ii_i, growing('alignedAlloc', 2, [one, local(1), local(0)])],
  ['malloc_usable_size', types.i_i, plain('usableSize', 1)],
];

/** A number as LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

const sized = (bytes: readonly number[]): number[] => [...leb(bytes.length), ...bytes];
const named = (text: string): number[] => sized(Array.from(text, (letter) => letter.charCodeAt(0)));
const list = (entries: readonly number[][]): number[] => [
  ...leb(entries.length),
  ...entries.flat(),
];
const section = (id: number, entries: readonly number[][]): number[] => [
  id,
  ...sized(list(entries)),
];
const values = (count: number): number[] => sized(Array<number>(count).fill(i32));

function bindingModule(): Uint8Array<ArrayBuffer> {
  const [functionKind, globalKind, mutable] = [0, 3, 1];
  const from = (name: string): number[] => [...named('pool'), ...named(name)];
  const oneLocal = list([[1, i32]]);
  const exported = exportedFunctions();
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, signatures.map(([given, gives]) => [0x60, ...values(given), ...values(gives)])),
    ...section(2, [
      ...imported.map(([name, type]) => [...from(name), functionKind, type]),
      [...from('heap'), globalKind, i32, mutable],
    ]),
    ...section(3, exported.map(([, type]) => [type])),
    ...section(7, exported.map(([name], index) => [
      ...named(name), functionKind, imported.length + index,
    ])),
    ...section(10, exported.map(([, , body]) => sized([...oneLocal, ...body, op.end]))),
  ]);
}
