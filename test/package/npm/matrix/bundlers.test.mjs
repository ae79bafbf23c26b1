// SPDX-License-Identifier: MIT
// The installed package through bundlers, each as its own guide sets it up.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { build as viteBuild } from 'vite';
import webpack from 'webpack';

import { answer, Project, useByImport } from '../installed.mjs';

let project;
before(() => {
  project = new Project();
  project.write('app.js', `${useByImport}console.log(said);\n`);
  project.write('index.html', '<!doctype html><script type="module" src="./app.js"></script>\n');
});
after(() => project?.remove());

test('Rollup', async () => {
  const bundle = await rollup({ input: project.path('app.js'), plugins: [nodeResolve()] });
  const { output } = await bundle.write({ dir: project.path('rollup'), entryFileNames: 'app.mjs' });
  await bundle.close();
  assert.equal(output.length, 1);
  assert.equal(project.node(['rollup/app.mjs']), answer);
});

for (const target of ['web', 'node']) {
  test(`webpack for ${target}`, async () => {
    const compiler = webpack({
      context: project.folder,
      entry: './app.js',
      mode: 'production',
      target,
      output: { path: project.path(`webpack-${target}`), filename: 'app.cjs' },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    await new Promise((resolve) => compiler.close(resolve));
    const { errors, warnings, assets } = stats.toJson();
    assert.deepEqual([...errors, ...warnings], []);
    assert.equal(assets.length, 1);
    assert.equal(project.node([`webpack-${target}/app.cjs`]), answer);
  });
}

test('Vite, build', async () => {
  const build = { outDir: 'vite', rollupOptions: { output: { entryFileNames: 'app.mjs' } } };
  const output = await viteBuild({
    root: project.folder,
    configFile: false,
    logLevel: 'error',
    build,
  });
  assert.deepEqual(output.output.map(({ fileName }) => fileName).sort(), ['app.mjs', 'index.html']);
  // The polyfill for preloading that Vite adds asks for a document.
  const element = '{ relList: { supports: () => true } }';
  const document = `globalThis.document = { createElement: () => (${element}) };`;
  const load = `${document} await import('./vite/app.mjs');`;
  assert.equal(project.node(['--input-type=module', '-e', load]), answer);
});
