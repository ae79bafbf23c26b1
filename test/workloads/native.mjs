// SPDX-License-Identifier: MIT
/**
 * Builds the workloads natively: the driver, linked with nothing or with segfit under a prefix; by
 * the compiler of the wasm modules, so that the counted native code is optimised alike.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm/toolchain/paths.mjs';
import { must } from '../../wasm/toolchain/steps.mjs';
import { clang, here, out as wasmOut } from './compiler.mjs';
import { traceSource } from './trace.mjs';
import { replayed } from './workloads.mjs';

export const out = path.join(wasmOut, 'native');
export const mallocSource = path.join(root, 'src', 'malloc', 'malloc.c');

/** The functions that the workloads call, under another name: the C library keeps its own. */
const PREFIX = 'counted_';
const RENAMED = ['malloc', 'calloc', 'realloc', 'free', 'posix_memalign'].map(
  (name) => `-D${name}=${PREFIX}${name}`,
);
export const PREFIXED = [
  '-DSEGFIT_MALLOC=1',
  '-DSEGFIT_THREADS=0',
  `-DSEGFIT_MALLOC_PREFIX=${PREFIX}`,
];

/** Debian's headers of the kernel, for -m32, where clang does not look for them. */
const HEADERS = ['-idirafter', '/usr/include/x86_64-linux-gnu'];

export async function compile(name, source, flags) {
  const object = path.join(out, `${name}.o`);
  fs.mkdirSync(out, { recursive: true });
  const words = ['-O2', '-fno-builtin', '-DNDEBUG', ...flags, ...HEADERS, '-c', source];
  await must(clang(), [...words, '-o', object]);
  return object;
}

/** The driver and its workloads for `bits`, calling malloc or, if `renamed`, segfit's by prefix. */
async function driverObjects(bits, renamed, traces) {
  const label = `${bits}${renamed ? '-prefixed' : ''}`;
  const flags = [`-m${bits}`, `-I${here}`];
  const names = renamed ? RENAMED : [];
  const data = path.join(out, 'trace-data.c');
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(data, traceSource(traces));
  return [
    await compile(`driver-${label}`, path.join(here, 'driver.c'), flags),
    await compile(`trace-data-${bits}`, data, flags),
    await compile(`workloads-${label}`, path.join(here, 'workloads.c'), [...flags, ...names]),
    await compile(`replay-${label}`, path.join(here, 'trace.c'), [...flags, ...names]),
  ];
}

async function link(name, bits, objects) {
  const program = path.join(out, name);
  await must(clang(), [`-m${bits}`, ...objects, '-lpthread', '-o', program]);
  return program;
}

/** The driver, whose malloc is whatever is loaded before the C library's. */
export async function buildDriver() {
  return link('driver', 64, await driverObjects(64, false, replayed));
}

/** For each of `builds` ({name, bits, flags}), the driver with that segfit and `traces` in it. */
export async function buildCounted(builds, traces) {
  const objects = {};
  const programs = [];
  for (const { name, bits, flags } of builds) {
    objects[bits] ??= await driverObjects(bits, true, traces);
    // callgrind reads version 4 of the debug information, from which it knows the file of each
    // cost.
    const words = [`-m${bits}`, '-gdwarf-4', ...PREFIXED, ...flags];
    const allocator = await compile(`malloc-${name}`, mallocSource, words);
    programs.push({ name, file: await link(name, bits, [...objects[bits], allocator]) });
  }
  return programs;
}
