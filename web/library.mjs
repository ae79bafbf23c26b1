// SPDX-License-Identifier: MIT
/**
 * Builds `segfit/view` for the npm package: dist/view.js, which is self-contained, and
 * dist/view-define.js, which defines <segfit-view>; both also for `require`. `node
 * web/library.mjs`.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { command } from '../wasm/toolchain/steps.mjs';
import { commandArguments } from '../wasm/toolchain/arguments.mjs';

import { dist, isMain, root } from '../wasm/toolchain/paths.mjs';
import { isFresh, make } from '../wasm/toolchain/recipe.mjs';
import { packageFiles, webRecipe } from './build.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

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
      // Inline all files, so that one script tag is enough.
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      lib: { entry: join(here, 'embed', 'index.ts'), formats: ['es', 'cjs'], fileName },
      minify: true,
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
}

/** Copies the types, which are self-contained. */
function declare() {
  const types = join(dist, 'types');
  mkdirSync(types, { recursive: true });
  for (const extension of ['ts', 'cts']) {
    copyFileSync(join(here, 'embed', 'api.d.ts'), join(types, `view.d.${extension}`));
  }
}

const made = [
  ...['view.js', 'view.cjs', ...Object.keys(defines)],
  ...['types/view.d.ts', 'types/view.d.cts'],
].map((file) => join(dist, file));
const product = () => ({ name: 'view', recipe: webRecipe(), outputs: made });

export const viewIsFresh = () => isFresh(product());

/** Builds the view if it is not fresh. Returns false if it is. */
export async function buildView({ log = () => {} } = {}) {
  const wasMade = await make(product(), async () => {
    await bundle();
    for (const [file, text] of Object.entries(defines)) {
      writeFileSync(join(dist, file), text);
    }
    declare();
  });
  if (!wasMade) {
    log('dist/view.js is up to date');
    return false;
  }
  const bytes = gzipSync(readFileSync(made[0]), { level: 9 }).length;
  log(
    `${relative(root, made[0])}: ${(bytes / 1024).toFixed(1)} KiB gzipped, the allocator included`,
  );
  return true;
}

if (isMain(import.meta.url)) {
  await command(async () => {
    commandArguments({ usage: 'usage: node web/library.mjs' });
    await buildView({ log: (line) => console.log(line) });
  });
}
