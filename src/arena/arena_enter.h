// SPDX-License-Identifier: MIT
/// Entering and leaving an arena: its lock, and what was handed back without it.
///
/// Part of arena.c. Nothing here waits: who finds the lock held asks the host, which knows whether its
/// thread may sleep.
#ifndef SEGFIT_ARENA_ENTER_H
#define SEGFIT_ARENA_ENTER_H

#include "arena_blocks.h"

/// How many pages the memory has. memory.size may be older than what another thread's growth made true,
/// while memory.grow would detach the buffer of a memory that is not shared.
static size_t arena_pages(const arena_t *arena)
{
    return arena_is(arena, ARENA_shared) ? __builtin_wasm_memory_grow(0, 0)
                                         : __builtin_wasm_memory_size(0);
}

#if ARENA_HAS_THREADS
/// After another thread grew the memory, this one's instructions that take a length (fill, copy) may
/// still believe in the old end; asking for no more pages tells it the new one.
static void arena_refresh(const arena_t *arena)
{
    if ((arena->begin + arena->length - 1U) / PAGE >= __builtin_wasm_memory_size(0)) {
        arena_pages(arena);
    }
}

/// Frees what was handed back; returns whether there was anything. Ends at a block that is none: it was
/// handed back twice or written to since, and its link leads anywhere.
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

/// Reports why nobody can enter any more.
static SEGFIT_APART void arena_refuse_all(const arena_t *arena)
{
    arena_refuse(arena, arena->mark == ARENA_MARK ? ARENA_FAULT_busy : ARENA_FAULT_gone, NULL);
}

/// Wakes every thread that waits for the lock.
static inline void arena_wake_all(arena_t *arena)
{
    (void)__builtin_wasm_memory_atomic_notify((int *)&arena->lock.state, (unsigned)-1);
}

/// Waits for the lock and takes it; with `flags` that say to try only, does neither. False, reported, if the
/// lock is abandoned. Whoever first loses patience makes it so, and everybody else, asleep or yet to come,
/// has their answer at once. The holder's release undoes that: nobody entered meanwhile, so a thread that
/// was only slow has harmed nothing.
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
        // If the lock changed hands meanwhile, its holder lives: patience begins anew.
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

/// Takes the lock of a shared arena, and frees what was handed back, unless `flags` say to try only:
/// that may be a lot. False, after reporting it to segfit_panic, if the arena ended or its lock is
/// abandoned. With flags that say to try only, also false if the lock is held; that is not reported.
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

/// Enters for a call with a pointer to a live block. False, and not entered, if it is none.
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

/// Leaves, and tells the host if the region is no longer `before` bytes long. False if that ended the
/// arena.
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
