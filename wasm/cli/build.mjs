// SPDX-License-Identifier: MIT
/** Builds the `segfit` command into one file, dist/cli.js: `node wasm/cli/build.mjs`. */
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { dist } from '../toolchain/paths.mjs';
import { command } from '../toolchain/steps.mjs';
import { commandWords } from '../toolchain/words.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(dist, 'cli.js');
/** Where what goes in lies. */
const folders = [here, path.join(here, '..', 'toolchain'), path.join(here, '..', 'js')];

function isFresh() {
  if (!existsSync(out)) return false;
  const { mtimeMs } = statSync(out);
  const files = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => path.join(folder, name)),
  );
  return files.every((file) => statSync(file).mtimeMs < mtimeMs);
}

/** Returns false when dist/cli.js was up to date. */
export async function buildCommand() {
  if (isFresh()) return false;
  const { build } = await import('vite');
  await build({
    root: here,
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      ssr: true,
      rollupOptions: { input: path.join(here, 'main.mjs'), output: { entryFileNames: 'cli.js' } },
    },
  });
  chmodSync(out, 0o755);
  return true;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    commandWords({ usage: 'usage: node wasm/cli/build.mjs' });
    if (await buildCommand()) console.log('dist/cli.js: written');
  });
}
