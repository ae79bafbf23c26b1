// SPDX-License-Identifier: MIT
/**
 * The ways to wasm of docs/malloc.md beyond test/c/malloc's own: Emscripten's modes with the
 * archives of dist/lib, programs without a C library, threads without pthreads. Each is linked as
 * the table there says, runs, and has one heap.
 */
import fs from 'node:fs';
import path from 'node:path';
import { dist, root } from '../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../wasm/toolchain/steps.mjs';
import { otherMallocs, single } from './backend.mjs';
import { runWorkers } from './contracts.mjs';
import { environment, out } from './targets.mjs';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';

const folder = path.join(root, 'test/c/malloc');
const include = path.join(root, 'include');
const archive = (name) => path.join(dist, 'lib', name, 'libsegfit-malloc.a');

// ------------------------------------------------------------------------------- with Emscripten

const growth = ['-sALLOW_MEMORY_GROWTH'];
const main = (mode) => [`-sMAIN_MODULE=${mode}`, ...growth];
/** `alone`: no other malloc may be in the program. */
const emscriptenWays = [
  { title: 'MALLOC=none', link: ['-sMALLOC=none', ...growth], alone: true },
  {
    title: 'MALLOC=none, SAFE_HEAP',
    link: ['-sMALLOC=none', '-sSAFE_HEAP', ...growth],
    alone: true,
  },
  {
    title: 'MALLOC=none, -pthread',
    library: 'emscripten-threads',
    compile: ['-pthread'],
    link: ['-sMALLOC=none', ...growth, '-Wno-pthreads-mem-growth'],
    alone: true,
  },
  {
    title: 'STANDALONE_WASM',
    link: ['-sSTANDALONE_WASM', ...growth],
    alone: true,
    // It refuses -sEXIT_RUNTIME.
    linkFlags: ['-sWASM_ASYNC_COMPILATION=0'],
  },
  { title: 'MAIN_MODULE=2', library: 'emscripten-pic', compile: ['-fPIC'], link: main(2) },
  {
    title: 'MAIN_MODULE=1, MALLOC=none',
    library: 'emscripten-pic',
    compile: ['-fPIC'],
    link: [...main(1), '-sMALLOC=none'],
    alone: true,
  },
];

async function runEmscripten(way, emscripten) {
  const target = way.linkFlags ? emscripten.with({ linkFlags: way.linkFlags }) : emscripten;
  const { title, library = 'emscripten', compile = [], link = [], alone = false } = way;
  const place = path.join(target.folder, 'ways');
  const object = await target.compile(
    path.join(folder, 'way.c'),
    path.join(place, `way${compile.join('')}.o`),
    ['-O2', '-fno-builtin', '-I', include, ...compile],
  );
  const inputs = [object, archive(library), ...compile];
  const name = `way-${title.replaceAll(/\W+/g, '-')}`;
  const { program, said } = await target.link(name, inputs, [...link, '-Wl,--print-map']);
  // All of the C library is linked with MAIN_MODULE=1: also its aligned_alloc, which calls
  // posix_memalign.
  const others = otherMallocs(said).filter((name) => name !== 'aligned_alloc.o');
  if (alone && others.length > 0) return `the link map names ${others.join(', ')}`;
  if (!said.includes('process_alloc')) return 'the link map does not name segfit';
  const { code, output } = await target.run(program);
  return code === 0 && /^one heap$/m.test(output) ? undefined : `exit code ${code}\n${output}`;
}

// ---------------------------------------------------------------------------- without a C library

/** The library's files: `clang -Iinclude app.c src/core/*.c`. */
function library() {
  return coreSources.map((file) => path.join(root, file));
}

