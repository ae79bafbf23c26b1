// SPDX-License-Identifier: MIT
// The installed package in runtimes other than Node and browsers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { EdgeRuntime } from 'edge-runtime';
import { build as esbuild } from 'esbuild';
import { Miniflare } from 'miniflare';

import { answer, Project, useByImport, useByRequire } from '../installed.mjs';
import { binary } from './tools.mjs';

let project;
before(() => {
  project = new Project();
  project.write('app.mjs', `${useByImport}console.log(said);\n`);
  project.write('app.cjs', `${useByRequire}console.log(said);\n`);
});
after(() => project?.remove());

test('Bun, by import and by require', () => {
  const bun = binary(['bun', 'bin', 'bun.exe'], '@oven', 'bin', 'bun');
  for (const name of ['app.mjs', 'app.cjs']) assert.equal(project.run(bun, [name]), answer);
});

test('Deno, without any permission', () => {
  const env = {
    ...process.env,
    DENO_DIR: project.path('deno'),
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
  };
  const words = ['run', '--no-prompt', '--cached-only', '--node-modules-dir=manual'];
  const deno = binary(['deno', 'deno'], '@deno', 'deno');
  for (const name of ['app.mjs', 'app.cjs']) {
    assert.equal(project.run(deno, [...words, name], { env }), answer);
  }
});

/** The package's files for hosts that compile nothing but files, by the names that it imports. */
function wasmFiles() {
  const names = fs.readdirSync(path.join(project.package, 'dist'));
  const read = (name) => fs.readFileSync(path.join(project.package, 'dist', name));
  return names.filter((name) => name.endsWith('.wasm')).map((name) => [name, read(name)]);
}

/** A program for `condition`, its wasm left to be imported. */
async function bundle(condition, contents, options) {
  const { outputFiles } = await esbuild({
    stdin: { contents, resolveDir: project.folder, loader: 'js' },
    bundle: true,
    write: false,
    conditions: [condition],
    logLevel: 'silent',
    ...options,
  });
  return outputFiles[0].text;
}

/** Returns a worker's answer to a request. */
async function workerSays(script, modules = []) {
  const miniflare = new Miniflare({
    compatibilityDate: '2025-01-01',
    modules: [{ type: 'ESModule', path: 'worker.js', contents: script }, ...modules],
  });
  try {
    return await (await miniflare.dispatchFetch('http://localhost/')).text();
  } finally {
    await miniflare.dispose();
  }
}

const worker = (body) => `
  import { Pool } from 'segfit';
  export default { fetch() { ${body} } };
`;
/** Uses a pool, and its functions for other modules, which are a module themselves. */
const respond = `${useByImport.split('\n').slice(1).join('\n')}
  const given = pool.imports().malloc(8);
  return new Response(given > 0 ? said : 'no block');`;

test('workerd, by its condition', async () => {
  const options = { format: 'esm', external: ['*.wasm'] };
  const script = await bundle('workerd', worker(respond), options);
  const files = wasmFiles().map(([name, contents]) => ({
    type: 'CompiledWasm',
    path: name,
    contents,
  }));
  assert.equal(await workerSays(script, files), answer);
});

test('workerd without the condition: an error that says why', async () => {
  const body = `try { new Pool({}); } catch ({ code }) { return new Response(code); }`;
  const script = await bundle('browser', worker(body), { format: 'esm' });
  assert.equal(await workerSays(script), 'ERR_SEGFIT_WASM_BLOCKED');
});

test('an edge runtime that compiles `*.wasm?module` when it is deployed', async () => {
  const deployed = {
    name: 'wasm-module',
    setup(build) {
      build.onResolve({ filter: /\.wasm\?module$/ }, ({ path: name }) => ({
        path: name,
        namespace: 'wasm',
      }));
      build.onLoad({ filter: /.*/, namespace: 'wasm' }, ({ path: name }) => ({
        contents: `export default globalThis.deployed[${JSON.stringify(path.parse(name).name)}];`,
      }));
    },
  };
  const answerTo = `event.respondWith((() => { ${respond} })())`;
  const listen = `addEventListener('fetch', (event) => ${answerTo});`;
  const initialCode = await bundle('edge-light', `import { Pool } from 'segfit';\n${listen}`, {
    format: 'iife',
    plugins: [deployed],
  });
  const modules = wasmFiles().map(([name, bytes]) => [
    path.parse(name).name,
    new WebAssembly.Module(bytes),
  ]);
  const extend = (context) => Object.assign(context, { deployed: Object.fromEntries(modules) });
  const runtime = new EdgeRuntime({ initialCode, extend });
  const response = await runtime.dispatchFetch('http://localhost/');
  assert.equal(await response.text(), answer);
});
