// SPDX-License-Identifier: MIT
/// What malloc and its family do where threads share the heap: malloc.c has the same for one thread.
#ifndef SEGFIT_MALLOC_SHARED_H
#define SEGFIT_MALLOC_SHARED_H

#include "policy_threads.h"

enum {
    /// The most bytes of a block that realloc moves under the lock, growth aside.
    PROCESS_MOST_MOVED = 4096,
};

/// The size of a block in the program's hands.
static SEGFIT_FAST_INLINE size_t process_size(const void *ptr)
{
    return block_header_shared(block_of(ptr)) & ~BLOCK_FLAGS;
}

/// A block from the heap, which grows if need be.
static SEGFIT_APART void *process_alloc_from_heap(size_t size)
{
    void *ptr = NULL;
    do {
        process_enter();
        ptr = heap_alloc(&process_storage.heap, size);
        if (SEGFIT_UNLIKELY(ptr == NULL)) {
            ptr = process_grow_for(SEGFIT_ALIGN, size);
        }
        process_leave();
    } while (SEGFIT_UNLIKELY(ptr == NULL) && process_try_again(size));
    return process_result(ptr);
}

// ------------------------------------------------------------------------------------------ cache

#if SEGFIT_CACHE > 0
/// True if the cache serves requests of this size.
static inline bool process_is_small(size_t size)
{
    return size <= CACHE_LARGEST_REQUEST;
}

/// Up to where the calling thread sees the heap.
static SEGFIT_FAST_INLINE uintptr_t process_high(void)
{
#if defined(__wasm__)
    return os_seen();
#else
    return SEGFIT_READ_SHARED(process_storage.heap.high);
#endif
}

/// True of a block of a size that the cache takes, without any of the `flags`, that is sound as far as can
/// be told without the lock. `flags` and `end` as in pointer_is_plain.
static SEGFIT_FAST_INLINE bool process_is_plain(const void *ptr, size_t flags, size_t end)
{
#if SEGFIT_CHECK >= 1
    return pointer_is_plain(&process_storage.heap, process_high(), ptr, SEGFIT_CACHE_LARGEST, flags,
                            end) &&
           !cache_is_marked(ptr);
#else
    (void)end;
    return ptr != NULL && address_of(ptr) < process_high() && cache_takes_size(process_size(ptr)) &&
           (block_header_shared(block_of(ptr)) & flags) == 0;
#endif
}

/// More blocks for a bin that was just filled with few, as memory is in pieces: while the lock is held
/// anyway, as many as are given back at a time.
static void process_take_more(cache_t *cache, size_t size)
{
    const size_t wanted = block_size_for(size);
    const size_t most = cache_refill(wanted);
    const size_t least = most < SEGFIT_CACHE_BATCH ? most : SEGFIT_CACHE_BATCH;
    cache_bin_t *const bin = cache_bin(cache, wanted);
    while (cache_bin_count(bin, wanted) + 1U < least) {
        void *const ptr = segfit__try_alloc(&process_storage.heap, size);
        if (ptr == NULL) {
            return;
        }
        SEGFIT_FIGURE(CACHE_SET(cache->served, cache->served - 1U));
        if (block_size(block_of(ptr)) != wanted) {
            process_free_to_heap(ptr);
            return;
        }
        cache_put(bin, ptr);
    }
}

/// A block for a request whose bin is empty, and more for the bin.
static SEGFIT_APART void *process_refill(size_t size)
{
    cache_t *const cache = process_opened();
    if (!process_is_open(cache)) {
        return process_alloc_from_heap(size);
    }
    process_enter();
    process_settle(cache);
    void *ptr = process_take_run(cache, size);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        process_take_more(cache, size);
    } else {
        ptr = process_grow_for(SEGFIT_ALIGN, size);
    }
    process_leave();
    if (SEGFIT_UNLIKELY(ptr == NULL) && process_try_again(size)) {
        return process_alloc_from_heap(size);
    }
    return process_result(ptr);
}

/// Puts a block where that takes no lock: into its bin, or to those that wait if it lies behind a free
/// block. Kept there, it would be an island in what could be one large block.
static bool process_put_aside(cache_t *cache, void *ptr)
{
    const size_t size = process_size(ptr);
    cache_bin_t *bin = cache_bin(cache, size);
    if (bin->room == 0 && bin->first == NULL) {
        CACHE_SET(bin->room, cache_limit(size));
    }
    if (!process_is_plain(ptr, BLOCK_PREV_FREE, BLOCK_FREE)) {
        bin = &cache->waiting;
        CACHE_SET(cache->waiting_bytes, cache->waiting_bytes + (bin->room == 0 ? 0 : size));
    }
    if (bin->room == 0) {
        return false;
    }
    cache_put(bin, ptr);
    return true;
}

