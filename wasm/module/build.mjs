// SPDX-License-Identifier: MIT
// Compiles the WebAssembly modules of the npm package to dist/.
//
//     node wasm/module/build.mjs [clang]
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { identityOnce } from '../toolchain/clang.mjs';
import { isMain, readText, root, temporaryFolder, writeWhole } from '../toolchain/paths.mjs';
import { digest, forget, isFresh, readStamp, recipeOf, remember } from '../toolchain/recipe.mjs';
import {
  importedMemory,
  readSections,
  sectionIds,
  withImportedMemory,
  writeModule,
} from './sections.mjs';
import { command } from '../toolchain/steps.mjs';
import { commandArguments } from '../toolchain/arguments.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Everything that module.c includes lies in these folders. */
const rooms = ['core', 'malloc', 'port', 'arena'].map((room) => `src/${room}`);
const folders = ['include', 'include/segfit', ...rooms];

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
    linkFlags: ['-Wl,-z,stack-size=16384', ...mallocNames.map((name) => `-Wl,--export=${name}`)],
  })),
];

const target = '--target=wasm32';
const compile = [
  target,
  '-std=c11',
  '-O2',
  '-flto',
  '-DNDEBUG',
  '-mbulk-memory',
  '-ffreestanding',
  '-fvisibility=hidden',
  '-I.',
  '-Iinclude',
  '-Isrc',
  '-c',
];
// Apart from compiling and without -O, since clang then runs whatever wasm-opt it finds: the bytes
// should not depend on that.
const link = [
  target,
  '-nostdlib',
  '-Wl,--no-entry',
  '-Wl,--import-memory',
  '-Wl,-z,stack-size=0',
  '-Wl,--strip-all',
];

/** The sources by path from the repository's root. */
async function readSources() {
  const files = {};
  for (const folder of folders) {
    for (const name of (await readdir(join(root, folder))).sort()) {
      if (!/\.[ch]$/.test(name)) continue;
      const path = `${folder}/${name}`;
      files[path] = Buffer.from(readText(join(root, path)));
    }
  }
  return files;
}

/**
 * The sources that `path` is made of: itself, and what it includes in quotes, directly or not. A
 * file that a condition leaves out counts too.
 */
export function closureOf(path, files, found = new Set()) {
  if (found.has(path) || files[path] === undefined) return found;
  found.add(path);
  for (const [, target] of files[path].toString().matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
    for (const from of [posix.dirname(path), '.', 'include', 'src']) {
      closureOf(posix.join(from, target), files, found);
    }
  }
  return found;
}

/** A compiler for compileModules: the clang at `path`, which finds a wasm-ld of its version. */
export function systemClang(path) {
  const compiler = async (args, files, output) => {
    const folder = temporaryFolder();
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
  compiler.identity = () => identityOnce(path);
  return compiler;
}

/** Includes that climb out of their folder, as paths from the root: @yowasp/clang knows no "..". */
function withoutParents(path, bytes) {
  if (!/\.[ch]$/.test(path)) return bytes;
  return bytes.toString().replace(/^#include "(\.\.\/[^"]*)"/gm, (_, target) => {
    return `#include "${posix.join(posix.dirname(path), target)}"`;
  });
}

/**
 * A compiler for compileModules: the `commands` of the npm package @yowasp/clang, and its name with
 * the version.
 */
