// SPDX-License-Identifier: MIT
/** Takes the pictures of examples that docs show: node test/examples/pictures.mjs */
import path from 'node:path';

import { root } from '../../wasm/toolchain/paths.mjs';
import { browsers } from '../web/browser/launch.mjs';
import { open, serveExamples } from './site.mjs';

/** Height, keys to hold, and when the moment has come. */
const pictures = {
  'particles.html': [560, '', 'globalThis.example?.pool.stats().frees > 12'],
  'synth.html': [460, 'adgk', 'globalThis.example?.scope.some((value) => value !== 0)'],
};

const site = await serveExamples(42717);
const browser = await browsers.Chromium();
for (const [name, [height, keys, ready]] of Object.entries(pictures)) {
  const { tab } = await open(browser, 'about:blank');
  await tab.setViewport({ width: 960, height });
  await tab.goto(site.address + name);
  await tab.waitForFunction('globalThis.example !== undefined');
  for (const key of keys) await tab.keyboard.down(key);
  await tab.waitForFunction(ready, { timeout: 60_000 });
  const file = path.join(root, 'docs', name.replace('.html', '.webp'));
  await tab.screenshot({ path: file, type: 'webp', quality: 72 });
  console.log(path.relative(root, file));
}
await browser.close();
site.close();
