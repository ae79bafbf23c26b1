// SPDX-License-Identifier: MIT
/**
 * Reads and writes `.heapl`: one JSON object on each line. `H` names the run, `M` allocates, `R`
 * reallocates, `F` frees. `t` is the time, in the header's `unit`, by default nanoseconds. Unknown
 * kinds of record and unknown fields are legal. A line that cannot be read becomes a warning with
 * its number, and reading continues.
 */
import type { Operation, Trace } from '../model/run/operation.ts';
import { finish, type Work } from '../model/work.ts';

/** Lines that take less than a millisecond. */
export const linesBetweenPauses = 512;

export interface Warning {
  readonly line: number;
  readonly text: string;
}

export interface ReadResult {
  readonly trace: Trace;
  readonly warnings: readonly Warning[];
}

type Fields = Readonly<Record<string, unknown>>;

/** The error of a line that cannot be used; its message becomes the warning. */
class BadRecord extends Error {}

function natural(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new BadRecord(`"${name}" is not a whole number: ${JSON.stringify(value) ?? 'missing'}`);
  }
  return value;
}

function parseFields(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new BadRecord('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRecord('not an object');
  }
  return value as Fields;
}

/** Returns whether a value is 0 or a power of two up to 2³¹. */
export function isAlignment(value: number): boolean {
  return value <= 2 ** 31 && (value & (value - 1)) === 0;
}

function alignment(fields: Fields): number {
  const align = fields.align === undefined ? 0 : natural(fields, 'align');
  if (!isAlignment(align)) {
    throw new BadRecord(`"align" is not a power of two to 2³¹: ${align}`);
  }
  return align;
}

/** Units of time in a second. The length of a tick is unknown. */
const units: ReadonlyMap<unknown, number> = new Map([
  ['s', 1],
  ['ms', 1e3],
  ['us', 1e6],
  ['ns', 1e9],
]);

/** Returns the call site or tag of a block: a text or a number. */
function siteOf({ site, tag }: Fields): { readonly site?: string } {
  const named = site ?? tag;
  return typeof named === 'string' || typeof named === 'number' ? { site: String(named) } : {};
}

/** Reads records one by one, and tracks live ids to detect impossible records. */
class Reader {
  readonly operations: Operation[] = [];
  readonly warnings: Warning[] = [];
  title = '';
  meta: Fields = {};
  #unit = units.get('ns');
  readonly #seen = new Set<number>();
  readonly #live = new Set<number>();

  read(line: string): void {
    const fields = parseFields(line);
    switch (fields.op) {
      case 'H':
        this.#header(fields);
        return;
      case 'M':
        this.#begin(fields, (id) => ({
          kind: 'malloc',
          id,
          size: natural(fields, 'size'),
          align: alignment(fields),
          zero: fields.zero === true,
          ...siteOf(fields),
          ...this.#timeOf(fields),
        }));
        return;
      case 'R':
        this.#change(fields);
        return;
      case 'F': {
        const id = this.#end(fields, 'id');
        this.operations.push({ kind: 'free', id, ...this.#timeOf(fields) });
        return;
      }
      default:
        if (typeof fields.op !== 'string') {
          throw new BadRecord('no "op"');
        }
    }
  }

  #header(fields: Fields): void {
    if (fields.v !== undefined && fields.v !== 1) {
      throw new BadRecord(`version ${JSON.stringify(fields.v)}, this page reads version 1`);
    }
    this.title = typeof fields.title === 'string' ? fields.title : '';
    if (typeof fields.meta === 'object' && fields.meta !== null) {
      this.meta = fields.meta as Fields;
    }
    if (fields.unit !== undefined) {
      this.#unit = units.get(fields.unit);
    }
  }

  #timeOf({ t }: Fields): { readonly time?: number } {
    const time = typeof t === 'number' ? t / (this.#unit ?? NaN) : NaN;
    return Number.isFinite(time) ? { time } : {};
  }

  #change(fields: Fields): void {
    const size = natural(fields, 'size');
    const oldId = this.#requireLive(fields, 'old_id');
    this.#begin(fields, (id) => ({ kind: 'realloc', id, oldId, size, ...this.#timeOf(fields) }));
    this.#live.delete(oldId);
  }

  #begin(fields: Fields, make: (id: number) => Operation): void {
    const id = natural(fields, 'id');
    if (this.#seen.has(id)) {
      throw new BadRecord(`id ${id} was used before`);
    }
    this.operations.push(make(id));
    this.#seen.add(id);
    this.#live.add(id);
  }

  #requireLive(fields: Fields, name: string): number {
    const id = natural(fields, name);
    if (!this.#live.has(id)) {
      throw new BadRecord(`no live block has id ${id}`);
    }
    return id;
  }

  #end(fields: Fields, name: string): number {
    const id = this.#requireLive(fields, name);
    this.#live.delete(id);
    return id;
  }
}

/** Reads a whole file. Never throws for its content. */
export function* readingHeapl(text: string): Work<ReadResult> {
  const reader = new Reader();
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    if (index % linesBetweenPauses === linesBetweenPauses - 1) {
      yield index / lines.length;
    }
    const line = lines[index]!.trim();
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    try {
      reader.read(line);
    } catch (error) {
      if (!(error instanceof BadRecord)) {
        throw error;
      }
      reader.warnings.push({ line: index + 1, text: error.message });
    }
  }
  const { title, meta, operations, warnings } = reader;
  return { trace: { title, meta, operations }, warnings };
}

/** Same as readingHeapl(), without pauses. */
export const readHeapl = (text: string): ReadResult => finish(readingHeapl(text));

function record(operation: Operation): object {
  const { time } = operation;
  return time === undefined
    ? untimed(operation)
    : { ...untimed(operation), t: Math.round(time * 1e9) };
}

function untimed(operation: Operation): object {
  switch (operation.kind) {
    case 'malloc':
      return {
        op: 'M',
        id: operation.id,
        size: operation.size,
        ...(operation.align === 0 ? {} : { align: operation.align }),
        ...(operation.zero ? { zero: true } : {}),
        ...(operation.site === undefined ? {} : { site: operation.site }),
      };
    case 'realloc':
      return { op: 'R', id: operation.id, old_id: operation.oldId, size: operation.size };
    case 'free':
      return { op: 'F', id: operation.id };
  }
}

/** Writes a trace for `readHeapl`. */
export function writeHeapl(trace: Trace): string {
  const header = { op: 'H', v: 1, title: trace.title, meta: trace.meta };
  return [header, ...trace.operations.map(record)]
    .map((each) => `${JSON.stringify(each)}\n`)
    .join('');
}
