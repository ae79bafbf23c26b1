// SPDX-License-Identifier: MIT
// The choice of a clang, and the message about one that does not work.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { findClang, identityOf } from '../../wasm/toolchain/clang.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { binFolder } from './checkout.mjs';

let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-test-'));
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

let count = 0;
const bin = (programs) => binFolder(path.join(folder, `bin-${count++}`), programs);

/** Runs findClang where PATH holds these programs; returns its remarks and its answer. */
function finds(programs, env = {}) {
  const clang = JSON.stringify(path.join(root, 'wasm', 'toolchain', 'clang.mjs'));
  const source = `import { findClang } from ${clang};
    const skipped = (file, why) => console.log('skipped: ' + why);
    console.log(await findClang(skipped, 5000).catch((error) => error.message) ?? 'none');`;
  const words = ['--input-type=module', '-e', source];
  const all = { PATH: bin(programs), HOME: folder, ...env };
  return spawnSync(process.execPath, words, { env: all, encoding: 'utf8' }).stdout.trim();
}

const clangs = new Map();
const realClang = async () => {
  if (!clangs.has('real')) clangs.set('real', await findClang());
  assert.ok(clangs.get('real'), 'no clang here makes WebAssembly');
  return clangs.get('real');
};
/** The body of a program that is that clang, which needs PATH to find its linker. */
const passedOn = async (more = '') =>
  `PATH='${process.env.PATH}' exec ${await realClang()} ${more} "$@"`;

test('a clang that fails, crashes, hangs or writes no module is skipped, and why', async () => {
  const good = await passedOn();
  const broken = {
    'echo no such target >&2; exit 1': /^skipped: no such target\n.*clang-18$/,
    'kill -SEGV $$': /^skipped: ended by SIGSEGV\n.*clang-18$/,
    'exec /bin/sleep 600': /^skipped: no answer within 5\.0 s\n.*clang-18$/,
    '/bin/sleep 600': /^skipped: no answer within 5\.0 s\n.*clang-18$/,
    'exit 0': /^skipped: it wrote no valid module\n.*clang-18$/,
    'echo garbage > probe.wasm': /^skipped: it wrote no valid module\n.*clang-18$/,
  };
  for (const [body, expected] of Object.entries(broken)) {
    assert.match(finds({ 'clang-19': body, 'clang-18': good }), expected, body);
  }
  assert.match(finds({ 'clang-19': 'exit 1' }), /^skipped: it ended with exit code 1\nnone$/);
  assert.equal(finds({}), 'none');
});

test("Apple's clang, which has no WebAssembly, gives way to another", async () => {
  const apple =
    'echo "error: unable to create target: No available targets are compatible" >&2; exit 1';
  assert.match(finds({ clang: apple }), /^skipped: .*No available targets.*\nnone$/);
  assert.match(finds({ 'clang-14': await passedOn(), clang: apple }), /clang-14$/);
});

test('CLANG and WASI_SDK_PATH choose the compiler, and a bad one is refused by name', async () => {
  const good = { 'clang-19': await passedOn() };
  const absent = path.join(folder, 'absent', 'clang');
  assert.equal(
    finds(good, { CLANG: absent }),
    `CLANG names ${absent}, which is no program.\n` +
      'Set CLANG to a clang that makes WebAssembly, or unset it.',
  );
  assert.match(finds(good, { CLANG: folder }), /^CLANG names .*, which is no program\./);
  assert.match(finds(good, { CLANG: 'clang-99' }), /^CLANG names clang-99, which is not on PATH\./);
  assert.match(finds(good, { CLANG: 'clang-19' }), /\/clang-19$/);
  assert.match(finds(good, { CLANG: '' }), /\/clang-19$/);
  const broken = finds({ ...good, 'clang-5': 'echo too old; exit 1' }, { CLANG: 'clang-5' });
  assert.match(
    broken,
    /^CLANG names .*clang-5, which makes no WebAssembly: too old\n.*unset it\.$/,
  );
  assert.match(
    finds(good, { WASI_SDK_PATH: folder }),
    /^WASI_SDK_PATH names .*bin.clang, which is no/,
  );
});

test('a compiler has another name when it, its version or its linker is another', async () => {
  const place = bin({ 'clang-19': await passedOn() });
  const clang = path.join(place, 'clang-19');
  const first = await identityOf(clang);
  assert.equal(await identityOf(clang), first);
  fs.utimesSync(clang, new Date(), new Date());
  assert.equal(await identityOf(clang), first);
  fs.writeFileSync(clang, `#!/bin/sh\n${await passedOn('-DSEGFIT_CHECK=2')}\n`);
  const wrapped = await identityOf(clang);
  assert.notEqual(wrapped, first);
  fs.writeFileSync(clang, '#!/bin/sh\necho clang version 77.0\n');
  assert.match(await identityOf(clang), /^clang version 77\.0 [0-9a-f]{64}$/);

  const linker = path.join(place, 'wasm-ld');
  const body = `case "$*" in *-print-prog-name*) echo ${linker};; *) echo clang version 1;; esac`;
  fs.writeFileSync(clang, `#!/bin/sh\n${body}\n`);
  binFolder(place, { 'wasm-ld': 'echo LLD 1' });
  const before = await identityOf(clang);
  binFolder(place, { 'wasm-ld': 'echo LLD 2' });
  assert.notEqual(await identityOf(clang), before);
});
