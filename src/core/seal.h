// SPDX-License-Identifier: MIT
/// The seal, from level 3 on: a word that changes with the heap's geometry, pools and bounds (I13).
#ifndef SEGFIT_SEAL_H
#define SEGFIT_SEAL_H

#include "pool.h"
#include "report.h"

#if SEGFIT_CHECK >= 3
/// What the seal is if the members under it are as they were when it was set.
static inline uintptr_t control_seal(const segfit_t *heap)
{
    // One to one in each member, so that no single one can change unseen.
    uintptr_t seal =
        key_secret() + address_of(heap->pools) + rotated(heap->low, 5) + rotated(heap->high, 11);
#if !SEGFIT_FIXED_ROWS
    seal += heap->rows | (uintptr_t)heap->columns_log2 << 8 | (uintptr_t)heap->policy << 16 |
            (uintptr_t)heap->reserved << 24;
    seal += rotated(heap->heads_offset, 16);
#endif
    return seal;
}
#endif

/// Notes that geometry, pools or bounds changed, or were set.
static inline void control_set_seal(segfit_t *heap)
{
    (void)heap;
#if SEGFIT_CHECK >= 3
    heap->seal = control_seal(heap);
#endif
}

/// True if this build does not look, or geometry, pools and bounds are what they were. A heap without pools
/// need not have a seal: it may come from an initialiser.
static inline bool control_is_sound(const segfit_t *heap)
{
    (void)heap;
#if SEGFIT_CHECK >= 3
    return heap->seal == control_seal(heap) || (heap->pools == NULL && heap->seal == 0);
#else
    return true;
#endif
}

/// False, after telling segfit_panic, if this build looks and geometry, pools or bounds are not what they were.
static inline bool control_is_kept(const segfit_t *heap)
{
    if (SEGFIT_UNLIKELY(!control_is_sound(heap))) {
        SEGFIT_TELL(SEGFIT_CONTROL, heap, heap);
        return false;
    }
    return true;
}

#endif
