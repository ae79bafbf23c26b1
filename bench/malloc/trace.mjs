// SPDX-License-Identifier: MIT
/** Turns recorded traces (web/traces/*.heapl) into the constant that trace.c replays. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { Failure } from '../../wasm/toolchain/steps.mjs';

const folder = path.join(root, 'web/traces');
const MOST_SLOTS = 100_000;
/** Kinds of operation, as in trace.c. */
const MALLOC = 0;
const CALLOC = 1;
const REALLOC = 2;
const FREE = 3;

/** Gives ids that live at the same time different slots, the one freed last first. */
class Slots {
  #of = new Map();
  #unused = [];
  #count = 0;

  take(id) {
    const slot = this.#unused.pop() ?? this.#count++;
    if (slot >= MOST_SLOTS) throw new Failure(`a trace has more than ${MOST_SLOTS} live blocks`);
    this.#of.set(id, slot);
    return slot;
  }

  get(id) {
    const slot = this.#of.get(id);
    if (slot === undefined) throw new Failure(`a trace uses ${id}, which does not live`);
    return slot;
  }

  release(id) {
    const slot = this.get(id);
    this.#of.delete(id);
    this.#unused.push(slot);
    return slot;
  }

  ids() {
    return [...this.#of.keys()];
  }
}

/** One record as [kind, slot, size], or undefined if it is of another kind. */
function operation(record, slots) {
  switch (record.op) {
    case 'M':
      return [record.zero === true ? CALLOC : MALLOC, slots.take(record.id), record.size];
    case 'R': {
      // The slot released last is the one taken next: the block keeps its slot under its new name.
      slots.release(record.old_id);
      return [REALLOC, slots.take(record.id), record.size];
    }
    case 'F':
      return [FREE, slots.release(record.id), 0];
    default:
      return undefined;
  }
}

/** The operations of a trace; what it never freed is freed at its end, so that it can repeat. */
export function operationsOf(text) {
  const slots = new Slots();
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const all = lines.map((line) => operation(JSON.parse(line), slots));
  const rest = slots.ids().map((id) => [FREE, slots.release(id), 0]);
  return [...all.filter((one) => one !== undefined), ...rest];
}

/** Every recorded trace: its file's name and operations. None is no error. */
export function traces() {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('.heapl'))
    .sort()
    .map((name) => ({
      name,
      operations: operationsOf(fs.readFileSync(path.join(folder, name), 'utf8')),
    }));
}

/** All `found` traces, one behind the other, as C. */
export function traceSource(found) {
  const operations = found.flatMap((trace) => trace.operations);
  const words = operations.map(([kind, slot, size]) => `${kind | (slot << 2)}u,${size}u`);
  return `#include "workloads.h"
const uint32_t bench_trace[] = {${words.join(',\n') || '0'}};
const uint32_t bench_trace_length = ${operations.length};
`;
}
