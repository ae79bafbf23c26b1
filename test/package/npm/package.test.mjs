// SPDX-License-Identifier: MIT
// The packed and installed package, by what every machine has: Node, esbuild, the checkers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build as esbuild } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { root } from '../../../wasm/toolchain/paths.mjs';
import { answer, Project, useByImport, useByRequire } from './installed.mjs';

let project;
before(() => {
  project = new Project();
});
after(() => project?.remove());

const manifest = () => JSON.parse(project.read('node_modules/segfit/package.json'));

test('import and require find the package', () => {
  const say = 'console.log(said);';
  project.write('app.mjs', `${useByImport}${say}`);
  project.write('app.cjs', `${useByRequire}${say}`);
  assert.equal(project.node(['app.mjs']), answer);
  assert.equal(project.node(['app.cjs']), answer);
});

test('every exported sub-path exists, by import and by require', () => {
  const { exports } = manifest();
  const names = Object.keys(exports).filter((name) => !/\*|\.(wasm|c|json)$/.test(name));
  assert.deepEqual(names.slice(0, 2), ['.', './core']);
  for (const name of names) {
    const specifier = JSON.stringify(`segfit${name.slice(1)}`);
    const count = `console.log(Object.keys(all).length > 0);`;
    project.write('all.mjs', `import * as all from ${specifier};\n${count}`);
    project.write('all.cjs', `const all = require(${specifier});\n${count}`);
    assert.equal(project.node(['all.mjs']), 'true', name);
    assert.equal(project.node(['all.cjs']), 'true', name);
  }
  const files = Object.keys(exports).filter((name) => /\.(wasm|c|json)$/.test(name));
  for (const name of [...files, './malloc/include/segfit/malloc.h', './malloc/src/core/alloc.c']) {
    project.write('file.cjs', `console.log(require.resolve('segfit${name.slice(1)}'));`);
    assert.ok(fs.statSync(project.node(['file.cjs'])).size > 0, name);
  }
});

test('files of every condition are in the package', () => {
  const targets = (value) =>
    typeof value === 'string' ? [value] : Object.values(value).flatMap(targets);
  const { exports, bin, main, types } = manifest();
  const named = [...targets(exports), ...Object.values(bin), main, types];
  for (const name of named.filter((target) => !target.includes('*'))) {
    assert.ok(fs.existsSync(path.join(project.package, name)), name);
  }
});

test('the package brings nothing else, and no file of somebody’s machine', () => {
  const tops = new Set(project.files.map(({ path: name }) => name.split('/')[0]));
  assert.deepEqual([...tops].sort(), [
    'CHANGELOG.md',
    'CMakeLists.txt',
    'LICENSE',
    'README.md',
    'dist',
    'include',
    'package.json',
    'src',
  ]);
  assert.deepEqual(manifest().dependencies ?? {}, {});
  const strange = project.files.filter(({ path: name }) =>
    /native|\.map$|\.stamp$|\.ts$/.test(name),
  );
  assert.deepEqual(
    strange.filter(({ path: name }) => !name.endsWith('.d.ts')),
    [],
  );
});

test('every script in the package is an entry, or imported by one', () => {
  const scripts = project.files
    .map(({ path: name }) => name)
    .filter((name) => /^dist\/[^/]+\.c?js$/.test(name));
  const text =
    JSON.stringify(manifest()) + scripts.map((name) => project.read(`node_modules/segfit/${name}`));
  const lost = scripts.filter((name) => !text.includes(`/${path.basename(name)}"`));
  assert.deepEqual(lost, []);
});

test('publint reports nothing, not even a suggestion', async () => {
  const { messages, pkg } = await publint({ pkgDir: project.package, pack: false, strict: true });
  const lines = messages.map((message) => formatMessage(message, pkg, { color: false }));
  assert.deepEqual(lines, []);
});

test('the types are right under every kind of resolution', async () => {
  const tarball = createPackageFromTarballData(new Uint8Array(fs.readFileSync(project.tarball)));
  const excludeEntrypoints = Object.keys(manifest().exports).filter((name) =>
    /\*|\.(wasm|c)$/.test(name),
  );
  const { types, problems } = await checkPackage(tarball, { excludeEntrypoints });
  assert.equal(types.kind, 'included');
  assert.deepEqual(problems, []);
});

