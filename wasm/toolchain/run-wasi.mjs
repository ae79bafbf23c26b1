#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Runs a WASI program: node run-wasi.mjs [--dir OUTSIDE[::INSIDE]]... program.wasm [argument]...
 *
 * The program sees this process's environment and streams, and the directories given, by default
 * the working directory as `.`. The exit code is the program's own; 134 after a trap, as natively.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Wasi } from './wasi.mjs';

const TRAPPED = 134;
const USAGE = 'usage: run-wasi.mjs [--dir OUTSIDE[::INSIDE]]... program.wasm [argument]...';

function parse(words) {
  const preopens = {};
  let i = 0;
  for (; words[i] === '--dir'; i += 2) {
    const [outside, inside = outside] = (words[i + 1] ?? '').split('::');
    if (outside === '') return undefined;
    preopens[inside] = outside;
  }
  if (words[i] === undefined || words[i].startsWith('--')) return undefined;
  if (Object.keys(preopens).length === 0) preopens['.'] = '.';
  return { program: words[i], args: words.slice(i + 1), preopens };
}

/** Imports for what the module asks; a function that this system lacks fails when it is called. */
function importsFor(module, wasi) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') throw new Error(`cannot import ${kind} ${from}.${name}`);
    const absent = () => {
      throw new Error(`${from}.${name} is not part of this system`);
    };
    const known = from === 'wasi_snapshot_preview1' ? wasi.imports[name] : undefined;
    (imports[from] ??= {})[name] = known ?? absent;
  }
  return imports;
}

function main() {
  const command = parse(process.argv.slice(2));
  if (command === undefined) {
    console.error(USAGE);
    return 2;
  }
  try {
    const module = new WebAssembly.Module(fs.readFileSync(command.program));
    const args = [path.basename(command.program), ...command.args];
    const wasi = new Wasi({ args, env: process.env, preopens: command.preopens });
    return wasi.start(new WebAssembly.Instance(module, importsFor(module, wasi)));
  } catch (error) {
    const trapped = error instanceof WebAssembly.RuntimeError;
    console.error(`${command.program}: ${trapped ? `trap: ${error.stack}` : error}`);
    return trapped ? TRAPPED : 1;
  }
}

process.exitCode = main();
