// SPDX-License-Identifier: MIT
/**
 * Uses the built page in Chromium and in Firefox, and saves screenshots to build/screenshots.
 *
 *     node test/web/browser.mjs [--readme] [--main] [--every] [--only TEXT]
 *
 * `--readme` makes docs/visualizer.png and nothing else; `--main` loads, plays and steps the page in
 * Chromium, which takes seconds; `--every` uses every control in all ways
 * in both browsers, which takes minutes: without it, only by mouse in Chromium; `--only` runs the
 * tests with TEXT in their name.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

import { listen, staticServer } from '../../wasm/serve/server.mjs';
import { command } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, flag, text, UsageError } from '../../wasm/toolchain/arguments.mjs';
import { buildAttach } from './attach.mjs';
import { buildSingle } from '../../web/single.mjs';
import { access } from './browser/access.mjs';
import { alone } from './browser/alone.mjs';
import { controls } from './browser/controls.mjs';
import { embed, emptyHtml, emptyPage } from './browser/embed.mjs';
import { every } from './browser/every.mjs';
import { browsers } from './browser/launch.mjs';
import { learn } from './browser/learn.mjs';
import { resize, Visit } from './browser/page.mjs';
import { panels } from './browser/panels.mjs';
import { playback } from './browser/playback.mjs';
import { share } from './browser/share.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const screenshots = join(root, 'build', 'screenshots');
const firstPort = 8117;

/** A moment with a full and fragmented heap, in the middle of a search. */
const moment = '1350.4';

const usage = 'usage: node test/web/browser.mjs [--readme] [--main] [--every] [--only TEXT]';
/** The command's words. */
let words = {};

let passed = 0;
let failed = 0;

async function check(name, work) {
  try {
    await work();
    passed++;
  } catch (error) {
    failed++;
    // Print the causes with their stacks: a failure on another machine may not be reproducible
    // here.
    console.log(`FAILED ${name}\n  ${inspect(error).split('\n').slice(0, 40).join('\n  ')}`);
  }
}

const desktop = { width: 1440, height: 900 };

async function newVisit(browser, address, viewport = desktop) {
  const page = await browser.newPage();
  await resize(page, viewport);
  return new Visit(page, address);
}

/** Every control. All input methods are used only on request: each takes a minute. */
function everyFor(name) {
  const all = Object.entries(every);
  const shown = words.every === true;
  return Object.fromEntries(
    all.filter(([title]) => shown || (name === 'Chromium' && title.endsWith('by mouse'))),
  );
}

async function runTests(browser, name, address, only) {
  const own = { ...playback, ...panels, ...controls, ...everyFor(name) };
  await runTestsOf({ ...own, ...learn, ...share, ...embed }, browser, name, address, only);
}

/**
 * Runs the tests in one tab, since opening one takes as long as some tests. A tab is not reused
 * after a failed test.
 */
async function runTestsOf(tests, browser, name, address, only) {
  let page;
  for (const [title, test] of Object.entries(tests)) {
    if (!title.includes(only)) {
      continue;
    }
    await check(`${name}: ${title}`, async () => {
      page ??= await browser.newPage();
      await resize(page, desktop);
      const visit = new Visit(page, address);
      try {
        await test(visit);
        assert.deepEqual(visit.problems, []);
        visit.leave();
      } catch (error) {
        visit.problems.forEach((problem) => console.log(`  ${name}, the page: ${problem}`));
        await page.close();
        page = undefined;
        throw error;
      }
    });
  }
  await page?.close();
}

/** Readers who prefer reduced motion see none until they request it. */
async function checkStillness(visit) {
  await visit.open();
  for (let frame = 0; frame < 30; frame++) {
    await visit.settle();
  }
  assert.deepEqual([await visit.playing(), (await visit.where())[0]], [false, 0]);
  const flights = await visit.page.evaluate(() =>
    Array.from({ length: 12 }, () => {
      document.querySelector('[data-action="step"]').click();
      return document.querySelectorAll('.flight').length;
    }),
  );
  assert.deepEqual([...new Set(flights)], [0]);
  await visit.click('.play');
  assert.equal(await visit.playing(), true);
}

