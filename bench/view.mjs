// SPDX-License-Identifier: MIT
/**
 * Measures the page in Chromium with large heaps and long runs: `npm run bench:view`.
 *
 *     node bench/view.mjs [--json FILE] [--most BLOCKS] [--calls CALLS]
 *
 * "script" is the time of a frame's own code, including redrawn panels. "frame" is the time from
 * one frame to the next; a 60 Hz display and a loaded machine bound it from below.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conditions } from './malloc/conditions.mjs';
import { browsers } from '../test/web/browser/launch.mjs';
import { listen, staticServer } from '../wasm/serve/server.mjs';
import { command } from '../wasm/toolchain/steps.mjs';
import { commandArguments, number, text } from '../wasm/toolchain/arguments.mjs';
import { packageFiles } from '../web/build.mjs';

const web = fileURLToPath(new URL('../web', import.meta.url));
const target = fileURLToPath(new URL('../build/bench-view', import.meta.url));
const port = 8119;

const usage = 'usage: npm run bench:view [-- --json FILE --most BLOCKS --calls CALLS]';
const kinds = { json: text, most: number(1000, 1e8), calls: number(100, 1e8) };

async function bundle() {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: web,
    logLevel: 'warn',
    publicDir: false,
    resolve: { alias: packageFiles },
    build: {
      outDir: target,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      lib: { entry: join(web, 'bench', 'page.ts'), formats: ['es'], fileName: () => 'page.js' },
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
  const style = readFileSync(join(web, 'style.css'), 'utf8');
  writeFileSync(
    join(target, 'index.html'),
    `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>${style}</style>` +
      '<body><script type="module" src="page.js"></script>\n',
  );
}

const at = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** Median, 95 %, worst, in ms. */
const quantiles = (values) =>
  [at(values, 0.5), at(values, 0.95), Math.max(...values)].map((value) => Number(value.toFixed(2)));

const ms = (value) => value.toFixed(value < 10 ? 2 : 1).padStart(7);

const spread = (values) => quantiles(values).map(ms).join(' ');

async function benchLive(page, results, most = 1e6) {
  console.log('\nLive heap, 200 calls a frame; ms: median, 95 %, worst');
  console.log('   blocks |         script          |         frame');
  for (let blocks = 1000; blocks <= most; blocks *= 10) {
    const times = await page.evaluate((count) => window.bench.live(count), blocks);
    const { script, frame } = times;
    results.live.push({ blocks: times.blocks, script: quantiles(script), frame: quantiles(frame) });
    console.log(`${String(times.blocks).padStart(9)} | ${spread(script)} | ${spread(frame)}`);
  }
}

async function benchRuns(page, results, calls = 1e6) {
  console.log('\nRecorded run; ms');
  console.log(
    '    calls |    read    load longest | seek: median, 95 %, worst | one call on, blocks',
  );
  const programs = [
    [calls / 100, 2000, 9],
    [calls / 10, 20_000, 9],
    [calls, 20_000, 9],
    [calls, 1_000_000, 16],
  ];
  for (const program of programs) {
    const times = await page.evaluate((...words) => window.bench.run(...words), ...program);
    const { read, load, longest, seek, play } = times;
    results.runs.push({
      calls: times.calls,
      blocks: play.blocks,
      read: Math.round(read),
      load: Math.round(load),
      longest: Math.round(longest),
      seek: quantiles(seek),
      call: quantiles(play.script),
    });
    console.log(
      `${String(times.calls).padStart(9)} | ${ms(read)} ${ms(load)} ${ms(longest)} |   ${spread(seek)} | ` +
        `${spread(play.script)} ${String(play.blocks).padStart(8)}`,
    );
  }
}

async function main() {
  const words = commandArguments({ usage, options: kinds });
  await bundle();
  const server = staticServer(target);
  const browser = await browsers.Chromium();
  const results = {
    ...(await conditions()),
    browser: await browser.version(),
    live: [],
    runs: [],
  };
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(String(error)));
    await page.setViewport({ width: 1440, height: 900 });
    await page.goto(await listen(server, port));
    await page.waitForFunction(() => 'bench' in window, { timeout: 15_000 });
    console.log(`${results.browser}, ${results.machine.cpu}`);
    await benchLive(page, results, words.most);
    await benchRuns(page, results, words.calls);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
  if (words.json !== undefined) {
    writeFileSync(words.json, `${JSON.stringify(results, null, 1)}\n`);
  }
}

await command(main);
