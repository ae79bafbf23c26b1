// SPDX-License-Identifier: MIT
/// The caches of all threads: how one is opened, emptied and closed. Entered heap only, unless a
/// function says otherwise.
///
/// A thread alone changes its cache. Others may read how much it holds.
#ifndef SEGFIT_MALLOC_THREAD_CACHE_H
#define SEGFIT_MALLOC_THREAD_CACHE_H

#include "cache_check.h"
#include "shared_heap.h"

#if SEGFIT_THREADS && SEGFIT_CACHE > 0
/// All open caches, and the number of blocks that closed ones served.
static cache_t *thread_caches;
static size_t thread_caches_served;

/// The cache of the first thread that opens one, so that a program with one thread has its heap to
/// itself.
static cache_t thread_cache_first;
static bool thread_cache_first_is_open;

// ------------------------------------------------------------------------------ giving back

/// Returns true if the first block of a bin lies in the heap and is marked; at level 0 always. If
/// not, reports that and empties the bin; its blocks stay used. Whoever frees the blocks checks
/// their headers.
static bool thread_cache_bin_is_sound(cache_bin_t *bin)
{
    if (SEGFIT_CHECK >= 1 &&
        SEGFIT_UNLIKELY(!link_leads_to_block(&process_storage.heap, block_of(bin->first)) ||
                        !cache_is_marked(bin->first))) {
        SEGFIT_REPORT(SEGFIT_FREE_BLOCK, &process_storage.heap, bin->first);
        cache_abandon(bin);
        return false;
    }
    return true;
}

/// Frees a block that was cached. At level 1 and above it stays used if it or a neighbour was
/// overwritten.
static inline void thread_cache_free(void *ptr)
{
#if SEGFIT_CHECK >= 1
    const segfit_fault_code_t code = pointer_fault(&process_storage.heap, ptr);
    if (SEGFIT_UNLIKELY(code != SEGFIT_OK)) {
        SEGFIT_REPORT(code, &process_storage.heap, ptr);
        return;
    }
#endif
    segfit__release(&process_storage.heap, block_of(ptr));
}

/// Frees up to `count` blocks of a bin into the heap.
static SEGFIT_APART void thread_cache_give_back(cache_bin_t *bin, size_t count)
{
    for (size_t left = count; left > 0 && bin->first != NULL; left--) {
        if (!thread_cache_bin_is_sound(bin)) {
            return;
        }
        thread_cache_free(cache_take(bin));
    }
}

/// Frees the blocks whose free was deferred.
static SEGFIT_APART void thread_cache_free_deferred(cache_t *cache)
{
    if (cache->deferred.first == NULL) {
        return;
    }
    do {
        if (!thread_cache_bin_is_sound(&cache->deferred)) {
            CACHE_SET(cache->deferred.room, CACHE_DEFERRED);
            break;
        }
        void *const ptr = cache_take(&cache->deferred);
        if (policy_is_live(ptr)) {
            heap_free(ptr);
        }
    } while (cache->deferred.first != NULL);
    CACHE_SET(cache->deferred_bytes, 0);
}

static SEGFIT_COLD void policy_flush(void)
{
    thread_cache_free_deferred(own_cache());
    for (size_t index = CACHE_FIRST_BIN; index < CACHE_BINS; index++) {
        thread_cache_give_back(&own_cache()->bins[index], SEGFIT_CACHE);
    }
    segfit_flush(&process_storage.heap);
}

// ------------------------------------------------------------------------- opening, closing

static inline bool thread_cache_is_open(const cache_t *cache)
{
    return cache != &cache_unopened && cache != &cache_closed;
}

/// Returns an empty cache that is in the list of all, or NULL.
static SEGFIT_COLD cache_t *thread_cache_make(void)
{
    enum {
        /// Two threads' caches do not share a line.
        LINE = 64,
    };
    cache_t *cache = &thread_cache_first;
    if (thread_cache_first_is_open) {
        cache = (cache_t *)segfit_growable_alloc_aligned(&process, LINE, sizeof(cache_t));
        if (cache == NULL) {
            return NULL;
        }
    }
    thread_cache_first_is_open = true;
    __builtin_memset(cache, 0, sizeof(cache_t));
    cache->deferred.room = CACHE_DEFERRED;
    cache->next = thread_caches;
    cache->link = &thread_caches;
    if (cache->next != NULL) {
        cache->next->link = &cache->next;
    }
    thread_caches = cache;
    return cache;
}

/// Frees an empty cache.
static SEGFIT_COLD void thread_cache_unmake(cache_t *cache)
{
    thread_caches_served += cache->served;
    *cache->link = cache->next;
    if (cache->next != NULL) {
        cache->next->link = cache->link;
    }
    if (cache == &thread_cache_first) {
        thread_cache_first_is_open = false;
    } else {
        heap_free(cache);
    }
}

/// Not entered: closes the calling thread's cache. From then on the thread frees into the heap.
static inline void thread_cache_close(void)
{
    cache_t *const cache = own_cache();
    if (!thread_cache_is_open(cache)) {
        return;
    }
    policy_enter();
    policy_flush();
    own_cache_set(&cache_closed);
    thread_cache_unmake(cache);
    policy_leave();
}

#if PORT_FORKS
/// In the child of a fork: drops the caches of threads that the child does not have. They may have
/// been copied half written, so their blocks stay in use.
static void thread_cache_drop_others(void)
{
    cache_t *const own = own_cache();
    for (const cache_t *cache = thread_caches; cache != NULL; cache = cache->next) {
        thread_caches_served += cache == own ? 0 : cache->served;
    }
    thread_caches = NULL;
    if (thread_cache_is_open(own)) {
        own->next = NULL;
        own->link = &thread_caches;
        thread_caches = own;
    }
}
#endif

/// Counts the blocks in other threads' caches as they were at some moment near.
static void policy_count_cached(segfit_stats_t *stats)
{
    for (const cache_t *cache = thread_caches; cache != NULL; cache = cache->next) {
        cache_count_as_free(stats, cache);
    }
    SEGFIT_FIGURE(stats->allocs += thread_caches_served);
    SEGFIT_FIGURE(stats->frees += thread_caches_served);
}
#elif SEGFIT_THREADS
static SEGFIT_COLD void policy_flush(void)
{
    segfit_flush(&process_storage.heap);
}

static inline void thread_cache_close(void)
{
}

static inline void thread_cache_drop_others(void)
{
}

static inline void policy_count_cached(segfit_stats_t *stats)
{
    (void)stats;
}
#endif

#endif
