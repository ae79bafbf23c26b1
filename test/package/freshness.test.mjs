// SPDX-License-Identifier: MIT
// Build products know what built them: compilers are hidden, shown, exchanged and broken, sources
// are changed and touched, and builds are killed. A copy of the checkout is built, in part.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { binFolder, copyCheckout, runIn } from './checkout.mjs';

/** Two small modules, one of which has a source more. */
const ONE = 'one.wasm';
const TWO = 'two.wasm';
const sources = {
  'src/core/shared.h': '#define SHARED 1\n',
  'src/core/own.h': '#define OWN 2\n',
  'src/arena/one.c': '#include "../core/shared.h"\n',
  'src/arena/two.c': '#include "../core/shared.h"\n#include "../core/own.h"\n',
};
const modules = [
  { name: ONE, source: 'one.c' },
  { name: TWO, source: 'two.c', hasState: true },
];

let folder;
let checkout;
let bin;
let env;

const file = (name) => path.join(checkout, name);

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-test-'));
  checkout = path.join(folder, 'checkout');
  copyCheckout(checkout);
  for (const [name, text] of Object.entries(sources)) fs.writeFileSync(file(name), text);
  bin = path.join(folder, 'bin');
  env = { PATH: bin, HOME: folder };
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

const output = (name) => file(path.join('dist', name));
/** A module that imports a memory and exports a function which returns `answer`. */
const moduleOf = (answer) => [
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7f],
  ...[2, 15, 1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0, 1],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0],
  ...[10, 6, 1, 4, 0, 0x41, answer, 0x0b],
];
const octal = (byte) => `\\${byte.toString(8).padStart(3, '0')}`;

/**
 * A compiler for the shell, which is quick: whatever it compiles or links is that module. It does
 * `work` first, unless it is probed for what it can.
 */
const compiler = ({ answer = 1, work = ':' } = {}) =>
  `case "$*" in *--version*) echo clang version ${answer}; exit;; *-print-*) exit 1;; esac
  for out; do :; done
  case "$out" in probe.wasm) ;; *) ${work};; esac
  printf '${moduleOf(answer).map(octal).join('')}' > "$out"`;

/** Makes `body` the only compiler on PATH; undefined hides it. */
function show(body) {
  fs.rmSync(bin, { recursive: true, force: true });
  binFolder(bin, { sh: true, ...(body !== undefined && { 'clang-19': body }) });
}

const script = (list = modules) => `
  const { compileModules, systemClang, packagedClang } = await import('./wasm/module/build.mjs');
  const { lazyCompiler } = await import('./wasm/toolchain/setup.mjs');
  const clang = lazyCompiler({ systemClang, packagedClang });
  console.log((await compileModules({ clang, modules: ${JSON.stringify(list)} })).join());`;
const words = (list) => ['--input-type=module', '-e', script(list)];

/** Builds the modules as `npm start` and `npm run build` do; the names of those compiled. */
function built(list) {
  const { code, output: said } = runIn(checkout, env, process.execPath, ...words(list));
  assert.equal(code, 0, said);
  return said.trim().split('\n').at(-1);
}

function fails() {
  const { code, output: said } = runIn(checkout, env, process.execPath, ...words());
  assert.notEqual(code, 0, said);
}

const bothModules = `${ONE},${TWO}`;
const bytes = () => [ONE, TWO].map((name) => fs.readFileSync(output(name), 'hex'));

/** Every test begins with modules that are fresh, of the good compiler. */
beforeEach(() => {
  show(compiler());
  built();
  assert.equal(built(), '');
});

function change(name, edit) {
  const text = fs.readFileSync(file(name), 'utf8');
  fs.writeFileSync(file(name), edit(text));
}

const old = new Date(2001, 1, 1);
const coming = new Date(Date.now() + 3_600_000);

test('times of files do not count', () => {
  for (const time of [old, new Date(), coming]) {
    for (const place of ['src/core', 'src/arena', 'include', 'wasm/module', 'dist']) {
      for (const name of fs.readdirSync(file(place)))
        fs.utimesSync(file(path.join(place, name)), time, time);
    }
    assert.equal(built(), '');
  }
});

test('a changed source recompiles only the modules that include it', () => {
  change('src/core/own.h', (text) => `${text}\n// more\n`);
  fs.utimesSync(file('src/core/own.h'), old, old);
  assert.equal(built(), TWO);
  change('src/arena/one.c', (text) => `${text}\n// more\n`);
  assert.equal(built(), ONE);
  change('src/core/shared.h', (text) => `${text}\n// more\n`);
  assert.equal(built(), bothModules);
  change('src/core/shared.h', (text) => text.replaceAll('\n', '\r\n'));
  assert.equal(built(), '', 'line ends');
});

test('a changed flag recompiles its module', () => {
  const [one, two] = modules;
  const changed = [one, { ...two, flags: ['-DANSWER=7'] }];
  assert.equal(built(changed), TWO);
  assert.equal(built(changed), '');
  assert.equal(built(), TWO);
});

