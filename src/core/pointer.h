// SPDX-License-Identifier: MIT
/// What can be wrong with a pointer that somebody hands us, judged in constant time.
#ifndef SEGFIT_POINTER_H
#define SEGFIT_POINTER_H

#include "free_index.h"
#include "quarantine.h"

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

#endif
