// SPDX-License-Identifier: MIT
/**
 * The programs that judge how files are written: clang-format, clang-tidy, Biome.
 *
 *     npm run format      rewrites every file as clang-format and Biome want it
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { commandArguments } from '../../wasm/toolchain/arguments.mjs';
import { isMain, root } from '../../wasm/toolchain/paths.mjs';
import { command } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { trackedFiles } from './tracked_files.mjs';

const biome = path.join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
const include = '-Iinclude';
const malloc = ['-std=gnu11', include, '-DSEGFIT_MALLOC=1', '-fno-builtin'];

/** Runs a program in the root; returns its exit code and all that it wrote. */
function run(words) {
  const { status, stdout, stderr, error } = spawnSync(words[0], words.slice(1), {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return { code: status ?? 1, output: `${stdout}${stderr}${error ?? ''}` };
}

const cFiles = () => trackedFiles().filter((file) => /\.[ch]$/.test(file));

const clangFormat = () => onPath('clang-format-14') ?? 'clang-format';

export const cIsFormatted = () => run([clangFormat(), '--dry-run', '--Werror', ...cFiles()]);

export const scriptsAreFormatted = () =>
  run([process.execPath, biome, 'ci', '--max-diagnostics=50', '.']);

/**
 * The inputs of clang-tidy: malloc.c contains the core and the port, at the default and the highest
 * level of checks; then the tools and a module.
 */
export const tidied = {
  'malloc.c at level 1, threads': ['src/malloc/malloc.c', ...malloc],
  'malloc.c at level 4, one thread': [
    'src/malloc/malloc.c',
    ...malloc,
    '-DSEGFIT_CHECK=4',
    '-DSEGFIT_THREADS=0',
  ],
  'record.c': ['src/tools/record.c', '-std=gnu11', include, '-DSEGFIT_RECORD=1'],
  'preload.c': ['src/tools/preload.c', ...malloc, '-DSEGFIT_MALLOC_PRELOAD=1'],
  'pool_module.c': [
    ...['src/arena/pool_module.c', '--target=wasm32', '-std=c11', '-ffreestanding', include],
    ...['-mbulk-memory', '-matomics', '-DSEGFIT_ALIGN=8', '-DSEGFIT_FIXED_SEARCH=1'],
  ],
};

export const tidy = ([file, ...flags]) => run(['clang-tidy-19', '--quiet', file, '--', ...flags]);

if (isMain(import.meta.url)) {
  await command(() => {
    commandArguments({ usage: 'usage: npm run format' });
    const results = [
      run([clangFormat(), '-i', ...cFiles()]),
      run([process.execPath, biome, 'format', '--write', '.']),
    ];
    for (const { output } of results) process.stdout.write(output);
    return results.every(({ code }) => code === 0) ? 0 : 1;
  });
}
