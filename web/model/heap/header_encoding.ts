// SPDX-License-Identifier: MIT
/**
 * Headers in memory: plain, or encoded with a key by a library with SEGFIT_CHECK 3 or more
 * (src/core/key.h). For words of 4 bytes.
 */
import type { HeapPool, Layout } from 'segfit/core';

import type { BlockLayout } from './snapshot.ts';

/** How many blocks of a pool must decode correctly before a key is accepted. */
const witnesses = 64;

/** Returns whether headers are encoded. */
export function isEncoded({ headerInverse }: BlockLayout): boolean {
  return headerInverse !== 0;
}

/** Decodes the header `word` at `address`. */
export function decodeHeader(word: number, address: number, layout: Layout, key: number): number {
  return layout.headerInverse === 0
    ? word
    : Math.imul(word ^ (address + key), layout.headerInverse) >>> 0;
}

/**
 * Returns the multiplicative inverse modulo 2³². Each Newton step doubles the correct bits, of
 * which there are 3 at first.
 */
function inverseOf(factor: number): number {
  let inverse = factor;
  for (let right = 3; right < 32; right *= 2) {
    inverse = Math.imul(inverse, 2 - Math.imul(factor, inverse));
  }
  return inverse;
}

/**
 * Finds the key of a heap's headers. Returns 0 if they are not encoded, null if the key cannot be
 * found.
 *
 * A pool ends in a header of size 0. This known value reveals the key up to the flags, and the
 * right flags are those with which the pool's first blocks decode correctly. The key protects
 * against programs that only write: a reader can find it.
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
