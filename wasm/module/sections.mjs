// SPDX-License-Identifier: MIT
// Reads and writes the sections of a WebAssembly module, as far as the package's modules need it.
// Compilers differ in how they lay a module out; the binary format is the same for all of them.

/** The numbers of the sections, by the names of the specification. */
export const sectionIds = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
};

/** The kinds of imports and exports. */
export const kinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };

const HEADER = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const limit = { maximum: 1, shared: 2, is64: 4, pageSize: 8 };
/** Reference types that a heap type follows. */
const references = new Set([0x63, 0x64]);

/** Walks over bytes, and throws where they end too early. */
class Reader {
  at = 0;

  constructor(bytes) {
    this.bytes = bytes;
  }

  get isAtEnd() {
    return this.at >= this.bytes.length;
  }

  byte() {
    if (this.isAtEnd) throw new Error(`the module ends too early, after ${this.at} bytes`);
    return this.bytes[this.at++];
  }

  take(count) {
    if (this.at + count > this.bytes.length) {
      throw new Error(`the module ends too early: ${count} bytes are missing at ${this.at}`);
    }
    return this.bytes.subarray(this.at, (this.at += count));
  }

  /** An unsigned LEB128 of any length that the format allows, padding included. */
  number() {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if ((byte & 0x80) === 0) return value;
    }
    throw new Error(`a number at byte ${this.at} has more than 10 bytes`);
  }

  text() {
    return this.take(this.number()).toString();
  }

  /** The limits of a table or memory. */
  limits() {
    const flags = this.number();
    return {
      minimum: this.number(),
      maximum: (flags & limit.maximum) === 0 ? undefined : this.number(),
      shared: (flags & limit.shared) !== 0,
      is64: (flags & limit.is64) !== 0,
      pageSize: (flags & limit.pageSize) === 0 ? undefined : this.number(),
    };
  }

  /** Steps over the type of an import; returns the limits where the import is a memory. */
  importType(kind) {
    switch (kind) {
      case kinds.function:
        this.number();
        return undefined;
      case kinds.table:
        this.valueType();
        this.limits();
        return undefined;
      case kinds.memory:
        return this.limits();
      case kinds.global:
        this.valueType();
        this.byte();
        return undefined;
      case kinds.tag:
        this.byte();
        this.number();
        return undefined;
      default:
        throw new Error(`an import of the unknown kind ${kind}`);
    }
  }

  valueType() {
    if (references.has(this.byte())) this.number();
  }
}

/** A number as unsigned LEB128, as short as it can be. */
export function leb(value) {
  const bytes = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

function limitBytes({ minimum, maximum, shared, is64, pageSize }) {
  const flags =
    (maximum === undefined ? 0 : limit.maximum) +
    (shared ? limit.shared : 0) +
    (is64 ? limit.is64 : 0) +
    (pageSize === undefined ? 0 : limit.pageSize);
  const numbers = [flags, minimum, maximum, pageSize].filter((value) => value !== undefined);
  return Buffer.from(numbers.flatMap(leb));
}

/** The sections of a module in their order: `id` and `content`. */
export function readSections(bytes) {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (!reader.take(HEADER.length).equals(HEADER)) throw new Error('not a WebAssembly module');
  const sections = [];
  while (!reader.isAtEnd) {
    sections.push({ id: reader.byte(), content: reader.take(reader.number()) });
  }
  return sections;
}

/** The bytes of one section, its size written as short as it can be. */
export function sectionBytes({ id, content }) {
  return Buffer.concat([Buffer.from([id, ...leb(content.length)]), content]);
}

/** The bytes of a module of these sections. */
export function writeModule(sections) {
  return Buffer.concat([HEADER, ...sections.map(sectionBytes)]);
}

/** The imports of an import section: names, kind, limits of a memory, and their bytes. */
function readImports(content) {
  const reader = new Reader(content);
  const imports = [];
  for (let count = reader.number(); count > 0; count--) {
    const begin = reader.at;
    const [module, name] = [reader.text(), reader.text()];
    const kind = reader.byte();
    const typeAt = reader.at;
    const memory = reader.importType(kind);
    const bytes = content.subarray(begin, reader.at);
    imports.push({ module, name, kind, memory, bytes, head: content.subarray(begin, typeAt) });
  }
  if (!reader.isAtEnd) throw new Error('the section of imports is longer than its imports');
  return imports;
}

const memoryOf = (imports) => {
  const found = imports.filter(({ kind }) => kind === kinds.memory);
  if (found.length === 1) return found[0];
  throw new Error(`the module imports ${found.length} memories, not one`);
};

/** The limits of the one memory that an import section imports. */
export function importedMemory(content) {
  return memoryOf(readImports(content)).memory;
}

/** An import section whose one memory has these limits instead; all else stays. */
export function withImportedMemory(content, limits) {
  const imports = readImports(content);
  const memory = memoryOf(imports);
  const written = imports.map((one) =>
    one === memory ? Buffer.concat([one.head, limitBytes(limits)]) : one.bytes,
  );
  return Buffer.concat([Buffer.from(leb(imports.length)), ...written]);
}
