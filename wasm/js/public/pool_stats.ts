// SPDX-License-Identifier: MIT
/**
 * A pool's statistics, in bytes or counts. `capacity` is `used` + `free`, block headers included.
 */
export interface PoolStats {
  capacity: number;
  used: number;
  free: number;
  /**
   * The payload of the first free block in the largest size class. Another block of that class may
   * hold up to 1/16 more.
   */
  largestFree: number;
  /**
   * The guaranteed allocation: the largest size that alloc() can serve without growing, whatever
   * the fragmentation.
   */
  largestAlloc: number;
  usedBlocks: number;
  freeBlocks: number;
  /** The maximum of `used` so far. */
  peakUsed: number;
  /** Allocated and freed blocks so far; the difference is `usedBlocks`. */
  allocs: number;
  frees: number;
  /** Requests that failed even after trying to grow. */
  failures: number;
  grows: number;
  /** The rest of the pool's bytes: `capacity` + `overhead` is `byteLength`. */
  overhead: number;
  /**
   * The share of `free` outside the block of `largestFree` and its header. 0 when nothing is free
   * or everything free is one block.
   */
  fragmentation: number;
}

/** A block, free or used. `size` counts the bytes from `pointer` on. */
export interface BlockInfo {
  pointer: number;
  size: number;
  used: boolean;
  /** 0 for a free block, and in pools that store no tags. */
  tag: number;
}

export interface CheckReport {
  ok: boolean;
  problems: readonly { pointer: number; what: string }[];
}
