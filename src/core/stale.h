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
/// At level 0 nobody looks at the bit, and nothing is done.
#ifndef SEGFIT_STALE_H
#define SEGFIT_STALE_H

#include "compiler.h"
#include "pool.h"

/// Sets FREE in headers of used blocks from `block` up to `end`; returns how many. If these are a pool's blocks,
/// `walks`, it goes from one to the next. Otherwise, and from a block on that the next one contradicts, it looks at
/// every word where a header can lie. How large a block would be does not matter there, since the heap may grow.
/// Writes nothing else: pages of zeros stay so.
static SEGFIT_APART size_t region_forget(block_t *block, const block_t *end, bool walks)
{
    size_t used = 0;
    while (block < end) {
        const size_t header = block_header(block);
        const size_t step = header & ~BLOCK_FLAGS;
        if (step >= MIN_BLOCK &&
            (header & (BLOCK_FREE | (SEGFIT_ALIGN - 1U)) & ~BLOCK_PREV_FREE) == 0) {
            block_set_header(block, header | BLOCK_FREE);
            used++;
        }
        walks = walks && step % SEGFIT_ALIGN == 0 &&
                step - 1U < address_of(end) - address_of(block) &&
                block_is_prev_free(block_behind(block, step)) == ((header & BLOCK_FREE) != 0);
        block = block_behind(block, walks ? step : SEGFIT_ALIGN);
    }
    return used;
}

/// Sets FREE in the headers of all blocks. A damaged size that leads to a later block's header agrees with it: then
/// the used blocks are not as many as were allocated, and it looks at every word.
static inline void heap_forget(const segfit_t *heap)
{
    size_t left = heap->allocs - heap->frees;
    // Without statistics there is no count to compare: it walks once.
    for (int walks = 1; SEGFIT_STATS ? walks >= 0 && left != 0 : walks > 0; walks--) {
        for (const pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
            left -= region_forget(pool_first(pool), pool->end, walks != 0);
        }
    }
}

#endif
