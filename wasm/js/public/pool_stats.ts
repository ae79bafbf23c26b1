// SPDX-License-Identifier: MIT
/** A pool's figures, in bytes or counts. `capacity` is `used` + `free`, block headers included. */
export interface PoolStats {
  capacity: number;
  used: number;
  free: number;
  /**
   * Bytes that the first free block of the largest size class holds. Another block of that class
   * may hold up to 1/16 more.
   */
  largestFree: number;
  /** The largest size that alloc() is sure to give now, without growing. */
  largestAlloc: number;
  usedBlocks: number;
  freeBlocks: number;
  /** The most that `used` ever was. */
  peakUsed: number;
  /** Blocks given out and given back; their difference is `usedBlocks`. */
  allocs: number;
  frees: number;
  /** Requests for which no room was found, growth included. */
  failures: number;
  grows: number;
  /** The rest of the pool's bytes: `capacity` + `overhead` is `byteLength`. */
  overhead: number;
  /**
   * The part of `free` that lies outside the block of `largestFree` and its header: 0 when nothing
   * is free or all of it is one block.
   */
  fragmentation: number;
}

/** A block, free or used. `size` is how many bytes it holds from `pointer` on. */
export interface BlockInfo {
  pointer: number;
  size: number;
  used: boolean;
  /** 0 for a free block, and in pools that keep no tags. */
  tag: number;
}

export interface CheckReport {
  ok: boolean;
  problems: readonly { pointer: number; what: string }[];
}
