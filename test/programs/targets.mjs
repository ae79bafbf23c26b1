// SPDX-License-Identifier: MIT
/** The three platforms that programs are built for here: how each compiles, links and runs. */
import fs from 'node:fs';
import path from 'node:path';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { CLANG_VERSIONS } from '../../wasm/toolchain/clang.mjs';
import { toolchainOf } from '../../wasm/toolchain/folders.mjs';
import { forget, isFresh, recipeOf, remember } from '../../wasm/toolchain/recipe.mjs';
import { Failure, must, run } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

export const out = path.join(build, 'programs');

/** Debian's Emscripten needs a module that a node from elsewhere does not find by itself. */
const DEBIAN_MODULES = '/usr/share/nodejs';
export const environment = {
  NODE_PATH: process.env.NODE_PATH ?? (fs.existsSync(DEBIAN_MODULES) ? DEBIAN_MODULES : ''),
};

const RUN_WASI = path.join(root, 'wasm/toolchain/run-wasi.mjs');

/**
 * Returns a clang that links for WASI: wasi-sdk's if WASI_SDK_PATH is set, else the system's best.
 */
async function wasiClang() {
  const sdk = process.env.WASI_SDK_PATH;
  const names = [...CLANG_VERSIONS.map((version) => `clang-${version}`), 'clang'];
  const candidates = sdk ? [path.join(sdk, 'bin', 'clang')] : names.map(onPath).filter(Boolean);
  const probe = path.join(out, 'probe.c');
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(probe, 'int main(void) { return 0; }\n');
  for (const clang of candidates) {
    const words = ['--target=wasm32-wasi', probe, '-o', path.join(out, 'probe.wasm')];
    if ((await run(clang, words)).code === 0) return clang;
  }
  throw new Failure('no clang here links for WASI: see npm test');
}

/**
 * A platform. `cc` and `cxx` are commands with their fixed words; `runner` are the words before a
 * program. `name` is also the folder of its archive in dist/lib.
 */
class Target {
  constructor(name, fields) {
    this.name = name;
    this.folder = path.join(out, name);
    const none = { suffix: '', runner: [], linkFlags: [] };
    Object.assign(this, { ...none, compiling: new Map(), linking: new Map(), ...fields });
    fs.mkdirSync(this.folder, { recursive: true });
  }

  /** The same platform with other fields. */
  with(fields) {
    return new Target(this.name, { ...this, linking: new Map(), ...fields });
  }

  /** Compiles one file, unless its object is fresh: see recipe.mjs. */
  async compile(source, object, flags, compiler = this.cc) {
    // Whoever wants the same object at the same time waits for it.
    await this.compiling.get(object);
    const work = this.#compile(source, object, flags, compiler);
    this.compiling.set(
      object,
      work.catch(() => undefined),
    );
    return work;
  }

  async #compile(source, object, flags, compiler) {
    const depends = `${object}.d`;
    const words = [...compiler, ...flags, '-c', source, '-o', object];
    const toolchain = await toolchainOf(this.name);
    const product = () => ({
      name: path.join('objects', path.relative(build, object)),
      recipe: recipeOf({ places: dependencies(depends), words: [toolchain, ...words] }),
      outputs: [object],
    });
    if (isFresh(product())) return object;
    forget(product().name);
    fs.mkdirSync(path.dirname(object), { recursive: true });
    await must(words[0], [...words.slice(1), '-MD', '-MF', depends], { env: environment });
    // The compiler has listed the files that it read.
    remember(product());
    return object;
  }

  /**
   * Links objects and archives in this order; returns the program and what the linker said. What
   * was linked of the same before is that program again.
   */
  link(name, inputs, flags = [], compiler = this.cc) {
    const words = [...compiler.slice(1), ...inputs, ...this.linkFlags, ...flags];
    const key = [compiler[0], ...words].join('\n');
    if (!this.linking.has(key)) this.linking.set(key, this.#link(name, compiler[0], words));
    return this.linking.get(key);
  }

  async #link(name, linker, words) {
    const program = path.join(this.folder, name + this.suffix);
    return { program, said: await must(linker, [...words, '-o', program], { env: environment }) };
  }

  /**
   * Runs a program with a file as its input, by other words than the target's if `runner` has some.
   */
  async run(program, args = [], input = undefined, runner = this.runner) {
    const stdin = input === undefined ? 'ignore' : fs.openSync(input);
    const words = [...runner, program, ...args];
    const result = await run(words[0], words.slice(1), { input: stdin, cwd: this.folder });
    if (input !== undefined) fs.closeSync(stdin);
    return result;
  }
}

/** The files that a compiler's list of dependencies names; none where there is no list. */
function dependencies(list) {
  if (!fs.existsSync(list)) return [];
  const text = fs.readFileSync(list, 'utf8').replaceAll(/\\\r?\n/g, ' ');
  const names = text.slice(text.indexOf(': ') + 2).match(/(?:\\ |\S)+/g) ?? [];
  return names.map((name) => name.replaceAll('\\ ', ' '));
}

/** The first of several tools that this machine has. */
export function tool(...names) {
  const found = names.map(onPath).find(Boolean);
  if (found === undefined) throw new Failure(`none of ${names.join(', ')} is on PATH`);
  return found;
}

export async function allTargets() {
  const clang = await wasiClang();
  fs.mkdirSync(out, { recursive: true });
  // Emscripten writes CommonJS, which node takes for a module below this project's package.json.
  fs.writeFileSync(path.join(out, 'package.json'), '{"type": "commonjs"}\n');
  const native = new Target('native', {
    cc: [tool('cc', 'gcc', 'clang')],
    cxx: [tool('c++', 'g++', 'clang++')],
    linkFlags: ['-lm'],
  });
  const wasi = new Target('wasi', {
    cc: [clang, '--target=wasm32-wasi'],
    suffix: '.wasm',
    runner: [process.execPath, RUN_WASI],
  });
  const emscripten = new Target('emscripten', {
    cc: [tool('emcc')],
    cxx: [tool('em++')],
    suffix: '.js',
    runner: [process.execPath],
    linkFlags: ['-sWASM_ASYNC_COMPILATION=0', '-sEXIT_RUNTIME'],
  });
  return { native, wasi, emscripten };
}
