// SPDX-License-Identifier: MIT
/// Using a free block: cutting it to the size of a request, and counting it as used.
#ifndef SEGFIT_CUT_H
#define SEGFIT_CUT_H

#include "search.h"
#include "soundness.h"

/// I3 to I6: uses the first `size` bytes of the `all` bytes at `block`, and frees the rest if it
/// makes a block. Returns the number of bytes used. `block` is in no list, and the block behind it
/// is used. `taken` is 1 if `block` was free until now, so that the header behind it still has
/// PREV_FREE; otherwise 0. `prev_free` is the PREV_FREE bit for the header.
static SEGFIT_FAST_INLINE size_t heap_cut(segfit_t *heap, block_t *block, size_t all, size_t size,
                                          size_t taken, size_t prev_free)
{
    SEGFIT_ASSERT(is_block_size(size) && size <= all);
    SEGFIT_ASSERT(all % SEGFIT_ALIGN == 0);
    SEGFIT_ASSERT(taken <= 1);
    SEGFIT_ASSERT((prev_free & ~BLOCK_PREV_FREE) == 0);
    const size_t rest = all - size;
    if (rest < MIN_BLOCK) {
        block_set_header(block, all | prev_free);
        block_clear_prev_free(block_behind(block, all));
        SEGFIT_FIGURE(heap->free_blocks -= taken);
        SEGFIT_ASSERT(block_size(block) == all && !block_is_free(block));
        return all;
    }
    block_t *const behind = block_behind(block, size);
    block_set_header(block, size | prev_free);
    block_set_free(behind, rest);
    if (taken == 0) {
        block_set_prev_free(block_behind(block, all));
        SEGFIT_FIGURE(heap->free_blocks++);
    }
    SEGFIT_EVENT(heap, split, block, size, rest);
    free_index_insert(heap, behind, rest);
    SEGFIT_ASSERT(block_size(block) == size && !block_is_free(block));
    SEGFIT_ASSERT(block_next(block) == behind && block_is_free(behind));
    SEGFIT_ASSERT(block_is_prev_free(block_next(behind)));
    return size;
}

/// Counts `size` used bytes at `block`, `before` of which were used already.
static inline void heap_note_used(segfit_t *heap, const block_t *block, size_t size, size_t before)
{
    const uintptr_t end = address_of(block) + size;
    SEGFIT_ASSERT(block_size(block) == size && end > address_of(block));
    if (SEGFIT_CHECK < 3 && end > heap->fresh_begin) {
        heap->fresh_begin = end;
    }
    (void)before;
#if SEGFIT_STATS
    const size_t used = heap->used + size - before;
    heap->used = used;
    if (SEGFIT_UNLIKELY(used > heap->peak_used)) {
        heap->peak_used = used;
    }
#endif
    SEGFIT_EVENT(heap, use, block, size, 0);
}

/// heap_cut and heap_note_used, outside of the fast path.
static SEGFIT_APART void heap_recut(segfit_t *heap, block_t *block, size_t all, size_t size,
                                    size_t before, size_t taken)
{
    const size_t prev_free = block_header(block) & BLOCK_PREV_FREE;
    heap_note_used(heap, block, heap_cut(heap, block, all, size, taken, prev_free), before);
}

/// Uses `size` bytes of a free block that was just taken out of the index.
static SEGFIT_FAST_INLINE void *heap_use_taken(segfit_t *heap, block_t *block, size_t size)
{
    SEGFIT_ASSERT(block_is_free(block));
    SEGFIT_ASSERT(address_of(block_payload(block)) % SEGFIT_ALIGN == 0);
    // I4: no free block lies before a free one.
    heap_note_used(heap, block, heap_cut(heap, block, block_size(block), size, 1, 0), 0);
    SEGFIT_FIGURE(heap->allocs++);
    return block_payload(block);
}

/// Uses `size` bytes of the first block of class `index`. Returns NULL if that block was
/// overwritten.
static SEGFIT_FAST_INLINE void *heap_use_first(segfit_t *heap, size_t index, size_t size)
{
    SEGFIT_ASSERT(index < free_index_classes(heap));
    if (!listed_block_is_sound(heap, free_index_head(heap, index), index)) {
        return NULL;
    }
    return heap_use_taken(heap, free_index_pop(heap, index), size);
}

/// Uses `size` bytes of a block deeper in list `floor`, the request's own class. Returns NULL if no
/// block fits, or the block was overwritten. For a request that heap_class_for found no class for.
static SEGFIT_APART void *heap_alloc_probed(segfit_t *heap, size_t size, size_t floor)
{
    SEGFIT_ASSERT(floor < free_index_classes(heap));
    block_t *const block = heap_probe(heap, size, floor);
    if (block == NULL || !listed_block_is_sound(heap, block, floor)) {
        return NULL;
    }
    free_index_unlink_inner(heap, block, floor);
    return heap_use_taken(heap, block, size);
}

#endif
