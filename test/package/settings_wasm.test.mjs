// SPDX-License-Identifier: MIT Which objects may be linked together for wasm: see
// settings.test.mjs. There are fewer pairs, since the linkers are the same for all. Only wasm has
// shared memory, with which the malloc for one thread must not be linked.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../wasm/toolchain/paths.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { CORE, Workshop } from './settings.mjs';

const NOT_SHARED = /shared-memory is disallowed by \S*(malloc|single)/;
const MALLOCS = {
  default: [],
  small: ['-DSEGFIT_CHECK=0', '-DSEGFIT_STATS=0', '-DSEGFIT_CACHE=0'],
  debug: ['-DSEGFIT_DEBUG=1', '-DSEGFIT_CHECK=4'],
  'check-3': ['-DSEGFIT_CHECK=3'],
};
const DEBIAN_MODULES = '/usr/share/nodejs';
if (fs.existsSync(DEBIAN_MODULES)) process.env.NODE_PATH ??= DEBIAN_MODULES;

const shops = [];
after(() => shops.forEach((shop) => shop.close()));

const versions = [19, 20, 21, 22, 18, 17, 16, 15, 14].map((version) => `clang-${version}`);
const candidates = process.env.WASI_SDK_PATH
  ? [path.join(process.env.WASI_SDK_PATH, 'bin/clang')]
  : [...versions, 'clang'].map(onPath).filter(Boolean);
const ars = [19, 14].map((version) => `/usr/lib/llvm-${version}/bin/llvm-ar`);
const ar = onPath('llvm-ar') ?? ars.find((file) => fs.existsSync(file)) ?? 'ar';

/** A workshop whose programs link, or undefined. */
function shopOf(words, options) {
  const shop = new Workshop(words, { ar, ...options });
  shops.push(shop);
  return shop.works() ? shop : undefined;
}

const wasi = candidates
  .map((clang) =>
    shopOf([clang, '--target=wasm32-wasi', '-O0'], {
      suffix: '.wasm',
      runner: [process.execPath, path.join(root, 'wasm/toolchain/run-wasi.mjs')],
    }),
  )
  .find(Boolean);
const emcc = onPath('emcc');
const emscripten =
  emcc &&
  shopOf([emcc, '-O0'], {
    suffix: '.js',
    linked: ['-sEXIT_RUNTIME', '-sWASM_ASYNC_COMPILATION=0'],
    runner: [process.execPath],
  });

function refuses(shop, words, message) {
  const { status, output } = shop.link(words);
  assert.notEqual(status, 0, `${words} links`);
  assert.match(output, message);
}

function works(shop, words) {
  const { status, output } = shop.run(words);
  assert.equal(status, 0, output);
}

test('WASI: a library looks into the heap of every malloc', { skip: !wasi }, () => {
  for (const [core, knobs] of [
    ['default', []],
    ['align-8', ['-DSEGFIT_ALIGN=8']],
  ]) {
    const shared = knobs.filter((knob) => knob.includes('ALIGN'));
    const program = wasi.program(`inspects-${core}`, 'inspects.c', shared);
    for (const [malloc, given] of Object.entries(MALLOCS)) {
      works(wasi, [program, wasi.malloc(malloc, given), wasi.core(core, knobs)]);
    }
    works(wasi, [program, wasi.single(), wasi.core(core, knobs)]);
  }
});

test("WASI: a program shares its library's settings", { skip: !wasi }, () => {
  const right = wasi.core('default', []);
  works(wasi, [wasi.program('heap', 'heap.c', []), right]);
  const heap = (flags) => wasi.program(`heap${flags.join('')}`, 'heap.c', flags);
  refuses(wasi, [heap(['-DSEGFIT_ALIGN=8']), right], /segfit_init__for_SEGFIT_ALIGN_8__segfit_0_1/);
  refuses(wasi, [heap(['-DSEGFIT_CHECK=4']), right], /segfit_init__for_SEGFIT_ALIGN_16_CHECK_4_/);
  const program = wasi.program('inspects-default', 'inspects.c', []);
  for (const file of CORE.filter((one) => !['panic', 'libcalls'].includes(one))) {
    const odd = wasi.object(file, 'check-3', ['-DSEGFIT_CHECK=3']);
    const objects = CORE.map((one) => (one === file ? odd : wasi.object(one, 'default', [])));
    const words = [program, ...objects, wasi.malloc('default', [])];
    refuses(wasi, words, /segfit__\w+__for_SEGFIT_ALIGN_16_CHECK_/);
  }
});

