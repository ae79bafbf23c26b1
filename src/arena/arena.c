// SPDX-License-Identifier: MIT
/// Arenas: the functions of the npm package's Pool, in wasm, so that the program's own modules and
/// other threads can call them. Included after the core, in one unit with it.
///
/// Compiled for size, except arena_alloc and arena_free, the fast path.
#include "arena.h"

#pragma clang attribute push(__attribute__((minsize)), apply_to = function)

#include "arena_enter.h"

// ---------------------------------------------------------------------------------------- growth

/// Adds whole pages, at least `bytes`. Returns false if the region may not grow so far, or does not
/// end where the memory ends.
static bool arena_extend(arena_t *arena, size_t bytes)
{
    const size_t room = arena->most - arena->length;
    const size_t end = arena->begin + arena->length;
    const size_t pages = bytes / PAGE + (bytes % PAGE != 0);
    if (pages > room / PAGE || end % PAGE != 0 || arena_pages(arena) != end / PAGE ||
        __builtin_wasm_memory_grow(0, pages) != end / PAGE) {
        return false;
    }
    pool_t *const pool = arena_heap(arena)->pools;
    arena_record(arena, ARENA_grow, (const void *)end, NULL, pages * PAGE, 0);
    arena->length += pages * PAGE;
    segfit__extend(arena_heap(arena), pool, end + pages * PAGE - address_of(pool->end) - WORD,
                   false, false);
    return true;
}

/// Grows so that a request surely fits: by a quarter of the region, or by the missing bytes.
static bool arena_make_room(arena_t *arena, size_t align, size_t size)
{
    segfit_t *const heap = arena_heap(arena);
    const block_t *const end = heap->pools->end;
    const size_t whole = segfit_pool_size_to_contain(heap, size, align);
    const size_t tail = block_is_prev_free(end) ? block_size(block_prev(end)) : 0;
    const size_t room = arena->most - arena->length;
    if (whole <= tail || whole - tail > room) {
        return false;
    }
    const size_t missing = whole - tail;
    const size_t quarter = arena->length / 4U < room ? arena->length / 4U : room;
    return (quarter > missing && arena_extend(arena, quarter)) || arena_extend(arena, missing);
}

// -------------------------------------------------------------------------------------- requests

/// As segfit_realloc_aligned, or segfit_alloc_aligned for NULL, where the region may grow. Entered.
static void *arena_request(arena_t *arena, void *ptr, size_t align, size_t size)
{
    segfit_t *const heap = arena_heap(arena);
    const size_t slack = arena_slack(arena);
    const size_t whole = size + slack;
    if (whole < size || !is_power_of_two(align)) {
        return segfit__fail(heap, size);
    }
    for (bool grown = false;;) {
        void *const made = ptr == NULL ? segfit__try_alloc_aligned(heap, align, whole)
                                       : segfit__try_realloc(heap, ptr, align, whole);
        if (made != NULL) {
            return made;
        }
        if (arena_drain(arena)) {
            continue;
        }
        if (grown || !arena_make_room(arena, align, whole)) {
            return segfit__fail(heap, whole);
        }
        grown = true;
    }
}

/// Changes the size of the block at `ptr`, or makes a block for NULL, and writes an event to the
/// ring. Entered.
static void *arena_reshape(arena_t *arena, void *ptr, size_t align, size_t size, unsigned flags)
{
    const bool keeps = ptr != NULL && arena_slack(arena) != 0 && (flags & ARENA_FLAG_tagged) == 0;
    const unsigned tag = keeps ? trailer_of(ptr)->seal >> 24 : flags >> 8;
    void *const made = arena_request(arena, ptr, align, size);
    if (made == NULL) {
        arena_record(arena, ARENA_fail, ptr, NULL, size, align);
        return NULL;
    }
    arena_dress(arena, made, size, tag);
    const unsigned kind = ptr == NULL ? ARENA_alloc : ARENA_realloc;
    arena_record(arena, arena_tagged(arena, kind, made), made, ptr, size, align);
    return made;
}

static SEGFIT_APART void *arena_alloc_guarded(arena_t *arena, size_t size, size_t align,
                                              unsigned flags)
{
    if (!arena_enter(arena, flags)) {
        return NULL;
    }
    const size_t before = arena->length;
    void *const ptr = arena_reshape(arena, NULL, align, size, flags);
    if (!arena_leave_grown(arena, before)) {
        return NULL;
    }
    if (ptr != NULL) {
        if ((flags & ARENA_FLAG_zero) != 0) {
            __builtin_memset(ptr, 0, size);
        } else if (arena_is(arena, ARENA_debug)) {
            __builtin_memset(ptr, FILL_NEW, size);
        }
    }
    return ptr;
}

