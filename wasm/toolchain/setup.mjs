// SPDX-License-Identifier: MIT
/**
 * Installs what a build needs first: npm packages, and a clang for the wasm modules. It runs before
 * node_modules is there, so it imports nothing from it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { acceptsMaker, CLANG_VERSIONS, findClang } from './clang.mjs';
import { build, root, temporaryFolder } from './paths.mjs';
import { Failure, run, step, tail } from './steps.mjs';
import { aptChoice, aptInstall, aptPrefix } from './system.mjs';

const YOWASP = '@yowasp/clang@22.0.0-git20542-10';

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether the list of a package's systems, where a word may begin with "!", allows this one. */
function allows(list, word) {
  if (list === undefined || list.length === 0) return true;
  if (list.some((entry) => entry === `!${word}`)) return false;
  return list.every((entry) => entry.startsWith('!')) || list.includes(word);
}

/**
 * Whether node_modules holds what package-lock.json asks for: by npm's own record of it, which npm
 * writes last, and by the packages being there. One for another system means that the folder was
 * filled elsewhere, and lacks what this one needs.
 */
export function packagesAreCurrent(folder = root) {
  const wanted = readJson(path.join(folder, 'package-lock.json'))?.packages;
  const present = readJson(path.join(folder, 'node_modules', '.package-lock.json'))?.packages;
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([name, { version, integrity, optional }]) => {
    if (name === '') return true;
    const found = present[name];
    if (found === undefined) return optional === true;
    if (!allows(found.os, process.platform) || !allows(found.cpu, process.arch)) return false;
    if (!fs.existsSync(path.join(folder, name, 'package.json'))) return false;
    return found.version === version && found.integrity === integrity;
  });
}

/**
 * The command that is npm: the one that runs us, or the one beside Node, as a script; else the one
 * on PATH, on Windows by its shell, since Node starts no .cmd file by itself.
 */
export function npmCommand({ env, platform, node, exists }) {
  const paths = platform === 'win32' ? path.win32 : path.posix;
  const script = ['node_modules', 'npm', 'bin', 'npm-cli.js'];
  const beside = [paths.dirname(node), ...(platform === 'win32' ? [] : ['..', 'lib'])];
  const known = [env.npm_execpath, paths.join(...beside, ...script)];
  const isNpm = (file) => file !== undefined && paths.basename(file) === 'npm-cli.js';
  const found = known.find((file) => isNpm(file) && exists(file));
  if (found !== undefined) return { command: node, words: [found], shell: false };
  return { command: 'npm', words: [], shell: platform === 'win32' };
}

/** The last lines that npm says, and where they name a cause, what to do about it. */
export function npmFailure(output) {
  // Without the stack and the fields of npm's own error.
  const lines = output.split('\n').filter((line) => !/^npm \S+\s*($|at |[{}]|\w+: )/.test(line));
  const said = tail(lines.join('\n'), 12);
  const network =
    /\b(E(NOTFOUND|AI_AGAIN|CONN(REFUSED|RESET)|TIMEDOUT|NETUNREACH|NOTCACHED)|ERR_SOCKET_TIMEOUT)\b/;
  if (network.test(output)) {
    return (
      `npm cannot reach its registry, and its cache lacks some packages.\n${said}\n` +
      'Connect to the network, or set npm up for your proxy or mirror (npm config set proxy …,\n' +
      'npm config set registry …), and run the command again: it goes on where it stopped.'
    );
  }
  if (/\bENOSPC\b/.test(output)) return `The disk is full.\n${said}`;
  if (/\b(EACCES|EPERM|EROFS)\b/.test(output)) {
    return `npm may not write here.\n${said}\nGive this folder, and npm's cache, to your user.`;
  }
  return said;
}

/** Runs npm. */
async function npm(args, options) {
  const { env, platform, execPath: node } = process;
  const { command, words, shell } = npmCommand({ env, platform, node, exists: fs.existsSync });
  const settings = [
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    // Where there is no network, the second attempt need not wait for ten seconds.
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
  ];
  const all = [...words, ...args, ...settings];
  const quoted = shell ? all.map((word) => (/\s/.test(word) ? `"${word}"` : word)) : all;
  const { code, output } = await run(command, quoted, { ...options, shell });
  if (code === 127)
    throw new Failure(`npm does not start: ${tail(output, 3)}\nIt comes with Node.`);
  if (code !== 0) throw new Failure(`npm ${args[0]} failed.\n${npmFailure(output)}`);
}

export async function ensurePackages(folder = root, what = 'npm packages') {
  if (packagesAreCurrent(folder)) return;
  // npm empties the folder first, and through a link that would be the folder of another checkout.
  const modules = path.join(folder, 'node_modules');
  if (fs.lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) fs.unlinkSync(modules);
  await step(`Installing ${what} (npm ci)`, (say) => npm(['ci'], { cwd: folder, say }));
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

/** The folder of npm's clang, named by its version; it appears when it is complete. */
const yowaspFolder = () => path.join(build, 'yowasp', YOWASP.split('@').at(-1));

async function installNpmClang(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  const half = temporaryFolder();
  try {
    fs.writeFileSync(path.join(half, 'package.json'), '{"private": true}\n');
    await step('Installing @yowasp/clang (npm, 100 MB)', (say) =>
      npm(['install', '--prefix', half, '--no-save', YOWASP], { cwd: half, say }),
    );
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    fs.renameSync(half, folder);
  } finally {
    fs.rmSync(half, { recursive: true, force: true });
  }
}

/** The commands of clang as an npm package, itself WebAssembly, kept in build/, installed once. */
async function npmClang() {
  const folder = yowaspFolder();
  const home = path.join(folder, 'node_modules', '@yowasp', 'clang');
  if (readJson(path.join(home, 'package.json')) === undefined) {
    console.log('  No clang here makes WebAssembly, and apt-get may not be used: npm has one.');
    await installNpmClang(folder);
  }
  const { exports } = readJson(path.join(home, 'package.json'));
  const { commands, runLLVM } = await import(pathToFileURL(path.join(home, exports.default)).href);
  // Loads it without the lines of progress that the first command would print.
  await runLLVM(null, {}, { fetchProgress: () => {} });
  return commands;
}

/**
 * A compiler for wasm/module/build.mjs that is searched, and installed, when it is first called: a
 * finished build needs none. The given functions make it of a clang's path, or of npm's
 * commands.
 */
export function lazyCompiler({ systemClang, packagedClang }) {
  let found;
  const find = async () => {
    const skipped = (file, why) => console.log(`  ${file} makes no WebAssembly: ${why}`);
    const clang = (await findClang(skipped)) ?? (await installClang());
    return clang === undefined ? packagedClang(await npmClang(), YOWASP) : systemClang(clang);
  };
  const taken = () => (found ??= find());
  const compiler = async (...args) => (await taken())(...args);
  compiler.identity = async () => (await taken()).identity();
  const answers = new Map();
  compiler.accepts = (maker) => {
    if (!answers.has(maker)) answers.set(maker, acceptsMaker(maker));
    return answers.get(maker);
  };
  return compiler;
}
