// SPDX-License-Identifier: MIT
// Builds the npm package's JavaScript and types into dist/, from wasm/js and dist/segfit.wasm.
//
//     node wasm/js/build.mjs
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { command } from '../toolchain/steps.mjs';
import { commandWords } from '../toolchain/words.mjs';
import { bindingModule } from './binding.mjs';
import { bundle, bundled } from './bundle.mjs';
import { arenaSource, bytesSource, contractSource, heapLayoutSource } from './generate.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = join(root, 'dist');

const read = (path) => readFile(path, 'utf8');

async function writeIfChanged(path, content) {
  const bytes = Buffer.from(content);
  if (await readFile(path).then((old) => old.equals(bytes), () => false)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function generate() {
  const [wasm, threads] = await Promise.all(
    ['segfit.wasm', 'segfit-threads.wasm'].map((name) =>
      readFile(join(dist, name)).catch(() => {
        throw new Error(`dist/${name} is missing: run wasm/module/build.mjs first`);
      }),
    ),
  );
  const headers = ['include/segfit.h', 'include/segfit/inspect.h', 'wasm/module/arena.h'];
  const [segfit, inspect, arena] = await Promise.all(headers.map((path) => read(join(root, path))));
  const binding = bindingModule(Number(/^#define SEGFIT_MODULE_ALIGN (\d+)$/m.exec(arena)?.[1]));
  const write = (name, text) => writeIfChanged(join(here, 'generated', name), text);
  await write('contract.ts', contractSource(segfit, inspect, wasm));
  await write('heap_layout.ts', heapLayoutSource(inspect, wasm));
  await write('arena.ts', arenaSource(arena, segfit, inspect));
  await write('wasm_text.ts', bytesSource(threads, binding));
  await writeIfChanged(join(dist, 'segfit-imports.wasm'), binding);
}

/** A name for all that the output depends on. */
async function stamp() {
  const hash = createHash('sha256');
  for (const folder of [here, join(here, 'generated')]) {
    for (const name of (await readdir(folder)).sort()) {
      if (!/\.(ts|mjs|json)$/.test(name)) continue;
      hash.update(name).update(await readFile(join(folder, name)));
    }
  }
  return hash.update(await readFile(join(root, 'package-lock.json'))).digest('hex');
}

/** Declarations for `import`, and the same for `require`, whose relative imports end in .cjs. */
async function declare() {
  const types = join(dist, 'types');
  await rm(types, { recursive: true, force: true });
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  for (const project of ['tsconfig.json', 'tsconfig.node.json']) {
    const args = [tsc, '-p', join(here, project)];
    await promisify(execFile)(process.execPath, args).catch(({ stdout, stderr }) => {
      throw new Error(`tsc failed\n${stdout}${stderr}`);
    });
  }
  for (const file of await readdir(types, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    const path = join(types, file);
    const text = await read(path);
    const importing = (extension) => text.replace(/(['"]\.[^'"]*)\.ts(['"])/g, `$1.${extension}$2`);
    await writeFile(path, importing('js'));
    await writeFile(path.replace(/\.d\.ts$/, '.d.cts'), importing('cjs'));
  }
}

/** Builds what is out of date. Returns false when nothing was. */
export async function buildPackage({ log = () => {} } = {}) {
  await generate();
  const mark = join(root, 'build/js.stamp');
  const now = await stamp();
  const outputs = await readdir(dist);
  const needed = [...bundled, 'types'];
  const complete = needed.every((name) => outputs.includes(name));
  if (complete && (await read(mark).catch(() => '')) === now) return false;
  log(`bundling ${bundled.map((name) => `dist/${name}`).join(', ')}`);
  await bundle(dist);
  log('writing dist/types');
  await declare();
  await mkdir(dirname(mark), { recursive: true });
  await writeFile(mark, now);
  return true;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    commandWords({ usage: 'usage: node wasm/js/build.mjs' });
    await buildPackage({ log: (line) => console.log(line) });
  });
}