void *arena_calloc(arena_t *arena, size_t count, size_t size)
{
    return arena_alloc_guarded(arena, size_product(count, size), SEGFIT_ALIGN, ARENA_FLAG_zero);
}

void *arena_realloc(arena_t *arena, void *ptr, size_t size, size_t align, unsigned flags)
{
    if (ptr == NULL) {
        return arena_alloc_guarded(arena, size, align, flags);
    }
    if (!arena_enter_for(arena, ptr)) {
        return NULL;
    }
    const size_t before = arena->length;
    void *const moved = arena_reshape(arena, ptr, align, size, flags);
    return arena_leave_grown(arena, before) ? moved : NULL;
}

bool arena_resize(arena_t *arena, void *ptr, size_t size)
{
    if (ptr == NULL || !arena_enter_for(arena, ptr)) {
        return false;
    }
    const size_t whole = size + arena_slack(arena);
    const unsigned tag = arena_slack(arena) == 0 ? 0 : trailer_of(ptr)->seal >> 24;
    const bool done = whole >= size && segfit_resize(arena_heap(arena), ptr, whole);
    if (done) {
        arena_dress(arena, ptr, size, tag);
    }
    arena_record(arena, done ? arena_tagged(arena, ARENA_realloc, ptr) : ARENA_fail, ptr,
                 done ? ptr : NULL, size, SEGFIT_ALIGN);
    arena_leave(arena);
    return done;
}

static SEGFIT_APART void arena_free_guarded(arena_t *arena, void *ptr)
{
    if (ptr != NULL && arena_enter_for(arena, ptr)) {
        arena_release(arena, ptr);
        arena_leave(arena);
    }
}

/// Checks only what other threads cannot change about a live block. The later free checks the rest.
void arena_defer(arena_t *arena, void *ptr)
{
#if ARENA_HAS_THREADS
    const segfit_t *const heap = arena_heap(arena);
    if (ptr != NULL && arena_is(arena, ARENA_shared)) {
        const block_t *const block = block_of(ptr);
        unsigned fault = SEGFIT_OK;
        if (arena->mark != ARENA_MARK || arena_is_abandoned(arena)) {
            arena_refuse_all(arena);
            return;
        }
        if (address_of(block) < heap->low || address_of(block) >= heap->high) {
            fault = SEGFIT_OUTSIDE;
        } else if (address_of(ptr) % SEGFIT_ALIGN != 0) {
            fault = SEGFIT_MISALIGNED;
        } else if (block_is_free(block)) {
            fault = SEGFIT_FREED;
        } else if (!pointer_header_fits(heap, block)) {
            fault = SEGFIT_NOT_A_BLOCK;
        } else if (arena_is(arena, ARENA_debug) && !guard_holds(ptr)) {
            fault = SEGFIT_OVERRUN;
        }
        if (fault != SEGFIT_OK) {
            arena_refuse(arena, fault, ptr);
            return;
        }
        void *next = __atomic_load_n(&arena->deferred, __ATOMIC_RELAXED);
        do {
            *(void **)ptr = next;
        } while (!__atomic_compare_exchange_n(&arena->deferred, &next, ptr, true, __ATOMIC_RELEASE,
                                              __ATOMIC_RELAXED));
        return;
    }
#endif
    arena_free_guarded(arena, ptr);
}

size_t arena_size(arena_t *arena, void *ptr)
{
    if (ptr == NULL || !arena_enter_for(arena, ptr)) {
        return 0;
    }
    const size_t size = arena_usable(arena, ptr);
    arena_leave(arena);
    return size;
}

/// Returns the fault of `ptr`, or ARENA_FAULT_busy if `flags` has ARENA_FLAG_try and the lock is
/// held.
unsigned arena_fault(arena_t *arena, const void *ptr, unsigned flags)
{
    if (!arena_enter(arena, flags)) {
        return ARENA_FAULT_busy;
    }
    (void)arena_drain(arena);
    const unsigned fault = arena_fault_of(arena, ptr);
    arena_leave(arena);
    return fault;
}

/// As segfit_max_alloc, for a caller that has locked the arena by arena_lock.
size_t arena_max(const arena_t *arena)
{
    return segfit_max_alloc(arena_heap(arena));
}

// --------------------------------------------------------------------------------------- the whole

/// Locks or unlocks the arena for a caller that reads the heap by itself.
bool arena_lock(arena_t *arena, bool locks)
{
    if (locks) {
        return arena_enter(arena, 0);
    }
    arena_leave(arena);
    return true;
}

bool arena_grow(arena_t *arena, size_t bytes)
{
    if (!arena_enter(arena, 0)) {
        return false;
    }
    const size_t before = arena->length;
    const bool done = arena_extend(arena, bytes);
    (void)arena_leave_grown(arena, before);
    return done;
}

