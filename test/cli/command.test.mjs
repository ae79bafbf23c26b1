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
  // A program that a failed test left running would keep this process waiting.
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

test('an unknown argument gives one line on stderr and exit code 2', () => {
  const cases = [
    [[], 'a command is missing; `segfit --help` lists the commands'],
    [['paint'], 'unknown command "paint"; `segfit --help` lists the commands'],
    [['toString'], 'unknown command "toString"; `segfit --help` lists the commands'],
    [['flags'], 'flags takes one of emscripten, wasi, wasm32, wasm64, not nothing'],
    [['flags', 'dos'], 'flags takes one of emscripten, wasi, wasm32, wasm64, not "dos"'],
    [
      ['flags', 'wasi', 'wasi'],
      'flags takes one of emscripten, wasi, wasm32, wasm64, not "wasi" "wasi"',
    ],
    [
      ['flags', 'wasi', '--fast'],
      'unknown option "--fast"; flags takes --threads, --workers, --pic, --small, --debug, --list',
    ],
    [
      ['flags', 'wasi', '--workers'],
      'wasi takes --threads, --pic, --small, --debug, not "--workers"',
    ],
    [
      ['flags', 'emscripten', '--workers', '--threads'],
      '--threads serves Wasm Workers too: leave --workers out',
    ],
    [['flags', 'toString'], 'flags takes one of emscripten, wasi, wasm32, wasm64, not "toString"'],
    [['flags', 'wasi', '--list'], '--list takes no other word'],
    [['flags', 'wasi', '--small', '--debug'], 'flags takes --small or --debug, not both'],
    [['view', '--port', '0'], '--port takes a number from 1 to 65535, not "0"'],
    [['view', 'a', 'b'], 'view takes one trace; remove "b"'],
    [['view', '--loud'], 'unknown option "--loud"; see `segfit --help`'],
    [['help', 'paint'], 'help takes no more words, not "paint"'],
    [['--help', '--loud'], '--help takes no more words, not "--loud"'],
    [['--version', 'view'], '--version takes no more words, not "view"'],
  ];
  for (const [words, message] of cases) {
    assert.deepEqual(segfit(...words), { status: 2, stdout: '', stderr: `segfit: ${message}\n` });
  }
});

test('a failure gives one line on stderr and exit code 1', () => {
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
    stderr: 'segfit: "box" is not a file\n',
  });
});

/**
 * Returns the parts of a line of flags: the compiler's flags, the folder of headers, the files to
 * link.
 */
function said(...words) {
  const { status, stdout, stderr } = segfit('flags', ...words);
  assert.deepEqual([status, stderr], [0, ''], words.join(' '));
  const parts = stdout.trim().split(' ');
  const include = parts.find((part) => part.startsWith('-I'));
  assert.ok(fs.existsSync(path.join(include.slice(2), 'segfit', 'malloc.h')));
  assert.ok(fs.statSync(parts.at(-1)).size > 1000);
  const flags = parts.slice(0, -1).filter((part) => part !== include);
  return { flags, file: path.relative(dist, parts.at(-1)) };
}

test('flags --list names every archive, and each of its lines prints one', () => {
  const { status, stdout } = segfit('flags', '--list');
  assert.equal(status, 0);
  const lines = stdout.trimEnd().split('\n');
  const folders = lines.map((line) => {
    const [, words] = /^segfit flags (\S+(?: --\S+)?) +\S/.exec(line);
    const { file } = said(...words.split(' '));
    assert.equal(path.basename(file), 'libsegfit-malloc.a', line);
    return path.basename(path.dirname(file));
  });
  const all = fs.readdirSync(path.join(dist, 'lib')).filter((name) => name !== 'native');
  assert.deepEqual(folders.toSorted(), all.sort());
});

test('flags print the options of each target', () => {
  const threads = ['-matomics', '-mbulk-memory'];
  const cases = {
    emscripten: [],
    'emscripten --threads': ['-pthread'],
    'emscripten --workers': ['-sWASM_WORKERS'],
    'emscripten --pic': ['-fPIC'],
    'wasi --threads': ['-pthread'],
    'wasm32 --threads': threads,
    wasm64: [],
  };
  for (const [words, flags] of Object.entries(cases)) {
    const [target, ...more] = words.split(' ');
    const folder = [target, ...more.map((word) => word.slice(2))].join('-');
    const file = `lib/${folder}/libsegfit-malloc.a`;
    assert.deepEqual(said(target, ...more), { flags, file });
    assert.deepEqual(said(...more, target), { flags, file });
  }
});

test('flags print the archive of a kind, or the single file and its knobs if the kind has no archive', () => {
  const single = 'segfit_malloc.c';
  for (const [words, file] of [
    [['emscripten', '--small'], 'lib/emscripten/libsegfit-malloc-small.a'],
    [['emscripten', '--threads', '--debug'], 'lib/emscripten-threads/libsegfit-malloc-debug.a'],
    [['wasi', '--debug'], 'lib/wasi/libsegfit-malloc-debug.a'],
    [['emscripten', '--pic', '--threads'], single],
    [['wasi', '--pic'], single],
    [['wasm64', '--threads'], single],
  ]) {
    assert.equal(said(...words).file, file);
  }
  const debug = said('wasm32', '--debug');
  assert.equal(debug.file, single);
  assert.match(debug.flags.join(' '), /^-DSEGFIT_DEBUG=1 -DSEGFIT_CHECK=\d$/);
  const small = said('emscripten', '--workers', '--small');
  assert.equal(small.file, single);
  assert.ok(small.flags.includes('-sWASM_WORKERS') && small.flags.includes('-DSEGFIT_CACHE=0'));
});

test('a path that a shell would split is printed relative, or refused', () => {
  assert.equal(shellWord('/a/b.a', '/a'), '/a/b.a');
  assert.equal(shellWord('/my files/app/lib.a', '/my files/app'), 'lib.a');
  assert.equal(shellWord('/my files/lib.a', '/my files/app'), '../lib.a');
  for (const name of ['/a/my lib.a', '/a/*/b c.a', '/a/b\tc.a']) {
    assert.throws(() => shellWord(name, '/a'), /splits; copy the file/);
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
      const end = () => {
        child.kill('SIGINT');
        return ended;
      };
      resolve({ address, end });
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
