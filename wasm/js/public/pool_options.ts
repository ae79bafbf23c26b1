// SPDX-License-Identifier: MIT
import type { WasmMemory } from './platform.ts';

export interface PoolOptions {
  /**
   * Bytes to begin with, rounded up to whole pages of 65,536 when the pool makes its own memory.
   * Default: one page, or all of `memory` from `byteOffset` on.
   */
  size?: number;
  /**
   * Upper bound for growth, rounded as `size`. Default: what the pool begins with, so no growth.
   */
  maxSize?: number;
  /** See Pool.shared(), which makes such pools. */
  shared?: boolean;
  /**
   * A memory to lie in, for instance your own module's. The pool's bytes must be used by nobody
   * else.
   */
  memory?: WasmMemory;
  /**
   * Where in `memory` the pool begins. Default: 0, which in a module's own memory is hardly unused.
   */
  byteOffset?: number;
  /** The same as `size`, in a memory of yours. */
  byteLength?: number;
  /**
   * Asks for a buffer that keeps its identity and its views when the pool grows, where the engine
   * has `memory.toResizableBuffer()`; elsewhere nothing changes. Many functions of browsers
   * (TextDecoder, crypto, Blob, ImageData, WebGL) refuse views of such a buffer.
   */
  resizable?: boolean;
  /** Keeps the `tag` that each block is given; one byte a block. */
  tags?: boolean;
  /**
   * Finds more mistakes: writes behind a block's end and pointers that only look like a block's, at
   * the call that frees or uses it; blocks that were forgotten, on the console. Blocks arrive and
   * leave filled with patterns. Takes 16 bytes a block, and a look at every block in each call.
   */
  debug?: boolean;
  /** Kept for messages. */
  label?: string;
}

export interface AllocOptions {
  /** A power of two. Default: 8 for alloc(), the element's size for allocArray(). */
  align?: number;
  /** Fills the bytes with zeros. Default: false for alloc(), true for allocArray(). */
  zero?: boolean;
  /** 0 to 255, told by blocks() and traces; kept in pools with `tags` or `debug`. */
  tag?: number;
}
