// SPDX-License-Identifier: MIT
// Assembles the module that binds C's malloc functions to one pool, for malloc_imports.ts.

const i32 = 0x7f;
const op = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  globalGet: 0x23,
  i32Const: 0x41,
  i32Eqz: 0x45,
};
const noResult = 0x40;

/** The functions of the pool: name, number of parameters and of results, all i32. */
const imported = [
  ['dead', 0, 0],
  ['arena_alloc', 4, 1],
  ['arena_calloc', 3, 1],
  ['arena_realloc', 5, 1],
  ['arena_free', 2, 0],
  ['arena_size', 2, 1],
];

const call = (name) => [op.call, imported.findIndex(([known]) => known === name)];
const local = (index) => [op.localGet, index];
const number = (value) => [op.i32Const, value];

/** Calls `name` with the arena and `given`. An arena of 0 stands for a destroyed pool. */
const onArena = (name, ...given) => [
  op.globalGet,
  0,
  op.i32Eqz,
  op.if,
  noResult,
  ...call('dead'),
  op.unreachable,
  op.end,
  op.globalGet,
  0,
  ...given.flat(),
  ...call(name),
  op.end,
];

/**
 * The functions of C: name, number of parameters and of results, body. `align` is the alignment of
 * blocks.
 */
const exported = (align) => [
  ['malloc', 1, 1, onArena('arena_alloc', local(0), number(align), number(0))],
  ['calloc', 2, 1, onArena('arena_calloc', local(0), local(1))],
  ['realloc', 2, 1, onArena('arena_realloc', local(0), local(1), number(align), number(0))],
  ['free', 1, 0, onArena('arena_free', local(0))],
  ['aligned_alloc', 2, 1, onArena('arena_alloc', local(1), local(0), number(0))],
  ['malloc_usable_size', 1, 1, onArena('arena_size', local(0))],
];

/** Encodes a number as LEB128. */
function leb(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

const sized = (bytes) => [...leb(bytes.length), ...bytes];
const named = (text) => sized([...Buffer.from(text)]);
const section = (id, entries) => [id, ...sized([...leb(entries.length), ...entries.flat()])];
const values = (count) => sized(Array(count).fill(i32));

/** Returns the module's bytes. */
export function bindingModule(align) {
  const functions = [...imported, ...exported(align)];
  const types = functions.map(([, given, gives]) => [0x60, ...values(given), ...values(gives)]);
  const [functionKind, globalKind, mutable] = [0, 3, 1];
  const from = (name) => [...named('pool'), ...named(name)];
  return Buffer.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, types),
    ...section(2, [
      ...imported.map(([name], index) => [...from(name), functionKind, index]),
      [...from('arena'), globalKind, i32, mutable],
    ]),
    ...section(
      3,
      exported(align).map((_, index) => [imported.length + index]),
    ),
    ...section(
      7,
      exported(align).map(([name], index) => [
        ...named(name),
        functionKind,
        imported.length + index,
      ]),
    ),
    ...section(
      10,
      exported(align).map(([, , , body]) => sized([0, ...body])),
    ),
  ]);
}
