// SPDX-License-Identifier: MIT
/** The tools that `npm test` needs beside those of `npm run build`. */
import { any, compiles } from '../../wasm/toolchain/needs.mjs';
import { runner32 } from './runner32.mjs';

/** In the form of buildNeeds. */
export const testNeeds = [
  {
    what: 'a C++ compiler',
    here: () => any('g++', 'c++'),
    apt: ['g++'],
    dnf: ['gcc-c++'],
    pacman: [],
    brew: [],
  },
  {
    what: '32-bit C',
    // A compiler for another machine may have removed the kernel's headers and left the library.
    here: () => compiles('cc', ['-m32'], '#include <errno.h>\nint main(void) { return errno; }\n'),
    apt: ['gcc-multilib', 'libc6-dev-i386'],
    dnf: ['glibc-devel.i686', 'libgcc.i686'],
    pacman: ['lib32-glibc', 'lib32-gcc-libs'],
    brew: [],
  },
  {
    what: 'a system that runs 32-bit programs, or QEMU',
    here: () => process.platform !== 'linux' || process.arch !== 'x64' || runner32() !== undefined,
    apt: ['qemu-user'],
    dnf: ['qemu-user'],
    pacman: ['qemu-user'],
    brew: [],
  },
  {
    what: 'the static C library',
    here: async () => process.platform !== 'linux' || compiles('cc', ['-static']),
    apt: ['libc6-dev'],
    dnf: ['glibc-static'],
    pacman: ['glibc'],
    brew: [],
  },
  {
    what: 'sanitizers',
    here: () => compiles('cc', ['-fsanitize=address,undefined']),
    apt: ['gcc'],
    dnf: ['libasan', 'libubsan'],
    pacman: [],
    brew: [],
  },
  {
    what: 'clang-format',
    here: () => any('clang-format-14', 'clang-format'),
    apt: ['clang-format-14'],
    dnf: ['clang-tools-extra'],
    pacman: [],
    brew: ['clang-format'],
  },
  {
    what: 'clang-tidy 19',
    here: () => any('clang-tidy-19'),
    apt: ['clang-tidy-19'],
    dnf: ['clang-tools-extra'],
    pacman: [],
    brew: ['llvm@19'],
  },
  {
    what: 'git, Python and SQLite',
    // They run with segfit as their malloc by LD_PRELOAD, which is for Linux.
    here: () =>
      process.platform !== 'linux' || ['git', 'python3', 'sqlite3'].every((it) => any(it)),
    apt: ['git', 'python3', 'sqlite3'],
    dnf: ['git', 'python3', 'sqlite'],
    pacman: ['git', 'python', 'sqlite'],
    brew: [],
  },
  {
    what: 'binaryen',
    here: () => any('wasm-opt'),
    apt: ['binaryen'],
    dnf: ['binaryen'],
    pacman: ['binaryen'],
    brew: ['binaryen'],
  },
  {
    what: 'valgrind',
    // Instructions are counted on x86-64 only.
    here: () => process.arch !== 'x64' || any('valgrind'),
    apt: ['valgrind'],
    dnf: ['valgrind'],
    pacman: ['valgrind'],
    brew: [],
  },
  {
    what: 'a Cortex-M4',
    // On other systems than Debian, the tests that need one print that they are left out.
    here: () => !any('apt-get') || ['arm-none-eabi-gcc', 'qemu-system-arm'].every((it) => any(it)),
    apt: ['gcc-arm-none-eabi', 'qemu-system-arm'],
    dnf: ['arm-none-eabi-gcc-cs', 'qemu-system-arm'],
    pacman: ['arm-none-eabi-gcc', 'qemu-system-arm'],
    brew: [],
  },
  {
    what: 'Chromium',
    here: () => any('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'),
    apt: ['chromium'],
    dnf: ['chromium'],
    pacman: ['chromium'],
    brew: [],
    cask: ['chromium'],
  },
  {
    what: 'Firefox',
    here: () => any('firefox-esr', 'firefox'),
    apt: ['firefox-esr'],
    dnf: ['firefox'],
    pacman: ['firefox'],
    brew: [],
    cask: ['firefox'],
  },
];
