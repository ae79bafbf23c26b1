// SPDX-License-Identifier: MIT
/** The thread workloads as a native program. */
import fs from 'node:fs';
import path from 'node:path';
import { clang } from '../../test/workloads/compiler.mjs';
import { out } from '../../test/workloads/native.mjs';
import { root } from '../../wasm/toolchain/paths.mjs';
import { must } from '../../wasm/toolchain/steps.mjs';

/** Builds the program and returns its file; its malloc is the one loaded before the C library's. */
export async function buildThreads() {
  const source = path.join(root, 'bench/threads/threads.c');
  const program = path.join(out, 'threads');
  fs.mkdirSync(out, { recursive: true });
  await must(clang(), ['-O2', '-fno-builtin', '-DNDEBUG', '-pthread', source, '-o', program]);
  return program;
}
