// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

import { expect, test } from '@jest/globals';
import { Pool } from 'segfit';

import { coreSources, randomFrom, run32, sameBytes, seed } from './helpers.ts';

/** A multiple of every alignment below, and a free address in a 32-bit Linux program. */
const base = 0x100000;
const size = 131072;
const slots = 256;

interface Operation {
  readonly kind: 'a' | 'r' | 's' | 'f';
  readonly slot: number;
  readonly align: number;
  readonly size: number;
}

/** Random operations; each is legal whatever the earlier results. */
function operationList(count: number): Operation[] {
  const random = randomFrom(seed);
  const taken = new Array<boolean>(slots).fill(false);
  return Array.from({ length: count }, () => {
    const slot = random(slots);
    const align = random(4) === 0 ? 1 << random(12) : 8;
    const bytes = random(10) === 0 ? random(20000) : random(700);
    const kind = taken[slot] ? ((['f', 'f', 'r', 's'] as const)[random(4)] ?? 'f') : 'a';
    taken[slot] = kind !== 'f';
    return { kind, slot, align, size: bytes };
  });
}

/** Returns the results of a pool. An operation on a slot of 0 behaves as in C. */
function answersOf(pool: Pool, operations: readonly Operation[]): number[] {
  const table = new Uint32Array(slots);
  return operations.map(({ kind, slot, align, size: bytes }) => {
    const pointer = table[slot] ?? 0;
    if (kind === 's') return pool.tryResize(pointer, bytes) ? 1 : 0;
    if (kind === 'f') {
      pool.free(pointer);
      table[slot] = 0;
    }
    if (kind === 'a') table[slot] = pool.tryAlloc(bytes, align);
    if (kind === 'r') table[slot] = moved(pool, pointer, bytes, align);
    return table[slot] ?? 0;
  });
}

/** Returns a block's pointer after a realloc that may have failed. */
function moved(pool: Pool, pointer: number, size: number, align: number): number {
  try {
    return pool.realloc(pointer, size, { align });
  } catch {
    return pointer;
  }
}

/** Compiles replay.c with the core, with words and alignment as in wasm. */
function nativeProgram(): string {
  const output = `build/js/replay-${process.env.JEST_WORKER_ID ?? '0'}`;
  mkdirSync('build/js', { recursive: true });
  const compiler = process.env.CC ?? 'cc';
  const args = [
    '-m32',
    '-std=gnu11',
    '-O1',
    '-no-pie',
    '-DSEGFIT_ALIGN=8',
    '-Iinclude',
    '-Isrc',
    ...coreSources,
    'test/js/replay.c',
    '-o',
    output,
  ];
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (status === 0) return output;
  throw new Error(`${compiler} -m32 is needed here (Debian: gcc-multilib)\n${error ?? stderr}`);
}

/** Returns the results of the native program, and its memory at the end. */
function native(operations: readonly Operation[], slack = 0): { answers: number[]; bytes: Buffer } {
  const lines = operations.map((one) => `${one.kind} ${one.slot} ${one.align} ${one.size + slack}`);
  const input = `${lines.join('\n')}\n`;
  const words = [`${base}`, `${size}`];
  const run = run32(nativeProgram(), words, { input, maxBuffer: 1 << 24 });
  return { answers: run.stderr.toString().trim().split('\n').map(Number), bytes: run.stdout };
}

const firstDifference = (
  operations: readonly Operation[],
  ours: readonly number[],
  theirs: readonly number[],
): unknown => {
  const differs = ours.findIndex((answer, index) => answer !== theirs[index]);
  return differs < 0 ? 'none' : { differs, ...operations[differs] };
};

/** The words that the pool stores before the heap are its own. */
const heapBytes = (bytes: Uint8Array): Uint8Array => bytes.subarray(64);

const memoryFor = (shared: boolean): WebAssembly.Memory => {
  const pages = (base + size) / 65536;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
};
const region = { byteOffset: base, byteLength: size };

test(`SEED=${seed}: a pool, a shared pool and a native program behave alike, byte for byte`, () => {
  const operations = operationList(10_000);
  const there = native(operations);
  expect(there.answers).toHaveLength(operations.length);
  const [own, common] = [memoryFor(false), memoryFor(true)];
  const pools = [
    { memory: own, pool: new Pool({ memory: own, ...region }) },
    { memory: common, pool: Pool.shared({ memory: common, ...region }) as unknown as Pool },
  ];
  for (const { memory, pool } of pools) {
    const answers = answersOf(pool, operations);
    expect(firstDifference(operations, answers, there.answers)).toBe('none');
    expect(answers.filter((answer) => answer === 0).length).toBeGreaterThan(100);
    const ours = heapBytes(new Uint8Array(memory.buffer, base, size));
    expect(sameBytes(ours, heapBytes(there.bytes))).toBe(true);
  }
});

test(`SEED=${seed}: pools with tags and guards behave like a native program with larger requests`, () => {
  const operations = operationList(2000);
  const kinds = [
    { options: { tags: true }, slack: 1 },
    { options: { debug: true }, slack: 16 },
  ];
  for (const { options, slack } of kinds) {
    const pool = new Pool({ memory: memoryFor(false), ...region, ...options });
    const answers = answersOf(pool, operations);
    expect(firstDifference(operations, answers, native(operations, slack).answers)).toBe('none');
    expect(pool.check()).toEqual({ ok: true, problems: [] });
  }
});
