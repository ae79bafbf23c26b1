// SPDX-License-Identifier: MIT
/// The checks with which a public function begins: of its pointer (level 1 and above) and of the
/// whole heap (level 4).
#ifndef SEGFIT_ENTRY_H
#define SEGFIT_ENTRY_H

#include "pointer.h"

#if SEGFIT_CHECK >= 4
/// The fault code of a broken invariant.
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

/// At level 4, checks the whole heap every SEGFIT_WALK allocations and frees. Reports a broken
/// invariant and returns false.
static inline bool heap_is_whole(const segfit_t *heap)
{
#if SEGFIT_CHECK >= 4 && SEGFIT_WALK > 0
    segfit_fault_t fault = {0, NULL};
    if ((heap->allocs + heap->frees) % SEGFIT_WALK == 0 && !segfit_check(heap, &fault)) {
        SEGFIT_REPORT(invariant_fault(fault.invariant), heap, fault.where);
        return false;
    }
#else
    (void)heap;
#endif
    return true;
}

/// At level 1 and above, reports a fault of `ptr` and returns false.
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
