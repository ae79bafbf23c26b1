// SPDX-License-Identifier: MIT
/// Freeing a block: merging it with free neighbours. At level 4, a block passes through the
/// quarantine first.
#ifndef SEGFIT_RELEASE_H
#define SEGFIT_RELEASE_H

#include "quarantine.h"
#include "soundness.h"

/// I4: merges `block`, which its neighbours count as used, with free neighbours, and puts the
/// result into the index.
static SEGFIT_FAST_INLINE void heap_merge(segfit_t *heap, block_t *block)
{
    size_t size = block_size(block);
    block_t *const next = block_behind(block, size);
    size_t merged = 0;
    // A pool that is extended behind a free block may gain less than a block.
    SEGFIT_ASSERT(size % SEGFIT_ALIGN == 0 && !block_is_free(block));
    SEGFIT_ASSERT(is_block_size(size) || block_is_prev_free(block));
    if (block_is_prev_free(block)) {
        block_t *const prev = block_prev(block);
        const size_t prev_size = block_size(prev);
        // This header disappears inside the merged block. It keeps the FREE bit for pointer_fault.
        block_set_header(block, block_header(block) | BLOCK_FREE);
        free_index_remove(heap, prev, prev_size);
        SEGFIT_EVENT(heap, merge, prev, prev_size, size);
        block = prev;
        size += prev_size;
        merged++;
    }
    if (block_is_free(next)) {
        const size_t next_size = block_size(next);
        free_index_remove(heap, next, next_size);
        SEGFIT_EVENT(heap, merge, block, size, next_size);
        size += next_size;
        merged++;
    } else {
        block_set_prev_free(next);
    }
    (void)merged;
    SEGFIT_FIGURE(heap->free_blocks += 1U - merged);
    block_set_free(block, size);
    free_index_insert(heap, block, size);
    // I4 to I6
    SEGFIT_ASSERT(!block_is_prev_free(block) && block_size(block) == size);
    SEGFIT_ASSERT(!block_is_free(block_next(block)) && block_is_prev_free(block_next(block)));
    SEGFIT_ASSERT(block_prev(block_next(block)) == block);
}

/// Gives a used block whose neighbours are sound to the index.
static SEGFIT_FAST_INLINE void heap_give(segfit_t *heap, block_t *block)
{
    SEGFIT_ASSERT(!block_is_free(block) && !block_is_quarantined(block));
    SEGFIT_EVENT(heap, release, block, block_size(block), 0);
    SEGFIT_FIGURE(heap->used -= block_size(block));
    SEGFIT_FIGURE(heap->frees++);
    heap_merge(heap, block);
}

/// Frees a used block whose neighbours are sound. At level 4, quarantines it instead and frees the
/// oldest quarantined block.
static SEGFIT_FAST_INLINE void heap_release_sound(segfit_t *heap, block_t *block)
{
#if SEGFIT_CHECK >= 4
    if (block_size(block) <= SEGFIT_QUARANTINE_LARGEST) {
        block_t *const oldest =
            quarantine_count(heap) < SEGFIT_QUARANTINE ? NULL : quarantine_pop(heap);
        quarantine_push(heap, block);
        if (oldest != NULL && heap_neighbours_are_sound(heap, oldest, false)) {
            heap_give(heap, oldest);
        }
        return;
    }
#endif
    heap_give(heap, block);
}

/// Frees a used block. At level 2 and above, reports an overwritten neighbour and frees nothing.
static SEGFIT_FAST_INLINE void heap_release(segfit_t *heap, block_t *block)
{
    if (heap_neighbours_are_sound(heap, block, false)) {
        heap_release_sound(heap, block);
    }
}

#endif
