// SPDX-License-Identifier: MIT
/** The names that the malloc defines on each platform, with their kinds as nm says them. */

import { readText, root } from '../../wasm/toolchain/paths.mjs';

/** The names that every platform's C library has for its malloc: all of them, and ours. */
const plain = [
  'malloc',
  'free',
  'calloc',
  'realloc',
  'posix_memalign',
  'aligned_alloc',
  'malloc_usable_size',
];
/** Those of glibc, and of some others; and C23's. */
const wider = [
  'memalign',
  'reallocarray',
  'valloc',
  'pvalloc',
  'mallinfo',
  'mallinfo2',
  'malloc_trim',
  'malloc_stats',
  'mallopt',
];
const c23 = ['free_sized', 'free_aligned_sized'];
const musl = ['__libc_malloc', '__libc_free', '__libc_calloc'];
const glibc = ['realloc', 'memalign', 'valloc', 'pvalloc'].map((name) => `__libc_${name}`);
/** Of programs that are older than glibc 2.26. */
const old = ['cfree'];
const builtin = ['malloc', 'free', 'calloc', 'realloc', 'memalign'].map(
  (name) => `emscripten_builtin_${name}`,
);
const dlmalloc = [
  'malloc_footprint',
  'malloc_max_footprint',
  'malloc_footprint_limit',
  'malloc_set_footprint_limit',
  'realloc_in_place',
  'bulk_free',
  'independent_calloc',
  'independent_comalloc',
];
/** For -sMALLOC=none; Emscripten's own are strong. */
const breaks = ['sbrk', 'brk', 'emscripten_get_sbrk_ptr'];
const ours = ['heap', 'layout', 'stats', 'check', 'reserve', 'flush'].map(
  (name) => `segfit_malloc_${name}`,
);
const hooks = ['segfit_panic', 'segfit_malloc_exhausted'];

const kinds = (kind, names) => names.map((name) => `${kind} ${name}`);

export const expectedNames = {
  wasi: [...kinds('T', [...plain, ...musl, ...ours]), ...kinds('W', [...wider, ...c23, ...hooks])],
  emscripten: [
    ...kinds('W', [...plain, ...wider, ...c23, ...musl, '__libc_realloc', ...builtin]),
    ...kinds('W', [...dlmalloc, ...breaks, ...hooks]),
    ...kinds('T', ours),
  ],
  native: [
    ...kinds('T', [...plain, ...wider, ...musl, ...glibc, ...ours]),
    ...kinds('W', [...c23, ...old, ...hooks]),
  ],
};

/** With a prefix: the names for programs, and none that the C library's parts call. */
const prefixed = (names) => names.map((name) => `my_${name}`);
export const expectedPrefixed = {
  wasi: [
    ...kinds('T', [...prefixed(plain), ...ours]),
    ...kinds('W', [...prefixed(wider), ...prefixed(c23), ...hooks]),
  ],
  emscripten: [
    ...kinds('W', [...prefixed(plain), ...prefixed(wider), ...prefixed(c23), ...breaks, ...hooks]),
    ...kinds('T', ours),
  ],
  native: [
    ...kinds('T', [...prefixed(plain), ...prefixed(wider), ...ours]),
    ...kinds('W', [...prefixed(c23), ...hooks]),
  ],
};

const header = readText(`${root}/include/segfit.h`);
const numbers = ['MAJOR', 'MINOR'].map(
  (part) => new RegExp(`^#define SEGFIT_VERSION_${part} (\\d+)$`, 'm').exec(header)[1],
);
const version = `segfit_${numbers.join('_')}`;
const settings = 'for_SEGFIT_CHECK_1_STATS_1_EVENTS_0';

/** The names by which the linker compares settings (segfit/settings.h), of the default settings. */
const forTheLinker = [
  `D segfit__inspection_of_malloc__${version}`,
  'T segfit__only_one_malloc_in_a_program',
  ...kinds(
    'T',
    ours.flatMap((name) => [`${name}__${version}`, `${name}__${settings}__${version}`]),
  ),
];
const forOneThread = 'D segfit__malloc_for_one_thread';
export const linkerNames = {
  wasi: [...forTheLinker, forOneThread],
  emscripten: [...forTheLinker, forOneThread],
  native: forTheLinker,
};
