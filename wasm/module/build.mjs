// SPDX-License-Identifier: MIT
// Compiles the WebAssembly modules of the npm package to dist/.
//
//     node wasm/module/build.mjs [clang]
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { command } from '../toolchain/steps.mjs';
import { commandWords } from '../toolchain/words.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Everything that module.c includes lies in these folders. */
const folders = ['include', 'include/segfit', 'src', 'wasm/module'];

const packageModules = [
  { name: 'segfit.wasm', source: 'module.c' },
  { name: 'segfit-events.wasm', source: 'module.c', flags: ['-DSEGFIT_EVENTS=1'] },
  {
    name: 'segfit-threads.wasm',
    source: 'pool_module.c',
    flags: ['-matomics', '-DSEGFIT_FIXED_SEARCH=1'],
    // As large as a memory can be, so that the imported one may be of any size.
    linkFlags: ['-Wl,--shared-memory', '-Wl,--max-memory=4294967296'],
  },
];

const mallocNames = ['malloc', 'calloc', 'realloc', 'free', 'aligned_alloc'];

/**
 * For the visualizer alone: with the other alignment (pools, which the plain module has, have 8),
 * and the process-wide malloc, with its cache and without.
 */
export const viewModules = [
  { name: 'segfit-16-events.wasm', source: 'module.c', align: 16, flags: ['-DSEGFIT_EVENTS=1'] },
  ...[128, 0].map((cache) => ({
    name: `malloc-cache-${cache}.wasm`,
    source: 'malloc_module.c',
    flags: ['-fno-builtin', `-DSEGFIT_CACHE=${cache}`],
    // A stack for what malloc passes by address, and the memory that is its own.
    hasState: true,
    linkFlags: [
      '-Wl,-z,stack-size=16384',
      ...mallocNames.map((name) => `-Wl,--export=${name}`),
    ],
  })),
];

const sections = { table: 4, global: 6 };

const target = '--target=wasm32';
const compile = [
  target, '-std=c11', '-O2', '-flto', '-DNDEBUG', '-mbulk-memory',
  '-ffreestanding', '-fvisibility=hidden', '-I.', '-Iinclude', '-Isrc', '-c',
];
// Apart from compiling and without -O, since clang then runs whatever wasm-opt it finds: the bytes
// should not depend on that.
const link = [
  target, '-nostdlib', '-Wl,--no-entry', '-Wl,--import-memory', '-Wl,-z,stack-size=0',
  '-Wl,--strip-all',
];

/** The sources by path from the repository's root, and when the newest of them was written. */
async function readSources() {
  const files = {};
  let newest = await timeOf(fileURLToPath(import.meta.url));
  for (const folder of folders) {
    for (const name of (await readdir(join(root, folder))).sort()) {
      if (!/\.[ch]$/.test(name)) continue;
      const path = `${folder}/${name}`;
      files[path] = await readFile(join(root, path));
      newest = Math.max(newest, await timeOf(join(root, path)));
    }
  }
  return { files, newest };
}

const timeOf = (path) => stat(path).then(({ mtimeMs }) => mtimeMs, () => 0);

/** A compiler for compileModules: the clang at `path`, which finds a wasm-ld of its version. */
export function systemClang(path) {
  return async (args, files, output) => {
    const folder = await mkdtemp(join(tmpdir(), 'segfit-'));
    try {
      for (const [name, bytes] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), bytes);
      }
      await promisify(execFile)(path, [...args, '-o', output], { cwd: folder });
      return await readFile(join(folder, output));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** Includes that climb out of their folder, as paths from the root: @yowasp/clang knows no "..". */
function withoutParents(path, bytes) {
  if (!/\.[ch]$/.test(path)) return bytes;
  return bytes.toString().replace(/^#include "(\.\.\/[^"]*)"/gm, (_, target) => {
    return `#include "${posix.join(posix.dirname(path), target)}"`;
  });
}

/** A compiler for compileModules: the `commands` of the npm package @yowasp/clang. */
export function packagedClang(commands) {
  return async (args, files, output) => {
    const tree = {};
    for (const [path, content] of Object.entries(files)) {
      const bytes = withoutParents(path, content);
      const parts = path.split('/');
      const name = parts.pop();
      let folder = tree;
      for (const part of parts) folder = folder[part] ??= {};
      folder[name] = bytes;
    }
    return (await commands.clang([...args, '-o', output], tree))[output];
  };
}

/**
 * The module without the sections for tables and globals, of which the linker makes one each in any
 * case: an unused table, and the shadow stack's pointer. Throws if the code uses either.
 */
function withoutState(bytes, name) {
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length; ) {
    const begin = at;
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7, at++) {
      size |= (bytes[at] & 0x7f) << shift;
      more = (bytes[at] & 0x80) !== 0;
    }
    at += size;
    if (id !== sections.table && id !== sections.global) kept.push(bytes.subarray(begin, at));
  }
  const result = Buffer.concat(kept);
  if (!WebAssembly.validate(result)) throw new Error(`${name} has a shadow stack or a table`);
  return result;
}

/**
 * Compiles the modules that are older than their sources into `outDir`. `clang` is an async
 * function (args, files by path, output) that gives the bytes of `output`: see systemClang,
 * packagedClang. Returns the names of the modules that it compiled.
 */
export async function compileModules({
  outDir = join(root, 'dist'),
  clang,
  log = () => {},
  modules = packageModules,
}) {
  const { files, newest } = await readSources();
  await mkdir(outDir, { recursive: true });
  const compiled = [];
  for (const { name, source, align = 8, flags = [], linkFlags = [], hasState } of modules) {
    if (await timeOf(join(outDir, name)) > newest) continue;
    log(`compiling ${name}`);
    const args = [...compile, `-DSEGFIT_ALIGN=${align}`, ...flags, `wasm/module/${source}`];
    const object = await clang(args, files, 'module.o');
    const bytes = await clang([...link, ...linkFlags, 'module.o'], { 'module.o': object }, name);
    await writeFile(join(outDir, name), hasState ? bytes : withoutState(bytes, name));
    compiled.push(name);
  }
  return compiled;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    const { names } = commandWords({ usage: 'usage: node wasm/module/build.mjs [CLANG]', most: 1 });
    const clang = systemClang(names[0] ?? process.env.CLANG ?? 'clang');
    const log = (line) => console.log(line);
    await compileModules({ clang, log });
    await compileModules({ clang, log, modules: viewModules, outDir: join(root, 'build', 'view') });
  });
}
