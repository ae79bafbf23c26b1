// SPDX-License-Identifier: MIT
/**
 * The public declarations of every sub-path, without their comments, for review:
 *
 *     node test/package/npm/api.mjs --write
 *
 * writes them to api.d.ts beside this file, which a test compares. Names that nobody can reach
 * from an exported name are left out.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandArguments, flag } from '../../../wasm/toolchain/arguments.mjs';
import { isMain, root } from '../../../wasm/toolchain/paths.mjs';
import { command } from '../../../wasm/toolchain/steps.mjs';

export const report = fileURLToPath(new URL('api.d.ts', import.meta.url));
export const remedy = 'node test/package/npm/api.mjs --write';

/** The statements of a declaration file: each begins and ends in the first column. */
function statementsOf(text) {
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const lines = plain.split('\n').filter((line) => line.trim() !== '');
  const statements = [];
  let open = [];
  for (const line of lines) {
    open.push(line);
    if (!/^\S.*;$|^}/.test(line)) continue;
    statements.push(open.join('\n'));
    open = [];
  }
  if (open.length > 0) throw new Error(`unfinished: ${open.join('\n')}`);
  return statements;
}

/** `a, type b as c` as pairs of what it is called there and here. */
const pairs = (list) =>
  list
    .split(',')
    .map((each) => each.trim().replace(/^type /, ''))
    .filter((each) => each !== '')
    .map((each) => each.split(' as '))
    .map(([there, here = there]) => [there, here]);

const declaration =
  /^(export )?(?:declare )?(?:const|let|function|(?:abstract )?class|interface|type) (\w+)/;

/** Returns the global names that a file declares. They need no import. */
const GLOBAL = 'global';

/** A declaration file: what it declares by name, and which names come from where. */
class Declarations {
  constructor(file) {
    this.own = new Map();
    this.foreign = new Map();
    this.exported = [];
    for (const statement of statementsOf(fs.readFileSync(file, 'utf8')))
      this.#take(file, statement);
  }

  #take(file, statement) {
    const link = /^(import|export)(?: type)? {([^}]*)}(?: from ['"](.*)['"])?;$/s.exec(statement);
    if (link === null) {
      const [, given, name] =
        declaration.exec(statement) ??
        (statement.startsWith(`declare ${GLOBAL} {`) ? [statement, undefined, GLOBAL] : []);
      if (name === undefined) throw new Error(`${file}: unread: ${statement}`);
      this.own.set(name, [...(this.own.get(name) ?? []), statement]);
      if (given !== undefined && !this.exported.includes(name)) this.exported.push(name);
      return;
    }
    const [, kind, list, from] = link;
    for (const [there, here] of pairs(list)) {
      if (from !== undefined) {
        const target = path.resolve(path.dirname(file), from).replace(/\.js$/, '.d.ts');
        this.foreign.set(here, [target, there]);
      }
      if (kind === 'export') this.exported.push(here);
    }
  }
}

class Reader {
  #files = new Map();
  #found = new Map();

  #file(name) {
    if (!this.#files.has(name)) this.#files.set(name, new Declarations(name));
    return this.#files.get(name);
  }

  #find(file, name) {
    const { own, foreign } = this.#file(file);
    if (!own.has(name)) {
      if (foreign.has(name)) this.#find(...foreign.get(name));
      return;
    }
    const key = `${file} ${name}`;
    if (this.#found.has(key)) return;
    const statements = own.get(name);
    this.#found.set(key, [name, statements]);
    for (const word of new Set(statements.join('\n').match(/[A-Za-z_]\w*/g))) {
      this.#find(file, word);
    }
  }

  /** Returns the declarations that can be reached from the exported names of `file`, by name. */
  read(file) {
    this.#found = new Map();
    const { exported } = this.#file(file);
    for (const name of [...exported, GLOBAL]) this.#find(file, name);
    const found = [...this.#found.values()].sort(([a], [b]) => (a < b ? -1 : 1));
    const text = found.flatMap(([, statements]) => statements).join('\n');
    return `${[...exported]
      .sort()
      .map((name) => `// exports ${name}\n`)
      .join('')}${text}\n`;
  }
}

/** The report, from what is built. */
export function apiReport() {
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const reader = new Reader();
  const parts = Object.entries(exports)
    .filter(([, target]) => target.import?.types !== undefined)
    .map(([name, target]) => {
      const file = path.join(root, target.import.types);
      return `// ${'-'.repeat(70)} segfit${name.slice(1)}\n${reader.read(file)}`;
    });
  const head = [
    '// SPDX-License-Identifier: MIT',
    `// Made by \`${remedy}\`: the API, for review.`,
    '',
  ];
  return [...head, ...parts].join('\n');
}

if (isMain(import.meta.url)) {
  await command(() => {
    const usage = 'usage: node test/package/npm/api.mjs [--write]';
    const { write } = commandArguments({ usage, options: { write: flag } });
    if (write) fs.writeFileSync(report, apiReport());
    else process.stdout.write(apiReport());
  });
}
