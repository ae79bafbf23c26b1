// SPDX-License-Identifier: MIT
/// The parts of an arena beside its heap: its words, the ring, and the trailers of blocks.
///
/// Part of arena.c, compiled for size.
#ifndef SEGFIT_ARENA_BLOCKS_H
#define SEGFIT_ARENA_BLOCKS_H

#include "../core/alloc.h"
#include "../core/pointer.h"
#include "arena_exports.h"

#define HOST(name) __attribute__((import_module("env"), import_name(#name)))

/// Called after an operation during which the region grew, in the thread that grew it.
HOST(segfit_grown) extern void segfit_grown(const void *arena, size_t before);

#if defined(__wasm_atomics__)
#define SEGFIT_LOCK_MAY_WAIT() false
#include "../port/lock.h"
#define ARENA_HAS_THREADS 1

/// Waits until the word of the lock at `word` may have changed from LOCK_AWAITED. Returns false if
/// that took too long. `round` counts the calls for one lock.
HOST(segfit_wait) extern bool segfit_wait(const void *word, unsigned round);
/// The calling thread's number, for the ring.
HOST(segfit_thread) extern unsigned segfit_thread(const void *arena);
#else
#define ARENA_HAS_THREADS 0
#define segfit_thread(arena) 0U
typedef struct segfit__lock {
    uint32_t state;
} segfit__lock_t;
#endif

typedef struct ring_event {
#define X(name, text) uint32_t name;
    RING_WORDS(X)
} ring_event_t;

typedef struct ring {
    RING_HEADER(X)
#undef X
    ring_event_t events[];
} ring_t;

/// As ARENA_WORDS lists them.
typedef struct arena {
    uint32_t mark;
    segfit__lock_t lock;
    void *deferred;
    uint32_t options;
    uintptr_t begin;
    size_t length;
    size_t most;
    ring_t *ring;
    uint32_t threads;
    segfit_fault_t fault;
} arena_t;

_Static_assert(SEGFIT_ALIGN == SEGFIT_MODULE_ALIGN, "what binding.mjs asks for");
_Static_assert(sizeof(arena_t) <= ARENA_SIZE, "the heap follows at ARENA_SIZE");

/// The last bytes of a block with a guard. The tag is the very last, as without.
typedef struct trailer {
    uint32_t size;
    /// seal_of the size; the highest byte is the tag.
    uint32_t seal;
} trailer_t;

enum {
    PAGE = 65536,
    /// The fewest bytes of the pattern behind a payload with a guard. The trailer follows.
    GUARD = ARENA_GUARD_SIZE - sizeof(trailer_t),
    FILL_GUARD = 0xFD,
    FILL_NEW = 0xCD,
    FILL_FREED = 0xDD,
};

static inline segfit_t *arena_heap(const arena_t *arena)
{
    return (segfit_t *)((uintptr_t)arena + ARENA_SIZE);
}

static inline bool arena_is(const arena_t *arena, unsigned options)
{
    return (arena->options & options) != 0;
}

// ------------------------------------------------------------------------------------------ ring

static void arena_record(const arena_t *arena, unsigned kind, const void *ptr, const void *previous,
                         size_t size, size_t align)
{
    ring_t *const ring = arena->ring;
    if (!arena_is(arena, ARENA_traced)) {
        return;
    }
    ring_event_t *const event = &ring->events[ring->next % ring->capacity];
    __atomic_store_n(&event->seq, 0, __ATOMIC_RELEASE);
    event->kind = kind;
    event->pointer = address_of(ptr);
    event->previous = address_of(previous);
    event->size = size;
    event->align = align;
    event->thread = segfit_thread(arena);
    ring->next++;
    __atomic_store_n(&event->seq, ring->next, __ATOMIC_RELEASE);
}

// -------------------------------------------------------------------------------------- trailers

/// The bytes of each block beyond the bytes requested.
static inline size_t arena_slack(const arena_t *arena)
{
    return arena_is(arena, ARENA_debug)  ? ARENA_GUARD_SIZE
           : arena_is(arena, ARENA_tags) ? ARENA_TAG_SIZE
                                         : 0;
}

