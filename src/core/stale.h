// SPDX-License-Identifier: MIT
/// Headers of blocks that vanish without being freed.
///
/// A freed block's header has its FREE bit set, so that free reports a second free. A block also
/// vanishes when its heap is reset, or when another heap is made in the same memory; its header
/// still says "used". This file sets the FREE bit in such headers, so that an old pointer is
/// reported until its memory is used again:
///
///     before  │ used │ payload │ used │ payload        │ free │ …
///     after   │ FREE │ payload │ FREE │ payload        │ free │ …
///
/// At level 0 no function reads the bit, and this file does nothing.
#ifndef SEGFIT_STALE_H
#define SEGFIT_STALE_H

#include "compiler.h"
#include "pool.h"

/// Sets FREE in the headers of used blocks from `block` up to `end`; returns their number.
///
/// With `walks`, the region holds the blocks of a pool, and the function goes from one to the next.
/// Otherwise, and after a block that the next header contradicts, it reads every word where a
/// header can lie. It accepts any size there, since the heap may have been larger. It writes
/// nothing else, so that pages of zeros stay zero.
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

/// Sets FREE in the headers of all blocks. A damaged size may lead to the header of a later block.
/// Fewer used blocks are then found than were allocated, and a second pass reads every word.
static inline void heap_forget(const segfit_t *heap)
{
    size_t left = heap->allocs - heap->frees;
    // Without statistics there is no count to compare, and one pass has to do.
    for (int walks = 1; SEGFIT_STATS ? walks >= 0 && left != 0 : walks > 0; walks--) {
        for (const pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
            left -= region_forget(pool_first(pool), pool->end, walks != 0);
        }
    }
}

#endif
