// SPDX-License-Identifier: MIT
/**
 * The requests that a heap can serve at the moment. The allocator itself, on a copy of the heap,
 * decides which requests beyond the guaranteed allocation succeed.
 */
import type { Instance } from './allocator.ts';
import { readImage, writeImage } from './heap_image.ts';
import { isFree, type Snapshot } from './snapshot.ts';

/** The number and the bytes of the free blocks of at least `size` bytes. */
export interface Reach {
  readonly size: number;
  readonly count: number;
  readonly bytes: number;
}

export interface Fits {
  /** The guaranteed allocation: every request up to this size succeeds. */
  readonly guaranteed: number;
  /** No request beyond this size succeeds. */
  readonly most: number;
  /** The requests tried between the two limits, and whether they succeeded. */
  readonly tried: readonly { readonly request: number; readonly served: boolean }[];
  /** One step for each size of a free block, the largest first. */
  readonly reach: readonly Reach[];
}

/** In heaps with more blocks, no request is tried. */
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

/** Tries requests on a copy of the heap. `scratch` is another instance of the same build. */
export class Oracle {
  readonly #scratch: Instance;
  readonly #heap: number;

  constructor(scratch: Instance, heap: number) {
    this.#scratch = scratch;
    this.#heap = heap;
  }

  /** Returns for each request whether the heap in `memory` would serve it. */
  ask(memory: Uint8Array, requests: readonly number[]): boolean[] {
    const { allocator, layout } = this.#scratch;
    const image = readImage(memory, this.#heap, layout);
    return requests.map((request) => {
      writeImage(allocator.memory, layout, image);
      return allocator.alloc(this.#heap, request) !== 0;
    });
  }
}

/** Returns the requests that a heap can serve. `guaranteed` is the result of segfit_max_alloc. */
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

/**
 * Returns requests spread evenly beyond the guaranteed allocation, each the largest for its block
 * size.
 */
function between(guaranteed: number, most: number, { layout }: Snapshot): number[] {
  const steps = Math.floor((most - guaranteed) / layout.align);
  const count = Math.min(steps, tries);
  return Array.from(
    { length: Math.max(count, 0) },
    (_, index) => guaranteed + Math.ceil(((index + 1) * steps) / count) * layout.align,
  );
}
