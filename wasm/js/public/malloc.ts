// SPDX-License-Identifier: MIT
/**
 * The paths of the package's C files: for build scripts in JavaScript, and for binding.gyp, as in
 * `<!(node -p "require('segfit/malloc').includeDir")`. Needs a file system.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checkOptions, checkSwitch } from '../internal/arguments.ts';
import { show, typeError, wrongType } from '../internal/make_error.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** For the compiler's -I: `segfit.h` and `segfit/*.h`. */
export const includeDir: string = join(root, 'include');

/** The folder of `sources`, and of the headers they share. */
export const sourceDir: string = join(root, 'src');

/** The malloc as one self-contained C file: `cc app.c segfit_malloc.c`. */
export const singleFile: string = join(root, 'dist', 'segfit_malloc.c');

/**
 * For CMake's add_subdirectory(), which then has the targets `segfit::segfit` and `segfit::malloc`.
 */
export const cmakeDir: string = root;

/** The target of an archive. `wasm32` and `wasm64` have no C library. */
export type ArchiveTarget = 'emscripten' | 'wasi' | 'wasm32' | 'wasm64';

/** Selects one of the archives of a target. */
export interface ArchiveOptions {
  /** For programs linked with -pthread; on `wasm32`, for programs with shared memory. */
  threads?: boolean;
  /** Emscripten: for programs with Wasm Workers or Audio Worklets, and without -pthread. */
  workers?: boolean;
  /** Position-independent, as Emscripten's -sMAIN_MODULE needs it. */
  pic?: boolean;
  /** `small` is compiled for size, without checks, statistics and cache. `debug` has all checks. */
  variant?: 'small' | 'debug';
}

/**
 * Returns the paths of the library's C files. Compile them with `includeDir`; -DSEGFIT_MALLOC=1
 * adds the malloc.
 */
export function sources(): string[] {
  const core = readdirSync(join(sourceDir, 'core')).filter((name) => name.endsWith('.c'));
  const names = core.sort().map((name) => join('core', name));
  return [...names, join('malloc', 'malloc.c')].map((name) => join(sourceDir, name));
}

/**
 * Returns the targets for which this copy of the package has such an archive.
 *
 * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` for an option of a wrong type or an unknown name.
 */
export function archiveTargets(options: ArchiveOptions = {}): ArchiveTarget[] {
  checkArchiveOptions(options);
  const known: readonly ArchiveTarget[] = ['emscripten', 'wasi', 'wasm32', 'wasm64'];
  return known.filter((target) => existsSync(archivePath(target, options)));
}

/**
 * Returns the path of the malloc for `target` as an archive: `emcc app.c libsegfit-malloc.a`.
 *
 * @throws {TypeError} `ERR_SEGFIT_ARG_TYPE` if this copy of the package has no such archive, and
 * for an option of a wrong type or an unknown name.
 */
export function archive(target: ArchiveTarget, options: ArchiveOptions = {}): string {
  const targets = archiveTargets(options);
  if (targets.includes(target)) return archivePath(target, options);
  const { threads = false, workers = false, pic = false, variant } = options;
  const words = [
    ...(threads ? ['with threads'] : []),
    ...(workers ? ['with workers'] : []),
    ...(pic ? ['position-independent'] : []),
    ...(variant === undefined ? [] : [variant]),
  ];
  const what = [show(target), ...words].join(', ');
  const there = targets.join(', ') || 'none';
  throw typeError(
    'ERR_SEGFIT_ARG_TYPE',
    `this package has no archive for ${what}; it has such archives for: ${there}`,
  );
}

function checkArchiveOptions(options: ArchiveOptions): void {
  checkOptions(options, ['threads', 'workers', 'pic', 'variant']);
  const { threads, workers, pic, variant } = options;
  checkSwitch(threads, 'threads');
  checkSwitch(workers, 'workers');
  checkSwitch(pic, 'pic');
  if (variant !== undefined && variant !== 'small' && variant !== 'debug') {
    throw wrongType('variant', '"small" or "debug"', variant);
  }
}

function archivePath(target: ArchiveTarget, options: ArchiveOptions): string {
  const { threads = false, workers = false, pic = false, variant } = options;
  const kinds = [
    ...(threads ? ['threads'] : []),
    ...(workers ? ['workers'] : []),
    ...(pic ? ['pic'] : []),
  ];
  const folder = [target, ...kinds].join('-');
  const name = variant === undefined ? 'libsegfit-malloc' : `libsegfit-malloc-${variant}`;
  return join(root, 'dist', 'lib', folder, `${name}.a`);
}
