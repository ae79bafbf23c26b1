// SPDX-License-Identifier: MIT
/** The clang that makes the WebAssembly modules: where it is, whether it works, which one it is. */
import fs from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './paths.mjs';
import { digest } from './recipe.mjs';
import { Failure, lastLine, run } from './steps.mjs';
import { onPath, programAt } from './system.mjs';

/** Newest tested first. */
export const CLANG_VERSIONS = [19, 20, 21, 22, 18, 17, 16, 15, 14];
/** A compiler that has not ended after this time hangs. */
const PATIENCE_MS = 60_000;
/** As much of a program's file as tells a script that starts a compiler from another. */
const HEAD_BYTES = 65_536;

/** A path, or a name on PATH, that the environment variable `variable` has. */
function named(variable, value) {
  const isPath = /[\\/]/.test(value);
  const file = isPath ? programAt(path.resolve(value)) : onPath(value);
  if (file !== undefined) return file;
  const problem = isPath ? 'which is no program' : 'which is not on PATH';
  throw new Failure(
    `${variable} names ${value}, ${problem}.\n` +
      `Set ${variable} to a clang that makes WebAssembly, or unset it.`,
  );
}

/** The clang that the user chose by an environment variable: its name and file. */
function chosenClang() {
  const { CLANG, WASI_SDK_PATH } = process.env;
  if (CLANG) return { variable: 'CLANG', file: named('CLANG', CLANG) };
  if (!WASI_SDK_PATH) return undefined;
  const file = named('WASI_SDK_PATH', path.join(WASI_SDK_PATH, 'bin', 'clang'));
  return { variable: 'WASI_SDK_PATH', file };
}

/** Homebrew keeps its clangs out of PATH. */
const brewed = ['/opt/homebrew/opt', '/usr/local/opt'].flatMap((folder) =>
  ['llvm', ...CLANG_VERSIONS.map((version) => `llvm@${version}`)].map((name) =>
    path.posix.join(folder, name, 'bin', 'clang'),
  ),
);
/** On macOS it makes no WebAssembly, or, where Xcode is absent, asks on the screen for Xcode. */
const APPLES = '/usr/bin/clang';

/** Where a clang may be, in the order of preference; each file once. */
export function clangCandidates({ platform, find, at }) {
  const onPaths = CLANG_VERSIONS.map((version) => find(`clang-${version}`));
  const elsewhere = platform === 'darwin' ? brewed.map((file) => at(file)) : [];
  const all = [...onPaths, find('clang'), ...elsewhere].filter((file) => file !== undefined);
  return [...new Set(all)].filter((file) => platform !== 'darwin' || file !== APPLES);
}

const candidatesHere = () =>
  clangCandidates({ platform: process.platform, find: onPath, at: (file) => programAt(file) });

/** The first line of a compiler's output that names an error, or the last. */
function reasonIn(output) {
  return lastLine(output.split('\n').find((line) => /error/i.test(line)) ?? output);
}

/** Why `clang` does not compile and link a small module with what ours use, or undefined. */
async function whyNot(clang, timeout = PATIENCE_MS) {
  const folder = temporaryFolder();
  try {
    const [source, output] = ['probe.c', 'probe.wasm'].map((name) => path.join(folder, name));
    fs.writeFileSync(source, 'void probe(char *p, unsigned n) { __builtin_memset(p, 0, n); }\n');
    // Without -O, since clang then runs whatever wasm-opt it finds.
    const flags = ['--target=wasm32', '-flto', '-mbulk-memory', '-nostdlib'];
    const link = ['-Wl,--no-entry', '-Wl,--import-memory', '-Wl,--export=probe'];
    const args = [...flags, ...link, 'probe.c', '-o', 'probe.wasm'];
    const { code, output: said } = await run(clang, args, { cwd: folder, timeout });
    if (code !== 0) return reasonIn(said) || `it ended with exit code ${code}`;
    if (fs.existsSync(output) && WebAssembly.validate(fs.readFileSync(output))) return undefined;
    return 'it wrote no valid module';
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The path of a clang that makes WebAssembly, or undefined. `skipped` hears why one does not; one
 * that takes longer than `timeout` milliseconds does not.
 */
export async function findClang(skipped = () => {}, timeout = PATIENCE_MS) {
  const chosen = chosenClang();
  if (chosen !== undefined) {
    const reason = await whyNot(chosen.file, timeout);
    if (reason === undefined) return chosen.file;
    throw new Failure(
      `${chosen.variable} names ${chosen.file}, which makes no WebAssembly: ${reason}\n` +
        `Set ${chosen.variable} to a clang that does, with its wasm-ld, or unset it.`,
    );
  }
  for (const clang of candidatesHere()) {
    const reason = await whyNot(clang, timeout);
    if (reason === undefined) return clang;
    skipped(clang, reason);
  }
  return undefined;
}

/** A program's own word about its version, its place, and a digest of its first bytes and size. */
export async function describeProgram(program, words = ['--version']) {
  const isPath = /[\\/]/.test(program);
  const file = isPath ? programAt(program) : onPath(program);
  if (file === undefined) throw new Failure(`${program} is no program here`);
  const real = fs.realpathSync(file);
  const { size } = fs.statSync(real);
  const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
  const open = fs.openSync(real);
  fs.readSync(open, head, 0, head.length, 0);
  fs.closeSync(open);
  const { output } = await run(program, words, { timeout: PATIENCE_MS });
  return `${real} ${size} ${digest(head)}\n${output}`;
}

/**
 * A name for a compiler that changes where it is another program or version, or, with a clang, has
 * another linker for WebAssembly. Its first line can be shown.
 */
export async function identityOf(compiler) {
  const words = ['--target=wasm32', '-print-prog-name=wasm-ld'];
  const [own, { code, output }] = await Promise.all([
    describeProgram(compiler),
    run(compiler, words, { timeout: PATIENCE_MS }),
  ]);
  const linker = code === 0 ? programAt(output.trim()) : undefined;
  const all = linker === undefined ? own : own + (await describeProgram(linker));
  const version = own.split('\n')[1]?.trim() ?? '';
  return `${version} ${digest(all)}`;
}

const identities = new Map();

/** As identityOf, asked once in a run. */
export function identityOnce(compiler) {
  if (!identities.has(compiler)) identities.set(compiler, identityOf(compiler));
  return identities.get(compiler);
}

/**
 * Returns whether a module that `maker` made is fresh here: the clang that would be chosen made it,
 * or no clang here could make it.
 */
export async function acceptsMaker(maker) {
  const chosen = chosenClang();
  for (const clang of chosen === undefined ? candidatesHere() : [chosen.file]) {
    if ((await identityOnce(clang)) === maker) return true;
    if ((await whyNot(clang)) === undefined) return false;
  }
  return chosen === undefined;
}
