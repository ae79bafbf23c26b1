// SPDX-License-Identifier: MIT
// The C side of the installed package: what a C program gets from `npm i segfit`.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { root } from '../../../wasm/toolchain/paths.mjs';
import { onPath } from '../../../wasm/toolchain/system.mjs';
import { Project } from './installed.mjs';

/** Fails unless segfit served its allocations. */
const program = `
#include <segfit/malloc.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    segfit_stats_t stats;
    char *volatile text = malloc(1000);
    segfit_malloc_stats(&stats);
    printf("%s\\n", text != NULL && stats.used >= 1000 ? "segfit" : "another malloc");
    free(text);
}
`;

let project;
before(() => {
  project = new Project();
  project.write('app.c', program);
});
after(() => project?.remove());

/** In a project where npx has the command at hand, and must not ask a registry. */
const shell = (line) =>
  project.run('sh', ['-c', line], { env: { ...process.env, npm_config_offline: 'true' } });

test('emcc app.c $(npx segfit flags emscripten) has segfit as its malloc', () => {
  shell('emcc app.c $(npx segfit flags emscripten) -o app.js');
  // Emscripten's programs of before 2023 take Node's fetch for a browser's.
  assert.equal(project.node(['-e', "delete globalThis.fetch; require('./app.js');"]), 'segfit');
});

test('flags with --threads give a program with threads segfit as its malloc', () => {
  shell('emcc app.c $(npx segfit flags emscripten --threads) -o threads.js');
  const script = "delete globalThis.fetch; require('./threads.js');";
  assert.equal(project.node(['-e', script]), 'segfit');
});

function clang() {
  const all = [19, 20, 21, 22, 18, 17, 16, 15, 14].map((version) => `clang-${version}`);
  return [...all, 'clang'].find((each) => onPath(each) !== undefined);
}

/** A program without a C library; the number that `run` answers says which check failed. */
const bare = `
#include <segfit/malloc.h>
#include <segfit/malloc_family.h>
__attribute__((export_name("run"))) int run(void)
{
    segfit_stats_t stats;
    char *const text = malloc(100000);
    if (text == NULL) return 1;
    for (int i = 0; i < 100000; i++) text[i] = 'a';
    segfit_malloc_stats(&stats);
    if (stats.used < 100000) return 2;
    free(text);
    return 0;
}
`;

test('$(npx segfit flags wasm32) gives a program without a C library its malloc', () => {
  project.write('bare.c', bare);
  const build = `${clang()} --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry bare.c`;
  const run = `
    const compiled = new WebAssembly.Module(require('fs').readFileSync('bare.wasm'));
    console.log(new WebAssembly.Instance(compiled).exports.run());`;
  for (const more of ['', ' --debug']) {
    shell(`${build} $(npx segfit flags wasm32${more}) -o bare.wasm`);
    assert.equal(project.node(['-e', run]), '0');
  }
});

test('clang for WASI with $(npx segfit flags wasi) has segfit as its malloc', () => {
  const name = clang();
  shell(`${name} --target=wasm32-wasi -O1 app.c $(npx segfit flags wasi) -o app.wasm`);
  const host = path.join(root, 'wasm', 'toolchain', 'run-wasi.mjs');
  assert.equal(project.node([host, 'app.wasm']), 'segfit');
});

test('the paths of segfit/malloc build the program here, by single file and by sources', () => {
  const say = (what) => project.node(['-p', `require('segfit/malloc').${what}`]);
  const flags = ['-O1', `-I${say('includeDir')}`, 'app.c', '-o', 'app'];
  project.run('cc', [...flags, say('singleFile')]);
  assert.equal(project.run(project.path('app'), []), 'segfit');
  const sources = JSON.parse(
    project.node(['-p', "JSON.stringify(require('segfit/malloc').sources())"]),
  );
  assert.ok(sources.length > 5);
  project.run('cc', [...flags, ...sources, '-DSEGFIT_MALLOC=1', '-fno-builtin']);
  assert.equal(project.run(project.path('app'), []), 'segfit');
});

test('the paths lie in the package, by import as by require', () => {
  const list = 'JSON.stringify([includeDir, sourceDir, singleFile, cmakeDir, archive("wasi")])';
  const names = '{ includeDir, sourceDir, singleFile, cmakeDir, archive }';
  project.write('paths.mjs', `import ${names} from 'segfit/malloc'; console.log(${list});`);
  project.write('paths.cjs', `const ${names} = require('segfit/malloc'); console.log(${list});`);
  const paths = project.node(['paths.mjs']);
  assert.equal(project.node(['paths.cjs']), paths);
  for (const file of JSON.parse(paths)) {
    assert.ok(!path.relative(project.package, file).startsWith('..'), file);
    assert.ok(fs.existsSync(file), file);
  }
});

test('an archive that does not exist is refused by name', () => {
  const script = `
    const { archive } = require('segfit/malloc');
    for (const target of ['dos', 7]) {
      try { archive(target, { threads: true }); } catch (error) {
        console.log(error.name, error.code, error.message.split(';')[0]);
      }
    }`;
  const lines = project.node(['-e', script]).split('\n');
  const begin = 'TypeError ERR_SEGFIT_ARG_TYPE this package has no archive for';
  assert.deepEqual(lines, [`${begin} "dos", with threads`, `${begin} 7, with threads`]);
});

test('add_subdirectory(node_modules/segfit) gives the targets', () => {
  const lines = [
    'cmake_minimum_required(VERSION 3.23)',
    'project(app C)',
    'add_subdirectory(node_modules/segfit)',
    'add_executable(app app.c)',
    'target_link_libraries(app PRIVATE segfit::malloc)',
  ];
  project.write('CMakeLists.txt', lines.join('\n'));
  project.run('cmake', ['-S', '.', '-B', 'made', '-G', 'Ninja']);
  project.run('cmake', ['--build', 'made', '--target', 'app']);
  assert.equal(project.run(project.path('made', 'app'), []), 'segfit');
});
