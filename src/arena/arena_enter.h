// SPDX-License-Identifier: MIT
/// Entering and leaving an arena: its lock, and the blocks that were deferred without it.
///
/// No function here waits by itself. A thread that finds the lock held asks the host, which knows
/// whether the thread may sleep. Part of arena.c.
#ifndef SEGFIT_ARENA_ENTER_H
#define SEGFIT_ARENA_ENTER_H

#include "arena_blocks.h"

/// The number of pages of the memory. In a shared memory, memory.size may be older than the growth
/// by another thread. In one that is not shared, memory.grow would detach the buffer.
static size_t arena_pages(const arena_t *arena)
{
    return arena_is(arena, ARENA_shared) ? __builtin_wasm_memory_grow(0, 0)
                                         : __builtin_wasm_memory_size(0);
}

#if ARENA_HAS_THREADS
/// Makes this thread's instructions see the end of the memory after another thread grew it.
/// Instructions that take a length (fill, copy) may otherwise still use the old end; a request for
/// 0 pages updates it.
static void arena_refresh(const arena_t *arena)
{
    if ((arena->begin + arena->length - 1U) / PAGE >= __builtin_wasm_memory_size(0)) {
        arena_pages(arena);
    }
}

/// Frees the deferred blocks; returns whether there were any. Ends at a pointer that is not to a
/// live block. The program then deferred a block twice or wrote to it since, and its link may lead
/// anywhere.
static SEGFIT_APART bool arena_drain(arena_t *arena)
{
    if (__atomic_load_n(&arena->deferred, __ATOMIC_RELAXED) == NULL) {
        return false;
    }
    void *ptr = __atomic_exchange_n(&arena->deferred, NULL, __ATOMIC_ACQUIRE);
    while (ptr != NULL && pointer_fault(arena_heap(arena), ptr) == SEGFIT_OK) {
        void *const next = *(void **)ptr;
        arena_release(arena, ptr);
        ptr = next;
    }
    return true;
}

/// Whether the lock is abandoned, or the arena ended while a thread held it.
static inline bool arena_is_abandoned(const arena_t *arena)
{
    return __atomic_load_n(&arena->lock.state, __ATOMIC_RELAXED) == ARENA_ABANDONED;
}

/// Reports why no thread can enter any more.
static SEGFIT_APART void arena_refuse_all(const arena_t *arena)
{
    arena_refuse(arena, arena->mark == ARENA_MARK ? ARENA_FAULT_busy : ARENA_FAULT_gone, NULL);
}

/// Wakes every thread that waits for the lock.
static inline void arena_wake_all(arena_t *arena)
{
    (void)__builtin_wasm_memory_atomic_notify((int *)&arena->lock.state, (unsigned)-1);
}

/// Waits for the lock and takes it; with ARENA_FLAG_try, returns false at once. If the lock is
/// abandoned, reports that and returns false. The first thread that waits too long marks the lock
/// as abandoned, and all other threads that wait, or come later, return at once. A release by the
/// holder undoes that: no other thread entered meanwhile, so that a thread that was only slow has
/// done no harm.
static SEGFIT_APART bool arena_await(arena_t *arena, unsigned flags)
{
    uint32_t *const state = &arena->lock.state;
    for (unsigned round = 0;;) {
        uint32_t seen = __atomic_load_n(state, __ATOMIC_RELAXED);
        if (seen == ARENA_ABANDONED) {
            arena_refuse_all(arena);
            return false;
        }
        if ((flags & ARENA_FLAG_try) != 0) {
            return false;
        }
        if (!__atomic_compare_exchange_n(state, &seen, LOCK_AWAITED, false, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED)) {
            continue;
        }
        if (seen == LOCK_FREE) {
            return true;
        }
        if (segfit_wait(&arena->lock, round++)) {
            continue;
        }
        seen = LOCK_AWAITED;
        (void)__atomic_compare_exchange_n(state, &seen, ARENA_ABANDONED, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED);
        arena_wake_all(arena);
        // If the lock changed hands meanwhile, its holder lives: the wait begins anew.
        round = 0;
    }
}
#else
static inline bool arena_drain(arena_t *arena)
{
    (void)arena;
    return false;
}
#endif

static SEGFIT_APART void arena_leave(arena_t *arena)
{
    (void)arena;
#if ARENA_HAS_THREADS
    if (arena_is(arena, ARENA_shared)) {
        lock_release(&arena->lock);
    }
#endif
}

/// Takes the lock of a shared arena. Frees the deferred blocks as well, unless `flags` has
/// ARENA_FLAG_try, since there may be many. If the arena ended or its lock is abandoned, reports
/// that and returns false. With ARENA_FLAG_try, also returns false if the lock is held, without a
/// report.
static SEGFIT_APART bool arena_enter(arena_t *arena, unsigned flags)
{
    (void)arena;
    (void)flags;
#if ARENA_HAS_THREADS
    if (!arena_is(arena, ARENA_shared)) {
        return true;
    }
    if (!lock_try_acquire(&arena->lock) && !arena_await(arena, flags)) {
        return false;
    }
    if (arena->mark != ARENA_MARK) {
        arena_leave(arena);
        arena_refuse_all(arena);
        return false;
    }
    arena_refresh(arena);
    if ((flags & ARENA_FLAG_try) == 0) {
        (void)arena_drain(arena);
    }
#endif
    return true;
}

/// Enters for a call with `ptr`. If that is not a live block, leaves, reports it and returns false.
static SEGFIT_APART bool arena_enter_for(arena_t *arena, const void *ptr)
{
    if (!arena_enter(arena, 0)) {
        return false;
    }
    const unsigned fault = arena_fault_of(arena, ptr);
    if (fault == SEGFIT_OK) {
        return true;
    }
    arena_leave(arena);
    arena_refuse(arena, fault, ptr);
    return false;
}

/// Leaves, and calls the host if the region no longer has `before` bytes. Returns false if that
/// call ended the arena.
static bool arena_leave_grown(arena_t *arena, size_t before)
{
    const bool grown = arena->length != before;
    arena_leave(arena);
    if (grown) {
        segfit_grown(arena, before);
    }
    return !grown || arena->mark == ARENA_MARK;
}

#endif
