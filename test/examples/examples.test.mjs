// SPDX-License-Identifier: MIT
// The examples of the npm package do what they say.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { root } from '../../wasm/toolchain/paths.mjs';
import { findClang } from '../../wasm/toolchain/clang.mjs';
import { browsers } from '../web/browser/launch.mjs';
import { folder, open, serveExamples } from './site.mjs';

const examples = path.join(root, folder);
let site;
let temporary;
before(async () => {
  site = await serveExamples(42917);
  temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-examples-'));
});
after(() => {
  site?.close();
  fs.rmSync(temporary, { recursive: true, force: true });
});

test('no file of an example is longer than 80 lines, and each is linked from docs/npm.md', () => {
  const page = fs.readFileSync(path.join(root, 'docs', 'npm.md'), 'utf8');
  for (const name of fs.readdirSync(examples, { recursive: true })) {
    const file = path.join(examples, name);
    if (!fs.statSync(file).isFile()) continue;
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n').length;
    assert.ok(lines <= 80, `${name} has ${lines} lines`);
    assert.ok(page.includes(`examples/js/${name}`), name);
  }
});

function run(command, args, options) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test('JavaScript and the user’s own C share one heap', async () => {
  const script = path.join(examples, 'own_c', 'run.mjs');
  // The command stands in the example's head, and is run as it stands there.
  const head = fs.readFileSync(script, 'utf8').match(/^\/\/ +(clang (?:.*\\\n)*.*)$/m)[1];
  const [, ...flags] = head.replaceAll(/\\\n\/\//g, ' ').split(/\s+/);
  const wasm = path.join(temporary, 'median.wasm');
  const cwd = path.join(examples, 'own_c');
  run(await findClang(), ['-Wall', '-Wextra', '-Werror', ...flags.slice(0, -1), wasm], { cwd });
  const lines = run(process.execPath, [script, wasm]).trim().split('\n');
  assert.deepEqual(lines, [
    'largest value before 6.00, after 1.00',
    '2 blocks live, 3 were allocated',
    'all given back: true, the heap is whole: true',
  ]);
});

test('threads exchange messages by pointer, and free everything', () => {
  const lines = run(process.execPath, [path.join(examples, 'messages.mjs')])
    .trim()
    .split('\n');
  assert.match(lines[0], /^400 arrays sorted by 4 threads, the mean of their medians 0\.\d\d$/);
  assert.equal(lines[2], 'all given back: true, the heap is whole: true');
});

/** The pages: what is true of each once it has done what it shows. */
const pages = {
  async 'particles.html'(tab) {
    await tab.mouse.click(200, 100);
    await tab.waitForFunction(
      () => globalThis.example.bursts.size > 0 && example.pool.stats().frees > 2,
    );
    const [whole, agrees, lit] = await tab.evaluate(() => {
      const { pool, bursts } = globalThis.example;
      const { width, height } = document.querySelector('canvas');
      const { data } = document
        .querySelector('canvas')
        .getContext('2d')
        .getImageData(0, 0, width, height);
      return [
        pool.check().ok,
        pool.stats().usedBlocks === bursts.size,
        data.some((each) => each > 150 && each < 255),
      ];
    });
    assert.deepEqual([whole, agrees, lit], [true, true, true]);
  },

  async 'watched.html'(tab) {
    const figures = () =>
      tab.evaluate(
        () => globalThis.example?.view.shadowRoot.querySelector('.figures')?.textContent ?? '',
      );
    await tab.waitForFunction(() => globalThis.example?.pool.stats().usedBlocks > 5);
    await tab.click('#work');
    const used = await tab.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return globalThis.example.pool.stats().used;
    });
    assert.equal(Number((await figures()).match(/^[\d,]+/)[0].replaceAll(',', '')), used);
    await tab.click('#clear');
    await tab.waitForFunction(() =>
      globalThis.example.view.shadowRoot.querySelector('.figures').textContent.startsWith('0 used'),
    );
  },

  /** The audio thread plays a voice, and gives it back when it has faded. */
  async 'synth.html'(tab, browserName) {
    await tab.waitForFunction(() => globalThis.example !== undefined);
    await tab.keyboard.down('a');
    if (browserName === 'Firefox') {
      // It starts no audio where there is no device for it; test/js has its audio thread.
      const made = await tab.evaluate(() => globalThis.example.pool.stats().usedBlocks);
      assert.equal(made, 2);
      return;
    }
    await tab.keyboard.down('d');
    await tab.waitForFunction(() => globalThis.example.scope.some((value) => value !== 0));
    const playing = await tab.evaluate(() => globalThis.example.pool.stats().usedBlocks);
    assert.equal(playing, 3);
    await tab.keyboard.up('a');
    await tab.keyboard.up('d');
    await tab.waitForFunction(() => globalThis.example.scope.every((value) => value === 0));
    // A call that has the lock takes in the blocks that were freed without it.
    await tab.waitForFunction(() => {
      const { pool } = globalThis.example;
      pool.free(pool.alloc(1));
      return pool.stats().usedBlocks === 1;
    });
    assert.equal(await tab.evaluate(() => globalThis.example.pool.check().ok), true);
  },
};

for (const [browserName, launch] of Object.entries(browsers)) {
  test(browserName, { timeout: 120_000 }, async (t) => {
    const browser = await launch();
    try {
      for (const [name, check] of Object.entries(pages)) {
        await t.test(name, async () => {
          const { tab, problems } = await open(browser, site.address + name);
          await check(tab, browserName);
          await tab.close();
          assert.deepEqual(problems, []);
        });
      }
    } finally {
      await browser.close();
    }
  });
}
