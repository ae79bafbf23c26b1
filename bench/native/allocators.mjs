// SPDX-License-Identifier: MIT
/** The shared libraries that replace the C library's malloc: segfit's and Debian's. */
import fs from 'node:fs';
import path from 'node:path';
import { clang } from '../../test/workloads/compiler.mjs';
import { mallocSource, out } from '../../test/workloads/native.mjs';
import { must } from '../../wasm/toolchain/steps.mjs';
import { packageVersion } from '../malloc/sources.mjs';

const FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
];

const packaged = [
  { name: 'mimalloc', package: 'libmimalloc2.0', file: 'libmimalloc.so.2' },
  { name: 'jemalloc', package: 'libjemalloc2', file: 'libjemalloc.so.2' },
  { name: 'tcmalloc', package: 'libtcmalloc-minimal4', file: 'libtcmalloc_minimal.so.4' },
];

const ours = [
  { name: 'segfit', title: 'segfit, default (level 1)', flags: [] },
  { name: 'segfit-level0', title: 'segfit, level 0', flags: ['-DSEGFIT_CHECK=0'] },
  {
    name: 'stock-tlsf',
    title: 'stock TLSF (segfit with its policy, no cache, checks or figures)',
    peer: true,
    flags: [
      '-DSEGFIT_FIXED_POLICY=SEGFIT_POLICY_STOCK',
      '-DSEGFIT_CACHE=0',
      '-DSEGFIT_CHECK=0',
      '-DSEGFIT_STATS=0',
    ],
  },
];

/** All that can be measured where it is installed. */
export const allocatorNames = [...ours, { name: 'glibc' }, ...packaged].map(({ name }) => name);

/** segfit as a library to preload. `threads`: for programs that have some. */
async function shared({ name, flags }, threads) {
  const library = path.join(out, `lib${name}${threads ? '-threads' : ''}.so`);
  fs.mkdirSync(out, { recursive: true });
  const how = ['-O2', '-fPIC', '-shared', '-fno-builtin', '-DNDEBUG', '-DSEGFIT_MALLOC=1'];
  const model = threads ? ['-pthread', '-ftls-model=initial-exec'] : [];
  await must(clang(), [...how, ...model, ...flags, mallocSource, '-o', library]);
  return library;
}

async function builtHere(threads) {
  const found = [];
  const missing = [];
  for (const allocator of ours) {
    const { name, title, peer = false } = allocator;
    try {
      const library = await shared(allocator, threads);
      found.push({ name, title, peer, env: { LD_PRELOAD: library } });
    } catch (error) {
      missing.push(`${name}: ${/error: (.*)/.exec(error.message)?.[1] ?? 'it does not build'}`);
    }
  }
  return { found, missing };
}

async function installedHere() {
  const found = [{ name: 'glibc', title: "the C library's own", peer: true, env: {} }];
  const missing = ['tlsf: no package of Debian; stock-tlsf has its policy'];
  for (const { name, package: from, file } of packaged) {
    const library = FOLDERS.map((folder) => path.join(folder, file)).find(fs.existsSync);
    const title = `${from} ${await packageVersion(from)}`.trim();
    if (library === undefined) missing.push(`${name} (Debian: apt-get install ${from})`);
    else found.push({ name, title, peer: true, env: { LD_PRELOAD: library } });
  }
  return { found, missing };
}

/** {found, missing}: allocators of {name, title, peer, env}; a line for each that is not here. */
export async function preloadable({ threads = false } = {}) {
  const [own, others] = [await builtHere(threads), await installedHere()];
  return {
    found: [...own.found, ...others.found],
    missing: [...own.missing, ...others.missing],
  };
}
