// SPDX-License-Identifier: MIT
/// The cache before malloc's heap: what goes in and out of it, beside what the heap is asked for.
///
/// A part of malloc.c, with its heap known. Without a cache its functions say "nothing kept".
#ifndef SEGFIT_MALLOC_CACHE_H
#define SEGFIT_MALLOC_CACHE_H

#include "cache.h"

#if SEGFIT_CACHE > 0
static cache_t process_cache;

/// Frees up to `count` blocks of a bin into the heap. Returns how many there were.
static SEGFIT_COLD size_t process_give_back(cache_bin_t *bin, size_t count)
{
    size_t given = 0;
    for (; given < count && bin->first != NULL; given++) {
        segfit__release(&process_storage.heap, block_of(cache_take(bin)));
    }
    return given;
}

/// Gives everything back. Returns false if there was nothing.
static SEGFIT_COLD bool process_flush(void)
{
    size_t given = 0;
    for (size_t index = CACHE_FIRST_BIN; index < CACHE_BINS; index++) {
        given += process_give_back(&process_cache.bins[index], SEGFIT_CACHE);
    }
    return given != 0;
}

/// A cached block for a request, or NULL.
static SEGFIT_FAST_INLINE void *process_cached(size_t size)
{
    if (size > CACHE_LARGEST_REQUEST) {
        return NULL;
    }
    cache_bin_t *const bin = cache_bin(&process_cache, block_size_for(size));
    if (SEGFIT_UNLIKELY(bin->first == NULL)) {
        return NULL;
    }
    SEGFIT_FIGURE(process_cache.served++);
    return cache_take(bin);
}

/// A cached block for a request that happens to have this alignment; or NULL.
static void *process_cached_aligned(size_t alignment, size_t size)
{
    if (size > CACHE_LARGEST_REQUEST) {
        return NULL;
    }
    cache_bin_t *const bin = cache_bin(&process_cache, block_size_for(size));
    void *const ptr = cache_take_aligned(bin, alignment);
    SEGFIT_FIGURE(process_cache.served += ptr != NULL);
    return ptr;
}

/// A block for a request whose bin is empty, and as many more for the bin as lie beside it; or NULL.
static SEGFIT_APART void *process_refill(size_t size)
{
    const size_t wanted = block_size_for(size);
    cache_bin_t *const bin = cache_bin(&process_cache, wanted);
    block_t *first = NULL;
    const size_t count = heap_alloc_run(&process_storage.heap, size, cache_refill(wanted), &first);
    if (count == 0) {
        return NULL;
    }
    bin->room = cache_limit(wanted);
    // The last one may be larger, so that one is used; of the others the first is the next.
    for (size_t left = count - 1U; left > 0; left--) {
        cache_put(bin, block_payload(block_behind(first, (left - 1U) * wanted)));
        SEGFIT_FIGURE(process_cache.served--);
    }
    return block_payload(block_behind(first, (count - 1U) * wanted));
}

/// Keeps a used block of a size that is kept. Returns false if enough of them are.
static SEGFIT_FAST_INLINE bool process_keep(void *ptr, size_t size)
{
    cache_bin_t *const bin = cache_bin(&process_cache, size);
    if (SEGFIT_UNLIKELY(bin->room == 0)) {
        if (bin->first != NULL) {
            if (SEGFIT_CACHE_BATCH > 1) {
                process_give_back(bin, SEGFIT_CACHE_BATCH - 1);
            }
            return false;
        }
        bin->room = cache_limit(size);
    }
    cache_put(bin, ptr);
    return true;
}

/// The same for any used block: not kept is a large one, and one behind a free block that is no gap.
static SEGFIT_FAST_INLINE bool process_may_keep(void *ptr)
{
    const block_t *const block = block_of(ptr);
    return cache_takes_size(block_size(block)) &&
           (!block_is_prev_free(block) || *block_footer_before(block) <= SEGFIT_CACHE_ISLAND) &&
           process_keep(ptr, block_size(block));
}

/// False, after telling segfit_panic, if this build checks and `ptr` is no block in the program's
/// hands.
static SEGFIT_FAST_INLINE bool process_is_sound(const void *ptr)
{
    if (!pointer_is_sound(&process_storage.heap, ptr)) {
        return false;
    }
#if SEGFIT_CHECK >= 1
    if (SEGFIT_UNLIKELY(cache_holds(&process_cache, ptr, block_size(block_of(ptr))))) {
        segfit_panic(SEGFIT_FREED, &process_storage.heap, ptr);
        return false;
    }
#endif
    return true;
}

/// True if the bin for blocks of this size holds used blocks of it, marked, as many as it counts.
static bool process_check_bin(const cache_bin_t *bin, size_t block_size, const void **where)
{
    const size_t count = cache_bin_count(bin, block_size);
    const cached_t *cached = bin->first;
    size_t seen = 0;
    for (; cached != NULL && seen <= count; seen++) {
        *where = cached;
        if (pointer_fault(&process_storage.heap, cached) != SEGFIT_OK ||
            (block_of(cached)->header & ~BLOCK_FLAGS) != block_size ||
            (SEGFIT_CHECK >= 1 && !cache_is_marked(cached))) {
            return false;
        }
        cached = cached->next;
    }
    return seen == count;
}

static bool process_check_cache(segfit_fault_t *fault)
{
    segfit_fault_t broken = {0, NULL};
    for (size_t index = CACHE_FIRST_BIN; index < CACHE_BINS; index++) {
        if (!process_check_bin(&process_cache.bins[index], index << ALIGN_LOG2, &broken.where)) {
            if (fault != NULL) {
                *fault = broken;
            }
            return false;
        }
    }
    return true;
}

/// Makes the heap's figures those that it would have without the cache.
static void process_see_through(segfit_stats_t *stats)
{
    const cache_contents_t cached = cache_contents(&process_cache);
    (void)stats;
    (void)cached;
    SEGFIT_FIGURE(stats->used -= cached.bytes);
    SEGFIT_FIGURE(stats->free += cached.bytes);
    SEGFIT_FIGURE(stats->used_blocks -= cached.blocks);
    SEGFIT_FIGURE(stats->free_blocks += cached.blocks);
    SEGFIT_FIGURE(stats->allocs += process_cache.served);
    SEGFIT_FIGURE(stats->frees += process_cache.served + cached.blocks);
}
#else
static inline bool process_flush(void)
{
    return false;
}

static inline bool process_is_sound(const void *ptr)
{
    return pointer_is_sound(&process_storage.heap, ptr);
}

static inline bool process_check_cache(segfit_fault_t *fault)
{
    (void)fault;
    return true;
}

static inline void process_see_through(segfit_stats_t *stats)
{
    (void)stats;
}
#endif

#endif
