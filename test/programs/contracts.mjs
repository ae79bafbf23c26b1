// SPDX-License-Identifier: MIT
/** test/c/malloc/ on each platform, in each way of linking that users have. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { run } from '../../wasm/toolchain/steps.mjs';
import { single } from './backend.mjs';

const folder = path.join(root, 'test/c/malloc');
const source = path.join(root, 'src');
const include = path.join(root, 'include');

/** The names that the platform's C library has for its malloc: all of them, and ours. */
const plain = [
  'malloc',
  'free',
  'calloc',
  'realloc',
  'posix_memalign',
  'aligned_alloc',
  'malloc_usable_size',
];
const musl = ['__libc_malloc', '__libc_free', '__libc_calloc'];
const builtin = ['malloc', 'free', 'calloc', 'realloc', 'memalign'].map(
  (name) => `emscripten_builtin_${name}`,
);
const ours = ['heap', 'stats', 'check', 'reserve', 'flush'].map((name) => `segfit_malloc_${name}`);

const kinds = (kind, names) => names.map((name) => `${kind} ${name}`);

export const expectedNames = {
  wasi: [...kinds('T', [...plain, ...musl, ...ours]), 'W segfit_panic'].sort(),
  emscripten: [
    ...kinds('W', [
      ...plain,
      ...musl,
      ...builtin,
      '__libc_realloc',
      'memalign',
      'reallocarray',
      'segfit_panic',
    ]),
    ...kinds('T', ours),
  ].sort(),
  native: [
    ...kinds('T', [...plain, ...ours, 'memalign', 'reallocarray', 'valloc', 'pvalloc']),
    'W segfit_panic',
  ].sort(),
};

/** With a prefix: the names for programs, and none that the C library's parts call. */
const prefixed = [...plain, 'memalign', 'reallocarray'].map((name) => `my_${name}`);
export const expectedPrefixed = {
  wasi: [...kinds('T', [...prefixed, ...ours]), 'W segfit_panic'],
  emscripten: [...kinds('W', [...prefixed, 'segfit_panic']), ...kinds('T', ours)],
  native: [...kinds('T', [...prefixed, ...ours, 'my_valloc', 'my_pvalloc']), 'W segfit_panic'],
};

/**
 * A build of one of the test files. `define` and `compile` are for the malloc and for the test,
 * `link` for the linker. `expect` is what the run has to say, by default that all tests passed.
 */
const growth = ['-sALLOW_MEMORY_GROWTH'];
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
    return [
      { file: 'cache.c', target, link },
      { file: 'contract.c', target, title: 'without a cache', link, define: ['-DSEGFIT_CACHE=0'] },
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
  { title: 'MAIN_MODULE=1', compile: ['-fPIC'], link: ['-sMAIN_MODULE=1'] },
  { title: 'MAIN_MODULE=2', compile: ['-fPIC'], link: ['-sMAIN_MODULE=2'] },
  { title: 'optimised at link time', compile: ['-flto'], link: ['-flto'] },
].map((test) => ({ ...test, ...right, file: 'linked.c', target: 'emscripten' }));

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

export const allContracts = [...tests, ...threaded, ...linked, ...misuse];

/** Flags that say something to the test alone, not to the malloc. */
const ofTestOnly = /^-D(WRAPPED|REPLACED|REPORTS|PREFIXED|ROUNDS)|^-fexceptions/;

const slug = (text) => text.replaceAll(/\W+/g, '-');

/** The library itself, as `cc src/*.c` makes it. */
function compileCore(target) {
  const names = fs.readdirSync(source).filter((name) => name.endsWith('.c'));
  const place = path.join(target.folder, 'core');
  return Promise.all(
    names.map((name) =>
      target.compile(path.join(source, name), path.join(place, `${name}.o`), ['-O2']),
    ),
  );
}

/** Builds one of them; returns the program. */
async function buildContract(test, target) {
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
    link,
    isCxx ? target.cxx : target.cc,
  );
  return linked.program;
}

/** Builds and runs one of them; returns what is wrong, or undefined. */
export async function runContract(test, targets) {
  const target = targets[test.target];
  const { code, output } = await target.run(await buildContract(test, target), test.args);
  const expected = test.expect ?? (test.traps ? /(?:)/ : /^[1-9]\d* passed, 0 failed$/m);
  // A trap is no exit code of the program's own; 2 is its answer to a crime that it does not know.
  const ended = test.traps ? code !== 0 && code !== 2 : code === 0;
  const refused = test.refuse !== undefined && test.refuse.test(output);
  return ended && expected.test(output) && !refused ? undefined : `exit code ${code}\n${output}`;
}

/**
 * Workers over one memory, without a C library: what Emscripten's Wasm Workers and hosts of one's own
 * are. Returns what is wrong, or undefined.
 */
export async function runWorkers(target) {
  const place = path.join(target.folder, 'workers');
  const own = ['-matomics', '-mbulk-memory', '-ffreestanding', '-fno-builtin', '-I', include];
  const compile = (source, name, ...flags) =>
    target.compile(source, path.join(place, name), ['-O2', ...own, ...flags]);
  const objects = [
    await compile(path.join(folder, 'workers.c'), 'workers.o'),
    await compile(single, 'malloc.o', '-DSEGFIT_MALLOC_ERRNO=0'),
  ];
  const shared = ['--no-entry', '--import-memory', '--shared-memory', '--max-memory=134217728'];
  const flags = ['-nostdlib', `-Wl,${[...shared, '--export=__stack_pointer'].join()}`];
  const { program } = await target.link('workers', objects, flags);
  const script = path.join(root, 'test/programs/workers.mjs');
  const { code, output } = await run(process.execPath, [script, program]);
  return code === 0 && /^2 passed, 0 failed$/m.test(output) ? undefined : output;
}

export const titleOf = ({ file, target, title }) =>
  `${file}, ${target}${title ? `, ${title}` : ''}`;
