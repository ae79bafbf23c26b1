// SPDX-License-Identifier: MIT The commands of docs/malloc.md by which a program gets its malloc,
// as a reader would run them in the folder that holds dist/: each archive and the single file, on
// each toolchain.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { dist, root } from '../../wasm/toolchain/paths.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

const manual = fs.readFileSync(path.join(root, 'docs/malloc.md'), 'utf8');
const runWasi = path.join(root, 'wasm/toolchain/run-wasi.mjs');
const DEBIAN_MODULES = '/usr/share/nodejs';
/** Runs a program without a C library, whose run() answers which of its checks failed. */
const runBare = `
const compiled = new WebAssembly.Module(require('fs').readFileSync('app.wasm'));
const failed = new WebAssembly.Instance(compiled).exports.run();
console.log(failed === 0 ? '0 bytes in use' : failed + ' failed');
`;
let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-link-'));
  fs.symlinkSync(dist, path.join(folder, 'dist'));
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type": "commonjs"}\n');
  const copies = {
    'app.c': 'test/package/consumer/malloc.c',
    'app.cpp': 'test/package/consumer/malloc.c',
    'bare.c': 'test/c/malloc/freestanding.c',
  };
  for (const [name, from] of Object.entries(copies)) {
    fs.copyFileSync(path.join(root, from), path.join(folder, name));
  }
  fs.writeFileSync(path.join(folder, 'bare.cjs'), runBare);
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The commands in the rows of the first table below "## Linking" that begin with a compiler. */
function commands() {
  const section = /^## Linking$([^]*?)^## /m.exec(manual)[1];
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return [...rows.join('\n').matchAll(/`((?:emcc|em\+\+|clang|cc|c\+\+) [^`]*)`/g)].map(
    (match) => match[1],
  );
}

function run(words) {
  const env = { ...process.env };
  if (fs.existsSync(DEBIAN_MODULES)) env.NODE_PATH ??= DEBIAN_MODULES;
  const { status, stdout, stderr } = spawnSync(words[0], words.slice(1), {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

/** A clang whose linking for WASI works: the table's is a reader's own. */
function wasiClang() {
  const sdk = process.env.WASI_SDK_PATH;
  const names = [19, 20, 21, 22, 18, 17, 16, 15, 14].map((version) => `clang-${version}`);
  const candidates = sdk ? [path.join(sdk, 'bin/clang')] : [...names, 'clang'].map(onPath);
  fs.writeFileSync(path.join(folder, 'probe.c'), 'int main(void) { return 0; }\n');
  const words = ['--target=wasm32-wasi', 'probe.c', '-o', 'probe.wasm'];
  return candidates.find((clang) => clang && run([clang, ...words]).status === 0);
}

/** The programs to run, and the options that Node or Emscripten needs here. */
function platform(compiler, command = '') {
  if (compiler === 'emcc' || compiler === 'em++') {
    const flags = ['-sWASM_ASYNC_COMPILATION=0', '-sEXIT_RUNTIME', '-o', 'app.js'];
    return { compiler, flags, program: [process.execPath, 'app.js'] };
  }
  if (compiler === 'clang') {
    const script = command.includes('wasm32-unknown-unknown') ? 'bare.cjs' : runWasi;
    const program = [process.execPath, script, 'app.wasm'];
    return { compiler: wasiClang(), flags: ['-o', 'app.wasm'], program };
  }
  return { compiler, flags: ['-o', 'app'], program: ['./app'] };
}

test('docs/malloc.md names a command for each form and toolchain', () => {
  const all = commands();
  assert.ok(all.length >= 12, all.join('\n'));
  for (const name of ['native', 'wasi', 'wasm32', 'emscripten', 'emscripten-threads']) {
    assert.ok(
      all.some((command) => command.includes(`dist/lib/${name}/`)),
      name,
    );
  }
  assert.ok(all.some((command) => command.includes('-lsegfit-malloc ')));
});

for (const command of commands()) {
  test(`${command} makes a program with this malloc`, () => {
    const words = command.split(' ');
    const { compiler, flags, program } = platform(words[0], command);
    assert.ok(compiler, `no ${words[0]} that makes WASI programs`);
    const include = ['-I', path.join(dist, 'include')];
    const built = run([compiler, ...words.slice(1), ...include, ...flags]);
    assert.equal(built.status, 0, built.output);
    const { status, output } = run(program);
    assert.equal(status, 0, output);
    assert.match(output, /^\d+ bytes in use$/m);
  });
}

for (const library of ['', '-small', '-debug']) {
  test(`libsegfit-malloc${library}.a serves a program of each toolchain`, () => {
    for (const [name, compiler, ...target] of [
      ['native', 'cc'],
      ['wasi', 'clang', '--target=wasm32-wasi'],
      ['emscripten', 'emcc'],
      ['emscripten-threads', 'emcc', '-pthread'],
    ]) {
      const chain = platform(compiler);
      const archive = path.join('dist/lib', name, `libsegfit-malloc${library}.a`);
      const include = ['-I', path.join(dist, 'include')];
      const words = [chain.compiler, ...target, 'app.c', archive, ...include, ...chain.flags];
      const built = run(words);
      assert.equal(built.status, 0, built.output);
      const { status, output } = run(chain.program);
      assert.equal(status, 0, output);
      const used = Number(/^(\d+) bytes in use$/m.exec(output)[1]);
      // The small one keeps no figures.
      assert.equal(used === 0, library === '-small', output);
    }
  });
}
