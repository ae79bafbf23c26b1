// SPDX-License-Identifier: MIT
/**
 * The build folders of CMake's presets, and that of `npm run coverage`. Ninja compares times, and
 * CMake believes in the compiler that it found at first, so each folder has a note of its toolchain
 * and of the digests of its sources. A folder whose note no longer holds is removed.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CLANG_VERSIONS, describeProgram, identityOnce } from './clang.mjs';
import { build, root, writeWhole } from './paths.mjs';
import { digest, digestsOf, filesOf } from './recipe.mjs';
import { inParallel, run } from './steps.mjs';
import { onPath, programAt } from './system.mjs';

const NOTE = 'segfit-recipe.json';
/** Variables that change how CMake configures a folder, or how a compiler works. */
const VARIABLES = [
  'AR',
  'CC',
  'CFLAGS',
  'CPPFLAGS',
  'CXX',
  'CXXFLAGS',
  'LDFLAGS',
  'RANLIB',
  'SYSROOT',
  'SDKROOT',
  'CPATH',
  'C_INCLUDE_PATH',
  'LIBRARY_PATH',
  'MACOSX_DEPLOYMENT_TARGET',
  'WASI_SDK_PATH',
  'EMSDK',
  'EM_CONFIG',
  'EM_LLVM_ROOT',
  'EMCC_CFLAGS',
  'CMAKE_TOOLCHAIN_FILE',
  'CMAKE_GENERATOR',
];
const clangs = [...CLANG_VERSIONS.map((version) => `clang-${version}`), 'clang'];
const llvmTools = ['ar', 'nm', 'ranlib'].flatMap((tool) => [
  `llvm-${tool}`,
  ...CLANG_VERSIONS.map((version) => `llvm-${tool}-${version}`),
]);

/** Programs that a kind of preset may take, compilers and others. */
const kinds = {
  native: { compilers: ['cc', 'gcc', 'clang', 'c++', 'g++'], others: ['ar', 'ranlib', 'ld'] },
  clang: { compilers: clangs, others: ['ar', 'ranlib', 'ld'] },
  wasi: { compilers: clangs, others: llvmTools },
  emscripten: { compilers: ['emcc'], others: llvmTools },
};

function kindOf(preset) {
  if (preset.startsWith('emscripten')) return 'emscripten';
  if (preset.startsWith('wasi') || preset.startsWith('wasm')) return 'wasi';
  return preset === 'clang' || preset === 'coverage' ? 'clang' : 'native';
}

/** A program by its place and size: enough for one that compiles nothing. */
function placeOf(name) {
  const file = onPath(name);
  if (file === undefined) return [];
  const real = fs.realpathSync(file);
  return [`${real} ${fs.statSync(real).size}`];
}

/** Where a clang has its C library for WASI, and that library's size. */
async function wasiLibrary(clang) {
  const { output } = await run(clang, ['--target=wasm32-wasi', '-print-file-name=libc.a']);
  const stat = fs.statSync(output.trim(), { throwIfNoEntry: false });
  return `${output.trim()} ${stat?.size ?? 'absent'}`;
}

/** A compiler, as a kind of preset depends on it. Emscripten's -v names the clang that it takes. */
async function describeCompiler(kind, file) {
  if (kind === 'wasi') return `${await identityOnce(file)} ${await wasiLibrary(file)}`;
  return describeProgram(file, [kind === 'emscripten' ? '-v' : '--version']);
}

async function describeKind(kind) {
  const { compilers, others } = kinds[kind];
  const sdk =
    process.env.WASI_SDK_PATH && programAt(path.join(process.env.WASI_SDK_PATH, 'bin', 'clang'));
  const named =
    kind === 'native' ? [process.env.CC, process.env.CXX].filter(Boolean).map(onPath) : [];
  const all = [...named, ...(kind === 'wasi' ? [sdk] : []), ...compilers.map(onPath)];
  const found = [...new Set(all.filter((file) => file !== undefined && file !== ''))];
  const parts = await inParallel(
    found,
    async (file) => `${file} ${await describeCompiler(kind, file)}`,
  );
  const environment = VARIABLES.map((name) => `${name}=${process.env[name] ?? ''}`);
  return digest(os.platform(), os.arch(), ...parts, ...others.flatMap(placeOf), ...environment);
}

const described = new Map();

/** A digest of everything on this machine that a preset may be built with. */
export function toolchainOf(preset) {
  const kind = kindOf(preset);
  if (!described.has(kind)) described.set(kind, describeKind(kind));
  return described.get(kind);
}

/** The files that CMake builds from, tests included, and those that say how. */
function sourcesOfFolders() {
  const folders = ['include', 'src', 'test', 'wasm/module', 'wasm/toolchain'];
  const top = ['CMakeLists.txt', 'CMakePresets.json'];
  const all = [...folders, ...top].flatMap((name) => filesOf(path.join(root, name)));
  return all.filter((file) => /\.(c|h|cc|cpp|hpp|cmake)$|CMake[^/\\]*$/.test(file));
}

function readNote(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, NOTE), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Why a build folder with this note may not be built further, or undefined. */
function whyOld(folder, note, { toolchain, files }) {
  if (note === undefined) return 'no record of its compiler';
  if (note.toolchain !== toolchain) return 'other compilers or flags';
  // Ninja sees a change only if the file is younger than the object that it made of the file.
  const { mtimeMs } = fs.statSync(path.join(folder, NOTE));
  const unseen = Object.entries(files).find(([name, content]) => {
    if (note.files[name] === content) return false;
    return fs.statSync(path.join(root, name)).mtimeMs <= mtimeMs;
  });
  return unseen === undefined ? undefined : `${unseen[0]} changed, its time did not`;
}

/**
 * Makes a preset's folder ready to be configured and built: removes it where it was made by other
 * compilers, or where Ninja would miss a change.
 */
export async function prepareFolder(preset, say = console.log) {
  const folder = path.join(build, preset);
  const now = { toolchain: await toolchainOf(preset), files: digestsOf(sourcesOfFolders()) };
  const old = readNote(folder);
  const reason = fs.existsSync(folder) ? whyOld(folder, old, now) : undefined;
  if (reason !== undefined) {
    say(`  build/${preset} is built anew: ${reason}`);
    fs.rmSync(folder, { recursive: true, force: true });
  }
  if (reason === undefined && JSON.stringify(old) === JSON.stringify(now)) return;
  writeWhole(path.join(folder, NOTE), JSON.stringify(now));
}
