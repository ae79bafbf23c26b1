// SPDX-License-Identifier: MIT
/**
 * Programs of the system, as they are installed, with segfit as their malloc by LD_PRELOAD: each prints
 * what it prints without, and its peak memory is told beside that with the C library's own malloc.
 */
import fs from 'node:fs';
import path from 'node:path';
import { freshLibrary } from '../../wasm/toolchain/libraries.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { Failure, must, run } from '../../wasm/toolchain/steps.mjs';
import { onPath } from '../../wasm/toolchain/system.mjs';
import { single } from './backend.mjs';

const here = path.join(root, 'test/programs/preload');
const work = (name) => path.join(here, name);

/**
 * What is run, and on what. Hash seeds and the like are fixed, so that two runs print the same. A
 * program that writes files does so in a folder of its own.
 */
const programs = [
  { name: 'git', words: ['sh', work('history.sh')], fresh: true },
  { name: 'python3', words: ['python3', work('words.py')], env: { PYTHONHASHSEED: '0' } },
  {
    name: 'python3',
    title: 'python3 without its own allocator',
    words: ['python3', work('words.py')],
    env: { PYTHONHASHSEED: '0', PYTHONMALLOC: 'malloc' },
  },
  {
    name: 'python3',
    title: 'python3 with few addresses',
    words: ['sh', '-c', `ulimit -v 600000; exec python3 ${work('words.py')}`],
    env: { PYTHONHASHSEED: '0', PYTHONMALLOC: 'malloc' },
  },
  { name: 'gcc', words: ['gcc', '-w', '-O2', '-fno-builtin', '-S', single, '-o', '-'] },
  { name: 'sqlite3', words: ['sqlite3', '-batch', ':memory:', `.read ${work('tables.sql')}`] },
  { name: 'node', words: ['node', work('work.mjs')] },
];

/**
 * A peak is at most this much more than the C library's. It is no aim: what is measured lies far below,
 * and says so in docs/malloc.md. It is what a leak or a heap that grows without need would exceed.
 */
const MOST_RATIO = 1.5;
const MOST_KIB_MORE = 8192;

