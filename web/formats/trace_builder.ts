// SPDX-License-Identifier: MIT
/**
 * Builds calls from a program's addresses, for formats that name a block by its address. An address
 * names one block after another; an id here is never reused.
 */
import type { Operation } from '../model/run/operation.ts';
import type { Work } from '../model/work.ts';
import { isAlignment, linesBetweenPauses, type Warning } from './heapl.ts';

/** The error of a line that cannot be used; its message becomes the warning. */
export class BadLine extends Error {}

/** The name of a block in the file: an address as text, or any other name. */
export type BlockName = string;

/** Names that stand for NULL in one format or another. */
const nulls: ReadonlySet<BlockName> = new Set(['0x0', '0', '(nil)', 'NULL', 'nil', '#0', '']);

export interface AllocationRequest {
  readonly size: number;
  readonly align?: number;
  readonly zero?: boolean;
  /** The call site, as in the file. */
  readonly site?: string | undefined;
}

export class TraceBuilder {
  readonly operations: Operation[] = [];
  readonly warnings: Warning[] = [];
  /** The time of the next call in seconds from any origin, if the file has it. */
  time: number | undefined;
  readonly #live = new Map<BlockName, number>();
  #line = 0;
  #next = 1;

  /** Reads lines with `read`; a `BadLine` that it throws becomes a warning. */
  *readLines(text: string, read: (line: string) => void): Work<void> {
    let begin = 0;
    for (this.#line = 1; begin < text.length; this.#line++) {
      if (this.#line % linesBetweenPauses === 0) {
        yield begin / text.length;
      }
      const end = text.indexOf('\n', begin);
      const line = text.slice(begin, end < 0 ? text.length : end).trim();
      begin = end < 0 ? text.length : end + 1;
      try {
        if (line !== '') {
          read(line);
        }
      } catch (error) {
        if (!(error instanceof BadLine)) {
          throw error;
        }
        this.warn(error.message);
      }
    }
  }

  warn(text: string): void {
    this.warnings.push({ line: this.#line, text });
  }

  /** Adds a call that allocated the block `name`. */
  malloc(name: BlockName, { size, align = 0, zero = false, site }: AllocationRequest): void {
    checkSize(size);
    if (nulls.has(name)) {
      throw new BadLine(`a request of ${size} bytes failed in the recorded program; ignored`);
    }
    this.#endUnseen(name);
    const named = site === undefined ? {} : { site };
    const id = this.#begin(name);
    this.#push({ kind: 'malloc', id, size, align, zero, ...named });
  }

  /** Adds a call that freed a block. Ignores a free of NULL. */
  free(name: BlockName): void {
    if (nulls.has(name)) {
      return;
    }
    const id = this.#end(name);
    this.#push({ kind: 'free', id });
  }

  /** Adds a call that reallocated `old` to `name`. */
  realloc(old: BlockName, name: BlockName, size: number, site?: string): void {
    checkSize(size);
    if (nulls.has(old)) {
      this.malloc(name, { size, site });
      return;
    }
    if (nulls.has(name)) {
      if (size === 0) {
        this.free(old);
        return;
      }
      throw new BadLine(`a realloc to ${size} bytes failed in the recorded program; ignored`);
    }
    const oldId = this.#end(old);
    this.#endUnseen(name);
    this.#push({ kind: 'realloc', id: this.#begin(name), oldId, size });
  }

  #push(operation: Operation): void {
    const { time } = this;
    const isTime = time !== undefined && Number.isFinite(time);
    this.operations.push(isTime ? { ...operation, time } : operation);
  }

  #begin(name: BlockName): number {
    const id = this.#next++;
    this.#live.set(name, id);
    return id;
  }

  #end(name: BlockName): number {
    const id = this.#live.get(name);
    if (id === undefined) {
      throw new BadLine(`no live block at ${name}; it may be older than the recording`);
    }
    this.#live.delete(name);
    return id;
  }

  /** A second block at an address means that the free of the first was not recorded. */
  #endUnseen(name: BlockName): void {
    if (this.#live.has(name)) {
      this.warn(`the block at ${name} is allocated again without a free in this file`);
      this.free(name);
    }
  }
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new BadLine('the size cannot be read');
  }
}

/** Parses a whole number in decimal, or in hexadecimal with 0x. */
export function numberIn(text: string | undefined): number {
  const trimmed = text?.trim() ?? '';
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(trimmed)) {
    throw new BadLine(`${JSON.stringify(trimmed)} is not a whole number`);
  }
  return Number(trimmed);
}

/** Parses an alignment: a power of two, or 0. */
export function alignIn(text: string | undefined): number {
  const align = numberIn(text);
  if (!isAlignment(align)) {
    throw new BadLine(`an alignment of ${align} is not a power of two to 2³¹`);
  }
  return align;
}