/** As a reader types them: no -ffreestanding, no -fno-builtin, no -mbulk-memory. */
const plain = ['-nostdlib', '-Wl,--no-entry', '-I', include];
const freestandingWays = [
  { title: 'wasm32, archive', flags: ['-O2'], backend: () => [archive('wasm32')] },
  { title: 'wasm32, single file, -O0', flags: [], backend: () => [single] },
  { title: 'wasm32, position-independent', flags: ['-fPIC'], backend: () => [single] },
  { title: 'wasm32, C++', flags: ['-x', 'c++'], backend: () => [single] },
  { title: 'wasm32, heaps of the library', file: 'bare_heap.c', flags: [], backend: library },
  { title: 'wasm64, archive', cpu: 'wasm64', flags: [], backend: () => [archive('wasm64')] },
  { title: 'wasm64, single file', cpu: 'wasm64', flags: [], backend: () => [single] },
];

async function linkFreestanding(way, clang) {
  const { title, file = 'freestanding.c', cpu = 'wasm32', flags, backend } = way;
  const program = path.join(out, 'wasi', `${title.replaceAll(/\W+/g, '-')}.wasm`);
  const words = [`--target=${cpu}-unknown-unknown`, ...flags, ...plain];
  await must(clang, [...words, path.join(folder, file), ...backend(), '-o', program]);
  return fs.readFileSync(program);
}

/** What `run` answers, 0 if all is right, in a module that imports nothing. */
function runHere(bytes) {
  const module = new WebAssembly.Module(bytes);
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) throw new Failure(`the module imports ${JSON.stringify(imports)}`);
  return new WebAssembly.Instance(module).exports.run();
}

/** The same in a browser, since node has memories of 64 bits, and tables, from 24 on. */
async function runInBrowser(all) {
  const { browsers } = await import('../web/browser/launch.mjs');
  const browser = await browsers.Chromium();
  try {
    const page = await browser.newPage();
    return await page.evaluate(
      async (texts) => {
        const answers = [];
        for (const text of texts) {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const { instance } = await WebAssembly.instantiate(bytes, {});
          answers.push(instance.exports.run());
        }
        return answers;
      },
      all.map((bytes) => bytes.toString('base64')),
    );
  } finally {
    await browser.close();
  }
}

async function runFreestanding(way, clang) {
  const bytes = await linkFreestanding(way, clang);
  const answer = way.cpu === 'wasm64' ? (await runInBrowser([bytes]))[0] : runHere(bytes);
  return answer === 0 ? undefined : `run() answers ${answer}`;
}

// ---------------------------------------------------------------------------------- with threads

async function runWasiThreads(target) {
  const place = path.join(target.folder, 'ways');
  const object = await target.compile(
    path.join(folder, 'wasi_threads.c'),
    path.join(place, 'wasi_threads.o'),
    ['-O2', '-pthread', '-ffreestanding', '-fno-builtin', '-I', include],
  );
  const shared = ['--no-entry', '--import-memory', '--shared-memory', '--max-memory=134217728'];
  const flags = ['-nostdlib', `-Wl,${shared.join()}`];
  const { program } = await target.link('wasi-threads', [object, archive('wasi-threads')], flags);
  const script = path.join(root, 'test/programs/wasi_threads.mjs');
  const { code, output } = await run(process.execPath, [script, program], { env: environment });
  return code === 0 && / threads, 0 wrong$/m.test(output) ? undefined : output;
}

/** Each way: its title, and the work that answers what is wrong. */
export function allWays({ emscripten, wasi }) {
  const clang = wasi.cc[0];
  return [
    ...emscriptenWays.map((way) => [
      `way to wasm: Emscripten, ${way.title}`,
      () => runEmscripten(way, emscripten),
    ]),
    ...freestandingWays.map((way) => [
      `way to wasm: no C library, ${way.title}`,
      () => runFreestanding(way, clang),
    ]),
    ['way to wasm: wasi-threads, archive', () => runWasiThreads(wasi)],
    ...['wasm32-threads', 'emscripten-workers'].map((name) => [
      `way to wasm: workers over one memory, archive of ${name}`,
      () => runWorkers(wasi, archive(name)),
    ]),
  ];
}