test('WASI: an object for one thread does not link into a program with threads', {
  skip: !wasi,
}, () => {
  const source = `#include <segfit.h>
#include <stdlib.h>
void use(segfit_t *heap) { free(malloc(1)); segfit_free(heap, 0); }
void _start(void) {}
`;
  const threads = wasi.source('threads', source, ['-matomics', '-mbulk-memory']);
  const memory = '--shared-memory,--import-memory,--max-memory=1048576';
  const shared = ['-nostdlib', `-Wl,--no-entry,--export=use,--allow-undefined,${memory}`];
  const core = wasi.core('default', []);
  for (const [name, knobs] of Object.entries(MALLOCS)) {
    refuses(wasi, [threads, wasi.malloc(name, knobs), core, ...shared], NOT_SHARED);
  }
  refuses(wasi, [threads, wasi.single(), core, ...shared], NOT_SHARED);
  // The library alone does not lock, and serves a program that does.
  const many = wasi.malloc('threads', ['-matomics', '-mbulk-memory', '-DSEGFIT_MALLOC_ERRNO=0']);
  const { status, output } = wasi.link([threads, many, core, ...shared]);
  assert.equal(status, 0, output);
});

test('freestanding: a program is not linked with the library for WASI', { skip: !wasi }, () => {
  const source = `#include <segfit.h>
segfit_t *make(void *memory) { return segfit_init(memory, 9999, NULL); }
`;
  const [clang] = wasi.compiler;
  const freestanding = ['--target=wasm32', '-O0', '-mbulk-memory', '-ffreestanding', '-nostdlib'];
  const bare = new Workshop([clang, ...freestanding], {
    ar,
    suffix: '.wasm',
    linked: ['-Wl,--no-entry,--export=make'],
  });
  shops.push(bare);
  const program = bare.source('bare', source, []);
  const { status, output } = bare.link([program, bare.core('default', [])]);
  assert.equal(status, 0, output);
  refuses(bare, [program, wasi.core('default', [])], /segfit_init__for_SEGFIT_ALIGN_8__segfit_0_1/);
  // Another word size is the linker's to tell.
  const wide = bare.source('wide', source, ['--target=wasm64']);
  refuses(bare, [wide, bare.core('default', [])], /wasm64|wasm32|undefined symbol/);
});

test('Emscripten: no malloc for one thread goes with -pthread', { skip: !emscripten }, () => {
  const right = emscripten.core('default', []);
  const program = emscripten.program('inspects', 'inspects.c', []);
  for (const name of ['default', 'debug']) {
    works(emscripten, [program, emscripten.malloc(name, MALLOCS[name]), right]);
  }
  const wide = emscripten.program('heap-16', 'heap.c', ['-DSEGFIT_ALIGN=16']);
  refuses(emscripten, [wide, right], /segfit_\w+__for_SEGFIT_ALIGN_16__segfit_0_1/);
  const threads = emscripten.program('malloc-threads', 'malloc.c', ['-pthread']);
  for (const name of ['default', 'small', 'debug']) {
    refuses(emscripten, ['-pthread', threads, emscripten.malloc(name, MALLOCS[name])], NOT_SHARED);
  }
  refuses(emscripten, ['-pthread', threads, emscripten.single()], NOT_SHARED);
  // An Emscripten of before 2022 has no Wasm Workers.
  const workers = ['-sWASM_WORKERS', threads, emscripten.malloc('default', [])];
  refuses(
    emscripten,
    workers,
    /non-existent setting: 'WASM_WORKERS'|shared-memory is disallowed by/,
  );
  const many = emscripten.malloc('threads', ['-pthread']);
  // The library does not lock, and serves both.
  const inspects = emscripten.program('inspects-threads', 'inspects.c', ['-pthread']);
  works(emscripten, ['-pthread', inspects, many, right]);
  // Emscripten has what the malloc for several threads needs with -pthread alone.
  refuses(emscripten, [program, many, right], /undefined symbol: _emscripten_thread_supports/);
});
