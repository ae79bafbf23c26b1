// SPDX-License-Identifier: MIT
/** The real programs: their sources on each platform, and their input. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { luaSources, sqliteSources } from './sources.mjs';

const here = path.join(root, 'test/programs');

/**
 * Lua's interpreter. Its errors and coroutines jump (setjmp); Debian's wasi-libc has no setjmp, so
 * there the jumps are wasm exceptions, by wasi/setjmp.c. Two more headers' worth of calls that
 * wasi-libc lacks always fail: wasi/lua_wasi.h.
 */
async function lua() {
  const folder = await luaSources();
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.c') && name !== 'luac.c');
  const wasi = path.join(here, 'wasi');
  return {
    name: 'lua',
    sources: names.map((name) => path.join(folder, name)),
    flags: ['-O1', '-w'],
    input: path.join(here, 'strings_and_tables.lua'),
    args: ['-'],
    wasi: {
      sources: [path.join(wasi, 'setjmp.c')],
      flags: [
        '-mllvm',
        '-wasm-enable-sjlj',
        '-I',
        wasi,
        '-include',
        path.join(wasi, 'lua_wasi.h'),
        '-D_WASI_EMULATED_SIGNAL',
        '-D_WASI_EMULATED_PROCESS_CLOCKS',
      ],
      libraries: ['-lwasi-emulated-signal', '-lwasi-emulated-process-clocks'],
    },
  };
}

/** SQLite without an operating system, on a file in memory: see sqlite_main.c. */
async function sqlite() {
  const folder = await sqliteSources();
  return {
    name: 'sqlite',
    sources: [path.join(folder, 'sqlite3.c'), path.join(here, 'sqlite_main.c')],
    flags: [
      '-O0',
      '-w',
      '-I',
      folder,
      '-DSQLITE_OS_OTHER=1',
      '-DSQLITE_THREADSAFE=0',
      '-DSQLITE_OMIT_LOAD_EXTENSION',
      '-DSQLITE_OMIT_WAL',
      '-DSQLITE_MAX_MMAP_SIZE=0',
      '-DSQLITE_TEMP_STORE=3',
      '-DSQLITE_DEFAULT_MEMSTATUS=0',
    ],
    input: path.join(here, 'orders.sql'),
    args: [],
  };
}

export async function allPrograms() {
  return [await lua(), await sqlite()];
}

/** Compiles a program's files for a target, two at a time; returns the objects. */
export async function compileProgram(program, target) {
  const own = program[target.name] ?? {};
  const sources = [...program.sources, ...(own.sources ?? [])];
  const flags = [...program.flags, ...(own.flags ?? [])];
  const objects = new Array(sources.length);
  const work = async (queue) => {
    for (const [index, source] of queue) {
      const object = path.join(target.folder, program.name, `${path.basename(source, '.c')}.o`);
      objects[index] = await target.compile(source, object, flags);
    }
  };
  const queue = sources.entries();
  await Promise.all([work(queue), work(queue)]);
  return objects;
}
