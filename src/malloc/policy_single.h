// SPDX-License-Identifier: MIT
/// The policy for programs with one thread: nothing to enter, one cache, faults reported at once.
///
/// malloc.c says what each function of a policy promises.
#ifndef SEGFIT_MALLOC_POLICY_SINGLE_H
#define SEGFIT_MALLOC_POLICY_SINGLE_H

#include "cache_check.h"
#include "cache_run.h"
#include "cache_take.h"

#include "../port/sanitizers.h"

#if !SEGFIT_THREADS
/// For malloc and free where the cache has no part: apart from them natively, inside them in wasm.
#define POLICY_APART SEGFIT_FAST_APART

/// policy_make_room does something.
#define POLICY_MAKES_ROOM (SEGFIT_CACHE > 0 || SEGFIT_NAMES_POSIX)

/// policy_resize copies bytes itself: nobody waits for the heap meanwhile.
#define POLICY_COPIES_OUTSIDE 0

// ------------------------------------------------------------------------- enter, leave, report

static inline void policy_enter(void)
{
}

static inline void policy_leave(void)
{
}

static SEGFIT_COLD void policy_report(segfit_fault_code_t code, const void *ptr)
{
    segfit_panic(code, &process_storage.heap, ptr);
}

// ----------------------------------------------------------------------------------- take, flush

#if SEGFIT_CACHE > 0
static SEGFIT_APART void *policy_refill(size_t size)
{
    return cache_refill_bin(own_cache(), size);
}

/// Frees up to `count` blocks of a bin, which are of this size, into the heap. A block that is
/// found overwritten, or whose neighbour is, is reported and stays used.
static SEGFIT_APART void cache_give_back(cache_bin_t *bin, size_t block_size, size_t count)
{
    for (size_t left = count; left > 0; left--) {
        void *const ptr = cache_take_sound(bin, block_size);
        if (ptr == NULL) {
            return;
        }
        if (pointer_is_sound(&process_storage.heap, ptr)) {
            segfit__release(&process_storage.heap, block_of(ptr));
        }
    }
}

static SEGFIT_COLD void policy_flush(void)
{
    for (size_t block_size = SEGFIT_MIN_BLOCK; block_size <= SEGFIT_CACHE_LARGEST;
         block_size += SEGFIT_ALIGN) {
        cache_give_back(cache_bin(own_cache(), block_size), block_size, SEGFIT_CACHE);
    }
}
#else
static inline void *policy_refill(size_t size)
{
    (void)size;
    return NULL;
}

static inline void policy_flush(void)
{
    segfit_flush(&process_storage.heap);
}
#endif

static inline void policy_make_room(void)
{
    if (SEGFIT_NAMES_POSIX && process_storage.heap.pools == NULL) {
        port_warn_of_sanitizer();
    }
    policy_flush();
}

// ------------------------------------------------------------------------------- keep, is_live

static SEGFIT_FAST_INLINE bool policy_is_live(const void *ptr)
{
    if (!pointer_is_sound(&process_storage.heap, ptr)) {
        return false;
    }
#if SEGFIT_CHECK >= 1 && SEGFIT_CACHE > 0
    if (SEGFIT_UNLIKELY(cache_holds(own_cache(), ptr, block_size(block_of(ptr))))) {
        segfit_panic(SEGFIT_FREED, &process_storage.heap, ptr);
        return false;
    }
#endif
    return true;
}

#if SEGFIT_CACHE > 0
/// Caches a used block of a size that the cache takes. Returns false if its bin is full.
static SEGFIT_FAST_INLINE bool cache_keep(void *ptr, size_t size)
{
    cache_bin_t *const bin = cache_bin(own_cache(), size);
    if (SEGFIT_UNLIKELY(bin->room == 0)) {
        if (bin->first != NULL) {
            if (SEGFIT_CACHE_BATCH > 1) {
                cache_give_back(bin, size, SEGFIT_CACHE_BATCH - 1);
            }
            return false;
        }
        bin->room = cache_limit(size);
    }
    cache_put(bin, ptr);
    return true;
}

/// Caches any used block if that is useful: not a large one, nor one behind a free block that could
/// grow.
static SEGFIT_FAST_INLINE bool cache_keep_useful(void *ptr)
{
    const block_t *const block = block_of(ptr);
    return cache_takes_size(block_size(block)) &&
           (!block_is_prev_free(block) || block_prev_size(block) <= SEGFIT_CACHE_ISLAND) &&
           cache_keep(ptr, block_size(block));
}

#if SEGFIT_CHECK >= 1
/// Does what policy_keep does, with a full check of the pointer.
static SEGFIT_FAST_APART bool policy_keep_any(void *ptr)
{
    return ptr == NULL || !policy_is_live(ptr) || cache_keep_useful(ptr);
}
#endif

/// Most pointers pass a check of few branches.
static SEGFIT_FAST_INLINE bool policy_keep(void *ptr)
{
#if SEGFIT_CHECK >= 1
    if (SEGFIT_LIKELY(pointer_is_plain(&process_storage.heap, process_storage.heap.high, ptr,
                                       SEGFIT_CACHE_LARGEST, BLOCK_PREV_FREE, 0) &&
                      !cache_is_marked(ptr))) {
        return cache_keep(ptr, block_size(block_of(ptr)));
    }
    return policy_keep_any(ptr);
#else
    return ptr == NULL || cache_keep_useful(ptr);
#endif
}

static SEGFIT_FAST_INLINE void policy_release(void *ptr)
{
    heap_release(&process_storage.heap, block_of(ptr));
}
#else
static inline bool policy_keep(void *ptr)
{
    return ptr == NULL;
}

static inline void policy_release(void *ptr)
{
    segfit_free(&process_storage.heap, ptr);
}
#endif

static inline bool policy_defer(void *ptr)
{
    (void)ptr;
    return false;
}

// ----------------------------------------------------------------------------- resize, measure

/// Also moves the block to any other place, and copies its bytes.
static inline void *policy_resize(void *ptr, size_t size)
{
#if SEGFIT_CACHE > 0
    void *const moved = cache_resize(ptr, block_size(block_of(ptr)), size);
    if (SEGFIT_LIKELY(moved != NULL)) {
        if (moved != ptr && !cache_keep_useful(ptr)) {
            segfit__release(&process_storage.heap, block_of(ptr));
        }
        return moved;
    }
#endif
    return segfit__try_realloc(&process_storage.heap, ptr, SEGFIT_ALIGN, size);
}

static inline void *policy_resize_cached(void *ptr, size_t size)
{
    (void)ptr;
    (void)size;
    return NULL;
}

static inline size_t policy_peek(const void *ptr)
{
    (void)ptr;
    return 0;
}

// ------------------------------------------------------------------------------------ statistics

static inline void policy_count_cached(segfit_stats_t *stats)
{
#if SEGFIT_CACHE > 0
    cache_count_as_free(stats, &cache_of_program);
#else
    (void)stats;
#endif
}

static inline void policy_close(void)
{
}
#endif

#endif
