// SPDX-License-Identifier: MIT
// Differences between systems, tried with stand-ins for each.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { opener } from '../../wasm/serve/serve.mjs';
import { clangCandidates } from '../../wasm/toolchain/clang.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { npmCommand, npmFailure } from '../../wasm/toolchain/setup.mjs';

const none = () => false;
const all = () => true;

test('npm is the one that runs us, the one beside Node, or the one on PATH', () => {
  const linux = { platform: 'linux', node: '/opt/node/bin/node', env: {} };
  const running = '/opt/npm/bin/npm-cli.js';
  const beside = '/opt/node/lib/node_modules/npm/bin/npm-cli.js';
  const script = (found) => ({ command: linux.node, words: [found], shell: false });
  assert.deepEqual(
    npmCommand({ ...linux, env: { npm_execpath: running }, exists: all }),
    script(running),
  );
  assert.deepEqual(npmCommand({ ...linux, exists: (file) => file === beside }), script(beside));
  const onPath = { command: 'npm', words: [], shell: false };
  assert.deepEqual(npmCommand({ ...linux, exists: none }), onPath);
  // Other package managers name themselves there, and have no such commands.
  const pnpm = { ...linux, env: { npm_execpath: '/opt/pnpm/bin/pnpm.cjs' } };
  assert.deepEqual(npmCommand({ ...pnpm, exists: (file) => file !== beside }), onPath);
});

test('on Windows npm is started as a script, or by the shell, since it is a .cmd file', () => {
  const windows = { platform: 'win32', node: 'C:\\Program Files\\nodejs\\node.exe', env: {} };
  const beside = 'C:\\Program Files\\nodejs\\node_modules\\npm\\bin\\npm-cli.js';
  assert.deepEqual(npmCommand({ ...windows, exists: (file) => file === beside }), {
    command: windows.node,
    words: [beside],
    shell: false,
  });
  assert.deepEqual(npmCommand({ ...windows, exists: none }), {
    command: 'npm',
    words: [],
    shell: true,
  });
});

test("on macOS Homebrew's clang is taken, and Apple's is not started", () => {
  const places = [
    '/usr/bin/clang',
    '/opt/homebrew/opt/llvm/bin/clang',
    '/usr/local/opt/llvm@19/bin/clang',
  ];
  const at = (file) => places.find((place) => place === file);
  const find = (name) => (name === 'clang' ? '/usr/bin/clang' : undefined);
  assert.deepEqual(clangCandidates({ platform: 'darwin', find, at }), places.slice(1));
  assert.deepEqual(clangCandidates({ platform: 'linux', find, at }), ['/usr/bin/clang']);
});

test('a script does its work when it is started through a link', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-test-'));
  try {
    const link = path.join(folder, 'linked');
    fs.symlinkSync(root, link);
    const script = path.join(link, 'wasm', 'cli', 'build.mjs');
    const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    assert.match(stdout, /dist\/cli\.js: /);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('the message of an npm failure names the remedy', () => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ETIMEDOUT', 'ENOTCACHED']) {
    const message = npmFailure(`npm error code ${code}\nnpm error network request failed\n`);
    assert.match(message, /^npm cannot reach its registry/);
    assert.match(message, new RegExp(code));
    assert.match(message, /run the command again/);
  }
  const stack =
    'npm error code ECONNREFUSED\nnpm error   at f (node:net:1:2) {\n' +
    'npm error   port: 9\nnpm error }\n';
  assert.doesNotMatch(npmFailure(stack), /node:net|port|[{}]/);
  assert.match(npmFailure('npm error code ENOSPC'), /^The disk is full/);
  assert.match(npmFailure('npm error code EACCES'), /^npm may not write here/);
  assert.equal(npmFailure('npm error code E404'), 'npm error code E404');
});

test('a browser is opened on each system that can show one', () => {
  const has =
    (...names) =>
    (name) =>
      names.includes(name);
  const open = (platform, env, ...names) => opener({ platform, env, has: has(...names) });
  assert.deepEqual(open('darwin', {}), ['open']);
  assert.deepEqual(open('win32', {}), ['cmd', '/d', '/c', 'start', '""']);
  assert.deepEqual(open('linux', { DISPLAY: ':0' }, 'xdg-open'), ['xdg-open']);
  assert.deepEqual(open('linux', { WAYLAND_DISPLAY: 'w' }, 'xdg-open'), ['xdg-open']);
  assert.deepEqual(open('linux', { WSL_DISTRO_NAME: 'Debian' }, 'wslview'), ['wslview']);
  assert.equal(open('linux', {}, 'xdg-open'), undefined);
  assert.equal(open('linux', { DISPLAY: ':0' }), undefined);
});

test('the npm scripts need no shell but the one that the system has', () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  for (const [name, script] of Object.entries(scripts)) {
    assert.match(script, /^node [\w./=\-" ]+$/, name);
  }
});

const skipped = /^(build|dist|node_modules|\.git)$/;
function* sources(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (skipped.test(entry.name)) continue;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(file);
    else yield file;
  }
}

test('names of files differ where cases of letters do not count, and Windows allows them', () => {
  const seen = new Map();
  for (const file of sources(root)) {
    const name = path.relative(root, file);
    assert.equal(seen.get(name.toLowerCase()), undefined, name);
    seen.set(name.toLowerCase(), name);
    assert.doesNotMatch(name, /[<>:"|?*\\]|[. ](\/|$)/, name);
    assert.doesNotMatch(path.basename(name), /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i, name);
  }
});
