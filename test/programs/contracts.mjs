// SPDX-License-Identifier: MIT
/** test/c/malloc/ on each platform, in each way of linking that users have. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../wasm/toolchain/steps.mjs';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';
import { runner32 } from '../run/runner32.mjs';
import { otherMallocs, single } from './backend.mjs';
import { environment } from './targets.mjs';

const folder = path.join(root, 'test/c/malloc');
const source = path.join(root, 'src');
const include = path.join(root, 'include');

/**
 * A build of one of the test files. `define` and `compile` are for the malloc and for the test,
 * `link` for the linker. `expect` is what the run has to say, by default that all tests passed.
 * `side`: a file that becomes a module to load at run time. `alone`: the link map of wasm-ld may
 * name no other malloc.
 */
const growth = ['-sALLOW_MEMORY_GROWTH'];
/** surface.c calls malloc_stats, which writes to standard error. */
const told = /^(?=[^]*segfit malloc: [1-9]\d* bytes taken$)[^]*^[1-9]\d* passed, 0 failed$/m;
/** fresh.c counts the bytes that memset clears. */
const counted = ['-Wl,--wrap=memset'];
/** The flags of libsegfit-malloc-debug.a: the highest level of checks, as config.h says. */
const [, highest] = /SEGFIT_CHECK > (\d+)/.exec(
  fs.readFileSync(path.join(source, 'core', 'config.h'), 'utf8'),
);
const debug = ['-DSEGFIT_DEBUG=1', `-DSEGFIT_CHECK=${highest}`];
const tests = [
  { file: 'contract.c', target: 'native' },
  { file: 'contract.c', target: 'native', title: '32-bit', compile: ['-m32'], link: ['-m32'] },
  { file: 'contract.c', target: 'wasi' },
  { file: 'contract.c', target: 'wasi', title: 'optimised at link time', compile: ['-flto'] },
  { file: 'contract.c', target: 'emscripten', link: growth },
  {
    file: 'contract.c',
    target: 'emscripten',
    title: 'aligned to 16',
    link: growth,
    compile: ['-DSEGFIT_ALIGN=16', '-DEXPECTED_ALIGN=16'],
  },
  {
    file: 'contract.c',
    target: 'emscripten',
    title: 'SAFE_HEAP',
    link: [...growth, '-sSAFE_HEAP'],
  },
  {
    file: 'contract.c',
    target: 'emscripten',
    title: 'without growth',
    link: ['-sINITIAL_MEMORY=128MB', '-sABORTING_MALLOC=0'],
  },
  ...['contract.c', 'growth.c'].flatMap((file) => [
    {
      file,
      target: 'wasi',
      title: 'initial memory of 16 MiB',
      link: ['-Wl,--initial-memory=16777216'],
    },
    {
      file,
      target: 'emscripten',
      title: 'initial memory of 64 MiB',
      link: [...growth, '-sINITIAL_MEMORY=64MB'],
    },
  ]),
  { file: 'growth.c', target: 'wasi' },
  { file: 'growth.c', target: 'emscripten', link: growth },
  { file: 'growth.c', target: 'emscripten', title: 'SAFE_HEAP', link: [...growth, '-sSAFE_HEAP'] },
  { file: 'high.c', target: 'wasi' },
  { file: 'high.c', target: 'emscripten', link: [...growth, '-sMAXIMUM_MEMORY=4GB'] },
  {
    file: 'full.c',
    target: 'native',
    title: 'static array',
    define: ['-DSEGFIT_MALLOC_STATIC_SIZE=2000000'],
  },
  {
    file: 'full.c',
    target: 'wasi',
    title: 'static array',
    define: ['-DSEGFIT_MALLOC_STATIC_SIZE=2000000'],
  },
  { file: 'full.c', target: 'wasi', title: 'limited', link: ['-Wl,--max-memory=4194304'] },
  {
    file: 'full.c',
    target: 'emscripten',
    title: 'static array',
    define: ['-DSEGFIT_MALLOC_STATIC_SIZE=2000000'],
  },
  {
    file: 'full.c',
    target: 'emscripten',
    title: 'limited',
    link: [...growth, '-sTOTAL_STACK=64KB', '-sINITIAL_MEMORY=4MB', '-sMAXIMUM_MEMORY=6MB'],
  },
  {
    file: 'full.c',
    target: 'emscripten',
    title: 'without growth',
    link: ['-sTOTAL_STACK=64KB', '-sINITIAL_MEMORY=6MB', '-sABORTING_MALLOC=0'],
  },
  ...['native', 'wasi', 'emscripten'].flatMap((target) => {
    const link = target === 'emscripten' ? growth : [];
    const fixed = ['-DSEGFIT_MALLOC_STATIC_SIZE=2000000'];
    const bare = ['-DSEGFIT_CACHE=0', '-DSEGFIT_CHECK=0', '-DSEGFIT_STATS=0'];
    const small = [...bare, '-DSEGFIT_PROBES=0', '-DSEGFIT_MALLOC_EXHAUSTED=0'];
    return [
      { file: 'cache.c', target, link },
      { file: 'surface.c', target, link, expect: told, alone: target !== 'native' },
      {
        file: 'surface.c',
        target,
        title: 'as the small archive',
        link,
        compile: small,
      },
      { file: 'exhausted.c', target, link, define: fixed },
      {
        file: 'exhausted.c',
        target,
        title: 'without checks, cache, figures',
        link,
        define: [...fixed, ...bare],
      },
      { file: 'prefix.c', target, link, compile: ['-DSEGFIT_MALLOC_PREFIX=my_'] },
      { file: 'contract.c', target, title: 'without a cache', link, define: ['-DSEGFIT_CACHE=0'] },
      { file: 'contract.c', target, title: 'as the debug archive', link, define: debug },
      {
        file: 'cache.c',
        target,
        title: 'smallest',
        link,
        compile: [
          '-DSEGFIT_CACHE=1',
          '-DSEGFIT_CACHE_LARGEST=64',
          '-DSEGFIT_CACHE_BYTES=64',
          '-DSEGFIT_CACHE_REFILL=0',
          '-DSEGFIT_CACHE_BATCH=1',
        ],
      },
      {
        file: 'cache.c',
        target,
        title: 'largest',
        link,
        compile: [
          '-DSEGFIT_CACHE=255',
          '-DSEGFIT_CACHE_LARGEST=4096',
          '-DSEGFIT_CACHE_BYTES=1048576',
          '-DSEGFIT_CACHE_REFILL=65536',
          '-DSEGFIT_CACHE_BATCH=255',
        ],
      },
    ];
  }),
  { file: 'busy.c', target: 'native', compile: ['-pthread'], link: ['-pthread'] },
  { file: 'fresh.c', target: 'native', link: counted },
  { file: 'fresh.c', target: 'wasi', link: counted },
  {
    file: 'fresh.c',
    target: 'emscripten',
    title: 'sbrk is zeroed',
    link: [...growth, ...counted],
    define: ['-DSEGFIT_MALLOC_SBRK_ZEROED=1'],
  },
  ...['contract.c', 'cache.c'].map((file) => ({
    file,
    target: 'native',
    title: 'for one thread',
    compile: ['-DSEGFIT_THREADS=0'],
  })),
  { file: 'inspect.c', target: 'native', core: true },
  { file: 'inspect.c', target: 'wasi', core: true },
  { file: 'inspect.c', target: 'emscripten', core: true },
  { file: 'new.cc', target: 'native' },
  {
    file: 'new.cc',
    target: 'emscripten',
    compile: ['-fexceptions'],
    link: [...growth, '-fexceptions'],
  },
];

