// SPDX-License-Identifier: MIT
/**
 * Traces as they are kept (NAME.trace.gz) and as they are replayed.
 *
 * Kept, one operation a line: `m24` malloc, `c24` calloc, `r7 48` realloc to 48 bytes of the block
 * allocated 7 operations before, `f7` free of it. The first line is `# ` and the name of the
 * recorded program. Replayed, [kind, slot, size]: blocks that live at the same time have different
 * slots.
 */
import zlib from 'node:zlib';
import { Failure } from '../../../wasm/toolchain/steps.mjs';

export const MOST_SLOTS = 100_000;
/** Kinds of operation, as in replay.c. */
export const MALLOC = 0;
export const CALLOC = 1;
export const REALLOC = 2;
export const FREE = 3;

/** Gives names that live at the same time different slots, the one freed last first. */
class Slots {
  #of = new Map();
  #unused = [];
  #count = 0;

  take(name) {
    const slot = this.#unused.pop() ?? this.#count++;
    if (slot >= MOST_SLOTS) throw new Failure(`a trace has more than ${MOST_SLOTS} live blocks`);
    this.#of.set(name, slot);
    return slot;
  }

  release(name) {
    const slot = this.#of.get(name);
    if (slot === undefined) throw new Failure(`a trace uses ${name}, which does not live`);
    this.#of.delete(name);
    this.#unused.push(slot);
    return slot;
  }

  names() {
    return [...this.#of.keys()];
  }
}

/** The block keeps its slot under its new name: the slot released last is the one taken next. */
function reallocation(slots, before, after, size) {
  slots.release(before);
  return [REALLOC, slots.take(after), size];
}

/** Frees at the end every block that the program never freed, so that a trace can repeat. */
function freed(slots) {
  return slots.names().map((name) => [FREE, slots.release(name), 0]);
}

/** The operations of what src/tools/record.c wrote. Alignments beyond malloc's are left out. */
export function operationsOfRecord(text) {
  const slots = new Slots();
  const operations = [];
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const { op, id, old_id: before, size, zero } = JSON.parse(line);
    if (op === 'M') operations.push([zero === true ? CALLOC : MALLOC, slots.take(id), size]);
    else if (op === 'R') operations.push(reallocation(slots, before, id, size));
    else if (op === 'F') operations.push([FREE, slots.release(id), 0]);
  }
  return [...operations, ...freed(slots)];
}

/** Operations as a trace is kept. */
export function encode(title, operations) {
  const born = new Map();
  const lines = operations.map(([kind, slot, size], index) => {
    const age = index - born.get(slot);
    born.set(slot, index);
    if (kind === FREE) return `f${age}`;
    return kind === REALLOC ? `r${age} ${size}` : `${kind === CALLOC ? 'c' : 'm'}${size}`;
  });
  return zlib.gzipSync(`# ${title}\n${lines.join('\n')}\n`, { level: 9 });
}

/** {title, operations} of a kept trace. */
export function decode(packed) {
  const [head, ...lines] = zlib.gunzipSync(packed).toString().trimEnd().split('\n');
  const slots = new Slots();
  const operations = lines.map((line, index) => {
    const [, kind, first, second] = /^([mcrf])(\d+)(?: (\d+))?$/.exec(line) ?? [];
    const number = Number(first);
    if (kind === 'f') return [FREE, slots.release(index - number), 0];
    if (kind === 'r') return reallocation(slots, index - number, index, Number(second));
    if (kind === undefined) throw new Failure(`a trace has the line ${JSON.stringify(line)}`);
    return [kind === 'c' ? CALLOC : MALLOC, slots.take(index), number];
  });
  return { title: head.slice(2), operations };
}
