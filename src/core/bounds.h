// SPDX-License-Identifier: MIT
/// Where blocks can lie and how large they can be, by the heap's bounds and the alignment alone.
///
/// Each function takes a number that may have been overwritten, and reads no memory but the heap's bounds and
/// the header in question.
#ifndef SEGFIT_BOUNDS_H
#define SEGFIT_BOUNDS_H

#include "pool.h"

/// True if `link` can lead to a free block.
static inline bool link_leads_to_block(const segfit_t *heap, const block_t *link)
{
    const uintptr_t address = address_of(link);
    // I3: bounds hold a block or more.
    return address - heap->low <= heap->high - MIN_BLOCK - heap->low &&
           (address + PAYLOAD) % SEGFIT_ALIGN == 0;
}

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

#endif
