// SPDX-License-Identifier: MIT
/// What can be wrong with a pointer that somebody hands us, judged in constant time.
#ifndef SEGFIT_POINTER_H
#define SEGFIT_POINTER_H

#include "guard.h"

/// True if `size` is a multiple of the alignment, that of a smallest block or more, and at most `room`. On 64 bits also
/// of MIN_BLOCK - 1: no header lies where that would lead.
static inline bool pointer_size_is_in(size_t size, size_t room)
{
    // In units, of which a bit below the alignment makes more than any heap has: one comparison for all three.
    const size_t units = rotated(size - MIN_BLOCK, WORD_BITS - ALIGN_LOG2);
    return units + (MIN_BLOCK / SEGFIT_ALIGN - 1U) < room >> ALIGN_LOG2;
}

/// True if a block of `size` bytes can begin at `block` as far as bounds and units tell.
static inline bool pointer_size_fits(const segfit_t *heap, const block_t *block, size_t size)
{
    const size_t room = heap->high - address_of(block);
    // Where the flags are all bits below the alignment, none is left in a size.
    return SEGFIT_ALIGN - 1U == BLOCK_FLAGS ? size >= MIN_BLOCK && size <= room
                                            : pointer_size_is_in(size, room);
}

/// True if the header of `block` can be one as far as bounds and bits tell: bits that no header has count as its size.
static inline bool pointer_header_fits(const segfit_t *heap, const block_t *block)
{
    return pointer_size_is_in(block_header(block) & ~BLOCK_KNOWN_FLAGS,
                              heap->high - address_of(block));
}

/// True if the word behind a used block is a header: of a block of a size that can be, with a footer if it is
/// free; or a pool's end, which where there is one pool lies at the end of all.
static SEGFIT_FAST_INLINE bool pointer_next_agrees(const segfit_t *heap, const block_t *next)
{
    const size_t size = block_size(next);
    if (SEGFIT_UNLIKELY(size == 0)) {
        return address_of(next) == heap->high || heap->pools->next != NULL;
    }
    return pointer_header_fits(heap, next) &&
           (!block_is_free(next) || block_prev_size(block_behind(next, size)) == size);
}

/// True if a free block ends where `block`, whose header says so, begins.
static inline bool pointer_prev_agrees(const segfit_t *heap, const block_t *block)
{
    const size_t size = block_prev_size(block);
    return pointer_size_is_in(size, address_of(block) - heap->low) &&
           block_header(block_before(block, size)) == (size | BLOCK_FREE);
}

#if SEGFIT_CHECK >= 4
/// What a broken invariant says of the place where it is.
static inline segfit_fault_code_t invariant_fault(unsigned invariant)
{
    switch (invariant) {
    case 3:
        return SEGFIT_NOT_A_BLOCK;
    case 4:
    case 5:
        return SEGFIT_NEIGHBOUR;
    case 6:
    case 7:
        return SEGFIT_FREE_BLOCK;
    case 14:
        return SEGFIT_OVERRUN;
    case 15:
        return SEGFIT_USED_AFTER_FREE;
    default:
        return SEGFIT_CONTROL;
    }
}
#endif

/// SEGFIT_OK if `ptr` looks like the payload of a used block of `heap`.
///
/// A free block's header and those of all blocks merged into it have their FREE bit set, so that a
/// second free is told as such until the memory is used again.
static SEGFIT_FAULT_INLINE segfit_fault_code_t pointer_fault(const segfit_t *heap, const void *ptr)
{
    const block_t *const block = block_of(ptr);
    const uintptr_t address = address_of(block);
    if (!control_is_sound(heap)) {
        return SEGFIT_CONTROL;
    }
    if (address < heap->low || address >= heap->high) {
        return SEGFIT_OUTSIDE;
    }
    if (address_of(ptr) % SEGFIT_ALIGN != 0) {
        return SEGFIT_MISALIGNED;
    }
    if (!pointer_header_fits(heap, block)) {
        return SEGFIT_NOT_A_BLOCK;
    }
    if (block_is_free(block) || block_is_held(block)) {
        return SEGFIT_FREED;
    }
    const block_t *const next = block_next(block);
    // Level 2 looks at the neighbours more closely, where they matter.
    if (block_is_prev_free(next) || (SEGFIT_CHECK != 2 && !pointer_next_agrees(heap, next))) {
        return SEGFIT_NEIGHBOUR;
    }
    if (block_is_prev_free(block) && !pointer_prev_agrees(heap, block)) {
        return SEGFIT_NEIGHBOUR;
    }
    return guard_is_whole(block) ? SEGFIT_OK : SEGFIT_OVERRUN;
}

/// True if `block` is a free block that both neighbours know of.
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
    if (next != NULL && (!link_leads_to_block(heap, next) || next->prev_free != block)) {
        return false;
    }
    if (free_index_head(heap, index) == block) {
        return true;
    }
    const block_t *const prev = block->prev_free;
    return link_leads_to_block(heap, prev) && prev->next_free == block;
}

