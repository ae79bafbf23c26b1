// SPDX-License-Identifier: MIT
/// The policy for programs with several threads: one lock around the heap, and a cache for each
/// thread.
///
/// malloc.c says what each function of a policy promises. A thread takes the lock for a batch of
/// blocks, not for one: where a bin is empty or full, where a few frees were deferred, for what is
/// too large for the cache, and to resize. Growth is the only long work under the lock: bytes are
/// cleared and copied outside.
///
/// Without the lock a thread reads three words that others may write: the header of its own block,
/// of whose bits only PREV_FREE can change; the next block's header, of which it needs that same
/// bit, and nobody sets the bit as long as its own block is used; and the heap's bounds, which only
/// ever widen.
#ifndef SEGFIT_MALLOC_POLICY_THREADS_H
#define SEGFIT_MALLOC_POLICY_THREADS_H

#include "cache_run.h"
#include "cache_take.h"
#include "fork.h"
#include "thread_cache.h"

#if SEGFIT_THREADS
/// malloc and free call the lock's code, which is long.
#define POLICY_APART SEGFIT_APART

/// policy_make_room does something.
#define POLICY_MAKES_ROOM 1

/// realloc copies bytes while it has not entered the heap.
#define POLICY_COPIES_OUTSIDE 1

enum {
    /// The most bytes of a block that realloc moves under the lock, growth aside.
    POLICY_MOST_MOVED = 4096,
};

// ------------------------------------------------------------------- threads that begin and end

static void policy_thread_ended(void *value)
{
    (void)value;
    thread_cache_close();
}

/// Not entered. Prepares the process for threads and forks, once. The C library may call malloc for
/// that.
static SEGFIT_COLD void policy_prepare(void)
{
#if PORT_FORKS
    port_prepare(policy_thread_ended, fork_before, fork_in_parent, fork_in_child);
#else
    port_prepare(policy_thread_ended, NULL, NULL, NULL);
#endif
}

static SEGFIT_COLD void policy_make_room(void)
{
    // Growth works on the heap's last free block. If that was found damaged, the program hears of
    // it first.
    heap_report_found();
    if (!port_is_prepared()) {
        policy_leave();
        policy_prepare();
        policy_enter();
    }
    policy_flush();
    heap_report_found();
}

/// Where nobody reports a thread's end, a thread may have called segfit_malloc_flush as its last
/// act. It gets another cache if it goes on.
static void policy_close(void)
{
#if SEGFIT_CACHE > 0 && !PORT_PTHREADS
    thread_cache_close();
    own_cache_set(&cache_unopened);
#endif
}

// ---------------------------------------------------------------------- what needs no lock

/// The size of a block in the program's hands.
static SEGFIT_FAST_INLINE size_t policy_size(const void *ptr)
{
    return block_header_shared(block_of(ptr)) & ~BLOCK_FLAGS;
}

#if SEGFIT_CACHE > 0
/// The end of the heap as far as the calling thread knows.
static SEGFIT_FAST_INLINE uintptr_t policy_high(void)
{
#if defined(__wasm__)
    return port_reached();
#else
    return SEGFIT_READ_SHARED(process_storage.heap.high);
#endif
}

/// Returns true for a block of a size that the cache takes, without any of the `flags`, that is
/// sound as far as a thread can see without the lock. False means undecided. `flags` and `end` are
/// those of pointer_is_plain.
static SEGFIT_FAST_INLINE bool policy_is_plain(const void *ptr, size_t flags, size_t end)
{
#if SEGFIT_CHECK >= 1
    return pointer_is_plain(&process_storage.heap, policy_high(), ptr, SEGFIT_CACHE_LARGEST, flags,
                            end) &&
           !cache_is_marked(ptr);
#else
    (void)end;
    return ptr != NULL && address_of(ptr) < policy_high() && cache_takes_size(policy_size(ptr)) &&
           (block_header_shared(block_of(ptr)) & flags) == 0;
#endif
}

static size_t policy_peek(const void *ptr)
{
    return policy_is_plain(ptr, BLOCK_PREV_FREE, BLOCK_FREE) ? policy_size(ptr) - WORD : 0;
}

/// Opens the calling thread's cache. Returns it, or an empty cache that is never written.
static SEGFIT_COLD cache_t *policy_open_cache(void)
{
    policy_prepare();
    if (!port_thread_may_begin(own_cache() == &cache_closed)) {
        return own_cache();
    }
    // If the C library calls malloc for port_thread_begin, the heap serves it.
    own_cache_set(&cache_closed);
    if (!port_thread_begin()) {
        return own_cache();
    }
    policy_enter();
    cache_t *const cache = thread_cache_make();
    policy_leave();
    own_cache_set(cache != NULL ? cache : &cache_unopened);
    return own_cache();
}