test('a changed build script recompiles everything', () => {
  change('wasm/module/build.mjs', (text) => `${text}\n// more\n`);
  assert.equal(built(), bothModules);
});

test('another compiler under the same name recompiles, and so does the first one again', () => {
  const first = bytes();
  show(compiler({ answer: 5 }));
  assert.equal(built(), bothModules);
  assert.notDeepEqual(bytes(), first);
  assert.equal(built(), '');
  show(compiler());
  assert.equal(built(), bothModules);
  assert.deepEqual(bytes(), first);
});

test('without a compiler, modules that any compiler made of these sources are fresh', () => {
  show(undefined);
  assert.equal(built(), '');
  show('exit 1');
  assert.equal(built(), '');
  show(compiler());
  assert.equal(built(), '');
});

test('a module that was changed, cut or removed is made again', () => {
  const first = bytes();
  fs.truncateSync(output(ONE), 30);
  assert.equal(built(), ONE);
  fs.appendFileSync(output(TWO), Buffer.from([0]));
  assert.equal(built(), TWO);
  fs.rmSync(output(ONE));
  assert.equal(built(), ONE);
  fs.rmSync(file('build/recipes'), { recursive: true });
  assert.equal(built(), bothModules);
  assert.deepEqual(bytes(), first);
});

test('after a compiler failed or wrote garbage, the next build builds again', () => {
  const first = bytes();
  const works = [
    'echo half > "$out"; exit 1',
    'echo garbage > "$out"; exit 0',
    ': > "$out"; exit 0',
    'exit 0',
    // The linker alone.
    'case "$out" in *.wasm) echo garbage > "$out"; exit 0;; esac',
    // A module without anything in it.
    'case "$out" in *.wasm) printf "\\\\0asm\\\\1\\\\0\\\\0\\\\0" > "$out"; exit 0;; esac',
  ];
  for (const work of works) {
    show(compiler({ work }));
    fails();
    show(undefined);
    assert.equal(fs.existsSync(file(`build/recipes/module-dist-${ONE}.json`)), false, work);
    show(compiler());
    assert.match(built(), new RegExp(ONE), work);
    assert.deepEqual(bytes(), first, work);
    assert.equal(built(), '', work);
  }
});

test('after a build was killed, the next one builds again', async () => {
  const first = bytes();
  change('src/core/shared.h', (text) => `${text}\n// killed\n`);
  show(compiler({ work: 'echo begun > begun; /bin/sleep 30' }));
  const child = spawn(process.execPath, words(), {
    cwd: checkout,
    env,
    stdio: 'ignore',
    detached: true,
  });
  const folders = () =>
    fs.readdirSync(file('build/tmp')).map((name) => file(`build/tmp/${name}/begun`));
  while (!folders().some((name) => fs.existsSync(name))) {
    await new Promise((done) => setTimeout(done, 50));
  }
  process.kill(-child.pid, 'SIGKILL');
  await new Promise((done) => child.on('close', done));
  show(compiler());
  assert.match(built(), new RegExp(ONE));
  assert.deepEqual(bytes(), first);
});

/** Prepares the folder of a preset with a marker in it, which stays if the folder does. */
function isKept() {
  const marker = file('build/release/marker');
  const source = `const { prepareFolder } = await import('./wasm/toolchain/folders.mjs');
    await prepareFolder('release', () => {});`;
  const { code, output: said } = runIn(
    checkout,
    env,
    process.execPath,
    '--input-type=module',
    '-e',
    source,
  );
  assert.equal(code, 0, said);
  const kept = fs.existsSync(marker);
  fs.writeFileSync(marker, '');
  return kept;
}

test("a folder of CMake's stays while its compilers do and Ninja sees every change", () => {
  const cc = `exec ${onPath('cc')} "$@"`;
  binFolder(bin, { cc });
  isKept();
  assert.equal(isKept(), true);
  fs.utimesSync(file('src/core/alloc.c'), coming, coming);
  assert.equal(isKept(), true, 'touched');
  change('src/core/alloc.c', (text) => `${text}\n// more\n`);
  fs.utimesSync(file('src/core/alloc.c'), coming, coming);
  assert.equal(isKept(), true, 'changed, as Ninja sees');
  change('src/core/alloc.c', (text) => `${text}\n// more\n`);
  fs.utimesSync(file('src/core/alloc.c'), old, old);
  assert.equal(isKept(), false, 'changed, as Ninja does not see');
  binFolder(bin, { cc: `${cc} # another` });
  assert.equal(isKept(), false, 'another compiler');
  fs.rmSync(path.join(bin, 'cc'));
  assert.equal(isKept(), false, 'no compiler');
  env.CFLAGS = '-g';
  assert.equal(isKept(), false, 'other flags');
  delete env.CFLAGS;
  fs.rmSync(file('build/release/segfit-recipe.json'));
  assert.equal(isKept(), false, 'made by hand');
});