/// The last bytes of a used block.
static inline trailer_t *trailer_of(const void *ptr)
{
    return (trailer_t *)(address_of(block_next(block_of(ptr))) - sizeof(trailer_t));
}

/// 24 bits computed from a size, by which an overwritten size is found.
static inline uint32_t seal_of(uint32_t size)
{
    return (size + 1U) * 0x9E3779B1U >> 8;
}

/// A kind of event combined with the tag of the block at `ptr`.
static unsigned arena_tagged(const arena_t *arena, unsigned kind, const void *ptr)
{
    return arena_slack(arena) == 0 ? kind : kind | trailer_of(ptr)->seal >> 24 << 8;
}

/// The bytes of a live block that belong to the program.
static size_t arena_usable(const arena_t *arena, const void *ptr)
{
    const size_t all = block_size(block_of(ptr)) - WORD;
    return arena_is(arena, ARENA_debug) ? trailer_of(ptr)->size : all - arena_slack(arena);
}

/// Writes guard and trailer of a block of which `size` bytes belong to the program.
static void arena_dress(const arena_t *arena, void *ptr, size_t size, unsigned tag)
{
    if (arena_slack(arena) == 0) {
        return;
    }
    trailer_t *const trailer = trailer_of(ptr);
    if (!arena_is(arena, ARENA_debug)) {
        ((uint8_t *)(trailer + 1))[-1] = (uint8_t)tag;
        return;
    }
    char *const end = (char *)ptr + size;
    __builtin_memset(end, FILL_GUARD, address_of(trailer) - address_of(end));
    trailer->size = size;
    trailer->seal = seal_of(size) | tag << 24;
}

/// True if nothing was written behind the end of a block with a guard.
static bool guard_holds(const void *ptr)
{
    const trailer_t *const trailer = trailer_of(ptr);
    const size_t most = address_of(trailer) - address_of(ptr);
    if (trailer->size > most || most - trailer->size < GUARD ||
        seal_of(trailer->size) != (trailer->seal & 0xFFFFFFU)) {
        return false;
    }
    const uint8_t *at = (const uint8_t *)ptr + trailer->size;
    for (; address_of(at) < address_of(trailer); at++) {
        if (*at != FILL_GUARD) {
            return false;
        }
    }
    return true;
}

/// The block whose payload is `wanted`; with NULL, the first used block whose guard was
/// overwritten. NULL if there is no such block.
static const void *arena_seek(const arena_t *arena, const void *wanted)
{
    const pool_t *const pool = arena_heap(arena)->pools;
    for (const block_t *block = pool_first(pool); block != pool->end; block = block_next(block)) {
        const void *const ptr = block_payload(block);
        if (wanted == NULL ? !block_is_free(block) && !guard_holds(ptr) : ptr == wanted) {
            return ptr;
        }
    }
    return NULL;
}

/// The fault of `ptr`. With guards, this reads every block.
static unsigned arena_fault_of(const arena_t *arena, const void *ptr)
{
    const unsigned fault = pointer_fault(arena_heap(arena), ptr);
    if (fault != SEGFIT_OK || !arena_is(arena, ARENA_debug)) {
        return fault;
    }
    if (arena_seek(arena, ptr) == NULL) {
        return SEGFIT_NOT_A_BLOCK;
    }
    return guard_holds(ptr) ? 0 : SEGFIT_OVERRUN;
}

static void arena_refuse(const arena_t *arena, unsigned fault, const void *ptr)
{
    segfit_panic((segfit_fault_code_t)fault, arena_heap(arena), ptr);
}

/// Frees a live block. Freeing the block of the ring ends the ring.
static void arena_release(arena_t *arena, void *ptr)
{
    const size_t size = arena_usable(arena, ptr);
    if (ptr == arena->ring) {
        arena->options &= ~(uint32_t)ARENA_traced;
        arena->ring = NULL;
    }
    arena_record(arena, arena_tagged(arena, ARENA_free, ptr), ptr, NULL, size, 0);
    if (arena_is(arena, ARENA_debug)) {
        __builtin_memset(ptr, FILL_FREED, block_size(block_of(ptr)) - WORD);
    }
    segfit_free(arena_heap(arena), ptr);
}

#endif