static inline cache_t *policy_cache(void)
{
    cache_t *const cache = own_cache();
    return SEGFIT_LIKELY(thread_cache_is_open(cache)) ? cache : policy_open_cache();
}

// ------------------------------------------------------------------------------- take, keep

/// Entered: adds blocks to a bin that one run left nearly empty because memory is in pieces.
static void policy_refill_more(cache_t *cache, size_t size)
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
            heap_free(ptr);
            return;
        }
        cache_put(bin, ptr);
    }
}

static SEGFIT_APART void *policy_refill(size_t size)
{
    cache_t *const cache = policy_cache();
    if (!thread_cache_is_open(cache)) {
        return NULL;
    }
    policy_enter();
    thread_cache_free_deferred(cache);
    void *const ptr = cache_refill_bin(cache, size);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        policy_refill_more(cache, size);
    }
    policy_leave();
    return ptr;
}

static SEGFIT_FAST_INLINE bool policy_keep(void *ptr)
{
    if (SEGFIT_LIKELY(policy_is_plain(ptr, BLOCK_PREV_FREE, 0))) {
        cache_bin_t *const bin = cache_bin(own_cache(), policy_size(ptr));
        if (SEGFIT_LIKELY(bin->room != 0)) {
            cache_put(bin, ptr);
            return true;
        }
    }
    return false;
}

/// Puts a block into its bin, or among the deferred ones if it lies behind a free block: a cached
/// block there would stand between what could be one large block. Returns false if there is no
/// room.
static bool policy_put(cache_t *cache, void *ptr)
{
    const size_t size = policy_size(ptr);
    cache_bin_t *bin = cache_bin(cache, size);
    if (bin->room == 0 && bin->first == NULL) {
        CACHE_SET(bin->room, cache_limit(size));
    }
    if (!policy_is_plain(ptr, BLOCK_PREV_FREE, BLOCK_FREE)) {
        bin = &cache->deferred;
        CACHE_SET(cache->deferred_bytes, cache->deferred_bytes + (bin->room == 0 ? 0 : size));
    }
    if (bin->room == 0) {
        return false;
    }
    cache_put(bin, ptr);
    return true;
}

static inline bool policy_defer(void *ptr)
{
    if (ptr == NULL) {
        return true;
    }
    cache_t *const cache = policy_cache();
    return thread_cache_is_open(cache) && policy_is_plain(ptr, 0, BLOCK_FREE) &&
           policy_put(cache, ptr);
}

/// Frees the deferred blocks as well. A block whose bin is full is cached in place of a batch that
/// was cached before.
static void policy_release(void *ptr)
{
    if (!policy_is_live(ptr)) {
        return;
    }
    cache_t *const cache = own_cache();
    block_t *const block = block_of(ptr);
    const size_t size = block_size(block);
    thread_cache_free_deferred(cache);
    if (!cache_takes_size(size) || block_is_prev_free(block) ||
        cache_bin(cache, size)->first == NULL) {
        heap_free(ptr);
        return;
    }
    cache_bin_t *const bin = cache_bin(cache, size);
    if (bin->room == 0) {
        thread_cache_give_back(bin, cache_batch(size));
    }
    cache_put(bin, ptr);
}
#else
static inline size_t policy_peek(const void *ptr)
{
    (void)ptr;
    return 0;
}

static inline void *policy_refill(size_t size)
{
    (void)size;
    return NULL;
}

static inline bool policy_keep(void *ptr)
{
    return ptr == NULL;
}

static inline bool policy_defer(void *ptr)
{
    (void)ptr;
    return false;
}

static inline void policy_release(void *ptr)
{
    if (policy_is_live(ptr)) {
        heap_free(ptr);
    }
}
#endif

// ---------------------------------------------------------------------------------- resize

static inline void *policy_resize_cached(void *ptr, size_t size)
{
#if SEGFIT_CACHE > 0
    if (policy_is_plain(ptr, 0, BLOCK_FREE)) {
        return cache_resize(ptr, policy_size(ptr), size);
    }
#endif
    (void)ptr;
    (void)size;
    return NULL;
}

/// Moves few bytes only, and only into the previous neighbour.
static void *policy_resize(void *ptr, size_t size)
{
    segfit_t *const heap = &process_storage.heap;
    block_t *const block = block_of(ptr);
    const size_t wanted = heap_request(heap, block, size);
    const bool movable = block_size(block) <= POLICY_MOST_MOVED || wanted <= heap_room(block);
    const size_t kept = guard_bytes(block);
    void *moved = ptr;
    if (wanted == 0 || !movable || !heap_neighbours_are_sound(heap, block, false) ||
        !heap_refit(heap, &moved, SEGFIT_ALIGN, wanted)) {
        return NULL;
    }
    guard_set(moved, size, kept);
    return moved;
}
#endif

#endif
