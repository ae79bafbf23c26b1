// SPDX-License-Identifier: MIT
/** The same measurement in the browsers of this machine, on a page that this process serves. */
import fs from 'node:fs';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import { out } from '../../test/workloads/compiler.mjs';
import { listen, staticServer } from '../../wasm/serve/server.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { step } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';

const FIRST_PORT = 8117;
/** Long enough for any run; the protocol's own limit is three minutes. */
const MINUTES = 30;

/** Each with only its optimising compiler, as in Node: nothing is measured while it warms up. */
const browsers = [
  {
    names: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    options: {
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--js-flags=--no-liftoff,--no-wasm-lazy-compilation',
      ],
    },
  },
  {
    names: ['firefox-esr', 'firefox'],
    options: {
      browser: 'firefox',
      extraPrefsFirefox: {
        'javascript.options.wasm_baselinejit': false,
        'app.update.auto': false,
        'datareporting.policy.dataSubmissionEnabled': false,
      },
    },
  },
];

/** Writes the page, which only makes measure.mjs reachable, beside the modules. */
function writePage() {
  fs.copyFileSync(path.join(root, 'bench', 'malloc', 'measure.mjs'), path.join(out, 'measure.mjs'));
  fs.writeFileSync(path.join(out, 'index.html'), '<!doctype html><title>segfit bench</title>\n');
}

/** Runs in the page. */
async function measureInPage({ files, workloads, options }) {
  const { measure } = await import('/measure.mjs');
  const modules = [];
  for (const { name, file } of files) {
    const bytes = await (await fetch(file)).arrayBuffer();
    modules.push({ name, module: await WebAssembly.compile(bytes) });
  }
  return measure(modules, workloads, options);
}

async function measureIn(executablePath, options, address, job) {
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    protocolTimeout: MINUTES * 60_000,
    ...options,
  });
  try {
    const page = await browser.newPage();
    await page.goto(address);
    return { engine: await browser.version(), results: await page.evaluate(measureInPage, job) };
  } finally {
    await browser.close();
  }
}

/** [{engine, results}] of each browser that is installed; a line for each that is not. */
export async function measureInBrowsers(modules, workloads, { rounds, passes, part }) {
  writePage();
  const server = staticServer(out);
  const address = await listen(server, FIRST_PORT);
  const files = modules.map(({ name, file }) => ({ name, file: `/${path.basename(file)}` }));
  const all = [];
  for (const { names, options } of browsers) {
    const program = names.map(onPath).find(Boolean);
    if (program === undefined) {
      console.log(`  not measured: ${names[0]}, which is not on PATH`);
      continue;
    }
    const job = { files, workloads, options: { rounds, passes, part } };
    const title = `Measuring in ${path.basename(program)}`;
    all.push(await step(title, () => measureIn(program, options, address, job)));
  }
  server.closeAllConnections();
  server.close();
  return all;
}
