// SPDX-License-Identifier: MIT
/// The process-wide malloc: one growable heap behind the C library's names, with a cache in front
/// of it.
///
/// Compiled with -DSEGFIT_MALLOC=1 -fno-builtin, this file is the whole malloc in one object;
/// otherwise it is empty. It takes in the core and the platform's port (core.h), so that the heap's
/// geometry and address are constants.
///
/// The object defines every name that the platform's C library has (names.h). If one were missing,
/// the linker would take it from the C library's malloc, and blocks of one heap would be freed into
/// the other. On Emscripten all names are weak, as in its own malloc, so that sanitizers and
/// programs can define theirs.
///
/// Each function stands here once, written over a *policy*: policy_single.h for programs with one
/// thread, policy_threads.h for several. Each function has the same three steps: ask the cache;
/// enter the heap and ask it; make room and grow.
///
/// Not entered:
///
///     policy_take(size)         returns a cached block, or NULL; so does policy_take_aligned
///     policy_refill(size)       returns a block from the heap and caches others beside it, or NULL
///     policy_keep(ptr)          caches a block; true if nothing is left to do: it is cached, or
///                               `ptr` is NULL, or `ptr` was reported as no live block
///     policy_defer(ptr)         for a block that policy_keep refused; true if it is freed later
///     policy_resize_cached      resizes a small block: returns `ptr`, another block, or NULL
///     policy_peek(ptr)          returns the usable size of a small live block; 0 means undecided
///     policy_close()            closes a thread's cache if nobody will report the thread's end
///     policy_enter()            afterwards the caller alone uses the heap, until it leaves
///
/// Entered:
///
///     policy_leave()            leaves the heap, and reports the fault that was found meanwhile
///     policy_report(code, ptr)  reports a fault to segfit_panic: at once, or on leaving
///     policy_is_live(ptr)       returns true for a block that is in use; reports any other pointer
///     policy_release(ptr)       frees a block that policy_keep and policy_defer refused
///     policy_resize(ptr, size)  resizes a live block: returns `ptr`, another block, or NULL
///     policy_make_room()        before growth: returns all cached blocks to the heap
///     policy_flush()            returns the thread's cached and all quarantined blocks to the heap
///     policy_count_cached       changes statistics so that cached blocks count as free
///
/// Constants:
///
///     POLICY_APART              how functions are compiled that malloc and free call without cache
///     POLICY_MAKES_ROOM         0 if policy_make_room does nothing
///     POLICY_COPIES_OUTSIDE     1 if policy_resize leaves a move to a caller that left the heap
#include "settings.h"

#if SEGFIT_MALLOC

#if defined(__wasm_atomics__) && !SEGFIT_THREADS
#error "this malloc does not lock: it is for programs with one thread"
#endif

PROCESS_BEGIN_C

#if PROCESS_OWN_BULK
// Without a C library there is no memset or memcpy to call: here they are instructions, whatever
// the rest of the program is compiled for.
#pragma clang attribute push(__attribute__((target("bulk-memory"))), apply_to = function)
#endif

#include "core.h"
#include "errors.h"
#include "exhausted.h"
#include "functions.h"
#include "inspection.h"
#include "names.h"
#include "policy.h"

// ------------------------------------------------------------------------------ without memory

/// The steps that help a request that failed, in this order.
enum process_step {
    PROCESS_MAKE_ROOM,
    PROCESS_GROW,
    PROCESS_ASK_PROGRAM,
    PROCESS_GIVE_UP,
    PROCESS_FIRST_STEP = POLICY_MAKES_ROOM ? PROCESS_MAKE_ROOM : PROCESS_GROW,
};

/// Helps a request that failed. Returns the step that is next if the request fails again;
/// PROCESS_GIVE_UP if no step helps.
static SEGFIT_COLD enum process_step process_help(enum process_step step, size_t alignment,
                                                  size_t size)
{
    segfit_t *const heap = &process_storage.heap;
    bool grown = false;
    policy_enter();
    if (POLICY_MAKES_ROOM && step == PROCESS_MAKE_ROOM) {
        policy_make_room();
    } else {
        grown = step == PROCESS_GROW &&
                growable_grow(&process, segfit__sure(heap, alignment, size), NULL);
        if (!grown) {
            segfit__fail(heap, size);
        }
    }
    policy_leave();
    if (POLICY_MAKES_ROOM && step == PROCESS_MAKE_ROOM) {
        return PROCESS_GROW;
    }
    if (grown) {
        return PROCESS_ASK_PROGRAM;
    }
    return process_try_again(size) ? PROCESS_FIRST_STEP : PROCESS_GIVE_UP;
}