/// Under the lock: frees a block, together with those that wait. One whose bin is full is kept instead of
/// a batch that was kept before.
static void process_free_batch(cache_t *cache, void *ptr)
{
    block_t *const block = block_of(ptr);
    const size_t size = block_size(block);
    process_settle(cache);
    if (!cache_takes_size(size) || block_is_prev_free(block) ||
        cache_bin(cache, size)->first == NULL) {
        process_free_to_heap(ptr);
        return;
    }
    cache_bin_t *const bin = cache_bin(cache, size);
    if (bin->room == 0) {
        process_give_back(bin, cache_batch(size));
    }
    cache_put(bin, ptr);
}

static SEGFIT_APART void process_free_slowly(void *ptr)
{
    if (ptr == NULL) {
        return;
    }
    cache_t *const cache = process_opened();
    if (process_is_open(cache) && process_is_plain(ptr, 0, BLOCK_FREE) &&
        process_put_aside(cache, ptr)) {
        return;
    }
    process_enter();
    if (process_judge(ptr)) {
        process_free_batch(cache, ptr);
    }
    process_leave();
}

PROCESS_OFFERED void *process_alloc(size_t size)
{
    if (SEGFIT_UNLIKELY(!process_is_small(size))) {
        return process_alloc_from_heap(size);
    }
    void *const ptr = process_cached(size);
    return SEGFIT_LIKELY(ptr != NULL) ? ptr : process_refill(size);
}

PROCESS_OFFERED void process_free(void *ptr)
{
    if (SEGFIT_LIKELY(process_is_plain(ptr, BLOCK_PREV_FREE, 0))) {
        cache_bin_t *const bin = cache_bin(process_own(), process_size(ptr));
        if (SEGFIT_LIKELY(bin->room != 0)) {
            cache_put(bin, ptr);
            return;
        }
    }
    process_free_slowly(ptr);
}
#else
static inline bool process_is_small(size_t size)
{
    (void)size;
    return false;
}

static inline bool process_is_plain(const void *ptr, size_t flags, size_t end)
{
    (void)ptr;
    (void)flags;
    (void)end;
    return false;
}

static inline void *process_grow_cached(void *ptr, size_t before, size_t size)
{
    (void)ptr;
    (void)before;
    (void)size;
    return NULL;
}

static inline void *process_cached_aligned(size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    return NULL;
}

PROCESS_OFFERED void *process_alloc(size_t size)
{
    return process_alloc_from_heap(size);
}

PROCESS_OFFERED void process_free(void *ptr)
{
    if (ptr != NULL) {
        process_enter();
        if (process_judge(ptr)) {
            process_free_to_heap(ptr);
        }
        process_leave();
    }
}
#endif

// ------------------------------------------------------------------------------- aligned and clear

/// For an alignment that is a power of two, any size. NULL if there is no memory; errno is kept.
static void *process_try_aligned(size_t alignment, size_t size)
{
    void *ptr = process_cached_aligned(alignment, size);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        return ptr;
    }
    do {
        process_enter();
        ptr = segfit__try_alloc_aligned(&process_storage.heap, alignment, size);
        if (SEGFIT_UNLIKELY(ptr == NULL)) {
            ptr = process_grow_for(alignment, size);
        }
        process_leave();
    } while (SEGFIT_UNLIKELY(ptr == NULL) && process_try_again(size));
    return ptr;
}

/// A block from the heap whose bytes are zero: cleared after the lock, by what was fresh under it.
static void *process_calloc_from_heap(size_t bytes)
{
    segfit_t *const heap = &process_storage.heap;
    uintptr_t fresh_begin = 0;
    uintptr_t fresh_end = 0;
    uintptr_t end = 0;
    void *ptr = NULL;
    do {
        process_enter();
        fresh_begin = heap->fresh_begin;
        fresh_end = heap->fresh_end;
        ptr = segfit__try_alloc(heap, bytes);
        if (SEGFIT_UNLIKELY(ptr == NULL)) {
            process_get_ready_to_grow();
            (void)segfit_growable_reserve(&process, bytes);
            fresh_begin = heap->fresh_begin;
            fresh_end = heap->fresh_end;
            ptr = segfit_alloc(heap, bytes);
        }
        end = ptr == NULL ? 0 : address_of(block_next(block_of(ptr)));
        process_leave();
    } while (SEGFIT_UNLIKELY(ptr == NULL) && process_try_again(bytes));
    if (SEGFIT_LIKELY(ptr != NULL)) {
        bytes_clear(ptr, end, bytes, fresh_begin, fresh_end);
    }
    return process_result(ptr);
}