export function packagedClang(commands, name) {
  const compiler = async (args, files, output) => {
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
  compiler.identity = async () => name;
  return compiler;
}

/** The sections that a module has which keeps all its state in the memory it imports. */
const stateless = new Set(
  ['type', 'import', 'function', 'export', 'code'].map((name) => sectionIds[name]),
);
/** Sections that a linker may make in any case, and which may be left out if unused. */
const removable = new Set(['custom', 'table', 'global'].map((name) => sectionIds[name]));

/**
 * The module as every compiler would lay it out: without sections for tools, and without the table
 * and the shadow stack's pointer that linkers make in any case. It accepts a memory of one page;
 * linkers ask for one to three. Throws if the code needs any of what is left out.
 */
export function withoutState(bytes, name) {
  const all = readSections(bytes);
  const other = all.find(({ id }) => !stateless.has(id) && !removable.has(id));
  if (other !== undefined) throw new Error(`${name} has state of its own: section ${other.id}`);
  const kept = all.filter(({ id }) => stateless.has(id));
  const result = writeModule(
    kept.map(({ id, content }) => {
      if (id !== sectionIds.import) return { id, content };
      const limits = { ...importedMemory(content), minimum: 1 };
      return { id, content: withImportedMemory(content, limits) };
    }),
  );
  if (!WebAssembly.validate(result)) throw new Error(`${name} has a shadow stack or a table`);
  return result;
}

/** A module with state: as the linker made it, but for the sections for tools. */
function withoutNotes(bytes, name) {
  const result = writeModule(readSections(bytes).filter(({ id }) => id !== sectionIds.custom));
  if (!WebAssembly.validate(result)) throw new Error(`${name} is not valid`);
  return result;
}

async function compileModule({ name, hasState, linkFlags = [] }, args, { clang, files }) {
  const object = await clang(args, files, 'module.o');
  const bytes = await clang([...link, ...linkFlags, 'module.o'], { 'module.o': object }, name);
  const module = hasState ? withoutNotes(bytes, name) : withoutState(bytes, name);
  if (WebAssembly.Module.exports(new WebAssembly.Module(module)).length === 0) {
    throw new Error(`${name} exports nothing`);
  }
  return module;
}

/**
 * Compiles the modules that are not fresh into `outDir`. `clang` is an async function (args, files
 * by path, output) that returns the bytes of `output`: see systemClang, packagedClang. Its
 * `identity` names the compiler and its version; a compiler without it always compiles. Its
 * `accepts`, if there is one, says whether a module that another compiler made from the same
 * sources will do. Returns the names of the modules that it compiled.
 */
export async function compileModules({
  outDir = join(root, 'dist'),
  clang,
  log = () => {},
  modules = packageModules,
}) {
  const files = await readSources();
  const place = relative(root, outDir).replace(/[^\w.]+/g, '-');
  const isOwn = async (maker) => maker !== undefined && maker === (await clang.identity?.());
  const accepts = clang.accepts ?? isOwn;
  const compiled = [];
  for (const module of modules) {
    const { name, source, align = 8, flags = [] } = module;
    const args = [...compile, `-DSEGFIT_ALIGN=${align}`, ...flags, `src/arena/${source}`];
    const used = [...closureOf(`src/arena/${source}`, files)].sort();
    const words = [...args, '-', ...link, ...(module.linkFlags ?? []), `${module.hasState}`];
    const scripts = { places: ['build.mjs', 'sections.mjs'].map((script) => join(here, script)) };
    const product = {
      name: `module-${place}-${name}`,
      recipe: digest(recipeOf(scripts), ...words, ...used.flatMap((path) => [path, files[path]])),
      outputs: [join(outDir, name)],
    };
    if (isFresh(product) && (await accepts(readStamp(product.name).maker))) continue;
    log(`compiling ${name}`);
    forget(product.name);
    writeWhole(join(outDir, name), await compileModule(module, args, { clang, files }));
    remember({ ...product, maker: await clang.identity?.() });
    compiled.push(name);
  }
  return compiled;
}

if (isMain(import.meta.url)) {
  await command(async () => {
    const { names } = commandArguments({
      usage: 'usage: node wasm/module/build.mjs [CLANG]',
      most: 1,
    });
    const clang = systemClang(names[0] ?? process.env.CLANG ?? 'clang');
    const log = (line) => console.log(line);
    await compileModules({ clang, log });
    await compileModules({ clang, log, modules: viewModules, outDir: join(root, 'build', 'view') });
  });
}
