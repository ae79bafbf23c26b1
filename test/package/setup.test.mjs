// SPDX-License-Identifier: MIT
// The commands' view of the machine, and how they count.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildNeeds, commands, missing } from '../../wasm/toolchain/needs.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { ensurePackages, packagesAreCurrent } from '../../wasm/toolchain/setup.mjs';
import { sourcesOf } from '../../wasm/toolchain/source_package.mjs';
import { lastLine, must, run, seconds, step, tail } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { fromCTest, fromJest, fromNodeTest, fromText, sum } from '../run/counts.mjs';
import { testNeeds } from '../run/needs.mjs';
import { binFolder, least } from './checkout.mjs';

let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-test-'));
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A checkout with this lock file and this record of what npm installed. */
function checkout(wanted, present) {
  const where = fs.mkdtempSync(path.join(folder, 'checkout-'));
  fs.mkdirSync(path.join(where, 'node_modules'));
  for (const name of Object.keys(present ?? {})) {
    fs.mkdirSync(path.join(where, name), { recursive: true });
    fs.writeFileSync(path.join(where, name, 'package.json'), '{}');
  }
  const write = (name, packages) =>
    fs.writeFileSync(path.join(where, name), JSON.stringify({ packages }));
  write('package-lock.json', { '': { version: '1.0.0' }, ...wanted });
  if (present !== undefined) write('node_modules/.package-lock.json', present);
  return where;
}

test('npm packages are current where npm installed what the lock file says', () => {
  const a = { version: '1.0.0', integrity: 'x' };
  const one = { 'node_modules/a': a };
  assert.equal(packagesAreCurrent(checkout(one, one)), true);
  assert.equal(packagesAreCurrent(checkout(one, undefined)), false);
  assert.equal(packagesAreCurrent(checkout(one, {})), false);
  assert.equal(
    packagesAreCurrent(checkout(one, { 'node_modules/a': { ...a, version: '1.0.1' } })),
    false,
  );
  assert.equal(
    packagesAreCurrent(checkout(one, { 'node_modules/a': { ...a, integrity: 'y' } })),
    false,
  );
  assert.equal(
    packagesAreCurrent(checkout({ 'node_modules/a': { ...a, optional: true } }, {})),
    true,
  );
});

test('npm packages are installed again where some are gone or are those of another system', () => {
  const a = { version: '1.0.0', integrity: 'x' };
  const half = checkout({ 'node_modules/a': a }, { 'node_modules/a': a });
  fs.rmSync(path.join(half, 'node_modules/a'), { recursive: true });
  assert.equal(packagesAreCurrent(half), false);
  const [own, other] = [process.platform, process.platform === 'aix' ? 'linux' : 'aix'];
  const system = (os) =>
    checkout({ 'node_modules/a': { ...a, os } }, { 'node_modules/a': { ...a, os } });
  assert.equal(packagesAreCurrent(system([own])), true);
  assert.equal(packagesAreCurrent(system([`!${other}`])), true);
  assert.equal(packagesAreCurrent(system([other])), false);
  assert.equal(packagesAreCurrent(system([`!${own}`])), false);
});

