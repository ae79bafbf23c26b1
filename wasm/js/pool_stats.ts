// SPDX-License-Identifier: MIT
import { heapFigures, type Layout } from './generated/contract.ts';

/** A pool's figures, in bytes or counts. `capacity` is `used` + `free`, block headers included. */
export interface PoolStats {
  capacity: number;
  used: number;
  free: number;
  /** Bytes that the largest free block holds; it may be less by up to one size class, 1/16. */
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
  /** Requests for which no block fitted, those included for which the pool then grew. */
  failures: number;
  grows: number;
  /** The rest of the pool's bytes: `capacity` + `overhead` is `byteLength`. */
  overhead: number;
  /** 1 − largestFree / free; 0 when nothing is free or all of it is one block. */
  fragmentation: number;
}

/** A block, free or used. `size` is how many bytes it holds from `pointer` on. */
export interface BlockInfo {
  pointer: number;
  size: number;
  used: boolean;
}

export interface CheckReport {
  ok: boolean;
  problems: readonly { pointer: number; what: string }[];
}

/** Which word of a segfit_stats_t a figure is. */
const figureAt = /* @__PURE__ */ Object.fromEntries(
  heapFigures.map((name, index) => [name, index]),
) as Record<(typeof heapFigures)[number], number>;

export const figureOf = (words: Uint32Array, name: keyof typeof figureAt): number =>
  words[figureAt[name]] ?? 0;

/** `words` are a segfit_stats_t. */
export function fillStats(
  into: Partial<PoolStats>,
  words: Uint32Array,
  byteLength: number,
  headerSize: number,
): Partial<PoolStats> {
  into.capacity = figureOf(words, 'capacity');
  into.used = figureOf(words, 'used');
  into.free = figureOf(words, 'free');
  into.largestFree = figureOf(words, 'largestFree');
  into.largestAlloc = figureOf(words, 'largestAlloc');
  into.usedBlocks = figureOf(words, 'usedBlocks');
  into.freeBlocks = figureOf(words, 'freeBlocks');
  into.peakUsed = figureOf(words, 'peakUsed');
  into.allocs = figureOf(words, 'allocs');
  into.frees = figureOf(words, 'frees');
  into.failures = figureOf(words, 'failures');
  into.grows = figureOf(words, 'grows');
  into.overhead = byteLength - into.capacity;
  into.fragmentation =
    into.freeBlocks <= 1 ? 0 : 1 - (into.largestFree + headerSize) / into.free;
  return into;
}

/** Decodes what Pool.snapshot() gives. */
export function* blocksOf(pairs: Uint32Array, layout: Layout): IterableIterator<BlockInfo> {
  for (let index = 0; index < pairs.length; index += 2) {
    const pointer = pairs[index] ?? 0;
    const word = pairs[index + 1] ?? 0;
    const size = word - (word & layout.headerFlags) - layout.blockPayload;
    yield { pointer, size, used: (word & layout.headerFree) === 0 };
  }
}