/// Returns true if process_help finds that a request which failed is worth another attempt.
static SEGFIT_ALWAYS_INLINE bool process_retries(enum process_step *step, size_t alignment,
                                                 size_t size)
{
    *step = process_help(*step, alignment, size);
    return *step != PROCESS_GIVE_UP;
}

// --------------------------------------------------------------------------------------- malloc

/// For a request that the heap cannot serve.
static SEGFIT_COLD void *process_alloc_more(size_t size)
{
    enum process_step step = PROCESS_FIRST_STEP;
    void *ptr = NULL;
    while (ptr == NULL && process_retries(&step, SEGFIT_ALIGN, size)) {
        policy_enter();
        ptr = segfit__try_alloc(&process_storage.heap, size);
        policy_leave();
    }
    return process_result(ptr);
}

/// For a request that no cached block serves.
static POLICY_APART void *process_alloc_uncached(size_t size)
{
    if (cache_serves(size)) {
        void *const fresh = policy_refill(size);
        if (SEGFIT_LIKELY(fresh != NULL)) {
            return fresh;
        }
    }
    policy_enter();
    void *const ptr = heap_alloc(&process_storage.heap, size);
    policy_leave();
    return SEGFIT_LIKELY(ptr != NULL) ? ptr : process_alloc_more(size);
}

PROCESS_OFFERED void *process_alloc(size_t size)
{
    void *const cached = policy_take(size);
    return SEGFIT_LIKELY(cached != NULL) ? cached : process_alloc_uncached(size);
}

// ----------------------------------------------------------------------------------------- free

static POLICY_APART void process_free_uncached(void *ptr)
{
    if (policy_defer(ptr)) {
        return;
    }
    policy_enter();
    policy_release(ptr);
    policy_leave();
}

PROCESS_OFFERED void process_free(void *ptr)
{
    if (!policy_keep(ptr)) {
        process_free_uncached(ptr);
    }
}

// ------------------------------------------------------------------------- calloc, aligned_alloc

/// For a calloc that no cached block serves: clears the block after leaving the heap, except memory
/// that is known to be zero.
static SEGFIT_APART void *process_calloc_uncached(size_t bytes)
{
    segfit_t *const heap = &process_storage.heap;
    enum process_step step = PROCESS_FIRST_STEP;
    uintptr_t fresh_begin = 0;
    uintptr_t fresh_end = 0;
    uintptr_t end = 0;
    void *ptr = NULL;
    do {
        policy_enter();
        fresh_begin = heap->fresh_begin;
        fresh_end = heap->fresh_end;
        ptr = segfit__try_alloc(heap, bytes);
        if (SEGFIT_LIKELY(ptr != NULL)) {
            end = address_of(block_next(block_of(ptr)));
        }
        policy_leave();
    } while (SEGFIT_UNLIKELY(ptr == NULL) && process_retries(&step, SEGFIT_ALIGN, bytes));
    if (SEGFIT_LIKELY(ptr != NULL)) {
        bytes_clear(ptr, end, bytes, fresh_begin, fresh_end);
    }
    return process_result(ptr);
}

PROCESS_OFFERED void *process_calloc(size_t count, size_t size)
{
    const size_t bytes = size_product(count, size);
    if (cache_serves(bytes)) {
        void *const small = process_alloc(bytes);
        if (SEGFIT_LIKELY(small != NULL)) {
            __builtin_memset(small, 0, bytes);
        }
        return small;
    }
    return process_calloc_uncached(bytes);
}

static SEGFIT_COLD void *process_aligned_more(size_t alignment, size_t size)
{
    enum process_step step = PROCESS_FIRST_STEP;
    void *ptr = NULL;
    while (ptr == NULL && process_retries(&step, alignment, size)) {
        policy_enter();
        ptr = segfit__try_alloc_aligned(&process_storage.heap, alignment, size);
        policy_leave();
    }
    return ptr;
}

/// Serves any size and an alignment that is a power of two. NULL if there is no memory; errno is
/// kept.
static void *process_try_aligned(size_t alignment, size_t size)
{
    void *ptr = policy_take_aligned(alignment, size);
    if (ptr == NULL) {
        policy_enter();
        ptr = segfit__try_alloc_aligned(&process_storage.heap, alignment, size);
        policy_leave();
    }
    return SEGFIT_LIKELY(ptr != NULL) ? ptr : process_aligned_more(alignment, size);
}

/// aligned_alloc and memalign, for any size and any alignment that is a power of two.
PROCESS_OFFERED void *process_aligned_alloc(size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment)) {
        PROCESS_SET_ERRNO(EINVAL);
        return NULL;
    }
    return process_result(process_try_aligned(alignment, size));
}

