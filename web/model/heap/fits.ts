// SPDX-License-Identifier: MIT
/**
 * What could be had from a heap now. How large a request is surely served and which larger ones are
 * served by luck is asked of the allocator, on a copy of the heap.
 */
import type { Instance } from './allocator.ts';
import { readImage, writeImage } from './heap_image.ts';
import { isFree, type Snapshot } from './snapshot.ts';

/** Of free blocks at least `size` large: how many, and their bytes. */
export interface Reach {
  readonly size: number;
  readonly count: number;
  readonly bytes: number;
}

export interface Fits {
  /** Every request up to this many bytes is served. */
  readonly guaranteed: number;
  /** No request beyond this many bytes can be. */
  readonly most: number;
  /** Requests between the two that were tried, and whether they were served. */
  readonly tried: readonly { readonly request: number; readonly served: boolean }[];
  /** By falling size, a step for each size that a free block has. */
  readonly reach: readonly Reach[];
}

/** Larger heaps are not copied for each try. */
const mostBlocks = 5_000;
const tries = 24;

export function reachOf(snapshot: Snapshot): Reach[] {
  const { blocks } = snapshot;
  let count = 0;
  const found = new Uint32Array(blocks.count);
  for (let index = 0; index < blocks.count; index++) {
    if (isFree(snapshot, index)) {
      found[count++] = blocks.size[index]!;
    }
  }
  const sizes = found.subarray(0, count).sort().reverse();
  const reach: Reach[] = [];
  let bytes = 0;
  sizes.forEach((size, index) => {
    bytes += size;
    if (size !== sizes[index + 1]) {
      reach.push({ size, count: index + 1, bytes });
    }
  });
  return reach;
}

/** Asks a copy of the heap for blocks; `scratch` is another instance of the same build. */
export class Oracle {
  readonly #scratch: Instance;
  readonly #heap: number;

  constructor(scratch: Instance, heap: number) {
    this.#scratch = scratch;
    this.#heap = heap;
  }

  /** Whether each of the requests would be served by the heap in `memory`. */
  ask(memory: Uint8Array, requests: readonly number[]): boolean[] {
    const { allocator, layout } = this.#scratch;
    const image = readImage(memory, this.#heap, layout);
    return requests.map((request) => {
      writeImage(allocator.memory, layout, image);
      return allocator.alloc(this.#heap, request) !== 0;
    });
  }
}

/** `guaranteed`: what segfit_max_alloc says. */
export function fitsOf(snapshot: Snapshot, guaranteed: number, oracle: Oracle): Fits {
  const reach = reachOf(snapshot);
  const largest = reach[0]?.size ?? 0;
  const most = Math.max(largest - snapshot.layout.blockPayload, 0);
  const requests = snapshot.blocks.count > mostBlocks ? [] : between(guaranteed, most, snapshot);
  const served = oracle.ask(snapshot.memory, requests);
  return {
    guaranteed,
    most,
    reach,
    tried: requests.map((request, index) => ({ request, served: served[index]! })),
  };
}

/** Requests spread evenly over what is more than guaranteed, each the most that its block holds. */
function between(guaranteed: number, most: number, { layout }: Snapshot): number[] {
  const steps = Math.floor((most - guaranteed) / layout.align);
  const count = Math.min(steps, tries);
  return Array.from(
    { length: Math.max(count, 0) },
    (_, index) => guaranteed + Math.ceil(((index + 1) * steps) / count) * layout.align,
  );
}
