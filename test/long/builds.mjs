// SPDX-License-Identifier: MIT
/**
 * `npm run test:builds [part of a name]`: the library under every compiler, optimisation, language
 * and checker, without a warning, and running where it runs: random operations against the oracle.
 * A tool that is absent is a failure. On Debian: gcc gcc-multilib clang-14 clang-19 lld-19
 * clang-tidy cppcheck valgrind qemu-user libc6-dev-s390x-cross libgcc-12-dev-s390x-cross
 * libc6-dev-armhf-cross libgcc-12-dev-armhf-cross. (A gcc for those machines would remove
 * gcc-multilib.)
 */
import fs from 'node:fs';
import path from 'node:path';
import { coreSources } from '../../wasm/toolchain/core_sources.mjs';
import { build, root } from '../../wasm/toolchain/paths.mjs';
import { command, run, seconds, tail } from '../../wasm/toolchain/steps.mjs';
import { commandArguments, UsageError } from '../../wasm/toolchain/arguments.mjs';

const out = path.join(build, 'builds');
fs.mkdirSync(out, { recursive: true });
const test = 'test/c/property/test_operations.c';
const warnings = [
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wsign-conversion', '-Wshadow', '-Wundef'],
  ...['-Wcast-align', '-Wcast-qual', '-Wstrict-prototypes', '-Wmissing-prototypes', '-Wvla'],
  ...['-Wdouble-promotion', '-Werror', '-Iinclude', '-DOPERATIONS_SEEDS=1'],
];

/** The commands of a build that runs: compile library and test, then run it. */
function running(compiler, flags, runner = []) {
  const program = path.join(out, [compiler, ...flags].join(' ').replaceAll(/\W+/g, '-'));
  return [
    [compiler, ...warnings, ...flags, test, ...coreSources, '-o', program],
    [...runner, program],
  ];
}

/** The library alone, for flags that tests need not stand. */
function compiling(compiler, flags, files = coreSources) {
  return files.map((file) => {
    const object = path.join(out, `${path.basename(file)}.o`);
    return [compiler, ...warnings, ...flags, '-c', file, '-o', object];
  });
}

/** Every public header alone, in C++. */
function asCxx(compiler, standard) {
  const headers = ['segfit.h', 'segfit/growable.h', 'segfit/inspect.h', 'segfit/malloc.h'];
  return headers.map((header) => {
    const file = path.join(out, `${header.replaceAll(/\W/g, '_')}.cc`);
    fs.writeFileSync(file, `#include "${header}"\nSEGFIT_STATIC_HEAP(heap, 12, 16);\n`);
    const checks = ['-Wall', '-Wextra', '-Wpedantic', '-Wno-unused-variable', '-Werror'];
    return [compiler, `-std=${standard}`, ...checks, '-Iinclude', '-fsyntax-only', file];
  });
}

const optimisations = ['-O0', '-O1', '-O2', '-O3', '-Os'];
const tidy = [
  ...['bugprone-*', 'cert-*', 'clang-analyzer-*', 'performance-*', 'portability-*'],
  // Names with two underscores cross the library's files; pairs of sizes are what an allocator has.
  ...['-bugprone-easily-swappable-parameters', '-bugprone-reserved-identifier', '-cert-dcl37-c'],
  // There is no memset_s without Annex K; products of small constants cannot overflow.
  '-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling',
  ...['-bugprone-implicit-widening-of-multiplication-result', '-cert-dcl51-cpp'],
].join(',');

function valgrind() {
  const [compile, [program]] = running('cc', ['-O1', '-g']);
  const words = ['--quiet', '--error-exitcode=9', '--leak-check=full'];
  return [compile, ['valgrind', ...words, '--errors-for-leak-kinds=all', program, 'hardly']];
}

/** Under an emulator, which is slow: two of the five geometries. */
function emulated(target, emulator) {
  const flags = [
    `--target=${target}`,
    `-I/usr/${target}/include`,
    '-fuse-ld=lld',
    '-O2',
    '-static',
  ];
  const [compile, execute] = running('clang-19', flags, [emulator]);
  return [compile, [...execute, 'columns']];
}

