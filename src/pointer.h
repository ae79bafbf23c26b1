// SPDX-License-Identifier: MIT
/// What can be wrong with a pointer that somebody hands us, judged in constant time.
#ifndef SEGFIT_POINTER_H
#define SEGFIT_POINTER_H

#include "free_index.h"

/// True if a block of `size` bytes can begin at `block` as far as bounds and units tell.
static inline bool pointer_size_fits(const segfit_t *heap, const block_t *block, size_t size)
{
    return size >= MIN_BLOCK && size % SEGFIT_ALIGN == 0 && size <= heap->high - address_of(block);
}

/// True if a free block ends where `block`, whose header says so, begins.
static inline bool pointer_prev_agrees(const segfit_t *heap, const block_t *block)
{
    const size_t size = *block_footer_before(block);
    return size >= MIN_BLOCK && size % SEGFIT_ALIGN == 0 && size <= address_of(block) - heap->low &&
           block_before(block, size)->header == (size | BLOCK_FREE);
}

/// SEGFIT_OK if `ptr` looks like the payload of a used block of `heap`.
///
/// A free block's header and those of all blocks merged into it have their FREE bit set, so that a
/// second free is told as such until the memory is used again.
static inline segfit_fault_code_t pointer_fault(const segfit_t *heap, const void *ptr)
{
    const block_t *const block = block_of(ptr);
    const uintptr_t address = address_of(block);
    if (address < heap->low || address >= heap->high) {
        return SEGFIT_OUTSIDE;
    }
    if (address_of(ptr) % SEGFIT_ALIGN != 0) {
        return SEGFIT_MISALIGNED;
    }
    if (block_is_free(block)) {
        return SEGFIT_FREED;
    }
    if (!pointer_size_fits(heap, block, block_size(block))) {
        return SEGFIT_NOT_A_BLOCK;
    }
    if (block_is_prev_free(block_next(block))) {
        return SEGFIT_NEIGHBOUR;
    }
    return block_is_prev_free(block) && !pointer_prev_agrees(heap, block) ? SEGFIT_NEIGHBOUR
                                                                          : SEGFIT_OK;
}

/// True if `link` can lead to a free block.
static inline bool pointer_leads_to_block(const segfit_t *heap, const block_t *link)
{
    const uintptr_t address = address_of(link);
    return address >= heap->low && address < heap->high &&
           (address + PAYLOAD) % SEGFIT_ALIGN == 0 && heap->high - address >= MIN_BLOCK;
}

/// True if `block` is a free block of a size of class `index` that both neighbours know of.
static inline bool free_block_is_whole(const segfit_t *heap, const block_t *block, size_t index)
{
    if (!pointer_leads_to_block(heap, block) || (block->header & BLOCK_FLAGS) != BLOCK_FREE) {
        return false;
    }
    const size_t size = block_size(block);
    if (!pointer_size_fits(heap, block, size) || free_index_class(heap, size) != index) {
        return false;
    }
    const block_t *const next = block_behind(block, size);
    return *block_footer_before(next) == size &&
           (next->header & (BLOCK_FREE | BLOCK_PREV_FREE)) == BLOCK_PREV_FREE;
}

/// True if `block`, whose header says so, is a used block or a pool's end.
static inline bool used_block_is_whole(const segfit_t *heap, const block_t *block)
{
    return block_is_sentinel(block) || (pointer_size_fits(heap, block, block_size(block)) &&
                                        !block_is_prev_free(block_next(block)));
}

/// True if the blocks that a free block of class `index` leads to lead back to it.
static inline bool free_block_is_linked(const segfit_t *heap, const block_t *block, size_t index)
{
    const block_t *const next = block->next_free;
    if (next != NULL && (!pointer_leads_to_block(heap, next) || next->prev_free != block)) {
        return false;
    }
    if (free_index_head(heap, index) == block) {
        return true;
    }
    const block_t *const prev = block->prev_free;
    return pointer_leads_to_block(heap, prev) && prev->next_free == block;
}

/// False, after telling segfit_panic, if this build checks free blocks and `block`, which should be one of
/// class `index`, is none that can be taken out of its list.
static SEGFIT_FAST_INLINE bool free_block_is_sound(const segfit_t *heap, const block_t *block,
                                                   size_t index)
{
#if SEGFIT_CHECK >= 2
    if (SEGFIT_UNLIKELY(!free_block_is_whole(heap, block, index) ||
                        !free_block_is_linked(heap, block, index))) {
        SEGFIT_TELL(SEGFIT_FREE_BLOCK, heap, block_payload(block));
        return false;
    }
#else
    (void)heap;
    (void)block;
    (void)index;
#endif
    return true;
}

/// True if pointer_fault finds nothing, the block has at most `largest` bytes, ends at `high` or before and
/// has none of the `flags` set: most of what is freed, told in few branches. False says nothing. Of `flags`,
/// which is BLOCK_PREV_FREE or 0: with 0 the block before is not looked at.
///
/// Of a live block this can be told without the heap's lock: nobody else changes its size, or where the
/// next one begins, or says there that it is free.
static SEGFIT_FAST_INLINE bool pointer_is_plain(const segfit_t *heap, uintptr_t high,
                                                const void *ptr, size_t largest, size_t flags)
{
    const block_t *const block = block_of(ptr);
    const uintptr_t address = address_of(block);
    const uintptr_t low = SEGFIT_READ_SHARED(heap->low);
    if (address - low >= high - low) {
        return false;
    }
    // Any flag but PREV_FREE makes the size no multiple of the alignment.
    const size_t header = SEGFIT_READ_SHARED(block->header);
    const size_t size = header & ~BLOCK_PREV_FREE;
    if (((size | address_of(ptr)) & (SEGFIT_ALIGN - 1U)) != 0 ||
        size - MIN_BLOCK > largest - MIN_BLOCK || size > high - address) {
        return false;
    }
    const size_t next = SEGFIT_READ_SHARED(block_behind(block, size)->header);
    return (((header & flags) | next) & BLOCK_PREV_FREE) == 0;
}

/// False, after telling segfit_panic, if this build checks and finds something wrong with `ptr`.
static inline bool pointer_is_sound(const segfit_t *heap, const void *ptr)
{
#if SEGFIT_CHECK >= 1
    const segfit_fault_code_t fault = pointer_fault(heap, ptr);
    if (SEGFIT_UNLIKELY(fault != SEGFIT_OK)) {
        segfit_panic(fault, heap, ptr);
        return false;
    }
#else
    (void)heap;
    (void)ptr;
#endif
    return true;
}

#endif
