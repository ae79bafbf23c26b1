// SPDX-License-Identifier: MIT
/// Checks of free blocks and of neighbours, made before a block leaves its list.
#ifndef SEGFIT_SOUNDNESS_H
#define SEGFIT_SOUNDNESS_H

#include "free_index.h"

/// True if `block` is a free block whose footer and next header agree with its header.
static inline bool free_block_is_whole(const segfit_t *heap, const block_t *block)
{
    if (!link_leads_to_block(heap, block) || (block_header(block) & BLOCK_FLAGS) != BLOCK_FREE) {
        return false;
    }
    const size_t size = block_size(block);
    if (!pointer_size_fits(heap, block, size)) {
        return false;
    }
    const block_t *const next = block_behind(block, size);
    return block_prev_size(next) == size &&
           (block_header(next) & (BLOCK_FREE | BLOCK_PREV_FREE)) == BLOCK_PREV_FREE;
}

/// True if `block`, which is not marked free, is a used block of a possible size or a pool's end.
static inline bool used_block_is_whole(const segfit_t *heap, const block_t *block)
{
    return block_is_sentinel(block) || (pointer_size_fits(heap, block, block_size(block)) &&
                                        !block_is_prev_free(block_next(block)));
}

/// True if the links of a free block of class `index` lead to blocks that link back to it.
static inline bool free_block_is_linked(const segfit_t *heap, const block_t *block, size_t index)
{
    const block_t *const next = block->next_free;
    if (next != NULL && (!link_leads_to_block(heap, next) || next->prev_free != block)) {
        return false;
    }
    if (free_index_head(heap, index) == block) {
        return true;
    }
    const block_t *const prev = block->prev_free;
    return link_leads_to_block(heap, prev) && prev->next_free == block;
}

/// At level 2 and above, reports a free block of class `index` that cannot leave its list, and
/// returns false. `is_whole`: the result of checking the block itself.
static SEGFIT_FAST_INLINE bool free_block_is_sound(const segfit_t *heap, const block_t *block,
                                                   size_t index, bool is_whole)
{
#if SEGFIT_CHECK >= 2
    if (SEGFIT_UNLIKELY(!is_whole || !free_block_is_linked(heap, block, index))) {
        SEGFIT_REPORT(SEGFIT_FREE_BLOCK, heap, block_payload(block));
        return false;
    }
    if (SEGFIT_UNLIKELY(!free_index_agrees(heap, index))) {
        SEGFIT_REPORT(SEGFIT_CONTROL, heap, heap);
        return false;
    }
#else
    (void)heap;
    (void)block;
    (void)index;
    (void)is_whole;
#endif
    return true;
}

/// True if the footer of `block`, which a list leads to, is where its header says, and the header
/// says "free".
static inline bool free_block_ends(const segfit_t *heap, const block_t *block)
{
    const size_t header = block_header(block);
    const size_t size = header & ~BLOCK_FLAGS;
    // No size is 0: what was written over a header and the word before it may agree there.
    return size - 1U < heap->high - address_of(block) &&
           block_prev_size(block_behind(block, size)) == header - BLOCK_FREE;
}

/// Reports the free block before a pool's end, at `end`, if header and footer differ, and returns
/// false: growth must not merge with it. Level 2 and above check the block like any other.
static inline bool last_block_is_sound(const segfit_t *heap, const block_t *end)
{
#if SEGFIT_CHECK >= 1
    const size_t size = block_prev_size(end);
    const block_t *const last = block_prev(end);
    const bool ends = block_header(last) == size + BLOCK_FREE;
    if (SEGFIT_CHECK == 1 && SEGFIT_UNLIKELY(!ends)) {
        SEGFIT_REPORT(SEGFIT_FREE_BLOCK, heap, block_payload(last));
        return false;
    }
    return SEGFIT_CHECK < 2 || free_block_is_sound(heap, last, free_index_class(heap, size),
                                                   ends && free_block_is_whole(heap, last));
#else
    (void)heap;
    (void)end;
    return true;
#endif
}

/// As free_block_is_sound, for the block that was found in list `index`, or NULL where the bitmaps
/// are wrong. Level 1 compares header and footer only.
static SEGFIT_FAST_INLINE bool listed_block_is_sound(const segfit_t *heap, const block_t *block,
                                                     size_t index)
{
    if (SEGFIT_CHECK >= 1 && SEGFIT_UNLIKELY(block == NULL)) {
        (void)free_index_report(heap);
        return false;
    }
    if (SEGFIT_CHECK == 1 && SEGFIT_UNLIKELY(!free_block_ends(heap, block))) {
        SEGFIT_REPORT(SEGFIT_FREE_BLOCK, heap, block_payload(block));
        return false;
    }
    return SEGFIT_CHECK < 2 ||
           free_block_is_sound(heap, block, index,
                               free_block_is_whole(heap, block) &&
                                   free_index_class(heap, block_size(block)) == index);
}

/// At level 2 and above, reports an overwritten neighbour of `block`, which is used, and returns
/// false. `prev_agrees`: pointer_is_sound has already found that a free block ends where `block`
/// begins.
static SEGFIT_ALWAYS_INLINE bool heap_neighbours_are_sound(const segfit_t *heap,
                                                           const block_t *block, bool prev_agrees)
{
#if SEGFIT_CHECK >= 2
    const block_t *const next = block_next(block);
    if (block_is_free(next)) {
        const size_t index = free_index_class(heap, block_size(next));
        if (!free_block_is_sound(heap, next, index, free_block_is_whole(heap, next))) {
            return false;
        }
    } else if (!used_block_is_whole(heap, next)) {
        SEGFIT_REPORT(SEGFIT_NEIGHBOUR, heap, block_payload(block));
        return false;
    }
    if (block_is_prev_free(block)) {
        const block_t *const prev = block_prev(block);
        const size_t size = block_prev_size(block);
        return free_block_is_sound(
            heap, prev, free_index_class(heap, size),
            prev_agrees || (free_block_is_whole(heap, prev) && block_size(prev) == size));
    }
#else
    (void)heap;
    (void)block;
    (void)prev_agrees;
#endif
    return true;
}

#endif
