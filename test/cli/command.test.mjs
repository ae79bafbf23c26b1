// SPDX-License-Identifier: MIT
// The `segfit` command as it is built: its words, what it prints, its exit codes, its server.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { shellWord } from '../../wasm/cli/shell.mjs';
import { dist, root } from '../../wasm/toolchain/paths.mjs';

const cli = path.join(dist, 'cli.js');
const children = new Set();
let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-cli-'));
});
after(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  // What a failed test left running would keep this process waiting.
  for (const child of children) child.kill('SIGKILL');
});

function segfit(...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('--version is the package’s, --help names every command and its exit codes', () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  for (const word of ['--version', '-v']) {
    assert.deepEqual(segfit(word), { status: 0, stdout: `${version}\n`, stderr: '' });
  }
  const { stdout } = segfit('--help');
  for (const said of ['segfit view', 'segfit flags', '--threads', '--port', 'Exit code: 0']) {
    assert.ok(stdout.includes(said), said);
  }
  for (const words of [['-h'], ['help'], ['view', '--help'], ['flags', '-h']]) {
    assert.deepEqual(segfit(...words), { status: 0, stdout, stderr: '' });
  }
});

test('words that it does not understand: one line on stderr, exit code 2', () => {
  const cases = [
    [[], 'a command is missing; `segfit --help` has them'],
    [['paint'], 'unknown command "paint"; `segfit --help` has them'],
    [['toString'], 'unknown command "toString"; `segfit --help` has them'],
    [['flags'], 'flags takes one of emscripten, wasi, not nothing'],
    [['flags', 'dos'], 'flags takes one of emscripten, wasi, not "dos"'],
    [['flags', 'wasi', 'wasi'], 'flags takes one of emscripten, wasi, not "wasi" "wasi"'],
    [
      ['flags', 'wasi', '--fast'],
      'unknown option "--fast"; flags takes --threads, --small, --debug',
    ],
    [['flags', 'wasi', '--small', '--debug'], 'flags takes --small or --debug, not both'],
    [['view', '--port', '0'], '--port takes a number from 1 to 65535, not "0"'],
    [['view', 'a', 'b'], 'view takes one trace; "b" is a second'],
    [['view', '--loud'], 'unknown option "--loud"; see `segfit --help`'],
    [['help', 'paint'], 'help takes no more words, not "paint"'],
    [['--help', '--loud'], '--help takes no more words, not "--loud"'],
    [['--version', 'view'], '--version takes no more words, not "view"'],
  ];
  for (const [words, message] of cases) {
    assert.deepEqual(segfit(...words), { status: 2, stdout: '', stderr: `segfit: ${message}\n` });
  }
});

test('what cannot be done: one line on stderr, exit code 1', () => {
  const missing = {
    status: 1,
    stdout: '',
    stderr: 'segfit: "none" cannot be read: there is no such file\n',
  };
  assert.deepEqual(segfit('view', 'none'), missing);
  fs.mkdirSync(path.join(folder, 'box'));
  assert.deepEqual(segfit('view', 'box'), {
    status: 1,
    stdout: '',
    stderr: 'segfit: "box" is no file\n',
  });
});

test('flags print words that name files which are there', () => {
  for (const target of ['emscripten', 'wasi']) {
    const { status, stdout } = segfit('flags', target);
    assert.equal(status, 0);
    const [include, archive, ...rest] = stdout.trim().split(/\s+/);
    assert.deepEqual(rest, []);
    assert.ok(fs.existsSync(path.join(include.replace(/^-I/, ''), 'segfit', 'malloc.h')));
    assert.match(archive, new RegExp(`/${target}/libsegfit-malloc\\.a$`));
    assert.ok(fs.statSync(archive).size > 1000);
  }
});

test('flags print the archive that is asked for, or say in one line that there is none', () => {
  const kinds = [['threads'], ['small'], ['debug'], ['threads', 'small']];
  for (const target of ['emscripten', 'wasi']) {
    for (const kind of kinds) {
      const threads = kind.includes('threads');
      const folder = threads ? `${target}-threads` : target;
      const variant = kind.filter((word) => word !== 'threads').map((word) => `-${word}`);
      const name = `libsegfit-malloc${variant}.a`;
      const there = fs.existsSync(path.join(dist, 'lib', folder, name));
      const { status, stdout, stderr } = segfit(
        'flags',
        ...kind.map((word) => `--${word}`),
        target,
      );
      assert.equal(status, there ? 0 : 1);
      if (there) assert.ok(stdout.endsWith(`/${folder}/${name}\n`), stdout);
      else
        assert.match(
          stderr,
          new RegExp(`^segfit: this package has no archive for ${target}, .*\n$`),
        );
      assert.equal(stdout.startsWith('-pthread '), there && threads);
    }
  }
});

test('a path that a shell would split is said another way, or refused', () => {
  assert.equal(shellWord('/a/b.a', '/a'), '/a/b.a');
  assert.equal(shellWord('/my files/app/lib.a', '/my files/app'), 'lib.a');
  assert.equal(shellWord('/my files/lib.a', '/my files/app'), '../lib.a');
  for (const name of ['/a/my lib.a', '/a/*/b c.a', '/a/b\tc.a']) {
    assert.throws(() => shellWord(name, '/a'), /does not keep/);
  }
});

/** Starts `segfit view`; gives its address once it serves. `end` gives the exit code. */
function view(...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, 'view', '--no-open', ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    const ended = new Promise((done) => child.on('close', (code) => done(code)));
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const address = text.match(/http:\/\/127\.0\.0\.1:\d+\/\S*/)?.[0];
      if (address === undefined || !text.includes('Ctrl-C')) return;
      resolve({ address, end: () => (child.kill('SIGINT'), ended) });
    });
    ended.then((code) => reject(new Error(`ended with ${code} before it served:\n${text}`)));
  });
}

test('view serves the page, and Ctrl-C ends it with 0', { timeout: 60_000 }, async () => {
  const { address, end } = await view('--port', '42317');
  const page = await fetch(address);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<!doctype html>/i);
  assert.equal((await fetch(new URL('trace/none.heapl', address))).status, 404);
  assert.equal(await end(), 0);
});

test('view TRACE serves that file and no other beside it', { timeout: 60_000 }, async () => {
  const name = 'my 100% trace#1.heapl';
  fs.writeFileSync(path.join(folder, name), '{"op":"M","id":1,"size":10}\n');
  fs.writeFileSync(path.join(folder, 'other.heapl'), 'secret');
  const { address, end } = await view(name, '--port', '42417');
  const given = new URL(address).searchParams.get('trace');
  const trace = await fetch(new URL(given, address));
  assert.equal(trace.status, 200);
  assert.equal(await trace.text(), '{"op":"M","id":1,"size":10}\n');
  assert.equal((await fetch(new URL('trace/other.heapl', address))).status, 404);
  assert.equal(await end(), 0);
});
