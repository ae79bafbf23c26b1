// SPDX-License-Identifier: MIT
/// Requests whose payload has a larger alignment than SEGFIT_ALIGN.
#ifndef SEGFIT_ALIGNED_H
#define SEGFIT_ALIGNED_H

#include "cut.h"

/// How many bytes of `block` stay free before a payload aligned to `alignment`: 0, or enough for a
/// block.
static inline size_t heap_gap(const block_t *block, size_t alignment)
{
    const uintptr_t payload = address_of(block) + PAYLOAD;
    const size_t gap = missing_to(payload, alignment);
    SEGFIT_ASSERT(alignment > SEGFIT_ALIGN && is_power_of_two(alignment));
    return gap == 0 || gap >= MIN_BLOCK ? gap
                                        : MIN_BLOCK + missing_to(payload + MIN_BLOCK, alignment);
}

/// Uses `size` bytes of a found block from `gap` on. The bytes before stay free.
static void *heap_use_from(segfit_t *heap, block_t *block, size_t gap, size_t size)
{
    const size_t all = block_size(block);
    block_t *const aligned = block_behind(block, gap);
    if (!listed_block_is_sound(heap, block, free_index_class(heap, all))) {
        return NULL;
    }
    SEGFIT_ASSERT(is_block_size(size) && gap <= all && size <= all - gap);
    SEGFIT_ASSERT(gap == 0 || is_block_size(gap));
    free_index_remove(heap, block, all);
    if (gap != 0) {
        block_set_header(aligned, all - gap);
        block_set_free(block, gap);
        block_set_prev_free(aligned);
        SEGFIT_EVENT(heap, split, block, gap, all - gap);
        free_index_insert(heap, block, gap);
        SEGFIT_FIGURE(heap->free_blocks++);
    }
    heap_recut(heap, aligned, all - gap, size, 0, 1);
    SEGFIT_FIGURE(heap->allocs++);
    SEGFIT_ASSERT(block_size(aligned) >= size && block_is_prev_free(aligned) == (gap != 0));
    return block_payload(aligned);
}

/// At level 2 and above, reports a list that leads where no block can lie, and returns false.
static inline bool heap_found_is_block(const segfit_t *heap, const block_t *found)
{
    if (SEGFIT_CHECK >= 2 && SEGFIT_UNLIKELY(!link_leads_to_block(heap, found))) {
        SEGFIT_REPORT(SEGFIT_FREE_BLOCK, heap, block_payload(found));
        return false;
    }
    return true;
}

/// Allocates at an alignment above SEGFIT_ALIGN. Tries the block that a plain search finds. If that
/// lacks room behind the gap, searches for a block in which any gap fits.
static void *heap_alloc_aligned(segfit_t *heap, size_t alignment, size_t size)
{
    block_t *block = heap_find(heap, size);
    if (block != NULL) {
        if (!heap_found_is_block(heap, block)) {
            return NULL;
        }
        const size_t gap = heap_gap(block, alignment);
        const size_t all = block_size(block);
        if (gap < all && size <= all - gap) {
            return heap_use_from(heap, block, gap, size);
        }
    }
    const size_t wide = block_size_for_any_gap(size, alignment);
    block = wide == 0 ? NULL : heap_find(heap, wide);
    return block == NULL || !heap_found_is_block(heap, block)
               ? NULL
               : heap_use_from(heap, block, heap_gap(block, alignment), size);
}

#endif
