// SPDX-License-Identifier: MIT
// The installed package in Chromium and Firefox: in a page without any bundler, in a worker, in an
// AudioWorklet, under a policy that forbids to compile, and through Vite's development server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createServer } from 'vite';

import { listen, staticServer } from '../../../../wasm/serve/server.mjs';
import { browsers } from '../../../web/browser/launch.mjs';
import { answer, Project, use, useByImport } from '../installed.mjs';

const file = '/node_modules/segfit/dist/index.js';
const map = `<script type="importmap">{ "imports": { "segfit": "${file}" } }</script>`;
const allowed = "script-src 'self' 'unsafe-inline'";
const policy = `<meta http-equiv="Content-Security-Policy" content="${allowed}">`;
const page = (head, script) =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${head}
  <script type="module">${script}</script>\n`;

const inWorker = `import { Pool } from '${file}';\n${use}\n`;
const processor = `import { Pool } from '${file}';
  registerProcessor('user', class extends AudioWorkletProcessor {
    constructor() {
      super();
      ${use}
      this.port.postMessage(said);
    }
    process() { return false; }
  });`;
const startProcessor = `
  const context = new OfflineAudioContext(1, 128, 44100);
  await context.audioWorklet.addModule('/processor.js');
  const node = new AudioWorkletNode(context, 'user');
  node.port.onmessage = ({ data }) => { document.title = data; };
  node.connect(context.destination);
  await context.startRendering();`;

let project;
let server;
let vite;
let address;
before(async () => {
  project = new Project();
  project.write('page.html', page(map, `${useByImport} document.title = said;`));
  project.write('worker.js', `${inWorker} postMessage(said);\n`);
  project.write(
    'worker.html',
    page(
      '',
      `
    const worker = new Worker('/worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => { document.title = data; };`,
    ),
  );
  project.write('processor.js', processor);
  project.write('worklet.html', page('', startProcessor));
  project.write(
    'blocked.html',
    page(
      policy + map,
      `import { Pool } from 'segfit';
    try { new Pool({}); } catch ({ code }) { document.title = code; }`,
    ),
  );
  project.write('app.js', `${useByImport} document.title = said;\n`);
  project.write('index.html', '<!doctype html><script type="module" src="./app.js"></script>\n');
  server = staticServer(project.folder);
  address = await listen(server, 42517);
  const settings = { root: project.folder, configFile: false, logLevel: 'error' };
  vite = await createServer({ ...settings, server: { host: '127.0.0.1', port: 42617 } });
  await vite.listen();
});
after(async () => {
  await vite?.close();
  server?.closeAllConnections();
  server?.close();
  project?.remove();
});

for (const [name, launch] of Object.entries(browsers)) {
  test(name, { timeout: 180_000 }, async (t) => {
    const browser = await launch();
    try {
      const opened = (title, url, wanted) =>
        t.test(title, async () => {
          const tab = await browser.newPage();
          const problems = [];
          tab.on('pageerror', (error) => {
            // Firefox also reports as an error of the page what the page has caught.
            if (!String(error).includes('Content-Security-Policy:')) problems.push(String(error));
          });
          await tab.goto(url);
          await tab
            .waitForFunction((text) => document.title === text, { timeout: 30_000 }, wanted)
            .catch(async () => problems.push(`the title is ${JSON.stringify(await tab.title())}`));
          await tab.close();
          assert.deepEqual(problems, []);
        });
      await opened('a page without a bundler', `${address}page.html`, answer);
      await opened('a worker', `${address}worker.html`, answer);
      await opened('an AudioWorklet', `${address}worklet.html`, answer);
      await opened(
        'a policy without wasm-unsafe-eval',
        `${address}blocked.html`,
        'ERR_SEGFIT_WASM_BLOCKED',
      );
      await opened("Vite's development server", vite.resolvedUrls.local[0], answer);
    } finally {
      await browser.close();
    }
  });
}
