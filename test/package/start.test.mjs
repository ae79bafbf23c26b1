// SPDX-License-Identifier: MIT
// `npm start`: its words, its server, and the command as a whole on a checkout that is built.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DEFAULT_PORT, parseStart } from '../../wasm/serve/options.mjs';
import { fileFor, listen, staticServer } from '../../wasm/serve/server.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';

const start = path.join(root, 'wasm', 'serve', 'start.mjs');
const children = new Set();
let folder;
let site;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-test-'));
  site = path.join(folder, 'site');
  fs.mkdirSync(path.join(site, 'assets'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'secret'), 'secret');
  fs.mkdirSync(path.join(folder, 'site-other'));
  fs.writeFileSync(path.join(folder, 'site-other', 'file'), 'secret');
  fs.writeFileSync(path.join(site, 'index.html'), '<!doctype html>');
  fs.writeFileSync(path.join(site, 'assets', 'a b.js'), 'export {};');
  fs.writeFileSync(path.join(site, 'm.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d]));
  fs.symlinkSync('../secret', path.join(site, 'link'));
});

after(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  // A program that a failed test left running would keep this process waiting.
  for (const child of children) child.kill('SIGKILL');
});

/** One request whose path is sent exactly as it is written here. */
function get(port, name, method = 'GET') {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path: name, method }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        resolve({ ...response, status: response.statusCode, headers: response.headers, text }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

async function withServer(work) {
  const server = staticServer(site);
  const address = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address()));
  });
  try {
    await work(address.port);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('npm start reads its port and --no-open', () => {
  assert.deepEqual(parseStart([]), { port: DEFAULT_PORT, open: true });
  assert.deepEqual(parseStart(['--no-open', '--port', '9000']), {
    port: 9000,
    open: false,
  });
  assert.equal(parseStart(['--port=65535']).port, 65535);
  assert.equal(parseStart(['--port', '1', '--port', '2']).port, 2);
  assert.throws(() => parseStart(['-h']), { exitCode: 0, message: /^usage: npm start/ });
});

test('a word that is not a port is refused by name', () => {
  for (const text of [
    '0',
    '65536',
    '-1',
    '80.5',
    '8e3',
    ' 80',
    'x',
    '',
    '0x50',
    '99999999999999999999',
  ]) {
    for (const words of [['--port', text], [`--port=${text}`]]) {
      assert.throws(
        () => parseStart(words),
        (error) =>
          error.exitCode === 2 &&
          error.message.includes(JSON.stringify(text)) &&
          !error.message.includes('\n'),
      );
    }
  }
  assert.throws(() => parseStart(['--port']), /not nothing/);
  assert.throws(() => parseStart(['--open']), /unknown option "--open"/);
  assert.throws(() => parseStart(['8000']), /unknown option "8000"/);
});

test('a wrong argument is reported in one line', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [start, '--port', 'x'], {
    encoding: 'utf8',
  });
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.equal(stderr, 'segfit: --port takes a number from 1 to 65535, not "x"\n');
});

test('an address leads to a file of the folder, and nowhere else', () => {
  const real = fs.realpathSync(site);
  assert.equal(fileFor(site, '/'), path.join(real, 'index.html'));
  assert.equal(fileFor(site, '/index.html?a=b#c'), path.join(real, 'index.html'));
  assert.equal(fileFor(site, '/assets/a%20b.js'), path.join(real, 'assets', 'a b.js'));
  const none = [
    '/absent',
    '/assets',
    '/../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/assets/../../secret',
    '/assets/..%5c..%5csecret',
    '/../site-other/file',
    '//etc/passwd',
    '/%00',
    '/index.html%00',
    '/%',
    '/%ff',
    '/link',
    'index.html',
    'http://127.0.0.1/index.html',
    '/index.html/',
    '',
  ];
  for (const url of none) assert.equal(fileFor(site, url), undefined, url);
});

test('the server answers with type, length and isolation', async () => {
  await withServer(async (port) => {
    const page = await get(port, '/');
    assert.equal(page.status, 200);
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(page.headers['content-length'], '15');
    assert.equal(page.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(page.headers['cross-origin-embedder-policy'], 'require-corp');
    assert.equal(page.text, '<!doctype html>');
    assert.equal((await get(port, '/m.wasm')).headers['content-type'], 'application/wasm');
    assert.equal(
      (await get(port, '/assets/a%20b.js')).headers['content-type'],
      'text/javascript; charset=utf-8',
    );
    const head = await get(port, '/', 'HEAD');
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '15', '']);
  });
});

test('the server serves no file outside its folder, and refuses other methods', async () => {
  await withServer(async (port) => {
    for (const name of ['/../secret', '/%2e%2e/secret', '/..%2fsecret', '/link', '/absent', '/%']) {
      const answer = await get(port, name);
      assert.deepEqual([answer.status, answer.text], [404, 'no such file\n'], name);
    }
    const post = await get(port, '/', 'POST');
    assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
    assert.equal((await get(port, '/')).status, 200);
  });
});

test('a busy port gives way to the next', async () => {
  const first = staticServer(site);
  const second = staticServer(site);
  const busy = [];
  try {
    const one = new URL(await listen(first, 42017));
    const two = new URL(await listen(second, Number(one.port), (port) => busy.push(port)));
    assert.ok(Number(two.port) > Number(one.port));
    assert.equal(busy[0], Number(one.port));
    assert.equal(busy.length, Number(two.port) - Number(one.port));
    assert.equal(two.hostname, '127.0.0.1');
  } finally {
    first.close();
    second.close();
  }
});

test('a server that finds no free port reports it', async () => {
  const holder = net.createServer();
  const held = await new Promise((resolve) => {
    holder.once('error', () => resolve(false)); // Held by somebody else: as good.
    holder.listen(65535, '127.0.0.1', () => resolve(true));
  });
  try {
    await assert.rejects(listen(staticServer(site), 65535), /ports 65535 to 65535 are all busy/);
  } finally {
    if (held) holder.close();
  }
});

/** Starts the command and waits for its address; `end(signal)` gives exit code and output. */
function startCommand(words) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [start, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    let text = '';
    const hear = (chunk) => {
      text += chunk;
      const address = text.match(/http:\/\/127\.0\.0\.1:\d+\//)?.[0];
      if (address !== undefined && text.includes('Ctrl-C'))
        resolve({ address, end, output: () => text });
    };
    const ended = new Promise((done) =>
      child.on('close', (code, signal) => done({ code, signal })),
    );
    const end = (signal) => {
      child.kill(signal);
      return ended;
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    ended.then(({ code }) => reject(new Error(`ended with ${code} before it served:\n${text}`)));
  });
}

test('a built page is served within seconds, and Ctrl-C ends the server', {
  timeout: 60_000,
}, async () => {
  const begin = Date.now();
  const server = await startCommand(['--no-open', '--port', '42117']);
  const took = Date.now() - begin;
  const page = await fetch(server.address);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<!doctype html>/i);
  const other = await startCommand(['--no-open', '--port', new URL(server.address).port]);
  assert.match(other.output(), /Port \d+ is busy; trying the next/);
  assert.notEqual(other.address, server.address);
  assert.deepEqual(await other.end('SIGTERM'), { code: 0, signal: null });
  assert.deepEqual(await server.end('SIGINT'), { code: 0, signal: null });
  assert.doesNotMatch(server.output(), /\bat .*:\d+:\d+/);
  assert.ok(took < 10_000, `it took ${took} ms`);
});
