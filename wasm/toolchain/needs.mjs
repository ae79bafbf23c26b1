// SPDX-License-Identifier: MIT
/** The tools that `npm run build` needs on this machine, and how each system installs them. */
import fs from 'node:fs';
import path from 'node:path';
import { CLANG_VERSIONS, findClang } from './clang.mjs';
import { temporaryFolder } from './paths.mjs';
import { Failure, run } from './steps.mjs';
import { aptChoice, aptInstall, aptPrefix, onPath } from './system.mjs';

/** Whether one of these programs is on PATH. */
export const any = (...names) => names.some((name) => onPath(name) !== undefined);
/** Looked for anew each time: they may have been installed since the last. */
const clangs = () =>
  [...CLANG_VERSIONS.map((version) => `clang-${version}`), 'clang'].filter((name) => any(name));

/** Whether `cc` with `flags` makes a program of this source. */
export async function compiles(
  cc,
  flags,
  source = '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n',
) {
  const folder = temporaryFolder();
  try {
    const file = path.join(folder, 'probe.c');
    fs.writeFileSync(file, source);
    return (await run(cc, [...flags, file, '-o', path.join(folder, 'probe')])).code === 0;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether one of the clangs here links programs for WASI. */
async function hasWasi() {
  const sdk = process.env.WASI_SDK_PATH;
  if (sdk !== undefined) return compiles(path.join(sdk, 'bin', 'clang'), ['--target=wasm32-wasi']);
  for (const clang of clangs()) if (await compiles(clang, ['--target=wasm32-wasi'])) return true;
  return false;
}

/** Whether there are tools for WebAssembly objects, of any version, where the presets look. */
function hasLlvmTools() {
  const sdk = process.env.WASI_SDK_PATH;
  return ['ar', 'nm', 'ranlib'].every(
    (tool) =>
      (sdk !== undefined && fs.existsSync(path.join(sdk, 'bin', `llvm-${tool}`))) ||
      any(`llvm-${tool}`, ...CLANG_VERSIONS.map((version) => `llvm-${tool}-${version}`)),
  );
}

async function hasCMake() {
  const { code, output } = await run('cmake', ['--version']);
  const [, major, minor] = output.match(/version (\d+)\.(\d+)/) ?? [];
  return code === 0 && (Number(major) > 3 || Number(minor) >= 25);
}

/**
 * The tools that building needs. Each names its packages for apt, dnf, pacman and brew; a list is
 * empty where another need installs it on that system, or no package does. The tests need more: see
 * test/run/needs.mjs.
 */
export const buildNeeds = [
  {
    what: 'a C compiler',
    here: () => compiles('cc', []),
    apt: ['gcc', 'libc6-dev'],
    dnf: ['gcc'],
    pacman: ['gcc'],
    brew: ['gcc'],
  },
  {
    what: 'CMake 3.25',
    here: hasCMake,
    apt: ['cmake'],
    dnf: ['cmake'],
    pacman: ['cmake'],
    brew: ['cmake'],
  },
  {
    what: 'Ninja',
    here: () => any('ninja', 'ninja-build'),
    apt: ['ninja-build'],
    dnf: ['ninja-build'],
    pacman: ['ninja'],
    brew: ['ninja'],
  },
  {
    what: 'clang and wasm-ld',
    here: async () => (await findClang()) !== undefined,
    apt: ['clang-19', 'lld-19'],
    dnf: ['clang', 'lld'],
    pacman: ['clang', 'lld'],
    brew: ['llvm', 'lld'],
  },
  {
    what: 'wasi-libc',
    here: hasWasi,
    apt: ['clang-19', 'lld-19', 'libclang-rt-19-dev-wasm32', 'wasi-libc'],
    dnf: ['wasi-libc-static', 'compiler-rt'],
    pacman: ['wasi-libc', 'wasi-compiler-rt'],
    brew: ['wasi-libc', 'wasi-runtimes'],
  },
  {
    what: 'Emscripten',
    here: () => any('emcc'),
    apt: ['emscripten'],
    dnf: ['emscripten'],
    pacman: ['emscripten'],
    brew: ['emscripten'],
  },
  {
    what: "LLVM's ar and nm",
    here: hasLlvmTools,
    apt: ['llvm-19'],
    dnf: ['llvm'],
    pacman: ['llvm'],
    brew: ['llvm'],
  },
];

/** Returns those of `needs` that this machine does not meet. */
export async function missing(needs) {
  const lacking = [];
  for (const need of needs) {
    if (!(await need.here())) lacking.push(need);
  }
  return lacking;
}

function packagesOf(lacking, system) {
  return [...new Set(lacking.flatMap((need) => need[system] ?? []))];
}

/** The commands that install `lacking`, by system; a system that has none of it is left out. */
export function commands(lacking) {
  const line = (begin, system) => {
    const packages = packagesOf(lacking, system);
    return packages.length > 0 ? `${begin} ${packages.join(' ')}` : '';
  };
  return [
    ['Debian, Ubuntu', line('sudo apt-get install --no-install-recommends', 'apt')],
    ['Fedora', line('sudo dnf install', 'dnf')],
    ['Arch', line('sudo pacman -S --needed', 'pacman')],
    ['macOS', line('brew install', 'brew')],
    ['macOS', line('brew install --cask', 'cask')],
  ].filter(([, text]) => text !== '');
}

/** Debian's names of `lacking`, with the newest clang that apt has where it has no clang 19. */
async function aptPackages(prefix, lacking) {
  const names = packagesOf(lacking, 'apt');
  if (!names.some((name) => /-19\b/.test(name))) return names;
  const sets = CLANG_VERSIONS.map((version) =>
    names.map((name) => name.replace(/-19\b/, `-${version}`)),
  );
  const known = await aptChoice(prefix, sets);
  if (known === undefined) throw refusal(lacking);
  return known;
}

function refusal(lacking) {
  const names = lacking.map((need) => need.what).join(', ');
  const lines = commands(lacking).map(([system, text]) => `  ${`${system}:`.padEnd(16)} ${text}`);
  if (process.platform === 'win32')
    lines.push('  Windows:         in WSL, as for Debian or Ubuntu');
  return new Failure(`missing here: ${names}.\nInstall it and try again:\n${lines.join('\n')}`);
}

/** Installs what is missing of `needs`, or fails with the command that would install it. */
export async function ensureTools(needs) {
  const lacking = await missing(needs);
  if (lacking.length === 0) return;
  const prefix = await aptPrefix();
  if (prefix === undefined) throw refusal(lacking);
  await aptInstall(prefix, await aptPackages(prefix, lacking));
  const still = await missing(needs);
  if (still.length > 0) throw refusal(still);
}