/// Makes a block the ring of the arena, for as many events as fit. arena_release ends the ring.
static void arena_set_ring(arena_t *arena, ring_t *ring, size_t bytes)
{
    __builtin_memset(ring, 0, bytes);
    ring->capacity = (bytes - sizeof(ring_t)) / sizeof(ring_event_t);
    arena->ring = ring;
    arena->options |= ARENA_traced;
}

/// Makes `ring` the ring of the arena. Returns false if the arena has another ring.
bool arena_trace(arena_t *arena, ring_t *ring, size_t bytes)
{
    if (!arena_enter(arena, 0)) {
        return false;
    }
    const bool can = arena->ring == NULL;
    if (can) {
        arena_set_ring(arena, ring, bytes);
    }
    arena_leave(arena);
    return can;
}

/// Moves the ring to another block. It is empty there, and its numbers go on.
void arena_reset(arena_t *arena)
{
    if (!arena_enter(arena, 0)) {
        return;
    }
    ring_t *ring = arena->ring;
    const size_t bytes = ring == NULL ? 0 : arena_usable(arena, ring);
    const uint32_t next = ring == NULL ? 0 : ring->next;
    segfit_reset(arena_heap(arena));
    arena->deferred = NULL;
    if (ring != NULL) {
        ring = segfit__try_alloc(arena_heap(arena), bytes + arena_slack(arena));
        arena_dress(arena, ring, bytes, 0);
        arena_set_ring(arena, ring, bytes);
        ring->next = next;
    }
    arena_record(arena, ARENA_reset, NULL, NULL, 0, 0);
    arena_leave(arena);
}

/// As segfit_check, with the fault in the words of the arena, for a caller that has locked it.
bool arena_check(arena_t *arena)
{
    if (!segfit_check(arena_heap(arena), &arena->fault)) {
        return false;
    }
    arena->fault.invariant = 0;
    arena->fault.where = arena_is(arena, ARENA_debug) ? arena_seek(arena, NULL) : NULL;
    return arena->fault.where == NULL;
}

/// Makes an arena at the first multiple of 16 in the region, except address 0. Returns NULL and
/// writes nothing if the region is too small.
arena_t *arena_make(uintptr_t begin, size_t length, size_t most, unsigned options)
{
    const size_t lead = (begin == 0 ? 16U : missing_to(begin, 16U)) + ARENA_SIZE;
    if (length <= lead) {
        return NULL;
    }
    if (module_make((void *)(begin + lead), length - lead, 0, 0, most - lead, SEGFIT_POLICY_PROBE,
                    (options & ARENA_clean) != 0) == NULL) {
        return NULL;
    }
    arena_t *const arena = (arena_t *)(begin + lead - ARENA_SIZE);
    __builtin_memset(arena, 0, ARENA_SIZE);
    arena->options = options & ~(uint32_t)ARENA_clean;
    arena->begin = begin;
    arena->length = length;
    arena->most = most;
    __atomic_store_n(&arena->mark, ARENA_MARK, __ATOMIC_RELEASE);
    return arena;
}

/// Ends the arena for every thread, whatever the state of its lock. A thread inside a short call
/// has about a millisecond to leave. Threads that wait for the lock wake and find that the arena
/// ended.
void arena_end(arena_t *arena)
{
    __atomic_store_n(&arena->mark, 0, __ATOMIC_SEQ_CST);
#if ARENA_HAS_THREADS
    // No thread holds the lock of an arena that is not shared.
    unsigned looks = 1U << 20;
    while (__atomic_load_n(&arena->lock.state, __ATOMIC_RELAXED) != LOCK_FREE && --looks != 0) {
    }
    __atomic_store_n(&arena->lock.state, ARENA_ABANDONED, __ATOMIC_RELAXED);
    arena_wake_all(arena);
#endif
}

#pragma clang attribute pop

// -------------------------------------------------------------------------------- the fast path

__attribute__((flatten)) void *arena_alloc(arena_t *arena, size_t size, size_t align,
                                           unsigned flags)
{
    if (SEGFIT_LIKELY((arena->options | flags) == 0 && align == SEGFIT_ALIGN)) {
        void *const ptr = segfit__try_alloc(arena_heap(arena), size);
        if (SEGFIT_LIKELY(ptr != NULL)) {
            return ptr;
        }
    }
    return arena_alloc_guarded(arena, size, align, flags);
}

__attribute__((flatten)) void arena_free(arena_t *arena, void *ptr)
{
    if (SEGFIT_LIKELY(arena->options == 0)) {
        segfit_free(arena_heap(arena), ptr);
    } else {
        arena_free_guarded(arena, ptr);
    }
}
