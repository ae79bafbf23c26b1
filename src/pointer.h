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
    if (block_is_prev_free(block)) {
        const size_t prev_size = *block_footer_before(block);
        if (prev_size < MIN_BLOCK || prev_size % SEGFIT_ALIGN != 0 ||
            prev_size > address - heap->low ||
            block_before(block, prev_size)->header != (prev_size | BLOCK_FREE)) {
            return SEGFIT_NEIGHBOUR;
        }
    }
    return SEGFIT_OK;
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
