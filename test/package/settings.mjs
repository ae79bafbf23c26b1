// SPDX-License-Identifier: MIT Objects and archives of one compiler, compiled once for each set of
// settings, and programs of them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';

/** The sources of libsegfit.a that know a heap, by name. */
export const CORE = coreSources
  .map((file) => path.basename(file, '.c'))
  .filter((name) => name !== 'libcalls');
const rooms = { malloc: 'malloc', preload: 'tools' };
const consumer = path.join(root, 'test/package/consumer');
const include = path.join(root, 'include');

export class Workshop {
  #made = new Map();

  /**
   * `compiler`: words of a command; `ar`, `linked` (more words for a program) and `runner` where
   * not native.
   */
  constructor(compiler, { ar = 'ar', linked = [], runner = [], suffix = '' } = {}) {
    this.compiler = compiler;
    this.options = { ar, linked, runner, suffix };
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-settings-'));
    fs.writeFileSync(path.join(this.folder, 'package.json'), '{"type": "commonjs"}\n');
  }

  close() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  spawn(words, env = {}) {
    const { status, signal, stdout, stderr, error } = spawnSync(words[0], words.slice(1), {
      cwd: this.folder,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return {
      status,
      output: `${words.join(' ')}\n${stdout}${stderr}${signal ?? ''}${error ?? ''}`,
    };
  }

  must(words) {
    const { status, output } = this.spawn(words);
    assert.equal(status, 0, output);
  }

  #once(name, make) {
    const file = path.join(this.folder, name.replaceAll(/[^\w.-]/g, '_'));
    if (!this.#made.has(file)) {
      make(file);
      this.#made.set(file, true);
    }
    return file;
  }

  #compile(source, name, flags) {
    return this.#once(`${name}.o`, (file) =>
      this.must([...this.compiler, ...flags, '-c', source, '-o', file]),
    );
  }

  /** An object of src/, with its settings' name. */
  object(file, name, flags) {
    const folders = [`-I${include}`, `-I${path.join(root, 'src')}`];
    return this.#compile(
      path.join(root, 'src', rooms[file] ?? 'core', `${file}.c`),
      `${name}-${file}`,
      [...folders, ...flags],
    );
  }

  archive(name, objects) {
    return this.#once(`lib${name}.a`, (file) =>
      this.must([this.options.ar, 'rcs', file, ...objects]),
    );
  }

  core(name, flags) {
    return this.archive(
      `core-${name}`,
      CORE.map((file) => this.object(file, name, flags)),
    );
  }

  malloc(name, flags) {
    const all = ['-DSEGFIT_MALLOC=1', '-fno-builtin', ...flags];
    return this.archive(`malloc-${name}`, [this.object('malloc', `m-${name}`, all)]);
  }

  /** A program of test/package/consumer, with these headers. */
  program(name, source, flags, headers = [`-I${include}`]) {
    return this.#compile(path.join(consumer, source), `program-${name}`, [...flags, ...headers]);
  }

  /** A source given as text. */
  source(name, text, flags, extension = '.c') {
    const file = path.join(
      this.folder,
      `${name}${flags.join('').replaceAll(/\W/g, '_')}${extension}`,
    );
    fs.writeFileSync(file, text);
    return this.#compile(file, path.basename(file), [`-I${include}`, ...flags]);
  }

  /** The generated single file as an object. */
  single(flags = []) {
    const file = this.#once('segfit_malloc.c', (out) =>
      this.must([process.execPath, path.join(root, 'wasm/malloc/amalgamate.mjs'), out]),
    );
    return this.#compile(file, `single${flags.join('')}`, ['-fno-builtin', ...flags]);
  }

  /** A folder of headers that say another version. */
  header(version) {
    return this.#once(`include-${Object.keys(version)}`, (folder) => {
      fs.cpSync(include, folder, { recursive: true });
      const file = path.join(folder, 'segfit.h');
      let text = fs.readFileSync(file, 'utf8');
      for (const [part, value] of Object.entries(version)) {
        text = text.replace(new RegExp(`(#define SEGFIT_VERSION_${part}) \\d+`), `$1 ${value}`);
      }
      fs.writeFileSync(file, text);
    });
  }

  link(words) {
    const out = path.join(this.folder, `linked${this.options.suffix}`);
    return this.spawn([...this.compiler, ...words, '-o', out, ...this.options.linked]);
  }

  /** Whether this compiler makes programs that use a C library. */
  works() {
    const file = path.join(this.folder, 'probe.c');
    fs.writeFileSync(file, '#include <stdlib.h>\nint main(void) { return 0; }\n');
    return this.link([file]).status === 0;
  }

  /** Whether this machine runs such programs: not every one with 64 bits runs those with 32. */
  #runs() {
    this.#made.set('runs', this.#made.get('runs') ?? this.#tries());
    return this.#made.get('runs');
  }

  #tries() {
    const nothing = this.source('nothing', 'int main(void) { return 0; }\n', []);
    const out = path.join(this.folder, `nothing${this.options.suffix}`);
    this.must([...this.compiler, nothing, '-o', out, ...this.options.linked]);
    return this.spawn([...this.options.runner, out]).status === 0;
  }

  /** Links and runs; the result of the first step that fails, or of the last. */
  run(words, env) {
    const linked = this.link(words);
    if (linked.status !== 0) return linked;
    if (!this.#runs()) return linked;
    const out = path.join(this.folder, `linked${this.options.suffix}`);
    return this.spawn([...this.options.runner, out], env);
  }
}
