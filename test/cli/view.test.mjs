// SPDX-License-Identifier: MIT
// `segfit view TRACE` in a browser: the page plays that trace.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { dist } from '../../wasm/toolchain/paths.mjs';
import { browsers } from '../web/browser/launch.mjs';

const name = 'two calls & a bad line.heapl';
const text = '{"op":"M","id":1,"size":10}\nwhat?\n{"op":"F","id":1}\n';

let folder;
let browser;
let served;
let address;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-view-'));
  fs.writeFileSync(path.join(folder, name), text);
  const words = [path.join(dist, 'cli.js'), 'view', name, '--no-open', '--port', '42217'];
  served = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  address = await new Promise((resolve, reject) => {
    let said = '';
    served.stdout.on('data', (chunk) => {
      said += chunk;
      const found = said.match(/http:\/\/127\.0\.0\.1:\d+\/\S*/);
      if (found !== null && said.includes('Ctrl-C')) resolve(found[0]);
    });
    served.on('close', () => reject(new Error(`it ended before it served:\n${said}`)));
  });
  browser = await browsers.Chromium();
});
after(async () => {
  await browser?.close();
  served?.kill();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function open(url) {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

test('the page plays the trace of the command line', async () => {
  const page = await open(address);
  await page.waitForSelector('html[data-ready="true"]', { timeout: 30_000 });
  const [provenance, problems] = await page.evaluate(() =>
    ['#provenance', '#problems'].map((each) => document.querySelector(each).textContent),
  );
  assert.ok(provenance.includes('2 calls') && provenance.includes(name), provenance);
  assert.match(problems, /1 line ignored:\s*Line 2: not JSON/);
  await page.close();
});

test('the page asks before it fetches from another server', async () => {
  const other = new URL(address);
  other.searchParams.set('trace', 'http://127.0.0.2:9/x.heapl');
  const page = await open(other.href);
  await page.waitForFunction(() => !document.querySelector('#problems').hidden, {
    timeout: 30_000,
  });
  const problems = await page.$eval('#problems', (box) => box.textContent);
  assert.match(
    problems,
    /names a trace on another server: x\.heapl\.\s*Fetch it from 127\.0\.0\.2:9/,
  );
  const fetched = await page.evaluate(() =>
    performance.getEntriesByType('resource').filter(({ name }) => name.includes('127.0.0.2')),
  );
  assert.deepEqual(fetched, []);
  await page.close();
});
