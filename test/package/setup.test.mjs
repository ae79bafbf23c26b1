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
import { fromJUnit, fromText, sum } from '../run/counts.mjs';
import CountsReporter from '../run/jest_reporter.mjs';
import { testNeeds } from '../run/needs.mjs';
import { nodeTestWords } from '../run/stages.mjs';
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

test('npm packages are current if npm installed the versions of the lock file', () => {
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

test('a tool that was installed after the first search is found', () => {
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

test('a missing tool is reported with a command for each system', async () => {
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

test('installing packages does not empty the node_modules that a link leads to', async () => {
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
  test(`npm run ${name} without tools and without rights to install prints the command that installs them`, () => {
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

test('a step prints its title, its latest output and its result', async () => {
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

test('the last line "N passed, N failed" counts', () => {
  const text = '1 passed, 2 failed\nmore\n 30 passed, 4 failed\n';
  assert.deepEqual(fromText(text), { passed: 30, failed: 4 });
  assert.equal(fromText('nothing'), undefined);
  const some = [
    { passed: 1, failed: 2 },
    { passed: 3, failed: 4 },
  ];
  assert.deepEqual(sum(some), { passed: 4, failed: 6 });
});

test("Jest's reporter counts files that do not load and tests that are left out as failed", (t) => {
  const print = t.mock.method(console, 'log', () => {});
  const results = { numPassedTests: 5, numFailedTests: 1, numRuntimeErrorTestSuites: 2 };
  new CountsReporter().onRunComplete([], { ...results, numPendingTests: 4, numTodoTests: 1 });
  print.mock.restore();
  assert.deepEqual(print.mock.calls[0].arguments, ['5 passed, 8 failed']);
});

test("a report of Node's runner counts what was left out as failed", async () => {
  const file = path.join(folder, 'some.test.mjs');
  const tests = [
    "test('passes', () => {});",
    "test('fails <&>', () => { throw new Error('&lt;'); });",
    "test.skip('skipped', () => {});",
    "test.todo('to do');",
    "describe('group', () => { test('passes within', () => {}); });",
  ];
  const source = `import test, { describe } from 'node:test';\n${tests.join('\n')}`;
  fs.writeFileSync(file, source);
  const report = path.join(folder, 'some.xml');
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  spawnSync(process.execPath, [...nodeTestWords(report), file], { env });
  assert.deepEqual(await fromJUnit(fs.readFileSync(report, 'utf8')), { passed: 2, failed: 3 });
});

test('a CTest test counts as its own line states, and once where line and verdict differ', async () => {
  const one = (status, text) =>
    `<testcase name="a" status="${status}"><failure message=""/>` +
    `<system-out>${text}</system-out></testcase>`;
  const cases = [
    one('run', 'x: ok\n4 passed, 0 failed\n'), // Four of our own.
    one('fail', '2 passed, 3 failed'), // Five of our own.
    one('run', '1 passed, 3 failed\n'), // Fails on purpose.
    one('fail', '7 passed, 0 failed\n'), // Crashed behind its last line.
    one('fail', ''),
    '<testcase name="b" status="run"/>',
  ];
  const xml = `<?xml version="1.0"?><testsuite name="x">${cases.join('\n')}</testsuite>`;
  assert.deepEqual(await fromJUnit(xml), { passed: 4 + 2 + 1 + 1, failed: 3 + 1 + 1 });
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