test('a program in strict TypeScript uses it, as a module and as CommonJS', () => {
  const body = `
    const pool: segfit.Pool = new segfit.Pool({ size: 65536 });
    const floats: Float32Array<ArrayBuffer> = pool.allocArray(Float32Array, 4);
    const layout: core.Layout | undefined = undefined;
    const header: string = malloc.includeDir + malloc.archive('wasi');
    export const all = [pool, floats, layout, header];`;
  const names = { segfit: 'segfit', core: 'segfit/core', malloc: 'segfit/malloc' };
  const lines = (line) => Object.entries(names).map(line).join('\n');
  project.write('esm.mts', lines(([name, from]) => `import * as ${name} from '${from}';`) + body);
  project.write('cjs.cts', lines(([name, from]) => `import ${name} = require('${from}');`) + body);
  const options = [
    '--strict',
    '--noEmit',
    '--types',
    '',
    '--target',
    'es2022',
    '--module',
    'nodenext',
  ];
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  assert.equal(project.node([tsc, ...options, 'esm.mts', 'cjs.cts']), '');
});

/** What `source` becomes when esbuild bundles it for `platform`. */
async function bundled(source, { platform = 'browser', ...options } = {}) {
  const stdin = { contents: source, resolveDir: project.folder, loader: 'js' };
  const settings = { bundle: true, write: false, format: 'esm', logLevel: 'silent', ...options };
  const { outputFiles } = await esbuild({ stdin, platform, ...settings });
  return outputFiles[0].contents;
}

test('esbuild bundles it for browsers and for Node, into one file that runs', async () => {
  const say = 'console.log(said);';
  const page = await bundled(`${useByImport}${say}`);
  fs.writeFileSync(project.path('bundle.mjs'), page);
  assert.doesNotMatch(Buffer.from(page).toString(), /\bimport\s*[{*"']|import\.meta|\brequire\(/);
  assert.equal(project.node(['bundle.mjs']), answer);
  const cjs = await bundled(`${useByRequire}${say}`, { platform: 'node', format: 'cjs' });
  fs.writeFileSync(project.path('bundle.cjs'), cjs);
  assert.equal(project.node(['bundle.cjs']), answer);
});

const kilobytes = async (source) => {
  const bytes = await bundled(source, { minify: true });
  return gzipSync(bytes, { level: 9 }).length / 1024;
};

test('an unused import costs nothing, and the whole package is small', async () => {
  assert.ok((await kilobytes(`import 'segfit'; import 'segfit/core';`)) < 0.1);
  const whole = await kilobytes(`import { Pool } from 'segfit'; globalThis.pool = new Pool({});`);
  // The documents state the limit. The aim is 8.
  for (const [file, text] of [
    ['README.md', /at most ([\d.]+) KB gzip in an application/],
    ['docs/npm.md', /is at most ([\d.]+) KB with gzip/],
  ]) {
    const limit = Number(text.exec(fs.readFileSync(path.join(root, file), 'utf8'))?.[1]);
    assert.ok(whole <= limit && limit <= 15.7, `${whole.toFixed(2)} KB; ${file}: ${limit}`);
  }
});

test('hosts that refuse bytes get files, and no bytes to compile', async () => {
  for (const [condition, suffix] of [
    ['workerd', ''],
    ['edge-light', '?module'],
  ]) {
    const text = Buffer.from(
      await bundled(`import { Pool } from 'segfit'; globalThis.Pool = Pool;`, {
        conditions: [condition],
        external: ['*.wasm', '*.wasm?module'],
      }),
    ).toString();
    const files = text.match(/(?<=from ")[^"]*/g);
    assert.deepEqual(
      files.map((name) => path.basename(name)).sort(),
      ['segfit-imports.wasm', 'segfit.wasm'].map((name) => name + suffix),
    );
    for (const name of files) {
      const file = path.join(project.package, 'dist', name.replace(suffix, ''));
      new WebAssembly.Module(fs.readFileSync(file));
    }
    // A few bytes stay: those of the module behind imports(), which is a file there.
    assert.doesNotMatch(text, /[0-9a-f]{1000}/);
  }
});
