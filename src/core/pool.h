// SPDX-License-Identifier: MIT
/// Pools: regions of memory, each a record, a row of blocks and a last header.
///
///     ┌──────┬───────┬───────┬─ … ─┬───────┬─────┐
///     │record│ block │ block │     │ block │ end │
///     └──────┴───────┴───────┴─ … ─┴───────┴─────┘
#ifndef SEGFIT_POOL_H
#define SEGFIT_POOL_H

#include "block.h"

/// The record with which a pool begins. Its first block follows directly; its last header is at
/// `end`.
typedef struct segfit_pool {
    struct segfit_pool *next;
    block_t *end;
    /// The address that segfit_add_pool was given.
    void *memory;
} pool_t;

_Static_assert(sizeof(pool_t) == 3 * WORD, "a pool's first payload is aligned if its record is");

static inline block_t *pool_first(const pool_t *pool)
{
    return (block_t *)((uintptr_t)pool + sizeof(pool_t));
}

/// The record of a pool at `memory`.
static inline pool_t *pool_at(void *memory)
{
    return (pool_t *)((uintptr_t)memory + missing_to((uintptr_t)memory, SEGFIT_ALIGN));
}

/// True if `size` bytes at `start` do not run past the end of the address space.
static inline bool region_exists(uintptr_t start, size_t size)
{
    return size != 0 && start != 0 && size - 1U <= UINTPTR_MAX - start;
}

/// The bytes of the region, from the address that segfit_add_pool was given to behind the last
/// header.
static inline size_t pool_bytes(const pool_t *pool)
{
    return address_of(pool->end) + WORD - address_of(pool->memory);
}

/// The bytes that a pool in memory from `start` on needs beside its blocks.
static inline size_t pool_around(uintptr_t start)
{
    return missing_to(start, SEGFIT_ALIGN) + sizeof(pool_t) + WORD;
}

/// The bytes of blocks, at most `largest`, in a pool that takes `size` bytes from `start` on.
static inline size_t pool_holds(uintptr_t start, size_t size, size_t largest)
{
    const size_t around = pool_around(start);
    const size_t holds = size < around ? 0 : round_down(size - around, SEGFIT_ALIGN);
    return holds < largest ? holds : largest;
}

#endif
