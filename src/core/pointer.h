// SPDX-License-Identifier: MIT
/// Checks of a pointer from the program, in constant time.
#ifndef SEGFIT_POINTER_H
#define SEGFIT_POINTER_H

#include "free_index.h"
#include "quarantine.h"

/// True if the word behind a used block is a header: of a block of a possible size, with a footer
/// if the block is free; or of a pool's end, which for a single pool is the heap's upper bound.
static SEGFIT_FAST_INLINE bool pointer_next_agrees(const segfit_t *heap, const block_t *next)
{
    const size_t size = block_size(next);
    if (SEGFIT_UNLIKELY(size == 0)) {
        return address_of(next) == heap->high || heap->pools->next != NULL;
    }
    return pointer_header_fits(heap, next) &&
           (!block_is_free(next) || block_prev_size(block_behind(next, size)) == size);
}

/// True if a free block ends where `block` begins.
static inline bool pointer_prev_agrees(const segfit_t *heap, const block_t *block)
{
    const size_t size = block_prev_size(block);
    return pointer_size_is_in(size, address_of(block) - heap->low) &&
           block_header(block_before(block, size)) == (size | BLOCK_FREE);
}

/// Returns SEGFIT_OK if `ptr` looks like the payload of a used block of `heap`, otherwise the
/// fault.
///
/// A free block's header has its FREE bit set, and so have the headers of all blocks that merged
/// into it. A second free is therefore reported as SEGFIT_FREED until the memory is used again.
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
    if (block_is_free(block) || block_is_quarantined(block)) {
        return SEGFIT_FREED;
    }
    const block_t *const next = block_next(block);
    // Level 2 checks the neighbours more closely when the block is freed.
    if (block_is_prev_free(next) || (SEGFIT_CHECK != 2 && !pointer_next_agrees(heap, next))) {
        return SEGFIT_NEIGHBOUR;
    }
    if (block_is_prev_free(block) && !pointer_prev_agrees(heap, block)) {
        return SEGFIT_NEIGHBOUR;
    }
    return guard_is_whole(block) ? SEGFIT_OK : SEGFIT_OVERRUN;
}

/// True if pointer_fault finds nothing, and the block has at most `largest` bytes, ends at `high`
/// or before, and has none of `flags` set. Most freed blocks pass, in few branches. False means
/// undecided: call pointer_fault.
///
/// `flags` is BLOCK_PREV_FREE, or 0 to skip the block before. `end` is BLOCK_FREE, or 0, which is
/// quicker and returns false for a block before a free block that ends where the heap does.
///
/// For a live block this needs no lock: no other thread changes its size or the place of the next
/// header, or marks the block free there.
static SEGFIT_FAST_INLINE bool pointer_is_plain(const segfit_t *heap, uintptr_t high,
                                                const void *ptr, size_t largest, size_t flags,
                                                size_t end)
{
    const block_t *const block = block_of(ptr);
    const uintptr_t address = address_of(block);
    const uintptr_t low = SEGFIT_READ_SHARED(heap->low);
    // With threads, `high` may be as an earlier call saw it: possibly 0, and so below `low`.
    const size_t rest = high - address;
    if (SEGFIT_THREADS ? address < low || address >= high : rest - 1U >= high - low) {
        return false;
    }
    // This comes before the header is read, since not every machine reads a word at any address.
    if (SEGFIT_UNLIKELY((address_of(ptr) & (SEGFIT_ALIGN - 1U)) != 0)) {
        return false;
    }
    // A flag that is left in the size becomes one of the highest bits of `units`: one comparison
    // finds it and a wrong size.
    const size_t size = block_header_shared(block) & ~(BLOCK_PREV_FREE & ~flags);
    const size_t units = rotated(size - MIN_BLOCK, WORD_BITS - ALIGN_LOG2);
    if (units > (largest - MIN_BLOCK) >> ALIGN_LOG2 || size > rest) {
        return false;
    }
    const size_t next = block_header_shared(block_behind(block, size));
    // The next header has neither PREV_FREE nor an unknown bit, and its block ends inside the heap.
    // Before a last header this returns false.
    return (next & (SEGFIT_ALIGN - 1U) & ~BLOCK_FREE) == 0 && (next & ~end) - 1U < rest - size;
}

#endif
