#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * node test/workloads/traces/record.mjs [NAME…]: records the traces that bench:malloc replays, by
 * src/tools/record.c from programs of this system (Debian: apt-get install gcc lua5.4 python3
 * sqlite3).
 *
 * They are in git, so that figures of different machines are of the same operations. Recorded on 64
 * bits: sizes are what the programs ask for there.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../../wasm/toolchain/paths.mjs';
import { command, must } from '../../../wasm/toolchain/steps.mjs';
import { commandArguments, oneOf } from '../../../wasm/toolchain/arguments.mjs';
import { encode, operationsOfRecord } from './format.mjs';

const here = path.join(root, 'test', 'workloads', 'traces');
const firstLine = async (words) => (await must(words[0], words.slice(1))).split('\n')[0].trim();

/** Each gives its title and the words to run. Nobody reads its output. */
const programs = {
  gcc: async (scratch) => {
    const compiler = (await must('cc', ['-print-prog-name=cc1'])).trim();
    const source = path.join(scratch, 'pool.i');
    const include = ['-I', path.join(root, 'include')];
    await must('cc', ['-E', '-P', ...include, path.join(root, 'src/core/pools.c'), '-o', source]);
    const words = [compiler, '-quiet', '-O1', '-fpreprocessed', source, '-o', '/dev/null'];
    return { title: `${await firstLine(['cc', '--version'])}: cc1 -O1 pools.c`, words };
  },
  lua: async () => {
    const version = (await firstLine(['lua5.4', '-v'])).split('  ')[0];
    return { title: `${version}: inputs.lua`, words: ['lua5.4', path.join(here, 'inputs.lua')] };
  },
  python: async () => {
    const python = '/usr/bin/python3';
    const words = [python, '-S', '-B', path.join(here, 'inputs.py')];
    return { title: `${await firstLine([python, '--version'])}: inputs.py`, words };
  },
  sqlite: async () => {
    const version = (await firstLine(['sqlite3', '--version'])).split(' ')[0];
    const words = ['sqlite3', ':memory:', `.read ${path.join(here, 'inputs.sql')}`];
    return { title: `SQLite ${version}: inputs.sql`, words };
  },
};

async function recordOne(name, recorder, scratch) {
  const { title, words } = await programs[name](scratch);
  const raw = path.join(scratch, `${name}.heapl`);
  // Python's own allocator would ask malloc for arenas only; and its order depends on a random
  // seed.
  const settings = ['PYTHONMALLOC=malloc', 'PYTHONHASHSEED=0', 'LC_ALL=C', `PATH=/usr/bin:/bin`];
  const record = [`LD_PRELOAD=${recorder}`, `SEGFIT_RECORD_FILE=${raw}`];
  await must('env', ['-i', ...settings, ...record, ...words], { cwd: scratch });
  const operations = operationsOfRecord(fs.readFileSync(raw, 'utf8'));
  const packed = encode(title, operations);
  fs.writeFileSync(path.join(here, `${name}.trace.gz`), packed);
  console.log(`${name}: ${title}; ${operations.length} operations, ${packed.length} bytes`);
}

await command(async () => {
  const all = Object.keys(programs);
  const usage = 'usage: node test/workloads/traces/record.mjs [PROGRAM]…';
  const given = commandArguments({ usage, most: all.length }).names;
  const names = given.length > 0 ? given.map((name) => oneOf(all)(name, 'record.mjs')) : all;
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'segfit-record-'));
  try {
    const recorder = path.join(scratch, 'record.so');
    const source = path.join(root, 'src/tools/record.c');
    await must('cc', ['-shared', '-fPIC', '-O2', '-DSEGFIT_RECORD=1', source, '-o', recorder]);
    for (const name of names) await recordOne(name, recorder, scratch);
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
  return 0;
});
