// SPDX-License-Identifier: MIT
/// Finding a free block for a request.
///
/// The search reads the first block of the request's own class, then the bitmaps for a larger
/// class. Only where both fail does it read a few more blocks of the own class.
#ifndef SEGFIT_SEARCH_H
#define SEGFIT_SEARCH_H

#include "free_index.h"

/// True if a listed block has `size` bytes. At level 3 and above, also true if no block can lie
/// there: the function that takes the block then reports it.
static inline bool heap_listed_fits(const segfit_t *heap, const block_t *block, size_t size)
{
    return (SEGFIT_CHECK >= 3 && !link_leads_to_block(heap, block)) || free_block_fits(block, size);
}

/// Tries a few more blocks of a list whose head was too small.
static inline block_t *heap_probe_list(const segfit_t *heap, const block_t *head, size_t size)
{
    SEGFIT_ASSERT(head != NULL);
    SEGFIT_ASSERT(is_block_size(size));
    block_t *block = head->next_free;
#if SEGFIT_PROBES > 0
    SEGFIT_UNROLL(SEGFIT_PROBES)
#endif
    for (int probes = 0; probes < SEGFIT_PROBES; probes++) {
        if (block == NULL || heap_listed_fits(heap, block, size)) {
            return block;
        }
        block = block->next_free;
    }
    return NULL;
}

/// The class whose first block serves `size`, or the number of classes if none does.
static SEGFIT_FAST_INLINE size_t heap_class_for(const segfit_t *heap, size_t size)
{
    SEGFIT_ASSERT(is_block_size(size));
    const size_t classes = free_index_classes(heap);
    const size_t floor = free_index_class(heap, size);
    if (!free_index_has_all(heap) && SEGFIT_UNLIKELY(floor >= classes)) {
        return classes;
    }
    size_t from = floor + 1U;
    if (free_index_policy(heap) == SEGFIT_POLICY_PROBE) {
        // Every block of a larger class fits, so that only the head of this class needs a
        // comparison.
        const block_t *const head = free_index_head(heap, floor);
        const bool fits = head != NULL && heap_listed_fits(heap, head, size);
        SEGFIT_EVENT(heap, probe, head, floor, fits);
        if (fits) {
            return floor;
        }
    } else {
        from = size_class_ceil(size, free_index_columns_log2(heap));
    }
    SEGFIT_ASSERT(from > floor || free_index_policy(heap) != SEGFIT_POLICY_PROBE);
    SEGFIT_ASSERT(from <= classes);
    const size_t found = free_index_search(heap, from);
    SEGFIT_ASSERT(found >= from && found <= classes);
    SEGFIT_EVENT(heap, search, NULL, from, found);
    return found;
}

/// A block deeper in list `floor`, the request's own class, or NULL. For a request that
/// heap_class_for found no class for.
static inline block_t *heap_probe(const segfit_t *heap, size_t size, size_t floor)
{
    if (free_index_policy(heap) != SEGFIT_POLICY_PROBE) {
        return NULL;
    }
    SEGFIT_ASSERT(floor < free_index_classes(heap));
    const block_t *const head = free_index_head(heap, floor);
    return head == NULL ? NULL : heap_probe_list(heap, head, size);
}

/// A free block of at least `size` bytes, or NULL.
static SEGFIT_APART block_t *heap_find(const segfit_t *heap, size_t size)
{
    const size_t index = heap_class_for(heap, size);
    if (index < free_index_classes(heap)) {
        return free_index_head(heap, index);
    }
    const size_t floor = free_index_class(heap, size);
    return floor < free_index_classes(heap) ? heap_probe(heap, size, floor) : NULL;
}

#endif
