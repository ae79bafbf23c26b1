// SPDX-License-Identifier: MIT
import { invariantNames, invariantWord, whereWord } from '../generated/arena.ts';
import {
  blockPayload,
  controlPools,
  headerFlags,
  headerFree,
  minBlock,
  poolEnd,
  poolFirst,
  statsAllocs,
  statsCapacity,
  statsFailures,
  statsFreeBlocks,
  statsFrees,
  statsGrows,
  statsPeakUsed,
  statsUsed,
} from '../generated/heap_layout.ts';
import type { ViewOf } from '../public/platform.ts';
import type { BlockInfo, CheckReport, PoolStats } from '../public/pool_stats.ts';
import { hex, plainError } from './make_error.ts';
import type { PoolHeap } from './pool_heap.ts';

export function fillStats(into: Partial<PoolStats>, heap: PoolHeap): Partial<PoolStats> {
  heap.lock();
  const capacity = heap.heapWord(statsCapacity);
  const used = heap.heapWord(statsUsed);
  const free = capacity - used;
  const allocs = heap.heapWord(statsAllocs);
  const frees = heap.heapWord(statsFrees);
  const freeBlocks = heap.heapWord(statsFreeBlocks);
  const largestFree = heap.largestFree();
  const peakUsed = heap.heapWord(statsPeakUsed);
  const failures = heap.heapWord(statsFailures);
  const grows = heap.heapWord(statsGrows);
  const { length } = heap;
  // Unlock first: assigning to a user's object may throw.
  heap.unlock();
  into.capacity = capacity;
  into.used = used;
  into.free = free;
  into.largestFree = largestFree;
  into.largestAlloc = Math.max(0, largestFree - heap.slack);
  into.usedBlocks = (allocs - frees) >>> 0;
  into.freeBlocks = freeBlocks;
  into.peakUsed = peakUsed;
  into.allocs = allocs;
  into.frees = frees;
  into.failures = failures;
  into.grows = grows;
  into.overhead = length - capacity;
  into.fragmentation = freeBlocks <= 1 ? 0 : 1 - (largestFree + blockPayload) / free;
  return into;
}

/** Calls `read` while no other thread can change the heap. */
function reading<T>(heap: PoolHeap, read: () => T): T {
  heap.lock();
  try {
    return read();
  } finally {
    heap.unlock();
  }
}

/** Calls `visit` with each block in address order. Stops at an impossible header. */
function walk(heap: PoolHeap, visit: (pointer: number, word: number) => void): void {
  const { words } = heap;
  const record = heap.heapWord(controlPools);
  const end = words[(record + poolEnd) / 4] ?? 0;
  for (let header = record + poolFirst; header !== end; ) {
    const word = words[header / 4] ?? 0;
    const size = (word & ~headerFlags) >>> 0;
    if (size < minBlock || size > end - header) {
      throw plainError(
        'ERR_SEGFIT_CORRUPT',
        `at ${hex(header)}: the block has ${size} bytes, ${end - header} before the pool's end`,
      );
    }
    visit(header + blockPayload, word);
    header += size;
  }
}

/** Implements Pool.snapshot(). */
export const snapshotOf = (heap: PoolHeap): ViewOf<ArrayBuffer>['Uint32Array'] =>
  reading(heap, () => {
    let blocks = 0;
    walk(heap, () => blocks++);
    const pairs = new Uint32Array(blocks * 2);
    let at = 0;
    walk(heap, (pointer, word) => {
      pairs[at++] = pointer;
      pairs[at++] = word;
    });
    return pairs;
  });

/** Implements Pool.blocks(). */
export const blocksOf = (heap: PoolHeap): IterableIterator<BlockInfo> =>
  reading(heap, () => {
    const blocks: BlockInfo[] = [];
    walk(heap, (pointer, word) => {
      const used = (word & headerFree) === 0;
      const size = used ? heap.usableSize(pointer) : ((word & ~headerFlags) >>> 0) - blockPayload;
      blocks.push({ pointer, size, used, tag: used ? heap.tagAt(pointer) : 0 });
    });
    return blocks.values();
  });

/** Implements Pool.check(). */
export const checkOf = (heap: PoolHeap): CheckReport =>
  reading(heap, () => {
    if (heap.raw.arena_check(heap.address) !== 0) return { ok: true, problems: [] };
    const broken = heap.arenaWord(invariantWord);
    const pointer = heap.arenaWord(whereWord);
    const name = invariantNames.split(' ')[broken];
    const what = `invariant I${broken}, ${name}, is broken at ${hex(pointer)}`;
    return { ok: false, problems: [{ pointer, what }] };
  });
