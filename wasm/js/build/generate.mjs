// SPDX-License-Identifier: MIT
// Generates TypeScript from the C headers, so that no name or number is written twice.
import {
  importedMemory,
  readSections,
  sectionBytes,
  sectionIds,
  withImportedMemory,
  writeModule,
} from '../../module/sections.mjs';

const joinLines = (text) => text.replace(/\\\n/g, ' ');

/** Returns the entries of an X-macro list: number (if the list has one), name and text. */
function listOf(header, macro) {
  const line = joinLines(header).match(new RegExp(`^#define ${macro}\\(X\\)(.*)$`, 'm'));
  if (line === null) throw new Error(`${macro} is not in the header`);
  const entries = [];
  for (const entry of line[1].matchAll(/X\(\s*(?:(\d+),\s*)?(\w+),\s*"((?:[^"\\]|\\.)*)"\s*\)/g)) {
    entries.push({ number: Number(entry[1] ?? entries.length), name: entry[2], text: entry[3] });
  }
  const written = line[1].split('X(').length - 1;
  if (entries.length !== written) throw new Error(`${macro}: unread entries`);
  return entries;
}

/** Returns the members of a `typedef struct name { … }`, in order, without comments. */
function membersOf(header, struct) {
  const body = header.match(new RegExp(`typedef struct ${struct} \\{([^}]*)\\}`));
  if (body === null) throw new Error(`struct ${struct} is not in the header`);
  const code = body[1].replace(/\/\/.*/g, '');
  return [...code.matchAll(/\bsize_t (\w+);/g)].map((member) => member[1]);
}

