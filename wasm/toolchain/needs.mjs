// SPDX-License-Identifier: MIT
/** What `npm run build` and `npm test` need of the machine, and how each system installs it. */
import fs from 'node:fs';
import path from 'node:path';
import { CLANG_VERSIONS, findClang } from './clang.mjs';
import { temporaryFolder } from './paths.mjs';
import { Failure, run } from './steps.mjs';
import { aptChoice, aptInstall, aptPrefix, onPath, runner32 } from './system.mjs';

const any = (...names) => names.some((name) => onPath(name) !== undefined);
/** Looked for anew each time: they may have been installed since the last. */
const clangs = () =>
  [...CLANG_VERSIONS.map((version) => `clang-${version}`), 'clang'].filter((name) => any(name));

/** Whether `cc` with `flags` makes a program of this source. */
async function compiles(
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
 * What is needed for `build`, or for `test`, which includes it: packages of apt, dnf, pacman and
 * brew. A list is empty where another need of that system brings it, or nothing does.
 */
const needs = [
  {
    what: 'a C compiler',
    for: 'build',
    here: () => compiles('cc', []),
    apt: ['gcc', 'libc6-dev'],
    dnf: ['gcc'],
    pacman: ['gcc'],
    brew: ['gcc'],
  },
  {
    what: 'CMake 3.25',
    for: 'build',
    here: hasCMake,
    apt: ['cmake'],
    dnf: ['cmake'],
    pacman: ['cmake'],
    brew: ['cmake'],
  },
  {
    what: 'Ninja',
    for: 'build',
    here: () => any('ninja', 'ninja-build'),
    apt: ['ninja-build'],
    dnf: ['ninja-build'],
    pacman: ['ninja'],
    brew: ['ninja'],
  },
  {
    what: 'clang and wasm-ld',
    for: 'build',
    here: async () => (await findClang()) !== undefined,
    apt: ['clang-19', 'lld-19'],
    dnf: ['clang', 'lld'],
    pacman: ['clang', 'lld'],
    brew: ['llvm', 'lld'],
  },
  {
    what: 'wasi-libc',
    for: 'build',
    here: hasWasi,
    apt: ['clang-19', 'lld-19', 'libclang-rt-19-dev-wasm32', 'wasi-libc'],
    dnf: ['wasi-libc-static', 'compiler-rt'],
    pacman: ['wasi-libc', 'wasi-compiler-rt'],
    brew: ['wasi-libc', 'wasi-runtimes'],
  },
  {
    what: 'Emscripten',
    for: 'build',
    here: () => any('emcc'),
    apt: ['emscripten'],
    dnf: ['emscripten'],
    pacman: ['emscripten'],
    brew: ['emscripten'],
  },
  {
    what: "LLVM's ar and nm",
    for: 'build',
    here: hasLlvmTools,
    apt: ['llvm-19'],
    dnf: ['llvm'],
    pacman: ['llvm'],
    brew: ['llvm'],
  },
  {
    what: 'a C++ compiler',
    for: 'test',
    here: () => any('g++', 'c++'),
    apt: ['g++'],
    dnf: ['gcc-c++'],
    pacman: [],
    brew: [],
  },
  {
    what: '32-bit C',
    for: 'test',
    // A compiler for another machine may have removed the kernel's headers and left the library.
    here: () => compiles('cc', ['-m32'], '#include <errno.h>\nint main(void) { return errno; }\n'),
    apt: ['gcc-multilib', 'libc6-dev-i386'],
    dnf: ['glibc-devel.i686', 'libgcc.i686'],
    pacman: ['lib32-glibc', 'lib32-gcc-libs'],
    brew: [],
  },
  {
    what: 'a system that runs 32-bit programs, or QEMU',
    for: 'test',
    here: () => process.platform !== 'linux' || process.arch !== 'x64' || runner32() !== undefined,
    apt: ['qemu-user'],
    dnf: ['qemu-user'],
    pacman: ['qemu-user'],
    brew: [],
  },
  {
    what: 'the static C library',
    for: 'test',
    here: async () => process.platform !== 'linux' || compiles('cc', ['-static']),
    apt: ['libc6-dev'],
    dnf: ['glibc-static'],
    pacman: ['glibc'],
    brew: [],
  },
  {
    what: 'sanitizers',
    for: 'test',
    here: () => compiles('cc', ['-fsanitize=address,undefined']),
    apt: ['gcc'],
    dnf: ['libasan', 'libubsan'],
    pacman: [],
    brew: [],
  },
  {
    what: 'clang-format',
    for: 'test',
    here: () => any('clang-format-14', 'clang-format'),
    apt: ['clang-format-14'],
    dnf: ['clang-tools-extra'],
    pacman: [],
    brew: ['clang-format'],
  },
  {
    what: 'git, Python and SQLite',
    for: 'test',
    // They run with segfit as their malloc by LD_PRELOAD, which is for Linux.
    here: () => process.platform !== 'linux' || ['git', 'python3', 'sqlite3'].every((it) => any(it)),
    apt: ['git', 'python3', 'sqlite3'],
    dnf: ['git', 'python3', 'sqlite'],
    pacman: ['git', 'python', 'sqlite'],
    brew: [],
  },
  {
    what: 'binaryen',
    for: 'test',
    here: () => any('wasm-opt'),
    apt: ['binaryen'],
    dnf: ['binaryen'],
    pacman: ['binaryen'],
    brew: ['binaryen'],
  },
  {
    what: 'valgrind',
    for: 'test',
    // Instructions are counted on x86-64 only.
    here: () => process.arch !== 'x64' || any('valgrind'),
    apt: ['valgrind'],
    dnf: ['valgrind'],
    pacman: ['valgrind'],
    brew: [],
  },
  {
    what: 'a Cortex-M4',
    for: 'test',
    // What needs one says that it is left out where this is not Debian.
    here: () => !any('apt-get') || ['arm-none-eabi-gcc', 'qemu-system-arm'].every((it) => any(it)),
    apt: ['gcc-arm-none-eabi', 'qemu-system-arm'],
    dnf: ['arm-none-eabi-gcc-cs', 'qemu-system-arm'],
    pacman: ['arm-none-eabi-gcc', 'qemu-system-arm'],
    brew: [],
  },
  {
    what: 'Chromium',
    for: 'test',
    here: () => any('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'),
    apt: ['chromium'],
    dnf: ['chromium'],
    pacman: ['chromium'],
    brew: [],
    cask: ['chromium'],
  },
  {
    what: 'Firefox',
    for: 'test',
    here: () => any('firefox-esr', 'firefox'),
    apt: ['firefox-esr'],
    dnf: ['firefox'],
    pacman: ['firefox'],
    brew: [],
    cask: ['firefox'],
  },
];

/** The needs of `purpose` that this machine does not meet. */
export async function missing(purpose) {
  const lacking = [];
  for (const need of needs) {
    if (purpose === 'build' && need.for !== 'build') continue;
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
  if (process.platform === 'win32') lines.push('  Windows:         in WSL, as for Debian or Ubuntu');
  return new Failure(`missing here: ${names}.\nInstall it and try again:\n${lines.join('\n')}`);
}

/** Installs what `purpose` needs and is missing, or fails with the command that would. */
export async function ensureTools(purpose) {
  const lacking = await missing(purpose);
  if (lacking.length === 0) return;
  const prefix = await aptPrefix();
  if (prefix === undefined) throw refusal(lacking);
  await aptInstall(prefix, await aptPackages(prefix, lacking));
  const still = await missing(purpose);
  if (still.length > 0) throw refusal(still);
}
