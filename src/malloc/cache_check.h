// SPDX-License-Identifier: MIT
/// Checks the calling thread's cache, and counts cached blocks as free in statistics.
#ifndef SEGFIT_MALLOC_CACHE_CHECK_H
#define SEGFIT_MALLOC_CACHE_CHECK_H

#include "own_cache.h"

#if SEGFIT_CACHE > 0
/// Returns true if a bin for blocks of this size holds as many marked used blocks of that size as
/// it counts.
static bool cache_bin_is_whole(const cache_bin_t *bin, size_t block_size, const void **where)
{
    const size_t count = cache_bin_count(bin, block_size);
    const cached_t *cached = bin->first;
    size_t seen = 0;
    for (; cached != NULL && seen <= count; seen++) {
        *where = cached;
        if (pointer_fault(&process_storage.heap, cached) != SEGFIT_OK ||
            (block_header(block_of(cached)) & ~BLOCK_FLAGS) != block_size ||
            (SEGFIT_CHECK >= 1 && !cache_is_marked(cached))) {
            return false;
        }
        cached = cached->next;
    }
    return seen == count;
}

/// Returns true if the calling thread's cache is sound. Otherwise writes invariant 0 and the block
/// to `fault`.
static bool cache_check(segfit_fault_t *fault)
{
    segfit_fault_t broken = {0, NULL};
    for (size_t index = CACHE_FIRST_BIN; index < CACHE_BINS; index++) {
        if (!cache_bin_is_whole(&own_cache()->bins[index], index << ALIGN_LOG2, &broken.where)) {
            if (fault != NULL) {
                *fault = broken;
            }
            return false;
        }
    }
    return true;
}

/// Changes the heap's statistics to those that it would have without this cache.
static void cache_count_as_free(segfit_stats_t *stats, const cache_t *cache)
{
    const cache_contents_t cached = cache_contents(cache);
    (void)stats;
    (void)cached;
    SEGFIT_FIGURE(stats->used -= cached.bytes);
    SEGFIT_FIGURE(stats->free += cached.bytes);
    SEGFIT_FIGURE(stats->used_blocks -= cached.blocks);
    SEGFIT_FIGURE(stats->free_blocks += cached.blocks);
    SEGFIT_FIGURE(stats->allocs += CACHE_GET(cache->served));
    SEGFIT_FIGURE(stats->frees += CACHE_GET(cache->served) + cached.blocks);
}
#else
static inline bool cache_check(segfit_fault_t *fault)
{
    (void)fault;
    return true;
}
#endif

#endif
