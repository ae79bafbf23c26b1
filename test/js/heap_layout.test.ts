// SPDX-License-Identifier: MIT
/** Layouts, and heaps written by hand with them. */
import { describe, expect, test } from '@jest/globals';
import { decodeLayout, HeapReader, type Layout, layoutFields, layoutOf } from 'segfit/core';

import { builtModule, thrownBy } from './helpers.ts';

/** Returns the inverse of `factor` modulo 2^64. */
function inverseOf(factor: bigint): bigint {
  let inverse = factor;
  for (let round = 0; round < 6; round++) {
    inverse = BigInt.asUintN(64, inverse * (2n - factor * inverse));
  }
  return inverse;
}

test.each([4, 8])(
  'a heap whose headers are encoded is read with its key, words of %d bytes',
  (wordSize) => {
    const layout = layoutOf(builtModule('segfit.wasm'));
    const factor = 0x9e3779b97f4a7c15n;
    const inverse = inverseOf(factor);
    const key = 0xfedcba9876543210n;
    const [base, record] = [0x2000, 0x2100];
    const coded: Layout = {
      ...layout,
      wordSize,
      align: 8,
      minBlock: 32,
      blockPayload: wordSize,
      controlRows: 0,
      controlColumnsLog2: 1,
      controlPools: 8,
      poolNext: wordSize,
      poolEnd: 0,
      poolMemory: 2 * wordSize,
      poolFirst: 64 - wordSize,
      headerInverse: Number(inverse & 0xffffffffn),
      headerInverseHigh: Number(inverse >> 32n),
    };
    const bytes = new Uint8Array(1024);
    const view = new DataView(bytes.buffer);
    const put = (address: number, value: bigint): void =>
      wordSize === 8
        ? view.setBigUint64(address - base, value, true)
        : view.setUint32(address - base, Number(value), true);
    const first = record + coded.poolFirst;
    const bits = wordSize * 8;
    const header = (address: number, word: number): void => {
      const mask = BigInt.asUintN(bits, BigInt(address) + key);
      put(address, BigInt.asUintN(bits, BigInt(word) * factor) ^ mask);
    };
    bytes.set([10, 4], 0);
    put(base + 8, BigInt(record));
    put(record, BigInt(first + 192));
    put(record + 2 * wordSize, BigInt(record));
    header(first, 64);
    header(first + 64, 128 | layout.headerFree);
    const reader = new HeapReader(bytes, base, coded, base, key);
    expect([...reader.blocks()].map(({ size, used }) => [size, used])).toEqual([
      [64, true],
      [128, false],
    ]);
    const blind = new HeapReader(bytes, base, coded, base, 5);
    expect(thrownBy(() => [...blind.blocks()]).code).toBe('ERR_SEGFIT_CORRUPT');
  },
);

describe('decodeLayout', () => {
  const layout = layoutOf(builtModule('segfit.wasm'));
  const bytesOf = (fields: Layout): Uint8Array =>
    new Uint8Array(Uint32Array.from(layoutFields, (name) => fields[name]).buffer);

  test('reads the layout that the module describes', () => {
    expect(decodeLayout(bytesOf(layout))).toEqual(layout);
    expect(layout).toMatchObject({ wordSize: 4, align: 8 });
    for (const [wordSize, align, minBlock] of [
      [8, 8, 32],
      [8, 16, 16],
      [4, 4, 4],
    ] as const) {
      const other = { ...layout, wordSize, align, minBlock };
      expect(decodeLayout(bytesOf(other))).toEqual(other);
    }
  });

  test.each<[string, Partial<Layout>]>([
    ['another magic', { magic: 1 }],
    ['another version', { version: 999 }],
    ['words of 3 bytes', { wordSize: 3 }],
    ['blocks of no bytes', { minBlock: 0 }],
    ['an alignment of less than a word', { align: 2, minBlock: 16 }],
    ['blocks of less than an alignment', { align: 16, minBlock: 8 }],
  ])('throws for %s', (_, change) => {
    const bytes = bytesOf({ ...layout, ...change });
    expect(thrownBy(() => decodeLayout(bytes)).code).toBe('ERR_SEGFIT_CORRUPT');
  });

  test('throws for too few bytes', () => {
    const { code } = thrownBy(() => decodeLayout(bytesOf(layout).subarray(1)));
    expect(code).toBe('ERR_SEGFIT_CORRUPT');
  });
});
