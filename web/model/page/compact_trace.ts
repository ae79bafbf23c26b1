// SPDX-License-Identifier: MIT
/**
 * A compact encoding of a trace: most calls take one varint. An even number is a malloc of half its
 * value. An odd number frees a block: 3 the newest live block, 5 the second newest, and so on. 1
 * introduces the rare calls, selected by the next number.
 *
 * The order of calls is stored and ids are not: the decoded trace behaves the same.
 */
import type { Operation } from '../run/operation.ts';

const rare = { realloc: 0, aligned: 1, zeroed: 2, freeNothing: 3, reallocNothing: 4 } as const;

/** An id that no block has. */
const nobody = 0;

/** Twice the largest size that a number represents exactly. */
const largestNumber = 2 ** 54;

class Writer {
  readonly bytes: number[] = [];

  put(...numbers: number[]): void {
    for (let value of numbers) {
      while (value >= 128) {
        this.bytes.push((value % 128) | 128);
        value = Math.floor(value / 128);
      }
      this.bytes.push(value);
    }
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) {
        throw new RangeError('it ends in the middle');
      }
      value += (byte & 127) * factor;
      if (value > largestNumber) {
        throw new RangeError(`it holds a number beyond ${largestNumber}`);
      }
      if (byte < 128) {
        return value;
      }
      factor *= 128;
    }
  }
}

/** Returns the distance of the id from the end of the list of live ids; −1 if it is absent. */
function ageOf(live: readonly number[], id: number): number {
  const at = live.lastIndexOf(id);
  return at < 0 ? -1 : live.length - 1 - at;
}

function writeOne(writer: Writer, live: number[], operation: Operation): void {
  switch (operation.kind) {
    case 'malloc':
      if (operation.align !== 0) {
        writer.put(1, rare.aligned, Math.log2(operation.align), operation.size);
      } else if (operation.zero) {
        writer.put(1, rare.zeroed, operation.size);
      } else {
        writer.put(operation.size * 2);
      }
      live.push(operation.id);
      return;
    case 'free': {
      const age = ageOf(live, operation.id);
      if (age < 0) {
        writer.put(1, rare.freeNothing);
      } else {
        writer.put(age * 2 + 3);
        live.splice(live.length - 1 - age, 1);
      }
      return;
    }
    case 'realloc': {
      const age = ageOf(live, operation.oldId);
      if (age < 0) {
        writer.put(1, rare.reallocNothing, operation.size);
      } else {
        writer.put(1, rare.realloc, age, operation.size);
        live.splice(live.length - 1 - age, 1);
      }
      live.push(operation.id);
    }
  }
}

/**
 * Encodes operations for `readCompact`. Quadratic in live blocks: for traces of a few thousand
 * calls.
 */
export function writeCompact(operations: readonly Operation[]): Uint8Array {
  const writer = new Writer();
  const live: number[] = [];
  writer.put(operations.length);
  operations.forEach((operation) => writeOne(writer, live, operation));
  return Uint8Array.from(writer.bytes);
}

function takeLive(live: number[], age: number): number {
  if (age >= live.length) {
    throw new RangeError('it frees a block that is not there');
  }
  return live.splice(live.length - 1 - age, 1)[0]!;
}

function readRare(reader: Reader, live: number[], id: number): Operation {
  const kind = reader.take();
  switch (kind) {
    case rare.realloc: {
      const oldId = takeLive(live, reader.take());
      return { kind: 'realloc', id, oldId, size: reader.take() };
    }
    case rare.aligned: {
      const log2 = reader.take();
      if (log2 > 31) {
        throw new RangeError(`it aligns to 2^${log2}`);
      }
      return { kind: 'malloc', id, align: 2 ** log2, size: reader.take(), zero: false };
    }
    case rare.zeroed:
      return { kind: 'malloc', id, align: 0, size: reader.take(), zero: true };
    case rare.freeNothing:
      return { kind: 'free', id: nobody };
    case rare.reallocNothing:
      return { kind: 'realloc', id, oldId: nobody, size: reader.take() };
    default:
      throw new RangeError(`it holds a call of kind ${kind}, which is not known here`);
  }
}

function readOne(reader: Reader, live: number[], id: number): Operation {
  const code = reader.take();
  if (code === 1) {
    return readRare(reader, live, id);
  }
  return code % 2 === 0
    ? { kind: 'malloc', id, size: code / 2, align: 0, zero: false }
    : { kind: 'free', id: takeLive(live, (code - 3) / 2) };
}

export interface CompactResult {
  readonly operations: readonly Operation[];
  /** Why reading ended early, or ''. */
  readonly problem: string;
}

/** Decodes operations up to the first error. Never throws for its content. */
export function readCompact(bytes: Uint8Array): CompactResult {
  const operations: Operation[] = [];
  const live: number[] = [];
  try {
    const reader = new Reader(bytes);
    const count = reader.take();
    while (operations.length < count) {
      const operation = readOne(reader, live, operations.length + 1);
      operations.push(operation);
      if (operation.kind !== 'free') {
        live.push(operation.id);
      }
    }
    return { operations, problem: '' };
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    return { operations, problem: error.message };
  }
}
