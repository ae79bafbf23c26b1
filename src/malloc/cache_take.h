// SPDX-License-Identifier: MIT
/// Takes cached blocks for requests. Without a cache, these functions find none.
#ifndef SEGFIT_MALLOC_CACHE_TAKE_H
#define SEGFIT_MALLOC_CACHE_TAKE_H

#include "own_cache.h"

#if SEGFIT_CACHE > 0
/// Returns true if the cache serves requests of this size.
static inline bool cache_serves(size_t size)
{
    return size <= CACHE_LARGEST_REQUEST;
}

/// Reports that the first block of a bin was overwritten, and empties the bin; its blocks stay
/// used. Returns NULL.
static SEGFIT_COLD void *cache_report_overwritten(cache_bin_t *bin, const void *first)
{
    cache_abandon(bin);
    segfit_panic(SEGFIT_FREE_BLOCK, &process_storage.heap, first);
    return NULL;
}

/// Takes the first block out of a bin for blocks of this size. NULL if the bin is empty, or if the
/// block is found overwritten, which is reported.
static SEGFIT_FAST_INLINE void *cache_take_sound(cache_bin_t *bin, size_t block_size)
{
    if (SEGFIT_UNLIKELY(bin->first == NULL)) {
        return NULL;
    }
    return cache_is_sound(bin->first, block_size) ? cache_take(bin)
                                                  : cache_report_overwritten(bin, bin->first);
}

/// Returns a cached block for a request, or NULL.
static SEGFIT_FAST_INLINE void *policy_take(size_t size)
{
    if (SEGFIT_UNLIKELY(!cache_serves(size))) {
        return NULL;
    }
    cache_t *const cache = own_cache();
    const size_t wanted = block_size_for(size);
    void *const ptr = cache_take_sound(cache_bin(cache, wanted), wanted);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        SEGFIT_FIGURE(CACHE_SET(cache->served, cache->served + 1U));
    }
    return ptr;
}

/// Returns a cached block for a request that happens to have this alignment, or NULL.
static void *policy_take_aligned(size_t alignment, size_t size)
{
    if (!cache_serves(size)) {
        return NULL;
    }
    cache_t *const cache = own_cache();
    const size_t wanted = block_size_for(size);
    void *const ptr = cache_take_aligned(cache_bin(cache, wanted), wanted, alignment);
    if (ptr != NULL) {
        SEGFIT_FIGURE(CACHE_SET(cache->served, cache->served + 1U));
    }
    return ptr;
}

/// Resizes a small block of `before` bytes, header included, without a change to the heap. Returns
/// `ptr` if the block has the size already; a larger cached block with the bytes copied; or NULL.
static SEGFIT_FAST_INLINE void *cache_resize(void *ptr, size_t before, size_t size)
{
    const size_t wanted = block_size_for(size);
    if (wanted == before) {
        return ptr;
    }
    void *const moved = wanted > before ? policy_take(size) : NULL;
    if (moved != NULL) {
        bytes_copy(moved, ptr, before - WORD);
    }
    return moved;
}
#else
static inline bool cache_serves(size_t size)
{
    (void)size;
    return false;
}

static inline void *policy_take(size_t size)
{
    (void)size;
    return NULL;
}

static inline void *policy_take_aligned(size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    return NULL;
}
#endif

#endif
