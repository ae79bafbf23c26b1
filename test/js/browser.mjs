// SPDX-License-Identifier: MIT
/**
 * Uses the built package in Chromium and in Firefox: in pages, workers and worklets.
 *
 *     SEED=5 node test/js/browser.mjs [--only Chromium|Firefox]
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

import { listen, staticServer } from '../../wasm/serve/server.mjs';
import { command } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, oneOf, seedOr } from '../../wasm/toolchain/arguments.mjs';
import { browsers } from '../web/browser/launch.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const firstPort = 8217;
/** The seed of the random tests. */
let seed = 0;

/** The server that isolates its pages, with other headers on demand. */
function serverWith(change) {
  const inner = staticServer(root);
  return http.createServer((request, response) => {
    const { writeHead } = response;
    response.writeHead = (status, headers) => writeHead.call(response, status, change(headers));
    inner.emit('request', request, response);
  });
}

const isolated = (headers) => headers;
const alone = ({ ...headers }) => {
  delete headers['Cross-Origin-Opener-Policy'];
  delete headers['Cross-Origin-Embedder-Policy'];
  return headers;
};
const strict = (headers) => ({ ...headers, 'Content-Security-Policy': "script-src 'self'" });

/** Checks that the pool grew, is consistent, and is one free block with balanced counts. */
const whole = [true, 0, 0, 1, true, true, true];

/** Title, headers, name in page.js, and expected result. */
const tests = [
  ['a pool in a page', isolated, 'plain', [49152, true, true]],
  [
    'Float16Array in a page',
    isolated,
    'halves',
    [0.0999755859375, 1.5, 65504, 0, true, true, true, 1],
  ],
  ['a pool that workers and the page share', isolated, 'threads', whole],
  ['a pool that a worklet, a worker and the page share', isolated, 'worklet', whole],
  ['a page that finds the lock held goes on when it can', isolated, 'spins', ['released', 0, true]],
  [
    'a page and a worker learn together that a thread died inside the pool',
    isolated,
    'orphan',
    [...Array(4).fill('Error ERR_SEGFIT_LOCK_TIMEOUT'), true, true],
  ],
  [
    'a page that is not isolated gets an error',
    alone,
    'unavailable',
    [false, 'Error ERR_SEGFIT_SHARED_UNAVAILABLE'],
  ],
  [
    'a page whose policy forbids WebAssembly gets an error',
    strict,
    'blocked',
    Array(2).fill('Error ERR_SEGFIT_WASM_BLOCKED'),
  ],
];

let passed = 0;
let failed = 0;

async function check(title, work) {
  try {
    await work();
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAILED ${title} (SEED=${seed})\n  ${error.stack ?? error}`);
  }
}

async function outcome(browser, headers, test) {
  const server = serverWith(headers);
  const page = await browser.newPage();
  try {
    await page.goto(`${await listen(server, firstPort)}test/js/browser/index.html`);
    await page.waitForFunction(() => 'run' in globalThis);
    return await page.evaluate((name, given) => globalThis.run(name, given), test, seed);
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
  }
}

async function main() {
  const usage = 'usage: node test/js/browser.mjs [--only Chromium|Firefox]';
  const { only } = commandArguments({ usage, options: { only: oneOf(Object.keys(browsers)) } });
  seed = seedOr(Date.now() % 2 ** 31);
  console.log(`SEED=${seed}`);
  for (const [name, launch] of Object.entries(browsers)) {
    if (only !== undefined && only !== name) continue;
    await check(`${name} starts`, async () => {
      const browser = await launch();
      console.log(`${name}: ${await browser.version()}`);
      try {
        for (const [title, headers, test, expected] of tests) {
          await check(`${name}: ${title}`, async () => {
            assert.deepEqual(await outcome(browser, headers, test), expected);
          });
        }
      } finally {
        await browser.close();
      }
    });
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

await command(main);
