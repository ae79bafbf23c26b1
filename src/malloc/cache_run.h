// SPDX-License-Identifier: MIT
/// Fills an empty bin: cuts one free block into a run of blocks that lie side by side.
#ifndef SEGFIT_MALLOC_CACHE_RUN_H
#define SEGFIT_MALLOC_CACHE_RUN_H

#include "cache.h"
#include "core.h"

#if SEGFIT_CACHE > 0
/// Uses up to `count` blocks of `size` bytes, side by side, as many as the first free block of
/// class `index` holds. Returns how many; the last of them may be larger.
static inline size_t cache_use_run(segfit_t *heap, size_t index, size_t size, size_t count,
                                   block_t **first)
{
    if (!listed_block_is_sound(heap, free_index_head(heap, index), index)) {
        return 0;
    }
    block_t *block = free_index_pop(heap, index);
    const size_t all = block_size(block);
    const size_t most = all / size;
    const size_t used = most < count ? most : count;
    size_t rest = heap_cut(heap, block, all, used * size, 1, 0);
    *first = block;
    heap_note_used(heap, block, rest, 0);
    SEGFIT_FIGURE(heap->allocs += used);
    for (size_t left = used; left > 1; left--) {
        rest -= size;
        block_set_header(block, size);
        block = block_behind(block, size);
        block_set_header(block, rest);
    }
    return used;
}

/// Allocates as heap_alloc does, but up to `count` blocks side by side. Returns how many; 0 if the
/// heap has no block.
static inline size_t cache_alloc_run(segfit_t *heap, size_t size, size_t count, block_t **first)
{
    const size_t wanted = heap_request(heap, NULL, size);
    const size_t index = heap_class_for(heap, wanted);
    if (SEGFIT_UNLIKELY(index >= free_index_classes(heap)) || (SEGFIT_CHECK >= 3 && wanted == 0)) {
        return 0;
    }
    return cache_use_run(heap, index, wanted, count, first);
}

/// Returns a block for a request whose bin is empty, and fills the bin with the blocks beside it;
/// NULL if the heap has no block.
static SEGFIT_ALWAYS_INLINE void *cache_refill_bin(cache_t *cache, size_t size)
{
    const size_t wanted = block_size_for(size);
    cache_bin_t *const bin = cache_bin(cache, wanted);
    block_t *first = NULL;
    const size_t count = cache_alloc_run(&process_storage.heap, size, cache_refill(wanted), &first);
    if (count == 0) {
        return NULL;
    }
    CACHE_SET(bin->room, cache_limit(wanted));
    // The last block may be larger, so it serves the request. The bin serves the others from the
    // first on.
    for (size_t left = count - 1U; left > 0; left--) {
        cache_put(bin, block_payload(block_behind(first, (left - 1U) * wanted)));
        SEGFIT_FIGURE(CACHE_SET(cache->served, cache->served - 1U));
    }
    return block_payload(block_behind(first, (count - 1U) * wanted));
}
#endif

#endif
