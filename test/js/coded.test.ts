// SPDX-License-Identifier: MIT
// Dumps of heaps whose headers are encoded (SEGFIT_CHECK=3), of both word sizes.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

import { describe, expect, test } from '@jest/globals';
import { decodeLayout, HeapReader, layoutFields } from 'segfit/core';

import { coreSources, run32, thrownBy } from './helpers.ts';

const key = 0xc0ffee1234567890n;
const layoutBytes = layoutFields.length * 4;

interface Dump {
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly heap: number;
  readonly walked: readonly (readonly [number, number, boolean])[];
}

/** Returns what coded.c prints when compiled with `flags`. */
function dumpOf(name: string, flags: readonly string[]): Dump {
  const output = `build/js/${name}-${process.env.JEST_WORKER_ID ?? '0'}`;
  mkdirSync('build/js', { recursive: true });
  const files = [...coreSources, 'test/js/coded.c'];
  const args = ['-DSEGFIT_CHECK=3', '-Iinclude', ...flags, ...files, '-o', output];
  const { status, stderr } = spawnSync(process.env.CC ?? 'cc', args, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const run = flags.includes('-m32') ? run32(output) : spawnSync(output);
  const [places = [], ...blocks] = run.stderr
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const walked = blocks.map(
    ([pointer = 0, size = 0, used]) => [pointer, size, used === 1] as const,
  );
  return { bytes: new Uint8Array(run.stdout), base: places[0] ?? 0, heap: places[1] ?? 0, walked };
}

describe.each([
  ['coded-32', ['-m32']],
  ['coded-64', []],
])('%s', (name, flags) => {
  const { bytes, base, heap, walked } = dumpOf(name, flags);
  const layout = decodeLayout(bytes.subarray(0, layoutBytes));
  const memory = bytes.subarray(layoutBytes);
  const read = (given: number | bigint): unknown[] => {
    const reader = new HeapReader(memory, heap, layout, base, given);
    return [...reader.blocks()].map(({ pointer, size, used }) => [pointer, size, used]);
  };

  test('with the key, a reader finds the blocks that segfit_walk_next finds', () => {
    const own = BigInt.asUintN(layout.wordSize * 8, key);
    expect(walked.length).toBeGreaterThan(60);
    expect(read(own)).toEqual(walked);
    expect(read(key)).toEqual(walked);
  });

  test('a key that is not a whole number throws', () => {
    for (const wrong of [NaN, 1.5, 2 ** 53, Infinity, '1', null, {}]) {
      expect(thrownBy(() => read(wrong as number)).code).toBe('ERR_SEGFIT_ARG_TYPE');
    }
  });

  test('with a wrong key, a reader reports that it cannot read the blocks', () => {
    expect(thrownBy(() => read(0)).code).toBe('ERR_SEGFIT_CORRUPT');
    expect(thrownBy(() => read(key + 8n)).code).toBe('ERR_SEGFIT_CORRUPT');
  });
});
