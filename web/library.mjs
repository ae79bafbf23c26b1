// SPDX-License-Identifier: MIT
/**
 * Builds `segfit/view` for the npm package: dist/view.js, which holds all it needs, and
 * dist/view-define.js, which makes <segfit-view> known; both also for `require`. `node web/library.mjs`.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { command } from '../wasm/toolchain/steps.mjs';
import { commandWords } from '../wasm/toolchain/words.mjs';

import { packageFiles, stamp } from './build.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = dirname(here.replace(/\/$/, ''));
const dist = join(root, 'dist');
const stampFile = join(root, 'build', 'view.stamp');

const defines = {
  'view-define.js': `// SPDX-License-Identifier: MIT
import { defineView } from './view.js';
defineView();
export * from './view.js';
`,
  'view-define.cjs': `// SPDX-License-Identifier: MIT
const view = require('./view.cjs');
view.defineView();
exports.attach = view.attach;
exports.defineView = view.defineView;
`,
};

const fileName = (format) => (format === 'es' ? 'view.js' : 'view.cjs');

async function bundle() {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: here,
    logLevel: 'warn',
    publicDir: false,
    resolve: { alias: packageFiles },
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: 'es2022',
      // Beside the code there is nothing to fetch, so that one script tag is all it takes.
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      lib: { entry: join(here, 'embed', 'index.ts'), formats: ['es', 'cjs'], fileName },
      minify: true,
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
}

/** Types stand by themselves: what they need of the package they spell out. */
function declare() {
  const types = join(dist, 'types');
  mkdirSync(types, { recursive: true });
  for (const extension of ['ts', 'cts']) {
    copyFileSync(join(here, 'embed', 'api.d.ts'), join(types, `view.d.${extension}`));
  }
}

/** Builds what is out of date. False when nothing was. */
export async function buildView({ log = () => {} } = {}) {
  const name = stamp();
  const made = ['view.js', 'view.cjs', ...Object.keys(defines), 'types/view.d.ts'].map((file) =>
    join(dist, file),
  );
  const isFresh =
    made.every((file) => existsSync(file)) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === name;
  if (isFresh) {
    log('dist/view.js is up to date');
    return false;
  }
  await bundle();
  for (const [file, text] of Object.entries(defines)) {
    writeFileSync(join(dist, file), text);
  }
  declare();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, name);
  const bytes = gzipSync(readFileSync(made[0]), { level: 9 }).length;
  log(
    `${relative(root, made[0])}: ${(bytes / 1024).toFixed(1)} KiB gzipped, the allocator included`,
  );
  return true;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    commandWords({ usage: 'usage: node web/library.mjs' });
    await buildView({ log: (line) => console.log(line) });
  });
}
