// SPDX-License-Identifier: MIT
/** From header to header, fast: for heaps of a million blocks. */
import type { Layout } from 'segfit/core';

import type { Blocks } from './snapshot.ts';

const fewest = 1024;

/** One array a field, of one length; they grow as blocks are added. */
export class BlockColumns {
  #address: Uint32Array<ArrayBuffer>;
  #size: Uint32Array<ArrayBuffer>;
  #header: Uint32Array<ArrayBuffer>;
  count = 0;

  /** `expected`: how many blocks there will probably be. */
  constructor(expected = fewest) {
    const length = Math.max(expected, fewest);
    this.#address = new Uint32Array(length);
    this.#size = new Uint32Array(length);
    this.#header = new Uint32Array(length);
  }

  get blocks(): Blocks {
    const { count } = this;
    return {
      count,
      address: this.#address.subarray(0, count),
      size: this.#size.subarray(0, count),
      header: this.#header.subarray(0, count),
    };
  }

  /**
   * Adds the blocks from `from` to before `end`, `most` of them at most. Returns the header behind
   * the last one added: `end`, or where `most` were read, or the first whose size cannot be right.
   */
  walk(words: Uint32Array, from: number, end: number, layout: Layout, most: number): number {
    const { headerFlags, minBlock, align } = layout;
    const sizeMask = ~headerFlags;
    const alignMask = align - 1;
    let [address, size, header] = [this.#address, this.#size, this.#header];
    let { count } = this;
    const last = count + most;
    let at = from;
    while (at < end && count < last) {
      const word = words[at >>> 2]!;
      const bytes = (word & sizeMask) >>> 0;
      if (bytes < minBlock || (bytes & alignMask) !== 0 || at + bytes > end) {
        break;
      }
      if (count === address.length) {
        this.#grow();
        [address, size, header] = [this.#address, this.#size, this.#header];
      }
      address[count] = at;
      size[count] = bytes;
      header[count] = word;
      count++;
      at += bytes;
    }
    this.count = count;
    return at;
  }

  #grow(): void {
    const larger = (from: Uint32Array): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#address = larger(this.#address);
    this.#size = larger(this.#size);
    this.#header = larger(this.#header);
  }
}

/** The words of a memory from address 0 on: `bytes` is all of it. */
export function wordsOf(bytes: { readonly buffer: ArrayBufferLike }): Uint32Array {
  return new Uint32Array(bytes.buffer, 0, Math.floor(bytes.buffer.byteLength / 4));
}
