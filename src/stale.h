// SPDX-License-Identifier: MIT
/// Headers of blocks that vanish without being freed.
///
/// A freed block's header has its FREE bit set, so that a second free finds it. A block that vanishes when its heap
/// is reset, or is made again in the same memory, leaves a header that says "used". This file sets the FREE bit in such
/// headers, so that a pointer from before is reported until its memory is used again:
///
///     before  │ used │ payload │ used │ payload        │ free │ …
///     after   │ FREE │ payload │ FREE │ payload        │ free │ …
///
/// At level 0 nobody looks at the bit, and nothing is done. A part of pool.c.
#ifndef SEGFIT_STALE_H
#define SEGFIT_STALE_H

#include "block.h"
#include "heap.h"

/// True if `header` could be that of a used block, somewhere.
static inline bool header_looks_used(size_t header)
{
    const size_t size = header & ~BLOCK_PREV_FREE;
    return size >= MIN_BLOCK && size % SEGFIT_ALIGN == 0;
}

/// Sets FREE in each word from `block` up to `end` that could be a used block's header. How large the block would be
/// does not matter, since the heap may grow. Writes nothing else, so that pages of zeros stay as they are.
static void region_forget(block_t *block, const block_t *end)
{
    for (; block < end; block = block_behind(block, SEGFIT_ALIGN)) {
        const size_t header = block_header(block);
        if (header_looks_used(header)) {
            block_set_header(block, header | BLOCK_FREE);
        }
    }
}

/// True if a block of a pool that ends at `end` has a size that can be and what lies behind it agrees.
static bool block_agrees(const block_t *block, const block_t *end)
{
    const size_t size = block_size(block);
    if (size < MIN_BLOCK || size % SEGFIT_ALIGN != 0 ||
        size > address_of(end) - address_of(block)) {
        return false;
    }
    const block_t *const next = block_behind(block, size);
    return block_is_free(block) ? block_is_prev_free(next) && block_prev_size(next) == size
                                : !block_is_prev_free(next);
}

/// Sets FREE in the headers of all blocks of a pool. Returns how many of them were used. From a damaged block on,
/// nobody knows where the next one begins: there, it looks at all words.
static size_t pool_forget(const pool_t *pool)
{
    size_t used = 0;
    block_t *block = pool_first(pool);
    while (block != pool->end && block_agrees(block, pool->end)) {
        block_t *const next = block_next(block);
        used += !block_is_free(block);
        block_set_header(block, block_header(block) | BLOCK_FREE);
        block = next;
    }
    region_forget(block, pool->end);
    return used;
}

/// Sets FREE in the headers of all blocks. A damaged size that leads to the header of a later block agrees with it:
/// then the number of used blocks is wrong, and it looks at all words.
static void heap_forget(const segfit_t *heap)
{
    size_t used = 0;
    for (const pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
        used += pool_forget(pool);
    }
    for (const pool_t *pool = heap->pools;
         SEGFIT_STATS && used != heap->allocs - heap->frees && pool != NULL; pool = pool->next) {
        region_forget(pool_first(pool), pool->end);
    }
}

#endif
