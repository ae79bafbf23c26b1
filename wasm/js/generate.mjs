// SPDX-License-Identifier: MIT
// Reads the names and numbers of the C headers, so that TypeScript never writes them again.

const joinLines = (text) => text.replace(/\\\n/g, ' ');

/** The entries of an X-macro list: number (if the list has one), name and text. */
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

/** The members of a `typedef struct name { … }`, in order, without comments. */
function membersOf(header, struct) {
  const body = header.match(new RegExp(`typedef struct ${struct} \\{([^}]*)\\}`));
  if (body === null) throw new Error(`struct ${struct} is not in the header`);
  const code = body[1].replace(/\/\/.*/g, '');
  return [...code.matchAll(/\bsize_t (\w+);/g)].map((member) => member[1]);
}

/** The enumerators of an enum whose values are written out. */
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
    .concat(rows.map((row) => `  ${row},`), '];', '')
    .join('\n');

const record = (name, comment, entries) =>
  [`/** ${comment} */`, `export const ${name} = {`]
    .concat(entries.map((entry) => `  ${camel(entry.name)}: ${entry.number},`), '} as const;', '')
    .join('\n');

/** The magic number and the version that the module writes into its layout. */
function layoutMark(wasm) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const env = { memory, segfit_panic() {} };
  new WebAssembly.Instance(new WebAssembly.Module(wasm), { env }).exports.segfit_describe(0);
  const [magic, version] = new Uint32Array(memory.buffer);
  return { magic, version };
}

/** TypeScript that says what the headers say: fields, figures, invariants, events, codes. */
export function contractSource(segfitHeader, inspectHeader, wasm) {
  const fields = listOf(inspectHeader, 'SEGFIT_LAYOUT_FIELDS');
  const invariants = listOf(inspectHeader, 'SEGFIT_INVARIANTS');
  const events = listOf(inspectHeader, 'SEGFIT_EVENT_KINDS');
  const named = ({ number, name, text }) =>
    `{ number: ${number}, name: ${quoted(name)}, text: ${quoted(text)} }`;
  const { magic, version } = layoutMark(wasm);

  return [
    '// SPDX-License-Identifier: MIT',
    '// Made from include/segfit.h and include/segfit/inspect.h by wasm/js/generate.mjs.',
    '',
    '/** Where everything lies in a heap, in bytes; see `segfit_layout` in segfit/inspect.h. */',
    'export interface Layout {',
    ...fields.flatMap((field) => [
      `  /** ${field.text} */`,
      `  readonly ${camel(field.name)}: number;`,
    ]),
    '}',
    '',
    table('layoutFields', 'The fields of a layout, in the order of its bytes.',
      'readonly (keyof Layout)[]', fields.map(({ name }) => quoted(camel(name)))),
    "/** A layout's first two fields: what it is, and the version that this package reads. */",
    `export const layoutMagic = 0x${magic.toString(16)};`,
    `export const layoutVersion = ${version};`,
    '',
    '/** A number of the C side with its name and what it means. */',
    'export interface Named {',
    '  readonly number: number;',
    '  readonly name: string;',
    '  readonly text: string;',
    '}',
    '',
    table('invariants', 'What `segfit_check` checks.', 'readonly Named[]', invariants.map(named)),
    table('eventKinds', 'The moments inside an operation; `text` says what block, a and b are.',
      'readonly Named[]', events.map(named)),
    record('faultCodes', 'What can be wrong with a pointer.',
      enumOf(segfitHeader, 'segfit_fault_code', 'SEGFIT_')),
    record('policies', 'How a block is searched.',
      enumOf(segfitHeader, 'segfit_policy', 'SEGFIT_POLICY_')),
    '/** The figures of `segfit_stats_t`, each a word, in the order of its bytes. */',
    `export const heapFigures = [`,
    ...membersOf(inspectHeader, 'segfit_stats').map((name) => `  ${quoted(camel(name))},`),
    '] as const;',
    '',
    '/** The figures of a heap, in bytes or counts; see `segfit_stats_t`. */',
    'export type HeapStats = Record<(typeof heapFigures)[number], number>;',
    '',
  ].join('\n');
}

/** TypeScript that holds a module's bytes as text. */
export function bytesSource(bytes) {
  return [
    '// SPDX-License-Identifier: MIT',
    '/** dist/segfit.wasm in base64. */',
    `export const wasmText: string = '${Buffer.from(bytes).toString('base64')}';`,
    '',
  ].join('\n');
}