/// Returns EINVAL for a wrong alignment, and leaves `*memory` and errno alone then.
PROCESS_OFFERED int process_posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment < sizeof(void *)) {
        return EINVAL;
    }
    // POSIX leaves errno open; C libraries set it, and programs for them read it.
    void *const ptr = process_result(process_try_aligned(alignment, size));
    if (ptr == NULL) {
        return ENOMEM;
    }
    *memory = ptr;
    return 0;
}

// -------------------------------------------------------------------------------------- realloc

/// Moves the `before` bytes of the block at `ptr` to another block, and copies them outside the
/// heap. NULL if the heap has none.
static void *process_move(void *ptr, size_t before, size_t size)
{
    void *moved;
    if (cache_serves(size)) {
        moved = process_alloc(size);
    } else {
        policy_enter();
        moved = segfit__try_alloc(&process_storage.heap, size);
        policy_leave();
    }
    if (moved != NULL) {
        __builtin_memcpy(moved, ptr, before < size ? before : size);
        process_free(ptr);
    }
    return moved;
}

/// Entered: returns false for a pointer that was reported, which no memory can help.
static inline bool process_is_worth_it(const void *ptr)
{
    return SEGFIT_CHECK == 0 || pointer_fault(&process_storage.heap, ptr) == SEGFIT_OK;
}

static SEGFIT_COLD void *process_realloc_more(void *ptr, size_t size)
{
    void *moved = NULL;
    bool worth_it = true;
    do {
        policy_enter();
        policy_make_room();
        moved = segfit_growable_realloc(&process, ptr, size);
        worth_it = moved != NULL || process_is_worth_it(ptr);
        policy_leave();
    } while (moved == NULL && worth_it && process_try_again(size));
    return process_result(moved);
}

/// Resizes a block where the cache alone does not suffice.
static inline void *process_realloc_uncached(void *ptr, size_t size)
{
    policy_enter();
    const bool live = policy_is_live(ptr);
    const size_t before = live ? guard_bytes(block_of(ptr)) : 0;
    void *moved = live ? policy_resize(ptr, size) : NULL;
    policy_leave();
    if (!live) {
        return process_result(NULL);
    }
    if (POLICY_COPIES_OUTSIDE && moved == NULL) {
        moved = process_move(ptr, before, size);
    }
    return SEGFIT_LIKELY(moved != NULL) ? moved : process_realloc_more(ptr, size);
}

PROCESS_OFFERED void *process_realloc(void *ptr, size_t size)
{
    if (ptr == NULL) {
        return process_alloc(size);
    }
    void *const moved = policy_resize_cached(ptr, size);
    if (moved == NULL) {
        return process_realloc_uncached(ptr, size);
    }
    if (moved != ptr) {
        process_free(ptr);
    }
    return moved;
}

PROCESS_OFFERED size_t process_usable_size(void *ptr)
{
    if (ptr == NULL) {
        return 0;
    }
    size_t size = policy_peek(ptr);
    if (size == 0) {
        policy_enter();
        size = policy_is_live(ptr) ? guard_bytes(block_of(ptr)) : 0;
        policy_leave();
    }
    return size;
}

// --------------------------------------------------------------------------- <segfit/malloc.h>

const segfit_t *segfit_malloc_heap(void)
{
    policy_enter();
    const segfit_t *const heap = process_heap();
    policy_leave();
    return heap;
}

void segfit_malloc_flush(void)
{
    policy_enter();
    policy_flush();
    policy_leave();
    policy_close();
}

void segfit_malloc_stats(segfit_stats_t *stats)
{
    policy_enter();
    segfit_stats(process_heap(), stats);
    policy_count_cached(stats);
    policy_leave();
}

bool segfit_malloc_check(segfit_fault_t *fault)
{
    policy_enter();
    const bool sound = segfit_check(process_heap(), fault) && cache_check(fault);
    policy_leave();
    return sound;
}

bool segfit_malloc_reserve(size_t size)
{
    policy_enter();
    if (segfit_max_alloc(&process_storage.heap) < size) {
        policy_make_room();
    }
    const bool reserved = segfit_growable_reserve(&process, size);
    policy_leave();
    if (!reserved) {
        PROCESS_SET_ERRNO(ENOMEM);
    }
    return reserved;
}

#if PROCESS_OWN_BULK
#pragma clang attribute pop
#endif

PROCESS_END_C

#if defined(__wasm__) && !defined(__wasm_atomics__)
/// Marks the object as one for a single thread. Without atomics the compiler makes a plain variable
/// of it and notes that in the object; wasm-ld then refuses the object for memory that threads
/// share. Nothing uses the variable, so no program contains it.
__attribute__((visibility("hidden"))) _Thread_local char segfit__malloc_for_one_thread;
#endif

#endif