/** Threads, and what differs with them although there is one. */
const pooled = ['-pthread', '-sPTHREAD_POOL_SIZE=6', '-Wno-pthreads-mem-growth'];
const tsan = ['-fsanitize=thread', '-g'];
const threaded = [
  { file: 'threads.c', target: 'native', link: ['-pthread'] },
  { file: 'threads.c', target: 'native', title: '32-bit', compile: ['-m32'], link: ['-m32'] },
  {
    file: 'threads.c',
    target: 'native',
    title: 'smallest cache',
    compile: ['-DSEGFIT_CACHE=1', '-DSEGFIT_CACHE_BATCH=1', '-DSEGFIT_CACHE_REFILL=0'],
    link: ['-pthread'],
  },
  {
    file: 'threads.c',
    target: 'native',
    title: 'without a cache',
    compile: ['-DSEGFIT_CACHE=0'],
    link: ['-pthread'],
  },
  {
    file: 'threads.c',
    target: 'native',
    title: 'unchecked',
    define: ['-DSEGFIT_CHECK=0'],
    link: ['-pthread'],
  },
  // Beside the sanitizer's own malloc.
  ...[[], ['-DSEGFIT_CACHE=0'], ['-DSEGFIT_CHECK=2', '-DSEGFIT_CACHE_BATCH=255']].map((knobs) => ({
    file: 'threads.c',
    target: 'native',
    title: ['ThreadSanitizer', ...knobs].join(' '),
    define: ['-DSEGFIT_MALLOC_PREFIX=my_'],
    compile: [...tsan, '-DPREFIXED', '-DROUNDS=4000', ...knobs],
    link: [...tsan, '-pthread'],
  })),
  { file: 'fork.c', target: 'native', link: ['-pthread'] },
  { file: 'early.c', target: 'native', link: ['-pthread'] },
  { file: 'early.c', target: 'emscripten', compile: ['-pthread'], link: ['-pthread'] },
  ...['threads.c', 'contract.c', 'cache.c'].map((file) => ({
    file,
    target: 'emscripten',
    title: 'with threads',
    compile: ['-pthread'],
    link: [...growth, ...pooled],
  })),
];

