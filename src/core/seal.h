// SPDX-License-Identifier: MIT
/// The seal, at level 3 and above: a word computed from the heap's geometry, pools and bounds
/// (I13).
///
/// Each change of these members sets the seal anew. A write that bypasses the library leaves a seal
/// that does not match.
#ifndef SEGFIT_SEAL_H
#define SEGFIT_SEAL_H

#include "pool.h"
#include "report.h"

#if SEGFIT_CHECK >= 3
/// Computes the seal from the members under it.
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

/// Sets the seal after geometry, pools or bounds changed.
static inline void control_set_seal(segfit_t *heap)
{
    (void)heap;
#if SEGFIT_CHECK >= 3
    heap->seal = control_seal(heap);
#endif
}

/// At level 3 and above, true if geometry, pools and bounds match the seal; below, always true. A
/// heap without pools may lack a seal, since it may come from an initialiser.
static inline bool control_is_sound(const segfit_t *heap)
{
    (void)heap;
#if SEGFIT_CHECK >= 3
    return heap->seal == control_seal(heap) || (heap->pools == NULL && heap->seal == 0);
#else
    return true;
#endif
}

/// At level 3 and above, reports geometry, pools or bounds that do not match the seal, and returns
/// false.
static inline bool control_is_kept(const segfit_t *heap)
{
    if (SEGFIT_UNLIKELY(!control_is_sound(heap))) {
        SEGFIT_REPORT(SEGFIT_CONTROL, heap, heap);
        return false;
    }
    return true;
}

#endif
