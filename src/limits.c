// SPDX-License-Identifier: MIT
/// How large a request can be: by the heap's geometry, and by what is free now.
#include "../include/segfit.h"
#include "free_index.h"
#include "heap.h"

size_t segfit__largest(const segfit_t *heap)
{
    return size_class_largest(free_index_rows(heap), free_index_columns_log2(heap));
}

size_t segfit__wanted(const segfit_t *heap, size_t size)
{
    const size_t wanted = block_size_for(size);
    return wanted > segfit_max_request(heap) + WORD ? 0 : wanted;
}

SEGFIT_COLD size_t segfit__sure(const segfit_t *heap, size_t alignment, size_t size)
{
    const size_t largest = segfit__largest(heap);
    size_t wanted = block_size_for(size);
    if (alignment > SEGFIT_ALIGN && wanted != 0) {
        wanted = block_size_for_any_gap(wanted, alignment);
    }
    if (wanted == 0 || wanted > largest) {
        return 0;
    }
    if (free_index_policy(heap) == SEGFIT_POLICY_STOCK) {
        const unsigned columns_log2 = free_index_columns_log2(heap);
        const size_t index = size_class_ceil(wanted, columns_log2);
        return index < free_index_classes(heap) ? size_class_smallest(index, columns_log2) : 0;
    }
    return wanted;
}

/// The largest block size that a search is sure to find where class `index` has a block of `size` at its
/// head.
static size_t limit_findable(const segfit_t *heap, size_t index, size_t size)
{
    return free_index_policy(heap) == SEGFIT_POLICY_PROBE
               ? size
               : size_class_smallest(index, free_index_columns_log2(heap));
}

SEGFIT_API size_t segfit_max_request(const segfit_t *heap)
{
    const size_t largest = segfit__largest(heap);
    return limit_findable(heap, free_index_class(heap, largest), largest) - WORD;
}

SEGFIT_API size_t segfit_max_alloc(const segfit_t *heap)
{
    if (heap->row_bitmap == 0) {
        return 0;
    }
    const size_t index = free_index_top(heap);
    return limit_findable(heap, index, block_size(free_index_head(heap, index))) - WORD;
}
