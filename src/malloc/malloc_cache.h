// SPDX-License-Identifier: MIT
/// The cache before malloc's heap: what goes in and out of it, beside what the heap is asked for.
///
/// A part of malloc.c, with its heap known. Without a cache its functions say "nothing kept". What changes
/// the heap is for whoever holds its lock, where there is one: malloc_threads.h.
#ifndef SEGFIT_MALLOC_CACHE_H
#define SEGFIT_MALLOC_CACHE_H

#include "cache.h"

#if SEGFIT_CACHE > 0
#if SEGFIT_THREADS
/// Empty caches, never written to: of a thread that has none yet, and of one whose own went back.
static cache_t process_none;
static cache_t process_closed;

/// Where the calling thread's cache lies, counted from process_none.
OS_OWN_WORD(cache)

/// The cache of the calling thread.
static SEGFIT_FAST_INLINE cache_t *process_own(void)
{
    uintptr_t address = (uintptr_t)&process_none + os_cache();
    // Without this the compiler takes it for an address inside process_none, whatever was added.
    __asm__("" : "+r"(address));
    return (cache_t *)address;
}

static void process_set_own(const cache_t *cache)
{
    os_set_cache((uintptr_t)cache - (uintptr_t)&process_none);
}
#else
static cache_t process_cache;

/// The cache of the calling thread, which is the program's only one.
static SEGFIT_FAST_INLINE cache_t *process_own(void)
{
    return &process_cache;
}
#endif

/// Reports that the first block of a bin of the calling thread's was overwritten. All of the bin stay used.
static SEGFIT_COLD void *process_forget(cache_bin_t *bin, const void *first)
{
    cache_forget(bin);
    segfit_panic(SEGFIT_FREE_BLOCK, &process_storage.heap, first);
    return NULL;
}

/// Takes the first block out of a bin of the calling thread's for blocks of this size. NULL if it holds none, or if
/// this build sees that the block was overwritten.
static SEGFIT_FAST_INLINE void *process_take(cache_bin_t *bin, size_t block_size)
{
    if (SEGFIT_UNLIKELY(bin->first == NULL)) {
        return NULL;
    }
    return cache_is_sound(bin->first, block_size) ? cache_take(bin)
                                                  : process_forget(bin, bin->first);
}

/// A cached block for a request, or NULL.
static SEGFIT_FAST_INLINE void *process_cached(size_t size)
{
    if (size > CACHE_LARGEST_REQUEST) {
        return NULL;
    }
    cache_t *const cache = process_own();
    const size_t wanted = block_size_for(size);
    void *const ptr = process_take(cache_bin(cache, wanted), wanted);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        SEGFIT_FIGURE(CACHE_SET(cache->served, cache->served + 1U));
    }
    return ptr;
}

#if SEGFIT_THREADS
/// True if this build does not look, or the first block of a bin that holds one lies in the heap and is marked. If
/// not, reports that after unlocking, and all blocks of the bin stay used. Headers are for whoever frees the blocks.
static bool process_bin_is_sound(cache_bin_t *bin)
{
    if (SEGFIT_CHECK >= 1 &&
        SEGFIT_UNLIKELY(!link_leads_to_block(&process_storage.heap, block_of(bin->first)) ||
                        !cache_is_marked(bin->first))) {
        SEGFIT_REPORT(SEGFIT_FREE_BLOCK, &process_storage.heap, bin->first);
        cache_forget(bin);
        return false;
    }
    return true;
}

/// Frees a block that was cached. From level 1 on it stays used if it or a neighbour was overwritten meanwhile.
static inline void process_release_cached(void *ptr)
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

/// Frees up to `count` blocks of a bin into the heap. Returns how many there were.
static SEGFIT_APART size_t process_give_back(cache_bin_t *bin, size_t count)
{
    size_t given = 0;
    for (; given < count && bin->first != NULL && process_bin_is_sound(bin); given++) {
        process_release_cached(cache_take(bin));
    }
    return given;
}

/// Gives everything back. Returns false if there was nothing.
static SEGFIT_COLD bool process_flush(void)
{
    size_t given = 0;
    for (size_t index = CACHE_FIRST_BIN; index < CACHE_BINS; index++) {
        given += process_give_back(&process_own()->bins[index], SEGFIT_CACHE);
    }
    return given != 0;
}
#else
/// Frees up to `count` blocks of a bin, which are of this size, into the heap. Returns how many there were. One of
/// which this build sees that it or a neighbour was overwritten stays used.
static SEGFIT_APART size_t process_give_back(cache_bin_t *bin, size_t block_size, size_t count)
{
    size_t given = 0;
    void *ptr = NULL;
    while (given < count && (ptr = process_take(bin, block_size)) != NULL) {
        given++;
        if (pointer_is_sound(&process_storage.heap, ptr)) {
            segfit__release(&process_storage.heap, block_of(ptr));
        }
    }
    return given;
}

/// Gives everything back. Returns false if there was nothing.
static SEGFIT_COLD bool process_flush(void)
{
    size_t given = 0;
    for (size_t block_size = SEGFIT_MIN_BLOCK; block_size <= SEGFIT_CACHE_LARGEST;
         block_size += SEGFIT_ALIGN) {
        given += process_give_back(cache_bin(&process_cache, block_size), block_size, SEGFIT_CACHE);
    }
    return given != 0;
}
#endif