/** Library with all of clang's checks of arithmetic; the test's hashes wrap on purpose. */
function arithmetic(compiler) {
  const checks = '-fsanitize=undefined,implicit-conversion';
  const objects = coreSources.map((file) => path.join(out, `arithmetic-${path.basename(file)}.o`));
  const program = path.join(out, 'arithmetic');
  return [
    ...coreSources.map((file, index) => [
      ...[compiler, ...warnings, '-O1', checks, '-fno-sanitize-recover=all'],
      ...['-c', file, '-o', objects[index]],
    ]),
    [compiler, '-O1', '-fsanitize=undefined', '-Iinclude', test, ...objects, '-o', program],
    [program],
  ];
}

const checks = [
  ...['gcc', 'clang-14', 'clang-19'].flatMap((compiler) =>
    optimisations.map((flag) => ({
      name: `${compiler} ${flag}`,
      words: running(compiler, [flag]),
    })),
  ),
  { name: 'gcc, whole program', words: running('gcc', ['-O3', '-flto=1', '-fstrict-aliasing']) },
  { name: 'clang-19, whole program', words: running('clang-19', ['-O3', '-flto', '-fuse-ld=lld']) },
  { name: 'gcc, 32-bit', words: running('gcc', ['-O2', '-m32']) },
  {
    name: 'no checks, no statistics',
    words: compiling('gcc', ['-O2', '-DSEGFIT_CHECK=0', '-DSEGFIT_STATS=0']),
  },
  { name: 'C11, strict', words: compiling('gcc', ['-std=c11', '-O2']) },
  { name: 'C17, strict, clang', words: compiling('clang-19', ['-std=c17', '-O2']) },
  { name: 'C23, clang', words: compiling('clang-19', ['-std=c23', '-O2']) },
  ...['c++11', 'c++20'].flatMap((standard) => [
    { name: `headers as ${standard}, g++`, words: asCxx('g++', standard) },
    { name: `headers as ${standard}, clang++`, words: asCxx('clang++-19', standard) },
  ]),
  { name: 'clang-19, arithmetic checked', words: arithmetic('clang-19') },
  { name: 'gcc -fanalyzer', words: compiling('gcc', ['-O2', '-fanalyzer']) },
  { name: 'valgrind', words: valgrind() },
  {
    name: 'cppcheck',
    words: [
      [
        ...['cppcheck', '--quiet', '--enable=warning,performance,portability', '--std=c11'],
        ...['-Iinclude', '--inline-suppr', '--error-exitcode=9', ...coreSources],
      ],
    ],
  },
  {
    name: 'clang-tidy',
    words: [
      [
        ...[
          'clang-tidy',
          '--quiet',
          `--checks=-*,${tidy}`,
          '--warnings-as-errors=*',
          ...coreSources,
        ],
        ...['--', '-std=c11', '-Iinclude'],
      ],
    ],
  },
  {
    name: 'big-endian, 64-bit (s390x)',
    words: emulated('s390x-linux-gnu', 'qemu-s390x'),
  },
  {
    name: '32-bit ARM',
    words: emulated('arm-linux-gnueabihf', 'qemu-arm'),
  },
];

/** The output of the first command that fails, or undefined. */
async function failure({ name, words }) {
  for (const [program, ...args] of words) {
    const log = path.join(build, 'log', `builds-${name.replaceAll(/\W+/g, '-')}.log`);
    const { code, output } = await run(program, args, { cwd: root, log });
    if (code !== 0) return `${program}: exit code ${code}\n${tail(output, 30)}`;
  }
  return undefined;
}

await command(async () => {
  const { names } = commandArguments({
    usage: 'usage: npm run test:builds [-- PART-OF-A-NAME]',
    most: 1,
  });
  const part = names[0] ?? '';
  const chosen = checks.filter(({ name }) => name.includes(part));
  if (chosen.length === 0) throw new UsageError(`no build is named like ${JSON.stringify(part)}`);
  let failed = 0;
  for (const check of chosen) {
    const begin = Date.now();
    const wrong = await failure(check);
    failed += wrong === undefined ? 0 : 1;
    const word = wrong === undefined ? 'ok    ' : 'FAILED';
    console.log(`  ${word} ${check.name}, ${seconds(Date.now() - begin)}`);
    if (wrong !== undefined) console.log(wrong);
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
