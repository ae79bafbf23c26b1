// SPDX-License-Identifier: MIT
/** Walks from header to header, fast enough for a million blocks. */
import type { Layout } from 'segfit/core';

import { decodeHeader } from './header_encoding.ts';
import type { Blocks } from './snapshot.ts';

const fewest = 1024;

/** Blocks as columns: one array for each field. The arrays grow as blocks are added. */
export class BlockColumns {
  #address: Uint32Array<ArrayBuffer>;
  #size: Uint32Array<ArrayBuffer>;
  #header: Uint32Array<ArrayBuffer>;
  count = 0;

  /** `expected` is the estimated number of blocks; some more fit without growing. */
  constructor(expected = fewest) {
    const length = expected + Math.max(expected >>> 6, fewest);
    this.#address = new Uint32Array(length);
    this.#size = new Uint32Array(length);
    this.#header = new Uint32Array(length);
  }

  /** Makes columns that take over the arrays of `blocks`. */
  static adopt({ count, address, size, header }: Blocks): BlockColumns {
    const columns = new BlockColumns(0);
    columns.#address = whole(address);
    columns.#size = whole(size);
    columns.#header = whole(header);
    columns.count = count;
    return columns;
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
   * Adds at most `most` blocks between `from` and `end`. Returns the address behind the last one
   * added: `end`, the block after `most` blocks, or the first header with an invalid size.
   */
  walk(
    words: Uint32Array,
    from: number,
    end: number,
    layout: Layout,
    most: number,
    key = 0,
  ): number {
    const { headerFlags, minBlock, align } = layout;
    const sizeMask = ~headerFlags;
    const alignMask = align - 1;
    let [address, size, header] = [this.#address, this.#size, this.#header];
    let { count } = this;
    const last = count + most;
    let at = from;
    while (at < end && count < last) {
      const word = decodeHeader(words[at >>> 2]!, at, layout, key);
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

  /** Replaces the blocks from index `from` to before `to`. */
  replace(from: number, to: number, others: Blocks): void {
    const { count } = this;
    const behind = from + others.count;
    while (count - to + behind > this.#address.length) {
      this.#grow();
    }
    const put = (column: Uint32Array, given: Uint32Array): void => {
      if (behind !== to) {
        column.copyWithin(behind, to, count);
      }
      column.set(given, from);
    };
    put(this.#address, others.address);
    put(this.#size, others.size);
    put(this.#header, others.header);
    this.count = count - to + behind;
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

/** Returns the array over the whole buffer of `part`. */
function whole(part: Uint32Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(part.buffer as ArrayBuffer);
}

/** Returns the words of a memory from address 0 on. */
export function wordsOf(bytes: { readonly buffer: ArrayBufferLike }): Uint32Array {
  return new Uint32Array(bytes.buffer, 0, Math.floor(bytes.buffer.byteLength / 4));
}
