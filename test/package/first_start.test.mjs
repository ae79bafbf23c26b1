// SPDX-License-Identifier: MIT
// The first command on a machine that has Node, npm and git, and nothing else: `npm start` gets a
// compiler from npm, builds the page and serves it. The folder's name has a space and a letter
// beyond ASCII, all lines end as on Windows, and the folder for temporary files does not exist.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { dist, root } from '../../wasm/toolchain/paths.mjs';
import { browsers } from '../web/browser/launch.mjs';
import { Visit } from '../web/browser/page.mjs';
import { bareEnvironment, binFolder, copyCheckout, least, runIn, startIn } from './checkout.mjs';

let folder;
let checkout;
let env;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-test-'));
  checkout = path.join(folder, 'my prøject');
  copyCheckout(checkout, { crlf: true });
  const bin = binFolder(path.join(folder, 'bin'), least);
  const home = path.join(folder, 'home');
  fs.mkdirSync(home);
  env = { ...bareEnvironment(bin, home), TMPDIR: path.join(folder, 'absent') };
});

after(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Serves the checkout while `work` looks at it. */
async function served(work) {
  const words = ['start', '--', '--no-open', '--port', '42217'];
  const server = await startIn(checkout, env, path.join(env.PATH, 'npm'), ...words);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** Loads the page and checks its first frame: the heap is drawn, and nothing went wrong. */
async function checkFirstFrame(address) {
  const browser = await browsers.Chromium();
  try {
    const visit = new Visit(await browser.newPage(), address);
    await visit.open('40');
    assert.deepEqual(visit.problems, []);
    assert.ok((await visit.count('segfit-matrix td.set')) > 0, 'the matrix has no free list');
    const colours = await visit.page.$eval('.tape canvas', (canvas) => {
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    assert.ok(colours >= 3, `the map of the heap shows ${colours} colours`);
  } finally {
    await browser.close();
  }
}

test('npm start needs Node, npm and git alone: it gets a compiler, builds and serves the page', {
  timeout: 600_000,
}, async () => {
  await served(async ({ address, output }) => {
    assert.match(output, /npm has one/);
    assert.match(output, /Compiling segfit-threads\.wasm/);
    await checkFirstFrame(address);
  });
  await served(async ({ address, output }) => {
    assert.match(output, /WebAssembly modules: up to date/);
    assert.match(output, /The page: up to date/);
    assert.equal((await fetch(address)).status, 200);
  });
});

test("npm's compiler makes modules with the imports and exports of those of this checkout", () => {
  const names = fs
    .readdirSync(path.join(checkout, 'dist'))
    .filter((name) => name.endsWith('.wasm'));
  assert.ok(names.length >= 4, names.join());
  for (const name of names) {
    const [theirs, ours] = [path.join(checkout, 'dist'), dist].map(
      (place) => new WebAssembly.Module(fs.readFileSync(path.join(place, name))),
    );
    for (const list of ['imports', 'exports']) {
      const sorted = (module) =>
        WebAssembly.Module[list](module)
          .map((one) => one.name)
          .sort();
      assert.deepEqual(sorted(theirs), sorted(ours), `${name}, ${list}`);
    }
  }
  const generated = (place, name) =>
    fs.readFileSync(path.join(place, 'wasm', 'js', 'generated', name), 'utf8');
  for (const name of ['contract.ts', 'arena.ts', 'heap_layout.ts']) {
    assert.equal(generated(checkout, name), generated(root, name), name);
  }
});

test('a clang makes those modules again, as in this checkout; without it they stay', () => {
  const source = `const { buildModules } = await import('./wasm/toolchain/parts.mjs');
    await buildModules();`;
  const build = (environment) =>
    runIn(checkout, environment, process.execPath, '--input-type=module', '-e', source);
  const shown = build(process.env);
  assert.equal(shown.code, 0, shown.output);
  assert.match(shown.output, /Compiling segfit\.wasm/);
  const hidden = build(env);
  assert.equal(hidden.code, 0, hidden.output);
  assert.match(hidden.output, /up to date/);
  for (const name of ['segfit.wasm', 'segfit-events.wasm', 'segfit-threads.wasm']) {
    const [theirs, ours] = [path.join(checkout, 'dist'), dist].map((place) =>
      path.join(place, name),
    );
    assert.ok(fs.readFileSync(theirs).equals(fs.readFileSync(ours)), name);
  }
});