/// False, after telling segfit_panic, if this build checks free blocks and `block`, which should be one of
/// class `index`, is none that can be taken out of its list. `is_whole`: what was found out already.
static SEGFIT_FAST_INLINE bool free_block_is_sound(const segfit_t *heap, const block_t *block,
                                                   size_t index, bool is_whole)
{
#if SEGFIT_CHECK >= 2
    if (SEGFIT_UNLIKELY(!is_whole || !free_block_is_linked(heap, block, index))) {
        SEGFIT_TELL(SEGFIT_FREE_BLOCK, heap, block_payload(block));
        return false;
    }
    if (SEGFIT_UNLIKELY(!free_index_agrees(heap, index))) {
        SEGFIT_TELL(SEGFIT_CONTROL, heap, heap);
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

/// True if `block`, which a list leads to, says that it is free, and its footer is where its header says.
static inline bool free_block_ends(const segfit_t *heap, const block_t *block)
{
    const size_t header = block_header(block);
    const size_t size = header & ~BLOCK_FLAGS;
    // No size is 0: what was written over a header and the word before it may agree there.
    return size - 1U < heap->high - address_of(block) &&
           block_prev_size(block_behind(block, size)) == header - BLOCK_FREE;
}

/// As free_block_is_sound, for a block that was found in list `index`; NULL where the bitmaps are wrong. Level 1
/// looks at the footer alone.
static SEGFIT_FAST_INLINE bool listed_block_is_sound(const segfit_t *heap, const block_t *block,
                                                     size_t index)
{
    if (SEGFIT_CHECK >= 1 && SEGFIT_UNLIKELY(block == NULL)) {
        (void)free_index_tell(heap);
        return false;
    }
    if (SEGFIT_CHECK == 1 && SEGFIT_UNLIKELY(!free_block_ends(heap, block))) {
        SEGFIT_TELL(SEGFIT_FREE_BLOCK, heap, block_payload(block));
        return false;
    }
    return SEGFIT_CHECK < 2 ||
           free_block_is_sound(heap, block, index,
                               free_block_is_whole(heap, block) &&
                                   free_index_class(heap, block_size(block)) == index);
}

/// True if pointer_fault finds nothing, the block has at most `largest` bytes, ends at `high` or before and
/// has none of the `flags` set: most of what is freed, told in few branches. False says nothing. Of `flags`,
/// which is BLOCK_PREV_FREE or 0: with 0 the block before is not looked at. `end`: BLOCK_FREE, or 0, which is
/// quicker and false of one before a free block that ends where the heap does.
///
/// Of a live block this can be told without the heap's lock: nobody else changes its size, or where the
/// next one begins, or says there that it is free.
static SEGFIT_FAST_INLINE bool pointer_is_plain(const segfit_t *heap, uintptr_t high,
                                                const void *ptr, size_t largest, size_t flags,
                                                size_t end)
{
    const block_t *const block = block_of(ptr);
    const uintptr_t address = address_of(block);
    const uintptr_t low = SEGFIT_READ_SHARED(heap->low);
    // With threads `high` may be what a thread has seen so far: nothing yet, and so below `low`.
    const size_t rest = high - address;
    if (SEGFIT_THREADS ? address < low || address >= high : rest - 1U >= high - low) {
        return false;
    }
    // Before anything is read there: not every machine reads a word at any address.
    if (SEGFIT_UNLIKELY((address_of(ptr) & (SEGFIT_ALIGN - 1U)) != 0)) {
        return false;
    }
    // A flag that is left in the size becomes its highest bits: one comparison sees it and a wrong size.
    const size_t size = block_header_shared(block) & ~(BLOCK_PREV_FREE & ~flags);
    const size_t units = rotated(size - MIN_BLOCK, WORD_BITS - ALIGN_LOG2);
    if (units > (largest - MIN_BLOCK) >> ALIGN_LOG2 || size > rest) {
        return false;
    }
    const size_t next = block_header_shared(block_behind(block, size));
    // The next header: PREV_FREE is not set, nor a bit that none has, and its block ends in the heap. Of the
    // last block this says nothing.
    return (next & (SEGFIT_ALIGN - 1U) & ~BLOCK_FREE) == 0 && (next & ~end) - 1U < rest - size;
}

/// False, after telling segfit_panic, if this build looks at the whole heap and finds an invariant broken.
static inline bool heap_is_whole(const segfit_t *heap)
{
#if SEGFIT_CHECK >= 4 && SEGFIT_WALK > 0
    segfit_fault_t fault = {0, NULL};
    if ((heap->allocs + heap->frees) % SEGFIT_WALK == 0 && !segfit_check(heap, &fault)) {
        SEGFIT_TELL(invariant_fault(fault.invariant), heap, fault.where);
        return false;
    }
#else
    (void)heap;
#endif
    return true;
}

/// False, after telling segfit_panic, if this build checks and finds something wrong with `ptr`.
static inline bool pointer_is_sound(const segfit_t *heap, const void *ptr)
{
#if SEGFIT_CHECK >= 1
    if (!heap_is_whole(heap)) {
        return false;
    }
    const segfit_fault_code_t fault = pointer_fault(heap, ptr);
    if (SEGFIT_UNLIKELY(fault != SEGFIT_OK)) {
        segfit_panic(fault, heap, fault == SEGFIT_CONTROL ? (const void *)heap : ptr);
        return false;
    }
#else
    (void)heap;
    (void)ptr;
#endif
    return true;
}

#endif
