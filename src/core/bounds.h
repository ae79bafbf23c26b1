// SPDX-License-Identifier: MIT
/// Where blocks can lie and how large they can be, by the heap's bounds and the alignment alone.
///
/// Each number may have been overwritten. These functions read no memory but the heap's bounds and
/// the header that they are given.
#ifndef SEGFIT_BOUNDS_H
#define SEGFIT_BOUNDS_H

#include "pool.h"

/// True if a free block can lie at `link`.
static inline bool link_leads_to_block(const segfit_t *heap, const block_t *link)
{
    const uintptr_t address = address_of(link);
    // I3: bounds hold a block or more.
    return address - heap->low <= heap->high - MIN_BLOCK - heap->low &&
           (address + PAYLOAD) % SEGFIT_ALIGN == 0;
}

/// True if `size` is a multiple of the alignment, at least MIN_BLOCK, and at most `room`. On 64-bit
/// targets it is true of MIN_BLOCK - 1 as well, which leads to no header.
static inline bool pointer_size_is_in(size_t size, size_t room)
{
    // In units of the alignment. A bit below the alignment makes more units than any heap has, so
    // that one comparison checks all three.
    const size_t units = rotated(size - MIN_BLOCK, WORD_BITS - ALIGN_LOG2);
    return units + (MIN_BLOCK / SEGFIT_ALIGN - 1U) < room >> ALIGN_LOG2;
}

/// True if a block of `size` bytes can begin at `block`, by the heap's bounds.
static inline bool pointer_size_fits(const segfit_t *heap, const block_t *block, size_t size)
{
    const size_t room = heap->high - address_of(block);
    // Where the flags are all bits below the alignment, a size without flags is a multiple of it.
    return SEGFIT_ALIGN - 1U == BLOCK_FLAGS ? size >= MIN_BLOCK && size <= room
                                            : pointer_size_is_in(size, room);
}

/// True if the header of `block` has a possible size. A bit that no header has counts as part of
/// the size.
static inline bool pointer_header_fits(const segfit_t *heap, const block_t *block)
{
    return pointer_size_is_in(block_header(block) & ~BLOCK_KNOWN_FLAGS,
                              heap->high - address_of(block));
}

#endif