async function runChromiumTests(browser, address) {
  await check('Chromium: nothing moves by itself under reduced motion', async () => {
    const visit = await newVisit(browser, address);
    await visit.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await checkStillness(visit);
    await visit.page.close();
  });
  await check('Chromium: dark and forced colours reach the map', async () => {
    const visit = await newVisit(browser, address);
    const client = await visit.page.createCDPSession();
    const looks = new Set();
    const features = [
      ['prefers-color-scheme', 'light'],
      ['prefers-color-scheme', 'dark'],
      ['forced-colors', 'active'],
    ];
    for (const [name, value] of features) {
      await client.send('Emulation.setEmulatedMedia', { features: [{ name, value }] });
      await visit.open(moment);
      looks.add(await visit.map());
    }
    assert.equal(looks.size, features.length);
    assert.deepEqual(visit.problems, []);
    await visit.page.close();
  });
}

async function runFirefoxTests(address) {
  const browser = await browsers.Firefox({ still: true });
  await check('Firefox: nothing moves by itself under reduced motion', async () => {
    const visit = await newVisit(browser, address);
    await checkStillness(visit);
  });
  await browser.close();
}

async function screenshot(
  browser,
  address,
  { width, height, scheme, path, fullPage = true, at = moment },
) {
  const visit = await newVisit(browser, address, {
    width,
    height,
    isMobile: width < 500,
    hasTouch: width < 500,
  });
  await visit.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await visit.open(at);
  await visit.page.screenshot({ path, fullPage });
  await visit.page.close();
}

async function saveScreenshots(browser, address) {
  mkdirSync(screenshots, { recursive: true });
  for (const scheme of ['light', 'dark']) {
    for (const [width, height] of [
      [1440, 900],
      [768, 1024],
      [375, 740],
    ]) {
      const path = join(screenshots, `${width}-${scheme}.png`);
      await check(`screenshot ${width} ${scheme}`, () =>
        screenshot(browser, address, { width, height, scheme, path }),
      );
    }
  }
}

async function saveReadmePicture(browser, address) {
  const path = join(root, 'docs', 'visualizer.png');
  await screenshot(browser, address, {
    width: 1440,
    height: 1090,
    scheme: 'light',
    path,
    fullPage: false,
  });
  const { size } = statSync(path);
  console.log(`docs/visualizer.png: ${size} bytes`);
  assert.ok(size <= 300 * 1024);
}

/** The page's main path: it loads, plays, steps, seeks, and its URL restores the moment. */
async function runMainPath(address) {
  const browser = await browsers.Chromium();
  console.log(`Chromium: ${await browser.version()}`);
  try {
    await runTestsOf(playback, browser, 'Chromium', address, '');
  } finally {
    await browser.close();
  }
}

async function runBrowser(name, { address, single, only }) {
  await check(`${name} starts`, async () => {
    const browser = await browsers[name]();
    console.log(`${name}: ${await browser.version()}`);
    try {
      await runTests(browser, name, address, only);
      await runTestsOf(alone, browser, name, single, only);
      if (name === 'Chromium') {
        await runTestsOf(access, browser, name, address, only);
      }
      if (name === 'Chromium' && only === '') {
        await runChromiumTests(browser, address);
        await saveScreenshots(browser, address);
      }
    } finally {
      await browser.close();
    }
  });
  if (name === 'Firefox' && only === '') {
    await runFirefoxTests(address);
  }
}

async function main() {
  words = commandArguments({
    usage,
    options: { readme: flag, main: flag, every: flag, only: text },
  });
  const { only = '' } = words;
  // Below the root, since the page must work in any folder of a server.
  if (!existsSync(join(root, 'dist', 'web', 'index.html'))) {
    throw new Error('dist/web is absent: run `npm run build` first');
  }
  const server = staticServer(join(root, 'dist'));
  const address = `${await listen(server, firstPort)}web/`;
  try {
    if (words.readme) {
      const browser = await browsers.Chromium();
      await saveReadmePicture(browser, address);
      await browser.close();
      return 0;
    }
    if (words.main) {
      await runMainPath(address);
    } else {
      await buildAttach();
      writeFileSync(join(root, 'dist', 'attach', emptyPage), emptyHtml);
      const single = pathToFileURL(await buildSingle()).href;
      // In parallel, since a test mostly waits for its page.
      await Promise.all(
        Object.keys(browsers).map((name) => runBrowser(name, { address, single, only })),
      );
    }
    console.log(`${passed} passed, ${failed} failed`);
    if (passed + failed === 0)
      throw new UsageError(`no test is named like ${JSON.stringify(only)}`);
    return failed === 0 ? 0 : 1;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

await command(main);
