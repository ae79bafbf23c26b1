// SPDX-License-Identifier: MIT
/** What is needed before anything can be built: npm packages, and a clang for the wasm modules. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, root } from './paths.mjs';
import { Failure, must, run, step } from './steps.mjs';
import { aptChoice, aptInstall, aptPrefix, onPath } from './system.mjs';

/** Newest tested first. */
export const CLANG_VERSIONS = [19, 20, 21, 22, 18, 17, 16, 15, 14];
const YOWASP = '@yowasp/clang@22.0.0-git20542-10';

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds what package-lock.json asks for, by npm's own record of it. */
export function packagesAreCurrent(folder = root) {
  const wanted = readJson(path.join(folder, 'package-lock.json'))?.packages;
  const present = readJson(path.join(folder, 'node_modules', '.package-lock.json'))?.packages;
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([name, { version, integrity, optional }]) => {
    if (name === '') return true;
    const found = present[name];
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

/** Runs npm, the one that runs us where there is one. */
function npm(args, options) {
  const script = process.env.npm_execpath;
  const settings = ['--no-audit', '--no-fund', '--prefer-offline'];
  if (script !== undefined && /\.[cm]?js$/.test(script)) {
    return must(process.execPath, [script, ...args, ...settings], options);
  }
  return must('npm', [...args, ...settings], { ...options });
}

export async function ensurePackages(folder = root, what = 'npm packages') {
  if (packagesAreCurrent(folder)) return;
  await step(`Installing ${what} (npm ci)`, (say) => npm(['ci'], { cwd: folder, say }));
}

/** Where a clang may be, in the order of preference. */
function clangCandidates() {
  const sdk = process.env.WASI_SDK_PATH;
  const named = CLANG_VERSIONS.map((version) => onPath(`clang-${version}`));
  const folders = ['/opt/homebrew/opt/llvm/bin', '/usr/local/opt/llvm/bin'];
  const elsewhere = folders.map((folder) => path.join(folder, 'clang')).filter(fs.existsSync);
  return [
    process.env.CLANG,
    sdk && path.join(sdk, 'bin', 'clang'),
    ...named,
    onPath('clang'),
    ...elsewhere,
  ].filter((file) => file !== undefined && file !== '');
}

/** Whether `clang` compiles and links a small module with what ours use. */
async function linksWasm(clang) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-'));
  try {
    const source = path.join(folder, 'probe.c');
    fs.writeFileSync(source, 'void probe(char *p, unsigned n) { __builtin_memset(p, 0, n); }\n');
    const flags = ['--target=wasm32', '-O2', '-mbulk-memory', '-nostdlib', '-Wl,--no-entry'];
    const args = [...flags, '-Wl,--export=probe', source, '-o', path.join(folder, 'probe.wasm')];
    return (await run(clang, args)).code === 0;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The path of a clang that makes WebAssembly, or undefined. */
export async function findClang() {
  for (const clang of clangCandidates()) if (await linksWasm(clang)) return clang;
  return undefined;
}

/** Installs a clang with apt where we may; says nothing and returns undefined where we may not. */
async function installClang() {
  const prefix = await aptPrefix();
  if (prefix === undefined) return undefined;
  console.log('  No clang here makes WebAssembly; apt-get may be used, so it gets one.');
  try {
    const sets = CLANG_VERSIONS.map((version) => [`clang-${version}`, `lld-${version}`]);
    const packages = await aptChoice(prefix, [...sets, ['clang', 'lld']]);
    if (packages === undefined) return undefined;
    await aptInstall(prefix, packages);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(`  apt-get could not install it: ${error.message.trim().split('\n').at(-1)}`);
  }
  return findClang();
}

/**
 * The commands of clang as an npm package, itself WebAssembly, kept in build/ and installed once.
 */
async function npmClang() {
  const folder = path.join(build, 'yowasp');
  const home = path.join(folder, 'node_modules', '@yowasp', 'clang');
  if (readJson(path.join(home, 'package.json')) === undefined) {
    console.log('  No clang here makes WebAssembly, and apt-get may not be used: npm has one.');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{"private": true}\n');
    await step('Installing @yowasp/clang (npm, 100 MB)', (say) =>
      npm(['install', '--prefix', folder, '--no-save', YOWASP], { cwd: folder, say }),
    );
  }
  const { exports } = readJson(path.join(home, 'package.json'));
  const { commands, runLLVM } = await import(pathToFileURL(path.join(home, exports.default)).href);
  // Loads it without the lines of progress that the first command would print.
  await runLLVM(null, {}, { fetchProgress: () => {} });
  return commands;
}

/**
 * A compiler for wasm/module/build.mjs that is looked for, and installed, when it is first called:
 * what is built already needs none. The functions given make it of a clang's path, or of npm's
 * commands.
 */
export function lazyCompiler({ systemClang, packagedClang }) {
  let found;
  const find = async () => {
    const clang = (await findClang()) ?? (await installClang());
    return clang === undefined ? packagedClang(await npmClang()) : systemClang(clang);
  };
  return async (...args) => (await (found ??= find()))(...args);
}