PROCESS_OFFERED void *process_calloc(size_t count, size_t size)
{
    const size_t bytes = size_product(count, size);
    if (!process_is_small(bytes)) {
        return process_calloc_from_heap(bytes);
    }
    void *const ptr = process_alloc(bytes);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        __builtin_memset(ptr, 0, bytes);
    }
    return ptr;
}

// ----------------------------------------------------------------------------------------- resize

/// Under the lock: resizes the block at `*ptr` where it lies, or into its previous neighbour if few bytes
/// are to be moved.
static bool process_refit(void **ptr, size_t size)
{
    segfit_t *const heap = &process_storage.heap;
    block_t *const block = block_of(*ptr);
    const size_t wanted = heap_request(heap, block, size);
    const bool movable = block_size(block) <= PROCESS_MOST_MOVED || wanted <= heap_room(block);
    const size_t kept = guard_bytes(block);
    if (wanted == 0 || !movable || !heap_neighbours_are_sound(heap, block, false) ||
        !heap_refit(heap, ptr, SEGFIT_ALIGN, wanted)) {
        return false;
    }
    guard_set(*ptr, size, kept);
    return true;
}

/// Another block for the bytes of the one at `ptr`, which has `before` of them; copied without the lock.
static void *process_move(void *ptr, size_t before, size_t size)
{
    void *moved;
    if (process_is_small(size)) {
        moved = process_alloc(size);
    } else {
        process_enter();
        moved = segfit__try_alloc(&process_storage.heap, size);
        process_leave();
    }
    if (moved != NULL) {
        __builtin_memcpy(moved, ptr, before < size ? before : size);
        process_free(ptr);
    }
    return moved;
}

/// Resizes what takes no lock: a block that has the size already, and a small one that is to grow where a
/// larger one is kept. NULL otherwise.
static void *process_refit_cached(void *ptr, size_t size)
{
    if (!process_is_plain(ptr, 0, BLOCK_FREE)) {
        return NULL;
    }
    void *const moved = process_grow_cached(ptr, process_size(ptr), size);
    if (moved != NULL && moved != ptr) {
        process_free(ptr);
    }
    return moved;
}

PROCESS_OFFERED void *process_realloc(void *ptr, size_t size)
{
    if (ptr == NULL) {
        return process_alloc(size);
    }
    void *moved = process_refit_cached(ptr, size);
    if (SEGFIT_LIKELY(moved != NULL)) {
        return moved;
    }
    size_t before = 0;
    bool refitted = false;
    moved = ptr;
    process_enter();
    const bool sound = process_judge(ptr);
    if (SEGFIT_LIKELY(sound)) {
        before = guard_bytes(block_of(ptr));
        refitted = process_refit(&moved, size);
    }
    process_leave();
    if (refitted) {
        return moved;
    }
    moved = sound ? process_move(ptr, before, size) : NULL;
    if (SEGFIT_UNLIKELY(sound && moved == NULL)) {
        do {
            process_enter();
            process_get_ready_to_grow();
            moved = segfit_growable_realloc(&process, ptr, size);
            process_leave();
        } while (moved == NULL && process_try_again(size));
    }
    return process_result(moved);
}

PROCESS_OFFERED size_t process_usable_size(void *ptr)
{
    if (ptr == NULL) {
        return 0;
    }
    if (process_is_plain(ptr, BLOCK_PREV_FREE, BLOCK_FREE)) {
        return process_size(ptr) - WORD;
    }
    process_enter();
    const size_t size = process_judge(ptr) ? guard_bytes(block_of(ptr)) : 0;
    process_leave();
    return size;
}

// --------------------------------------------------------------------------------- what can be asked

const segfit_t *segfit_malloc_heap(void)
{
    process_enter();
    const segfit_t *const heap = process_heap();
    process_leave();
    return heap;
}

void segfit_malloc_flush(void)
{
    process_enter();
    process_give_all();
    process_leave();
    process_let_go();
}

bool segfit_malloc_reserve(size_t size)
{
    process_enter();
    if (segfit_max_alloc(&process_storage.heap) < size) {
        process_get_ready_to_grow();
    }
    const bool reserved = segfit_growable_reserve(&process, size);
    process_leave();
    if (!reserved) {
        PROCESS_SET_ERRNO(ENOMEM);
    }
    return reserved;
}

void segfit_malloc_stats(segfit_stats_t *stats)
{
    process_enter();
    segfit_stats(process_heap(), stats);
    process_see_through(stats);
    process_leave();
}

bool segfit_malloc_check(segfit_fault_t *fault)
{
    process_enter();
    const bool sound = segfit_check(process_heap(), fault) && process_check_cache(fault);
    process_leave();
    return sound;
}

#endif