/** Returns the enumerators of an enum with explicit values. */
function enumOf(header, name, prefix) {
  const body = header.match(new RegExp(`typedef enum ${name} \\{([^}]*)\\}`));
  if (body === null) throw new Error(`enum ${name} is not in the header`);
  const code = body[1].replace(/\/\/.*/g, '');
  return [...code.matchAll(new RegExp(`${prefix}(\\w+) = (\\d+)`, 'g'))].map((entry) => ({
    number: Number(entry[2]),
    name: entry[1].toLowerCase(),
  }));
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const quoted = (text) => `'${text.replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;

const table = (name, comment, type, rows) =>
  [`/** ${comment} */`, `export const ${name}: ${type} = [`]
    .concat(
      rows.map((row) => `  ${row},`),
      '];',
      '',
    )
    .join('\n');

const record = (name, comment, entries) =>
  [`/** ${comment} */`, `export const ${name} = {`]
    .concat(
      entries.map((entry) => `  ${camel(entry.name)}: ${entry.number},`),
      '} as const;',
      '',
    )
    .join('\n');

/** Returns the layout of the module's heaps, in the order of the fields. */
function describedBy(wasm) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const env = { memory, segfit_panic() {}, segfit_grown() {} };
  new WebAssembly.Instance(new WebAssembly.Module(wasm), { env }).exports.segfit_describe(0);
  return new Uint32Array(memory.buffer);
}

/**
 * Returns TypeScript with the contents of the headers: fields, statistics, invariants, events,
 * codes.
 */
export function contractSource(segfitHeader, inspectHeader, wasm) {
  const fields = listOf(inspectHeader, 'SEGFIT_LAYOUT_FIELDS');
  const invariants = listOf(inspectHeader, 'SEGFIT_INVARIANTS');
  const events = listOf(inspectHeader, 'SEGFIT_EVENT_KINDS');
  const named = ({ number, name, text }) =>
    `{ number: ${number}, name: ${quoted(name)}, text: ${quoted(text)} }`;
  const [magic, version] = describedBy(wasm);

  return [
    '// SPDX-License-Identifier: MIT',
    '// Made from include/segfit.h and include/segfit/inspect.h by wasm/js/build/generate.mjs.',
    '',
    '/** The layout of a heap, in bytes; see `segfit_layout` in segfit/inspect.h. */',
    'export interface Layout {',
    ...fields.flatMap((field) => [
      `  /** ${field.text} */`,
      `  readonly ${camel(field.name)}: number;`,
    ]),
    '}',
    '',
    table(
      'layoutFields',
      'The fields of a layout, in the order of its bytes.',
      'readonly (keyof Layout)[]',
      fields.map(({ name }) => quoted(camel(name))),
    ),
    "/** A layout's first two fields: its magic number, and the version that this package reads. */",
    `export const layoutMagic = 0x${magic.toString(16)};`,
    `export const layoutVersion = ${version};`,
    '',
    '/** A number of the C side with its name and its meaning. */',
    'export interface Named {',
    '  readonly number: number;',
    '  readonly name: string;',
    '  readonly text: string;',
    '}',
    '',
    table(
      'invariants',
      'The invariants that `segfit_check` checks.',
      'readonly Named[]',
      invariants.map(named),
    ),
    table(
      'eventKinds',
      'The moments inside an operation. `text` explains block, a and b.',
      'readonly Named[]',
      events.map(named),
    ),
    record(
      'faultCodes',
      'The faults of a pointer.',
      enumOf(segfitHeader, 'segfit_fault_code', 'SEGFIT_'),
    ),
    record(
      'policies',
      'The search policies.',
      enumOf(segfitHeader, 'segfit_policy', 'SEGFIT_POLICY_'),
    ),
    '/** The statistics of `segfit_stats_t`, each a word, in the order of its bytes. */',
    `export const heapFigures = [`,
    ...membersOf(inspectHeader, 'segfit_stats').map((name) => `  ${quoted(camel(name))},`),
    '] as const;',
    '',
    '/** The figures of a heap, in bytes or counts; see `segfit_stats_t`. */',
    'export type HeapStats = Record<(typeof heapFigures)[number], number>;',
    '',
  ].join('\n');
}

const constant = (name, value) => `export const ${camel(name)} = ${value};`;

/** Returns TypeScript with the layout of the heaps of `wasm`, as constants. */
export function heapLayoutSource(inspectHeader, wasm) {
  const described = describedBy(wasm);
  const fields = listOf(inspectHeader, 'SEGFIT_LAYOUT_FIELDS');
  return [
    '// SPDX-License-Identifier: MIT',
    "// The layout of the package's own heaps, see contract.ts; made by generate.mjs.",
    ...fields.map(({ name }, index) => constant(name, described[index])),
    '',
  ].join('\n');
}

/** Returns the value of a `#define` of a number. */
function numberOf(header, name) {
  const found = header.match(new RegExp(`^#define ${name} (0x[0-9A-F]+|\\d+)U$`, 'm'));
  if (found === null) throw new Error(`${name} is not in the header`);
  return Number(found[1]);
}

/**
 * Returns TypeScript with the constants of src/arena/arena.h, and those of the other headers that
 * Pool needs.
 */
export function arenaSource(header, segfitHeader, inspectHeader) {
  const list = (macro) => listOf(header, macro);
  const faults = enumOf(segfitHeader, 'segfit_fault_code', 'SEGFIT_');
  const invariants = listOf(inspectHeader, 'SEGFIT_INVARIANTS').map(({ name }) => name);
  const numbers = (macro, suffix) =>
    list(macro).map(({ name, number }) => constant(`${name}_${suffix}`, number));
  const kinds = list('ARENA_EVENTS').map(({ number, name }) => `  ${number}: ${quoted(name)},`);
  return [
    '// SPDX-License-Identifier: MIT',
    '// Made from src/arena/arena.h and the headers by wasm/js/build/generate.mjs.',
    ...['MARK', 'SIZE', 'ABANDONED', 'TAG_SIZE', 'GUARD_SIZE'].map((name) =>
      constant(`arena_${name.toLowerCase()}`, numberOf(header, `ARENA_${name}`)),
    ),
    ...numbers('ARENA_WORDS', 'word'),
    ...numbers('ARENA_OPTIONS', 'option'),
    ...numbers('ARENA_FLAGS', 'flag'),
    ...faults.map(({ name, number }) => constant(`${name}_fault`, number)),
    ...numbers('ARENA_FAULTS', 'fault'),
    ...numbers('RING_HEADER', 'of_ring'),
    ...numbers('RING_WORDS', 'of_event'),
    constant('ring_header_words', list('RING_HEADER').length),
    constant('ring_event_words', list('RING_WORDS').length),
    '/** The names of the invariants by number from 1; 0 stands for a guard. */',
    `export const invariantNames = ${quoted(['guards', ...invariants].join(' '))};`,
    'export const ringKinds: Readonly<Record<number, string>> = {',
    ...kinds,
    '};',
    '',
  ].join('\n');
}

/**
 * Splits a module that imports a shared memory into four parts: the bytes before the import
 * section, that section rewritten for a memory that is not shared, the section as it is, and the
 * rest. The code serves both, since atomic instructions work on any memory.
 */
export function partsOf(bytes) {
  const sections = readSections(bytes);
  const index = sections.findIndex(({ id }) => id === sectionIds.import);
  if (index < 0) throw new Error('the module imports nothing, so no memory');
  const { content } = sections[index];
  const { minimum, shared } = importedMemory(content);
  if (!shared) throw new Error('the module imports a memory that is not shared');
  const plain = withImportedMemory(content, { minimum });
  return [
    writeModule(sections.slice(0, index)),
    sectionBytes({ id: sectionIds.import, content: plain }),
    sectionBytes({ id: sectionIds.import, content }),
    Buffer.concat(sections.slice(index + 1).map(sectionBytes)),
  ];
}

/** Returns TypeScript that holds modules as text, for compiled.ts and malloc_imports.ts. */
export function bytesSource(threads, binding) {
  const text = (bytes) => `'${Buffer.from(bytes).toString('hex')}'`;
  return [
    '// SPDX-License-Identifier: MIT',
    '/** dist/segfit-threads.wasm: begin, imports with plain and with shared memory, end. */',
    'export const wasmParts: readonly [string, string, string, string] = [',
    ...partsOf(threads).map((part) => `  ${text(part)},`),
    '];',
    '/** The module that binding.mjs assembles. */',
    `export const bindingText: string = ${text(binding)};`,
    '',
  ].join('\n');
}
