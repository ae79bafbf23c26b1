// SPDX-License-Identifier: MIT
/// Another size for a block that stays where it is, or moves into the free block before it.
#ifndef SEGFIT_RESIZE_H
#define SEGFIT_RESIZE_H

#include "cut.h"

/// The bytes that `block` has together with the next block, if that is free.
static inline size_t heap_room(const block_t *block)
{
    const block_t *const next = block_next(block);
    return block_size(block) + (block_is_free(next) ? block_size(next) : 0);
}

/// Gives `block` `size` bytes in place. heap_room says that they are there.
static void heap_resize(segfit_t *heap, block_t *block, size_t size)
{
    const size_t before = block_size(block);
    const size_t room = heap_room(block);
    SEGFIT_ASSERT(is_block_size(size) && size <= room);
    SEGFIT_ASSERT(!block_is_free(block));
    // Where `size` is larger, the difference wraps to more than any block.
    if (size == before || (room == before && before - size < MIN_BLOCK)) {
        return;
    }
    if (room != before) {
        block_t *const next = block_next(block);
        free_index_remove(heap, next, room - before);
        SEGFIT_EVENT(heap, merge, block, before, room - before);
    }
    heap_recut(heap, block, room, size, before, room != before);
    SEGFIT_ASSERT(block_size(block) >= size && block_size(block) <= room);
}

/// Moves `block` into the free block before it, and gives it `size` bytes of both and of the next
/// block, if that is free.
static void *heap_move_back(segfit_t *heap, block_t *block, size_t size)
{
    const size_t before = block_size(block);
    size_t room = heap_room(block);
    block_t *const prev = block_prev(block);
    const size_t prev_size = block_size(prev);
    SEGFIT_ASSERT(block_is_free(prev) && !block_is_free(block));
    SEGFIT_ASSERT(is_block_size(size) && size <= room + prev_size);
    if (room != before) {
        SEGFIT_FIGURE(heap->free_blocks--);
        free_index_remove(heap, block_next(block), room - before);
        SEGFIT_EVENT(heap, merge, block, before, room - before);
    } else {
        block_set_prev_free(block_next(block));
    }
    free_index_remove(heap, prev, prev_size);
    SEGFIT_EVENT(heap, merge, prev, prev_size, room);
    room += prev_size;
    // The old header may end up inside a free block, where pointer_fault needs its FREE bit.
    block_set_header(block, block_header(block) | BLOCK_FREE);
    // The payload overwrites the old header, so that a walk during the event must step over it.
    block_set_header(prev, room | (block_header(prev) & BLOCK_PREV_FREE));
    __builtin_memmove(block_payload(prev), block_payload(block), before - WORD);
    SEGFIT_EVENT(heap, move, prev, address_of(block), before - WORD);
    heap_recut(heap, prev, room, size, before, 1);
    SEGFIT_ASSERT(block_size(prev) >= size && !block_is_free(prev));
    return block_payload(prev);
}

/// Gives the block at `*ptr` `wanted` bytes in place, or moves it into the free block before it.
/// Returns false if neither has room, or the alignment forbids it.
static SEGFIT_ALWAYS_INLINE bool heap_refit(segfit_t *heap, void **ptr, size_t alignment,
                                            size_t wanted)
{
    block_t *const block = block_of(*ptr);
    SEGFIT_ASSERT(is_block_size(wanted));
    const bool aligned = missing_to(address_of(*ptr), alignment) == 0;
    const size_t room = heap_room(block);
    if (aligned && wanted <= room) {
        heap_resize(heap, block, wanted);
        return true;
    }
    if (alignment <= SEGFIT_ALIGN && block_is_prev_free(block) &&
        wanted <= room + block_size(block_prev(block))) {
        *ptr = heap_move_back(heap, block, wanted);
        return true;
    }
    return false;
}

#endif