/// A cached block for a request that happens to have this alignment; or NULL.
static void *process_cached_aligned(size_t alignment, size_t size)
{
    if (size > CACHE_LARGEST_REQUEST) {
        return NULL;
    }
    cache_t *const cache = process_own();
    const size_t wanted = block_size_for(size);
    void *const ptr = cache_take_aligned(cache_bin(cache, wanted), wanted, alignment);
    if (ptr != NULL) {
        SEGFIT_FIGURE(CACHE_SET(cache->served, cache->served + 1U));
    }
    return ptr;
}

/// Where a small block that is to have `size` bytes goes without a change to the heap: it stays if it has
/// them already; grows into a cached one, which has its bytes then; or NULL. It has `before` bytes, header
/// included.
static SEGFIT_FAST_INLINE void *process_grow_cached(void *ptr, size_t before, size_t size)
{
    const size_t wanted = block_size_for(size);
    if (wanted == before) {
        return ptr;
    }
    void *const moved = wanted > before ? process_cached(size) : NULL;
    if (moved != NULL) {
        bytes_copy(moved, ptr, before - WORD);
    }
    return moved;
}

/// Uses up to `count` blocks of `size` bytes, side by side, all that the first block of class `index` has
/// room for. Returns how many; the last of them may be larger.
static inline size_t process_use_run(segfit_t *heap, size_t index, size_t size, size_t count,
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

/// As heap_alloc, for up to `count` blocks side by side, as process_use_run gives them. Returns how many: 0
/// if there is not even one.
static inline size_t process_alloc_run(segfit_t *heap, size_t size, size_t count, block_t **first)
{
    const size_t wanted = heap_request(heap, NULL, size);
    const size_t index = heap_class_for(heap, wanted);
    if (SEGFIT_UNLIKELY(index >= free_index_classes(heap)) || (SEGFIT_CHECK >= 3 && wanted == 0)) {
        return 0;
    }
    return process_use_run(heap, index, wanted, count, first);
}

/// A block for a request whose bin is empty, and as many more for the bin as lie beside it; or NULL.
static SEGFIT_ALWAYS_INLINE void *process_take_run(cache_t *cache, size_t size)
{
    const size_t wanted = block_size_for(size);
    cache_bin_t *const bin = cache_bin(cache, wanted);
    block_t *first = NULL;
    const size_t count =
        process_alloc_run(&process_storage.heap, size, cache_refill(wanted), &first);
    if (count == 0) {
        return NULL;
    }
    CACHE_SET(bin->room, cache_limit(wanted));
    // The last one may be larger, so that one is used; of the others the first is the next.
    for (size_t left = count - 1U; left > 0; left--) {
        cache_put(bin, block_payload(block_behind(first, (left - 1U) * wanted)));
        SEGFIT_FIGURE(CACHE_SET(cache->served, cache->served - 1U));
    }
    return block_payload(block_behind(first, (count - 1U) * wanted));
}

#if !SEGFIT_THREADS
static SEGFIT_APART void *process_refill(size_t size)
{
    return process_take_run(&process_cache, size);
}

/// Keeps a used block of a size that is kept. Returns false if enough of them are.
static SEGFIT_FAST_INLINE bool process_keep(void *ptr, size_t size)
{
    cache_bin_t *const bin = cache_bin(&process_cache, size);
    if (SEGFIT_UNLIKELY(bin->room == 0)) {
        if (bin->first != NULL) {
            if (SEGFIT_CACHE_BATCH > 1) {
                process_give_back(bin, size, SEGFIT_CACHE_BATCH - 1);
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
           (!block_is_prev_free(block) || block_prev_size(block) <= SEGFIT_CACHE_ISLAND) &&
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

#endif

/// True if the bin for blocks of this size holds used blocks of it, marked, as many as it counts.
static bool process_check_bin(const cache_bin_t *bin, size_t block_size, const void **where)
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

/// True if the calling thread's cache is sound.
static bool process_check_cache(segfit_fault_t *fault)
{
    segfit_fault_t broken = {0, NULL};
    for (size_t index = CACHE_FIRST_BIN; index < CACHE_BINS; index++) {
        if (!process_check_bin(&process_own()->bins[index], index << ALIGN_LOG2, &broken.where)) {
            if (fault != NULL) {
                *fault = broken;
            }
            return false;
        }
    }
    return true;
}

/// Makes the heap's figures those that it would have without this cache.
static void process_see_cache(segfit_stats_t *stats, const cache_t *cache)
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

#if !SEGFIT_THREADS
static void process_see_through(segfit_stats_t *stats)
{
    process_see_cache(stats, &process_cache);
}
#endif
#else
#if !SEGFIT_THREADS
static inline bool process_flush(void)
{
    return false;
}

static inline bool process_is_sound(const void *ptr)
{
    return pointer_is_sound(&process_storage.heap, ptr);
}

static inline void process_see_through(segfit_stats_t *stats)
{
    (void)stats;
}
#endif

static inline bool process_check_cache(segfit_fault_t *fault)
{
    (void)fault;
    return true;
}
#endif

#endif
