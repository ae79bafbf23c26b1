// SPDX-License-Identifier: MIT
/**
 * Headers as they are written: plainly, or, by a library with SEGFIT_CHECK 3 or more, under a key
 * (src/key.h). For words of 4 bytes.
 */
import type { HeapPool, Layout } from 'segfit/core';

import type { BlockLayout } from './snapshot.ts';

/** How many blocks of a pool must read as blocks before a key is believed. */
const witnesses = 64;

/** Whether headers have to be decoded. */
export function isEncoded({ headerInverse }: BlockLayout): boolean {
  return headerInverse !== 0;
}

/** The header's value, which is written as `word` at `address`. */
export function decodeHeader(word: number, address: number, layout: Layout, key: number): number {
  return layout.headerInverse === 0
    ? word
    : Math.imul(word ^ (address + key), layout.headerInverse) >>> 0;
}

/** What multiplies back: Newton's steps double the bits that are right, of which 3 are at first. */
function inverseOf(factor: number): number {
  let inverse = factor;
  for (let right = 3; right < 32; right *= 2) {
    inverse = Math.imul(inverse, 2 - Math.imul(factor, inverse));
  }
  return inverse;
}

/**
 * The key that a heap's headers are written under; 0 if under none, null if it cannot be found.
 *
 * A pool ends in a header of size 0. That is known, so the word there gives the key away, up to the
 * flags: the one is taken under which the blocks before it are blocks. A reader can do so; what the
 * key is for is that a program which only writes cannot.
 */
export function findKey(
  words: Uint32Array,
  pools: readonly HeapPool[],
  layout: Layout,
): number | null {
  const [pool] = pools;
  if (!isEncoded(layout) || pool === undefined) {
    return 0;
  }
  const factor = inverseOf(layout.headerInverse);
  const written = words[pool.end >>> 2] ?? 0;
  for (let flags = 0; flags <= layout.headerFlags; flags++) {
    const key = ((written ^ Math.imul(flags, factor)) - pool.end) >>> 0;
    if (pools.every((each) => endsAsPoolsDo(words, each, layout, key))) {
      return key;
    }
  }
  return null;
}

function endsAsPoolsDo(words: Uint32Array, pool: HeapPool, layout: Layout, key: number): boolean {
  const { headerFlags, minBlock, align } = layout;
  const sizeAt = (header: number): number =>
    (decodeHeader(words[header >>> 2] ?? 0, header, layout, key) & ~headerFlags) >>> 0;
  if (sizeAt(pool.end) !== 0) {
    return false;
  }
  let header = pool.first;
  for (let seen = 0; seen < witnesses && header < pool.end; seen++) {
    const size = sizeAt(header);
    if (size < minBlock || size % align !== 0 || header + size > pool.end) {
      return false;
    }
    header += size;
  }
  return true;
}
