// SPDX-License-Identifier: MIT
/** Heaps with encoded headers, as the real library writes them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { decodeLayout, type Layout, layoutFields, layoutOf } from 'segfit/core';

import { decodeHeader, findKey, isEncoded } from '../../web/model/heap/header_encoding.ts';
import { LiveHeap } from '../../web/model/heap/live_heap.ts';
import type { Snapshot } from '../../web/model/heap/snapshot.ts';
import { coreSources, run32 } from '../js/helpers.ts';
import { build } from './real.ts';

const layoutBytes = layoutFields.length * 4;

/** The low half of the key that coded.c passes to segfit_set_key. */
const key = 0x34567890;

interface Dump {
  /** Every byte at its address. */
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly heap: number;
  readonly layout: Layout;
  /** Payload, payload's size, 1 if used: by segfit_walk_next. */
  readonly walked: readonly (readonly number[])[];
}

/** Returns the heap of test/js/coded.c at a level, in a 32-bit program with small addresses. */
function dumpOf(level: number): Dump {
  const output = `build/js/coded-view-${level}`;
  mkdirSync('build/js', { recursive: true });
  const files = [...coreSources, 'test/js/coded.c'];
  const flags = [`-DSEGFIT_CHECK=${level}`, '-Iinclude', '-m32', '-no-pie'];
  const compiler = process.env.CC ?? 'cc';
  const made = spawnSync(compiler, [...flags, ...files, '-o', output], { encoding: 'utf8' });
  expect([made.status, made.stderr]).toEqual([0, '']);
  const run = run32(output);
  const [[base, heap], ...walked] = run.stderr
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number)) as [[number, number], ...number[][]];
  const bytes = new Uint8Array(run.stdout);
  const buffer = new ArrayBuffer(base + bytes.length - layoutBytes);
  new Uint8Array(buffer).set(bytes.subarray(layoutBytes), base);
  return { memory: { buffer }, heap, layout: decodeLayout(bytes.subarray(0, layoutBytes)), walked };
}

const free = ({ blocks, layout }: Snapshot): number[] =>
  [...blocks.address].filter((_, index) => (blocks.header[index]! & layout.headerFree) !== 0);

const payloads = ({ blocks, layout }: Snapshot): number[] =>
  Array.from(blocks.address, (address) => address + layout.blockPayload);

describe.each([3, 4])('SEGFIT_CHECK %d', (level) => {
  const { memory, heap, layout, walked } = dumpOf(level);
  const expected = walked.map(([pointer]) => pointer);

  test('a live heap finds the key and the blocks of segfit_walk_next', () => {
    expect(isEncoded(layout)).toBe(true);
    const { snapshot } = new LiveHeap({ memory, heap, layout });
    expect(snapshot.problems).toEqual([]);
    expect(walked.length).toBeGreaterThan(60);
    expect(payloads(snapshot)).toEqual(expected);
  });

  test('the lists hold the free blocks', () => {
    const { snapshot } = new LiveHeap({ memory, heap, layout });
    const listed = Array.from(snapshot.heads, (_, index) => snapshot.list(index)).flat();
    expect(listed.sort((a, b) => a - b)).toEqual(free(snapshot));
    // Level 4 quarantines freed blocks, which the heap counts as used.
    const idle = walked.filter(([, , used]) => used === 0).length;
    expect(free(snapshot).length).toBeGreaterThan(0);
    expect(idle - free(snapshot).length).toBe(level === 4 ? 20 : 0);
  });

  test('a given key of any width is used', () => {
    for (const given of [key, 0xc0ffee1234567890n]) {
      expect(payloads(new LiveHeap({ memory, heap, layout, key: given }).snapshot)).toEqual(
        expected,
      );
    }
    const { snapshot } = new LiveHeap({ memory, heap, layout, key: key + 1 });
    expect(snapshot.problems).toEqual([expect.stringMatching(/^the header at 0x/)]);
  });

  test('if the last header of a pool was overwritten, no key is found, and an error reports it', () => {
    const copy = { buffer: memory.buffer.slice(0) };
    const { end } = new LiveHeap({ memory, heap, layout }).snapshot.pools[0]!;
    new Uint32Array(copy.buffer)[end >>> 2]! ^= 0x5a5a5a5a;
    expect(() => new LiveHeap({ memory: copy, heap, layout })).toThrow(/SEGFIT_CHECK 3/);
    expect(() => new LiveHeap({ memory: copy, heap, layout, key })).not.toThrow();
  });
});

test('a heap without encoding has the key 0', () => {
  const plain = layoutOf(build.plain);
  expect(findKey(new Uint32Array(8), [], plain)).toBe(0);
  expect(decodeHeader(0xfffffff1, 64, plain, 0)).toBe(0xfffffff1);
});
