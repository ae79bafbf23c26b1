// SPDX-License-Identifier: MIT
import type { WasmMemory } from './platform.ts';

export interface PoolOptions {
  /**
   * The initial size in bytes, rounded up to whole pages of 65,536 when the pool makes its own
   * memory. Default: one page, or all of `memory` from `byteOffset` on.
   */
  size?: number;
  /** The maximum size after growth, rounded as `size`. Default: the initial size, so no growth. */
  maxSize?: number;
  /** Set by Pool.shared(), which makes shared pools. */
  shared?: boolean;
  /**
   * The memory for the pool, for instance your own module's. Nothing else may use the pool's bytes.
   */
  memory?: WasmMemory;
  /**
   * The offset in `memory` where the pool begins. Default: 0, which a module's own memory usually
   * uses for its data.
   */
  byteOffset?: number;
  /** The same as `size`, in a memory of yours. */
  byteLength?: number;
  /**
   * Requests a buffer that keeps its identity and its views when the pool grows. Works where the
   * engine has `memory.toResizableBuffer()`; elsewhere it changes nothing. Many browser functions
   * (TextDecoder, crypto, Blob, ImageData, WebGL) refuse views of such a buffer.
   */
  resizable?: boolean;
  /** Stores the `tag` of each block. Costs one byte for each block. */
  tags?: boolean;
  /**
   * Finds more errors. Writes behind a block's end and pointers that only look valid are reported
   * by the call that frees or uses the block; leaks are reported on the console. Blocks are filled
   * with patterns when they are allocated and freed. Costs 16 bytes for each block, and each call
   * checks every block.
   */
  debug?: boolean;
  /** Names the pool in messages. */
  label?: string;
}

export interface AllocOptions {
  /** A power of two. Default: 8 for alloc(), the element's size for allocArray(). */
  align?: number;
  /** Fills the bytes with zeros. Default: false for alloc(), true for allocArray(). */
  zero?: boolean;
  /** 0 to 255. blocks() and traces report it. Stored in pools with `tags` or `debug`. */
  tag?: number;
}
