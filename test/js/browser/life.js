// SPDX-License-Identifier: MIT
// Random use of a pool, for a page, its workers and a worklet.

/** Returns a generator of integers from 0 to below `limit`, the same for the same seed. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % limit;
  };
}

/**
 * One thread's use of a pool: each step() allocates or frees a block, whose bytes are all `fill`.
 */
export function lifeIn(pool, fill, seed) {
  const random = randomFrom(seed);
  const live = [];

  function give([pointer, size]) {
    const bytes = pool.view(pointer, Uint8Array, size);
    if (!bytes.every((byte) => byte === fill)) throw new Error(`block ${pointer} was overwritten`);
    if (random(3) === 0) pool.freeDeferred(pointer);
    else pool.free(pointer);
  }

  return {
    step() {
      if (live.length < 50 && random(2)) {
        const size = 1 + random(random(30) === 0 ? 40000 : 500);
        const pointer = pool.tryAlloc(size) || pool.alloc(size, { zero: random(2) === 0 });
        pool.view(pointer, Uint8Array, size).fill(fill);
        live.push([pointer, size]);
      } else if (live.length > 0) {
        give(live.splice(random(live.length), 1)[0]);
      }
    },
    end: () => live.splice(0).forEach(give),
  };
}
