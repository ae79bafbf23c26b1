// SPDX-License-Identifier: MIT
import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

import { expect } from '@jest/globals';
import type { Pool } from 'segfit';
import { type Core, type CoreCallbacks, HeapReader, instantiate } from 'segfit/core';

/** Seed of the random tests: `SEED=` repeats a run; a failure prints it. */
export const seed = seedOf(process.env.SEED);

function seedOf(given: string | undefined): number {
  if (given === undefined) return Date.now() % 2 ** 31;
  if (/^(\d+|0x[\da-f]+)$/i.test(given)) return Number(given);
  throw new Error(`SEED takes a number from 0 on, not ${JSON.stringify(given)}`);
}

/** Returns a generator of integers from 0 to below `limit`, the same for the same seed. */
export function randomFrom(start: number): (limit: number) => number {
  let state = start >>> 0;
  return (limit) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % limit;
  };
}

/** Runs a 32-bit program, with QEMU if the system cannot: setup.mjs decides. */
export function run32(
  program: string,
  words: readonly string[] = [],
  options: SpawnSyncOptions = {},
) {
  const runner = JSON.parse(process.env.RUNNER_32 ?? '[]') as string[];
  const [command = '', ...rest] = [...runner, program, ...words];
  const { status, stdout, stderr } = spawnSync(command, rest, options);
  return { status, stdout: Buffer.from(stdout ?? ''), stderr: Buffer.from(stderr ?? '') };
}

/** The C files of the heap. Jest cannot import wasm/toolchain/core_sources.mjs. */
export const coreSources = readdirSync('src/core')
  .filter((name) => name.endsWith('.c'))
  .sort()
  .map((name) => `src/core/${name}`);

/** dist/`name`; Jest runs from the repository's root. */
export const builtFile = (name: string): Buffer => readFileSync(`dist/${name}`);

export const builtModule = (name: string): WebAssembly.Module =>
  new WebAssembly.Module(new Uint8Array(builtFile(name)));

/** A module's sections, in order: their ids, and the offset of the first byte after each. */
export function sectionsOf(bytes: Uint8Array): { id: number; end: number }[] {
  const sections: { id: number; end: number }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++] ?? -1;
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes[at++] ?? 0;
      size |= (byte & 0x7f) << shift;
      more = byte >= 0x80;
    }
    at += size;
    sections.push({ id, end: at });
  }
  return sections;
}

/** A core with one heap of `pages` pages from address 64 on. */
export interface Bench {
  readonly core: Core;
  readonly heap: number;
  readonly reader: HeapReader;
  readonly bytes: Uint8Array;
}

export const scratch = 0;

export function makeHeap(
  pages: number,
  name = 'segfit.wasm',
  callbacks: CoreCallbacks = {},
): Bench {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const core = instantiate(builtModule(name), memory, callbacks);
  const size = pages * 65536 - 64;
  const heap = core.exports.segfit_init(64, size, 0, 0, 0, 0) >>> 0;
  expect(heap).not.toBe(0);
  const reader = new HeapReader(memory, heap, core.layout);
  return { core, heap, reader, bytes: new Uint8Array(memory.buffer) };
}

/** One random step: allocate (plain, aligned, zeroed), free, or resize. */
export function step(
  { core, heap }: Bench,
  live: number[],
  random: (limit: number) => number,
): void {
  const c = core.exports;
  const size = random(8) === 0 ? random(20000) : random(300);
  const index = random(Math.max(1, live.length));
  const pointer = live[index] ?? 0;
  let made = 0;
  switch (live.length === 0 ? 0 : random(8)) {
    case 0:
    case 1:
      made = c.segfit_alloc(heap, size);
      break;
    case 2:
      made = c.segfit_alloc_aligned(heap, 1 << random(10), size);
      break;
    case 3:
      made = c.segfit_calloc(heap, 1 + random(4), size);
      break;
    case 4:
      live[index] = c.segfit_realloc(heap, pointer, size) >>> 0 || pointer;
      break;
    case 5:
      c.segfit_resize(heap, pointer, size);
      break;
    default:
      c.segfit_free(heap, pointer);
      live.splice(index, 1);
  }
  if (made !== 0) live.push(made >>> 0);
}

/** Returns whether two byte arrays are equal; toEqual takes seconds for a megabyte. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export const copyOf = (pool: Pool): Uint8Array => new Uint8Array(pool.buffer).slice();

/** Absent in jsdom, where the package uses this name for the method. */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/** Returns a view with a detached buffer; jsdom cannot transfer one. */
export function detachedView(length: number): Uint8Array {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const view = new Uint8Array(memory.buffer, 0, length);
  memory.grow(1);
  return view;
}

/** Returns the error of a call as class name, code and message. */
export function thrownBy(call: () => unknown): { name: string; code: unknown; message: string } {
  try {
    call();
  } catch (error) {
    const { name, message, code } = error as Error & { code?: unknown };
    return { name, code, message };
  }
  throw new Error('nothing was thrown');
}
