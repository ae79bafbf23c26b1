// SPDX-License-Identifier: MIT
/// Malloc for several threads: one lock around the heap, and a cache before it for each thread.
///
/// A part of malloc.c. The lock is taken for a batch of blocks, not for one: where a bin is empty or full,
/// where a few blocks wait that are not to be kept, for what is too large for the cache, and to resize.
/// Nothing that can be long is done under it but growth: bytes are cleared and copied outside.
///
/// Without the lock a thread reads three words that others may write: the header of its own block, of
/// whose bits only PREV_FREE can change; the next block's, of which it wants that same bit, and as long
/// as its own block is used nobody sets it; and the heap's bounds, which only ever widen.
///
/// Whatever is wrong with a pointer is told after the lock is given back: segfit_panic may return, and may
/// call malloc.
#ifndef SEGFIT_MALLOC_THREADS_H
#define SEGFIT_MALLOC_THREADS_H

#include "heap_lock.h"

// ------------------------------------------------------------------------------------------- lock

static void process_enter(void)
{
    process_lock_acquire();
    os_see(process_storage.heap.high);
}

static SEGFIT_COLD void process_leave_and_tell(void)
{
    const segfit_fault_code_t code = process_found.code;
    const void *const ptr = process_found.ptr;
    process_found.code = SEGFIT_OK;
    process_lock_release();
    segfit_panic(code, &process_storage.heap, ptr);
}

static void process_leave(void)
{
    if (SEGFIT_CHECK >= 1 && SEGFIT_UNLIKELY(process_found.code != SEGFIT_OK)) {
        process_leave_and_tell();
    } else {
        process_lock_release();
    }
}

// ---------------------------------------------------------------------------------- under the lock

/// True if `ptr` is a block in the program's hands. False is told by process_leave.
static bool process_judge(const void *ptr)
{
    segfit_fault_code_t code = SEGFIT_OK;
#if SEGFIT_CHECK >= 1
    if (!heap_is_whole(&process_storage.heap)) {
        return false;
    }
    code = pointer_fault(&process_storage.heap, ptr);
#if SEGFIT_CACHE > 0
    if (code == SEGFIT_OK && cache_holds(process_own(), ptr, block_size(block_of(ptr)))) {
        code = SEGFIT_FREED;
    }
#endif
    if (SEGFIT_UNLIKELY(code != SEGFIT_OK)) {
        process_note(code, ptr);
    }
#else
    (void)ptr;
#endif
    return code == SEGFIT_OK;
}

static void process_free_to_heap(void *ptr)
{
    segfit__release(&process_storage.heap, block_of(ptr));
}

#if SEGFIT_CACHE > 0
/// Frees the blocks that wait.
static SEGFIT_APART void process_settle(cache_t *cache)
{
    if (cache->waiting.first == NULL) {
        return;
    }
    do {
        if (!process_bin_is_sound(&cache->waiting)) {
            CACHE_SET(cache->waiting.room, CACHE_WAITING);
            break;
        }
        void *const ptr = cache_take(&cache->waiting);
        if (process_judge(ptr)) {
            process_free_to_heap(ptr);
        }
    } while (cache->waiting.first != NULL);
    CACHE_SET(cache->waiting_bytes, 0);
}
#endif

/// Gives back what the calling thread keeps.
static SEGFIT_COLD void process_give_all(void)
{
#if SEGFIT_CACHE > 0
    process_settle(process_own());
    process_flush();
#endif
    segfit_flush(&process_storage.heap);
}

/// Reports what was found under the lock so far, and takes the lock again.
static SEGFIT_COLD void process_report_found(void)
{
    if (SEGFIT_CHECK >= 1 && process_found.code != SEGFIT_OK) {
        process_leave();
        process_enter();
    }
}

/// Before the heap grows: what this thread keeps may do instead. Growth works on the heap's last free block, which may
/// be what was found damaged: that is reported before.
static SEGFIT_COLD void process_get_ready_to_grow(void)
{
    process_report_found();
    if (!os_is_prepared()) {
        process_leave();
        os_prepare();
        process_enter();
    }
    process_give_all();
    process_report_found();
}

