// SPDX-License-Identifier: MIT
/**
 * Shows on modules as they are built that the checks are in them: by their code, each function that
 * takes a pointer leads to calls of segfit_panic with the codes that it can tell; and by running,
 * each kind of bad pointer gets its code, or a trap where nobody defined segfit_panic.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import {
  find,
  importsOf,
  instructionsOf,
  OP,
  Reader,
  SECTION,
  sectionsOf,
  bodiesOf,
} from '../realtime/wasm_code.mjs';

const CONSTANT = 0x41;
const header = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const [, prevFree] = /BLOCK_PREV_FREE \(\(size_t\)(\d+)\)/.exec(header('src/core/block.h'));

/** The faults of a bad pointer, by the names of segfit.h. */
export const FAULTS = Object.fromEntries(
  ['OUTSIDE', 'MISALIGNED', 'FREED', 'NOT_A_BLOCK', 'NEIGHBOUR'].map((name) => [
    name,
    Number(new RegExp(`SEGFIT_${name} = (\\d+)`).exec(header('include/segfit.h'))[1]),
  ]),
);

/**
 * Names of functions by index: exported, or in the name section; and the index of segfit_panic
 * where it is imported.
 */
function namesOf(bytes, sections) {
  const names = new Map();
  const exported = find(sections, SECTION.export);
  const reader = new Reader(bytes, exported.begin);
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.number();
    if (kind === 0) names.set(name, index);
  }
  for (const { id, begin, end } of sections) {
    const custom = new Reader(bytes, begin);
    if (id !== SECTION.custom || custom.name() !== 'name') continue;
    while (custom.at < end) {
      const kind = custom.byte();
      const next = custom.number() + custom.at;
      if (kind === 1) {
        for (let left = custom.number(); left > 0; left--) {
          const index = custom.number();
          names.set(custom.name(), index);
        }
      }
      custom.at = next;
    }
  }
  return names;
}

/** The index of the function that is imported as `wanted`, or undefined. */
function importedIndex(module, wanted) {
  const functions = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'function');
  const index = functions.findIndex(({ name }) => name === wanted);
  return index < 0 ? undefined : index;
}

/** {calls, codes} a function: whom it calls, and the constants in it that are codes of faults. */
function functionsOf(bytes, codes) {
  const sections = sectionsOf(bytes);
  importsOf(bytes, sections);
  const functions = new Map();
  for (const body of bodiesOf(bytes, sections)) {
    const found = { calls: [], codes: new Set() };
    for (const { at, code, callee } of instructionsOf(bytes, body)) {
      if (code === OP.call) found.calls.push(callee);
      if (code === CONSTANT && codes.has(bytes[at + 1])) found.codes.add(bytes[at + 1]);
    }
    functions.set(body.index, found);
  }
  return { functions, names: namesOf(bytes, sections) };
}

/** All that `entry` calls, itself among them. */
function reached(functions, entry) {
  const seen = new Set();
  const open = [entry];
  while (open.length > 0) {
    const index = open.pop();
    if (seen.has(index) || !functions.has(index)) continue;
    seen.add(index);
    open.push(...functions.get(index).calls);
  }
  return [...seen];
}

/**
 * Returns in words what the code of `entries`, functions of a module, lacks: a call of
 * segfit_panic, or one of `codes` among the constants of the code that it reaches. Empty if
 * nothing. A constant may serve something else; only a run shows that a code is reported.
 */
export function lackingInCode(bytes, entries, codes) {
  const { functions, names } = functionsOf(bytes, new Set(codes));
  const panic =
    importedIndex(new WebAssembly.Module(bytes), 'segfit_panic') ?? names.get('segfit_panic');
  if (panic === undefined) return ['there is no segfit_panic'];
  return entries.flatMap((entry) => {
    if (!names.has(entry)) return [`there is no ${entry}`];
    const all = reached(functions, names.get(entry)).map((index) => functions.get(index));
    if (!all.some(({ calls }) => calls.includes(panic)))
      return [`${entry} never calls segfit_panic`];
    const told = new Set(all.flatMap(({ codes: found }) => [...found]));
    const missing = codes.filter((code) => !told.has(code));
    return missing.length === 0 ? [] : [`${entry} never tells ${missing.join(', ')}`];
  });
}

// ----------------------------------------------------------------------------------------- running

const SIZE = 100;
const BEGIN = 1 << 16;
const LENGTH = 1 << 16;

/** The functions of a heap and of an arena that take a pointer: (what lies at BEGIN, pointer). */
const families = {
  segfit: {
    make: (raw) => raw.segfit_init(BEGIN, LENGTH, 0, 0, 0, 0),
    alloc: (raw, heap) => raw.segfit_alloc(heap, SIZE),
    free: 'segfit_free',
    calls: {
      segfit_free: [],
      segfit_realloc: [2 * SIZE],
      segfit_realloc_aligned: [8, 2 * SIZE],
      segfit_resize: [2 * SIZE],
      segfit_usable_size: [],
    },
  },
  arena: {
    make: (raw, options) => raw.arena_make(BEGIN, LENGTH, LENGTH, options),
    alloc: (raw, arena) => raw.arena_alloc(arena, SIZE, 8, 0),
    free: 'arena_free',
    calls: {
      arena_free: [],
      arena_realloc: [2 * SIZE, 8, 0],
      arena_resize: [2 * SIZE],
      arena_size: [],
    },
  },
};

export const callsOf = (family) => Object.keys(families[family].calls);

/** An instance with a heap of its own, whose segfit_panic throws {code}. */
function instanceOf(module, shared) {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: shared ? 4 : undefined, shared });
  const env = {
    memory,
    segfit_panic(code) {
      throw { code };
    },
    segfit_grown() {},
    segfit_thread: () => 0,
    segfit_wait: () => 0,
  };
  return { memory, raw: new WebAssembly.Instance(module, { env }).exports };
}

function badPointer(fault, { memory, raw }, { alloc, free }, heap) {
  alloc(raw, heap);
  const block = alloc(raw, heap);
  const words = new DataView(memory.buffer);
  const headerAt = block - 4;
  switch (fault) {
    case FAULTS.OUTSIDE:
      return BEGIN / 2;
    case FAULTS.MISALIGNED:
      return block + 1;
    case FAULTS.FREED:
      raw[free](heap, block);
      return block;
    case FAULTS.NOT_A_BLOCK:
      new Uint8Array(memory.buffer, block, SIZE).fill(0);
      return block + 32;
    default:
      // Says that a free block lies before it, where a used one does.
      words.setUint32(headerAt - 4, 0, true);
      words.setUint32(headerAt, words.getUint32(headerAt, true) ^ Number(prevFree), true);
      return block;
  }
}

/** What `call` of a module tells of a fault: its code, or in words what happened. */
function toldBy(module, family, shared, call, fault) {
  const instance = instanceOf(module, shared);
  const parts = families[family];
  const heap = parts.make(instance.raw, shared ? 1 : 0);
  const pointer = badPointer(fault, instance, parts, heap);
  try {
    instance.raw[call](heap, pointer, ...parts.calls[call]);
    return 'nothing';
  } catch (error) {
    return error.code ?? String(error);
  }
}

/**
 * Of each call of a family, the faults that running does not tell by their codes. In words; empty
 * if none.
 */
export function lackingWhenRun(bytes, family, shared = false) {
  const module = new WebAssembly.Module(bytes);
  return callsOf(family).flatMap((call) =>
    Object.entries(FAULTS).flatMap(([name, fault]) => {
      const told = toldBy(module, family, shared, call, fault);
      return told === fault ? [] : [`${call} tells ${told} for ${name}`];
    }),
  );
}