test('what was installed since the first look is found', () => {
  const here = fs.mkdtempSync(path.join(folder, 'bin-'));
  const clang = path.join(here, 'clang-19');
  const needs = JSON.stringify(path.join(root, 'wasm/toolchain/needs.mjs'));
  const source = `import fs from 'node:fs';
    import { buildNeeds, missing } from ${needs};
    const lacksWasi = async () => (await missing(buildNeeds)).some(({ what }) => what === 'wasi-libc');
    const before = await lacksWasi();
    fs.writeFileSync(${JSON.stringify(clang)}, '#!/bin/sh\\n', { mode: 0o755 });
    console.log(before, await lacksWasi());`;
  const args = ['--input-type=module', '-e', source];
  const env = { PATH: here, HOME: folder };
  const { stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  assert.equal(stdout.trim(), 'true false');
});

test('what is missing here comes with a command for each system', async () => {
  assert.deepEqual(await missing([...buildNeeds, ...testNeeds]), []);
  const lacking = [
    { what: 'x', apt: ['x-dev', 'y'], dnf: ['x-devel'], pacman: [], brew: [] },
    { what: 'y', apt: ['y'], dnf: [], pacman: [], brew: ['y'], cask: ['z'] },
  ];
  assert.deepEqual(commands(lacking), [
    ['Debian, Ubuntu', 'sudo apt-get install --no-install-recommends x-dev y'],
    ['Fedora', 'sudo dnf install x-devel'],
    ['macOS', 'brew install y'],
    ['macOS', 'brew install --cask z'],
  ]);
});

test('npm packages that another checkout has by a link stay its own', async () => {
  const where = fs.mkdtempSync(path.join(folder, 'linked-'));
  const project = { name: 'x', version: '1.0.0' };
  const lock = { ...project, lockfileVersion: 3, requires: true, packages: { '': project } };
  fs.writeFileSync(path.join(where, 'package.json'), JSON.stringify(project));
  fs.writeFileSync(path.join(where, 'package-lock.json'), JSON.stringify(lock));
  const theirs = path.join(where, 'theirs');
  fs.mkdirSync(theirs);
  fs.writeFileSync(path.join(theirs, 'kept'), '');
  fs.symlinkSync(theirs, path.join(where, 'node_modules'));
  await ensurePackages(where);
  assert.deepEqual(fs.readdirSync(theirs), ['kept']);
});

for (const [name, script] of [
  ['build', path.join(root, 'wasm', 'toolchain', 'build.mjs')],
  ['test', path.join(root, 'test', 'run', 'main.mjs')],
]) {
  test(`npm run ${name} without tools and without rights to install says what to type`, () => {
    const bin = binFolder(path.join(folder, `bin-${name}`), least);
    const env = { PATH: bin, HOME: folder };
    const { status, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^segfit: missing here: a C compiler, CMake 3\.25, Ninja, clang and wasm-ld/,
    );
    assert.match(
      stderr,
      /Debian, Ubuntu: {2,}sudo apt-get install --no-install-recommends gcc .*clang-19/,
    );
    assert.doesNotMatch(stderr, /\bat .*:\d+:\d+/);
  });
}

test('programs are found on PATH, and their failure carries their last words', async () => {
  assert.ok(path.isAbsolute(onPath('node')));
  assert.equal(onPath('no-such-program'), undefined);
  assert.deepEqual(
    await run(process.execPath, ['-e', 'console.log(1); console.error(2); process.exit(3)']),
    { code: 3, output: '1\n2\n' },
  );
  assert.equal((await run('no-such-program', [])).code, 127);
  await assert.rejects(
    must(process.execPath, ['-e', 'console.log("why"); process.exit(1)']),
    /\nwhy$/,
  );
});

test('a step says what it does, the latest of it, and how it ended', async () => {
  const said = [];
  const out = { isTTY: false, write: (text) => said.push(text) };
  assert.equal(await step('Working', async () => 7, out), 7);
  await assert.rejects(
    step(
      'Failing',
      async () => {
        throw new Error('x');
      },
      out,
    ),
  );
  assert.match(
    said.join(''),
    /^ {2}Working …\n {2}Working: done in 0\.\d s\n {2}Failing …\n {2}Failing: failed in /,
  );
  assert.equal(lastLine('one\r\x1b[32mtwo\x1b[0m  \n\n'), 'two');
  assert.equal(tail('1\n2\n3\n', 2), '2\n3');
  assert.deepEqual(
    [seconds(949), seconds(12_345), seconds(125_000)],
    ['0.9 s', '12 s', '2 min 5 s'],
  );
});

test('counts come from what each runner leaves', () => {
  assert.deepEqual(fromText('1 passed, 2 failed\nmore\n 30 passed, 4 failed\n'), {
    passed: 30,
    failed: 4,
  });
  assert.equal(fromText('nothing'), undefined);
  const tap = '# tests 7\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n';
  assert.deepEqual(fromNodeTest(tap), { passed: 3, failed: 4 });
  assert.deepEqual(fromNodeTest('ℹ pass 3\nℹ fail 0\n'), { passed: 3, failed: 0 });
  assert.deepEqual(
    sum([
      { passed: 1, failed: 2 },
      { passed: 3, failed: 4 },
    ]),
    { passed: 4, failed: 6 },
  );

  const jest = path.join(folder, 'jest.json');
  const report = { numPassedTests: 5, numFailedTests: 1, numRuntimeErrorTestSuites: 2 };
  fs.writeFileSync(jest, JSON.stringify({ ...report, numPendingTests: 4, numTodoTests: 1 }));
  assert.deepEqual(fromJest(jest), { passed: 5, failed: 8 });
});

test('a CTest test counts as its own line says, and once where line and verdict differ', () => {
  const xml = path.join(folder, 'ctest.xml');
  const one = (status, text) =>
    `<testcase name="a" status="${status}"><failure message=""/>` +
    `<system-out>${text}</system-out></testcase>`;
  fs.writeFileSync(
    xml,
    [
      one('run', 'x: ok\n4 passed, 0 failed\n'), // Four of our own.
      one('fail', '2 passed, 3 failed'), // Five of our own.
      one('run', '1 passed, 3 failed\n'), // Fails on purpose.
      one('fail', '7 passed, 0 failed\n'), // Crashed behind its last line.
      one('fail', ''),
      '<testcase name="b" status="run"/>',
    ].join('\n'),
  );
  assert.deepEqual(fromCTest(xml), { passed: 4 + 2 + 1 + 1, failed: 3 + 1 + 1 });
});

test("apt's lists of packages become lists of sources", () => {
  const lines =
    '# deb off\ndeb [arch=amd64] http://a b main\ndeb-src http://a b main\n deb http://c d e\n';
  assert.equal(
    sourcesOf('x.list', lines),
    'deb-src [arch=amd64] http://a b main\ndeb-src http://c d e\n',
  );
  const stanza = 'Types: deb deb-src\nURIs: http://a\n\nTypes: deb\nURIs: http://b\n';
  assert.equal(
    sourcesOf('x.sources', stanza),
    'Types: deb-src\nURIs: http://a\n\nTypes: deb-src\nURIs: http://b\n',
  );
});