/// A block where the heap has none.
static SEGFIT_COLD void *process_grow_for(size_t alignment, size_t size)
{
    process_get_ready_to_grow();
    return segfit_growable_alloc_aligned(&process, alignment, size);
}

// ----------------------------------------------------------------------------------------- caches

#if SEGFIT_CACHE > 0
/// All open caches, and what those served that are closed.
static cache_t *process_caches;
static size_t process_served_before;

/// The cache of the first thread that wants one, so that a program with one thread has its heap to
/// itself.
static cache_t process_first;
static bool process_first_is_open;

/// An empty cache, linked; or NULL.
static SEGFIT_COLD cache_t *process_make_cache(void)
{
    enum {
        /// Two threads' caches do not share a line.
        LINE = 64,
    };
    cache_t *cache = &process_first;
    if (process_first_is_open) {
        cache = (cache_t *)segfit_growable_alloc_aligned(&process, LINE, sizeof(cache_t));
        if (cache == NULL) {
            return NULL;
        }
    }
    process_first_is_open = true;
    __builtin_memset(cache, 0, sizeof(cache_t));
    cache->waiting.room = CACHE_WAITING;
    cache->next = process_caches;
    cache->link = &process_caches;
    if (cache->next != NULL) {
        cache->next->link = &cache->next;
    }
    process_caches = cache;
    return cache;
}

/// Takes leave of an empty cache.
static SEGFIT_COLD void process_unmake_cache(cache_t *cache)
{
    process_served_before += cache->served;
    *cache->link = cache->next;
    if (cache->next != NULL) {
        cache->next->link = cache->link;
    }
    if (cache == &process_first) {
        process_first_is_open = false;
    } else {
        process_free_to_heap(cache);
    }
}

static inline bool process_is_open(const cache_t *cache)
{
    return cache != &process_none && cache != &process_closed;
}

/// Opens the calling thread's cache. Returns it, or one that keeps nothing.
static SEGFIT_COLD cache_t *process_open(void)
{
    os_prepare();
    if (!os_thread_may_begin(process_own() == &process_closed)) {
        return process_own();
    }
    // Should the C library call malloc for that, it is served from the heap.
    process_set_own(&process_closed);
    if (!os_thread_begin()) {
        return process_own();
    }
    process_enter();
    cache_t *const cache = process_make_cache();
    process_leave();
    process_set_own(cache != NULL ? cache : &process_none);
    return process_own();
}

static inline cache_t *process_opened(void)
{
    cache_t *const cache = process_own();
    return SEGFIT_LIKELY(process_is_open(cache)) ? cache : process_open();
}
#endif

/// The calling thread's cache goes back; what the thread frees from here on goes to the heap.
static inline void process_end_thread(void)
{
#if SEGFIT_CACHE > 0
    cache_t *const cache = process_own();
    if (!process_is_open(cache)) {
        return;
    }
    process_enter();
    process_give_all();
    process_set_own(&process_closed);
    process_unmake_cache(cache);
    process_leave();
#endif
}

/// Where nothing tells when a thread ends: of one whose last word was to give everything back, nothing
/// stays. It gets another cache if it goes on.
static void process_let_go(void)
{
#if SEGFIT_CACHE > 0 && !OS_PTHREADS
    process_end_thread();
    process_set_own(&process_none);
#endif
}

/// Makes the heap's figures those that it would have without any cache. Of other threads' caches they are
/// what those were at some moment near.
static void process_see_through(segfit_stats_t *stats)
{
    (void)stats;
#if SEGFIT_CACHE > 0
    for (const cache_t *cache = process_caches; cache != NULL; cache = cache->next) {
        process_see_cache(stats, cache);
    }
    SEGFIT_FIGURE(stats->allocs += process_served_before);
    SEGFIT_FIGURE(stats->frees += process_served_before);
#endif
}

// ------------------------------------------------------------------------------------------- fork

#if OS_FORKS
#include "fork.h"
#endif

#endif
