#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Runs a WASI program by node:wasi: node run-wasi.mjs [--dir OUTSIDE[::INSIDE]]... program.wasm
 * [argument]...
 *
 * The program sees this process's environment and streams, and the directories given, by default
 * the working directory as `.`. The exit code is the program's own, or 134 after a trap, as
 * natively.
 */
import fs from 'node:fs';
import path from 'node:path';

const TRAPPED = 134;
const USAGE = 'usage: run-wasi.mjs [--dir OUTSIDE[::INSIDE]]... program.wasm [argument]...';

/** The words after the program's name are the program's own, so parseArgs cannot read these. */
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

/**
 * Returns an import for each function that the module asks for. An unknown one fails when it is
 * called.
 */
function importsFor(module, known) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') throw new Error(`cannot import ${kind} ${from}.${name}`);
    const call = known[from]?.[name];
    const absent = () => {
      throw new Error(`${from}.${name} is not part of this system`);
    };
    // Node 20 aborts in a direct call from wasm once the memory has grown. A function between
    // avoids it.
    (imports[from] ??= {})[name] = call === undefined ? absent : (...args) => call(...args);
  }
  return imports;
}

/** Loads node:wasi, without Node's warning on standard error that it is experimental. */
async function loadWasi() {
  process.removeAllListeners('warning');
  return (await import('node:wasi')).WASI;
}

async function main() {
  const words = parse(process.argv.slice(2));
  if (words === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { program, preopens } = words;
  try {
    const WASI = await loadWasi();
    const module = new WebAssembly.Module(fs.readFileSync(program));
    const args = [path.basename(program), ...words.args];
    const wasi = new WASI({ version: 'preview1', args, env: process.env, preopens });
    return wasi.start(new WebAssembly.Instance(module, importsFor(module, wasi.getImportObject())));
  } catch (error) {
    const isTrap = error instanceof WebAssembly.RuntimeError;
    console.error(`${program}: ${isTrap ? `trap: ${error.stack}` : error}`);
    return isTrap ? TRAPPED : 1;
  }
}

process.exitCode = await main();