const right = { expect: /^2188790 right$/m };
const linked = [
  { title: 'plain' },
  { title: 'wrapped', compile: ['-DWRAPPED'], link: ['-Wl,--wrap=malloc'] },
  { title: 'beneath a malloc of its own', compile: ['-DREPLACED'] },
  { title: 'AddressSanitizer', link: [...growth, '-fsanitize=address'] },
  { title: 'LeakSanitizer', link: [...growth, '-fsanitize=leak'] },
  { title: 'ASSERTIONS', link: ['-O0', '-sASSERTIONS=2'] },
  { title: 'before emmalloc', link: ['-sMALLOC=emmalloc'], alone: true },
  { title: 'MAIN_MODULE=1', compile: ['-fPIC'], link: ['-sMAIN_MODULE=1'] },
  { title: 'MAIN_MODULE=2', compile: ['-fPIC'], link: ['-sMAIN_MODULE=2'] },
  { title: 'optimised at link time', compile: ['-flto'], link: ['-flto'] },
].map((test) => ({ ...test, ...right, file: 'linked.c', target: 'emscripten' }));
/** Where AddressSanitizer is compiled in, its malloc is the program's. */
const sanitized = ['-fsanitize=address'];
const linkedNatively = [
  { title: 'plain' },
  { title: 'static', link: ['-static'] },
  { title: 'AddressSanitizer', compile: sanitized, link: sanitized },
  { title: 'optimised at link time', compile: ['-flto=auto'], link: ['-flto=auto', '-O2'] },
  // If it alone is linked in, the archive's malloc is the program's, and the program prints that.
  ...['address', 'thread', 'leak'].map((name) => ({
    title: `-fsanitize=${name} beside it`,
    link: [`-fsanitize=${name}`],
    expect: /^(?=[^]*Sanitizer, which does not see segfit's heap)[^]*^2188790 right$/m,
  })),
].map((test) => ({ ...right, ...test, file: 'linked.c', target: 'native' }));
/** A module that is loaded at run time allocates from the main module's malloc. */
const loaded = [
  {
    file: 'loads.c',
    target: 'emscripten',
    compile: ['-fPIC'],
    link: [...growth, '-sMAIN_MODULE=1', '-sNODERAWFS'],
    side: 'loaded.c',
  },
];

/** A crime traps, or is reported and does no harm. */
const crimes = {
  double: 3,
  deep: 3,
  flushed: 3,
  large: 3,
  usable: 3,
  realloc: 3,
  outside: 1,
  inside: 4,
  misaligned: 2,
  sized: 4,
  alignment: 2,
};
const misuse = ['native', 'wasi', 'emscripten'].flatMap((target) => [
  {
    file: 'misuse.c',
    target,
    title: 'nothing wrong',
    args: ['none'],
    expect: /^went on, the heap is sound$/m,
  },
  {
    file: 'misuse.c',
    target,
    title: 'bytes that look freed',
    args: ['forged'],
    expect: /^went on, the heap is sound$/m,
  },
  ...Object.keys(crimes).map((crime) => ({
    file: 'misuse.c',
    target,
    title: `${crime} traps`,
    args: [crime],
    traps: true,
    refuse: /went on/,
  })),
  ...Object.entries(crimes).map(([crime, code]) => ({
    file: 'misuse.c',
    target,
    title: `${crime} is reported`,
    args: [crime],
    compile: ['-DREPORTS'],
    expect: new RegExp(
      `^fault ${code}, this heap\\n(realloc says NULL\\n|usable size is 0\\n)?went on, the heap is sound$`,
      'm',
    ),
  })),
]);

/** Writes to a cached block are reported at every level that checks. */
const kept = ['native', 'wasi', 'emscripten'].flatMap((target) => [
  ...[1, 2, 3].flatMap((level) =>
    ['link', 'mark'].map((crime) => ({
      file: 'misuse.c',
      target,
      title: `${crime} is reported at level ${level}`,
      args: [crime],
      define: [`-DSEGFIT_CHECK=${level}`],
      compile: ['-DREPORTS'],
      expect: /^fault 6, this heap\nwent on, the heap is sound$/m,
    })),
  ),
  // A segfit_panic that allocates, as printf does, hears of what was written to a held block once.
  ...['link', 'mark'].map((crime) => ({
    file: 'misuse.c',
    target,
    title: `${crime} is reported once by the debug archive`,
    args: [crime],
    define: debug,
    compile: ['-DREPORTS'],
    expect: /^fault 9, this heap\nwent on, the heap is broken\n$/,
  })),
]);

export const allContracts = [
  ...tests,
  ...threaded,
  ...linked,
  ...linkedNatively,
  ...loaded,
  ...misuse,
  ...kept,
];

/** Flags that say something to the test alone, not to the malloc. */
const ofTestOnly = /^-D(WRAPPED|REPLACED|REPORTS|PREFIXED|ROUNDS)|^-fexceptions/;

const slug = (text) => text.replaceAll(/\W+/g, '-');

/** The library itself, as `cc src/core/*.c` makes it. */
function compileCore(target) {
  const place = path.join(target.folder, 'core');
  return Promise.all(
    coreSources.map((file) =>
      target.compile(path.join(root, file), path.join(place, `${path.basename(file)}.o`), ['-O2']),
    ),
  );
}

/** Makes a module for dlopen beside the program. */
async function buildSide(test, target) {
  const object = path.join(target.folder, `${test.side}.o`);
  await target.compile(path.join(folder, test.side), object, ['-O2', '-fPIC']);
  const made = path.join(target.folder, `${path.basename(test.side, '.c')}.wasm`);
  await must(target.cc[0], [object, '-O2', '-sSIDE_MODULE=1', '-o', made], { env: environment });
}

/** Builds one of them; returns the program. */
async function buildContract(test, target) {
  if (test.side !== undefined) await buildSide(test, target);
  const { file, define = [], compile = [], link = [], core = false } = test;
  const isCxx = file.endsWith('.cc');
  const shared = [...define, ...compile].filter((flag) => !ofTestOnly.test(flag));
  const place = path.join(target.folder, 'contract', slug(shared.join(' ')) || 'plain');
  const object = await target.compile(
    path.join(folder, file),
    path.join(place, `${slug(`${file} ${compile.join(' ')}`)}.o`),
    ['-O2', '-fno-builtin', '-I', include, ...compile],
    isCxx ? [...target.cxx, '-std=c++17'] : target.cc,
  );
  const backendFlags = ['-O2', '-fno-builtin', ...shared];
  const backend = await target.compile(single, path.join(place, 'malloc.o'), backendFlags);
  const linked = await target.link(
    slug(`${file} ${test.title ?? 'plain'}`),
    [object, backend, ...(core ? await compileCore(target) : [])],
    test.alone ? [...link, '-Wl,--print-map'] : link,
    isCxx ? target.cxx : target.cc,
  );
  const others = test.alone ? otherMallocs(linked.said) : [];
  if (others.length > 0) throw new Failure(`the link map names ${others.join(', ')}`);
  if (test.alone && !linked.said.includes('process_alloc')) throw new Failure('no link map');
  return linked.program;
}

/** Builds and runs one of them; returns what is wrong, or undefined. */
export async function runContract(test, targets) {
  const target = targets[test.target];
  const runner = test.link?.includes('-m32') ? runner32() : target.runner;
  if (runner === undefined) return 'this system runs no 32-bit programs, and there is no qemu-i386';
  const program = await buildContract(test, target);
  const { code, output } = await target.run(program, test.args, undefined, runner);
  const expected = test.expect ?? (test.traps ? /(?:)/ : /^[1-9]\d* passed, 0 failed$/m);
  // A trap is no exit code of the program's own; 2 is its answer to a crime that it does not know.
  const ended = test.traps ? code !== 0 && code !== 2 : code === 0;
  const refused = test.refuse?.test(output);
  return ended && expected.test(output) && !refused ? undefined : `exit code ${code}\n${output}`;
}

/**
 * Workers over one memory, without a C library: what Emscripten's Wasm Workers and hosts of one's
 * own are, with the single file or an archive. Returns what is wrong, or undefined.
 */
export async function runWorkers(target, archive = undefined) {
  const place = path.join(target.folder, 'workers');
  const own = ['-matomics', '-mbulk-memory', '-ffreestanding', '-fno-builtin', '-I', include];
  const compile = (source, name, ...flags) =>
    target.compile(source, path.join(place, name), ['-O2', ...own, ...flags]);
  const objects = [
    await compile(path.join(folder, 'workers.c'), 'workers.o'),
    archive ?? (await compile(single, 'malloc.o', '-DSEGFIT_MALLOC_ERRNO=0')),
  ];
  const shared = ['--no-entry', '--import-memory', '--shared-memory', '--max-memory=134217728'];
  const flags = ['-nostdlib', `-Wl,${[...shared, '--export=__stack_pointer'].join()}`];
  // The script provides the functions of Emscripten's library that the archive calls.
  if (archive !== undefined) flags.push('-Wl,--allow-undefined');
  const name = `workers-${archive === undefined ? 'single' : path.basename(path.dirname(archive))}`;
  const { program } = await target.link(name, objects, flags);
  const script = path.join(root, 'test/programs/workers.mjs');
  const { code, output } = await run(process.execPath, [script, program]);
  return code === 0 && /^2 passed, 0 failed$/m.test(output) ? undefined : output;
}

export const titleOf = ({ file, target, title }) =>
  `${file}, ${target}${title ? `, ${title}` : ''}`;
