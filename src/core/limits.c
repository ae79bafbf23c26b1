// SPDX-License-Identifier: MIT
/// Limits: how large a request can be, how large a block is, and how large a pool must be.
#include "link.h"

#include "limits.h"
#include "entry.h"
#include "inspection.h"

size_t segfit__largest(const segfit_t *heap)
{
    return size_class_largest(free_index_rows(heap), free_index_columns_log2(heap));
}

size_t segfit__wanted(const segfit_t *heap, size_t size)
{
    const size_t wanted = block_size_for(size);
    return wanted > segfit_max_request(heap) + BLOCK_AROUND ? 0 : wanted;
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

/// The largest block size that a search surely finds where a block of `size` is the head of class
/// `index`.
static size_t limit_findable(const segfit_t *heap, size_t index, size_t size)
{
    return free_index_policy(heap) == SEGFIT_POLICY_PROBE
               ? size
               : size_class_smallest(index, free_index_columns_log2(heap));
}

SEGFIT_API size_t segfit_max_request(const segfit_t *heap)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->max_request(heap);
    }
    const size_t largest = segfit__largest(heap);
    return limit_findable(heap, free_index_class(heap, largest), largest) - BLOCK_AROUND;
}

SEGFIT_API size_t segfit_max_alloc(const segfit_t *heap)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->max_alloc(heap);
    }
    const block_t *const largest = free_index_largest(heap);
    if (largest == NULL) {
        return 0;
    }
    const size_t size = block_size(largest);
    return limit_findable(heap, free_index_class(heap, size), size) - BLOCK_AROUND;
}

SEGFIT_API size_t segfit_usable_size(const segfit_t *heap, const void *ptr)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->usable_size(heap, ptr);
    }
    return ptr != NULL && pointer_is_sound(heap, ptr) ? guard_bytes(block_of(ptr)) : 0;
}

// ---------------------------------------------------------------------------------------- sizing

/// The columns that segfit_init takes by default.
static const unsigned limit_columns_log2 = SEGFIT_FIXED_ROWS != 0
                                               ? SEGFIT_FIXED_COLUMNS_LOG2
                                               : SEGFIT_LOG2_COLUMNS(SEGFIT_DEFAULT_COLUMNS);

/// The most bytes of blocks in which a request of class `index` can fail although the program keeps
/// to `max_live`; SIZE_MAX if that overflows. See docs/realtime.md, "How large a pool".
static size_t limit_failing(size_t max_live, size_t index)
{
    // MIN_BLOCK is a power of two and begins its class: no class here has a smaller block.
    const size_t smallest = size_class_smallest(index, limit_columns_log2);
    const size_t live = max_live - smallest;
    const size_t blocks = live / MIN_BLOCK;
    // A free block is smaller than this, or the search finds it. In a class of one size all fit.
    const size_t next = size_class_smallest(index + 1U, limit_columns_log2);
    const size_t found = next - smallest == SEGFIT_ALIGN ? smallest : next;
    const size_t free_bytes = size_product(blocks + 1U, found - SEGFIT_ALIGN);
    const size_t spare = blocks * (MIN_BLOCK - SEGFIT_ALIGN);
    return free_bytes > SIZE_MAX - live || spare > SIZE_MAX - live - free_bytes
               ? SIZE_MAX
               : live + spare + free_bytes;
}

/// The bytes that segfit_init needs at most beside `bytes` of pool.
static size_t limit_control(size_t bytes)
{
    const size_t columns = (size_t)1 << limit_columns_log2;
    const size_t row_cost = SEGFIT_CONTROL_SIZE(2U, columns) - SEGFIT_CONTROL_SIZE(1U, columns);
    const unsigned most = size_class_rows_for(MAX_BLOCK, limit_columns_log2);
    if (SEGFIT_FIXED_ROWS != 0 || bytes > MAX_BLOCK - SEGFIT_CONTROL_SIZE(most, columns)) {
        return SEGFIT_CONTROL_SIZE(SEGFIT_FIXED_ROWS != 0 ? SEGFIT_FIXED_ROWS : most, columns);
    }
    const size_t needed =
        size_class_rows_for(bytes + SEGFIT_CONTROL_SIZE(most, columns), limit_columns_log2);
    // segfit_init makes more rows than needed where they cost at most 1/32 of the memory.
    const size_t affordable = (bytes + SEGFIT_CONTROL_SIZE(most, columns)) / 32U / row_cost;
    const size_t rows = affordable > needed ? affordable : needed;
    return SEGFIT_CONTROL_SIZE(rows < most ? rows : most, columns);
}

SEGFIT_API size_t segfit_pool_size_for(size_t max_live, size_t max_request)
{
    const size_t wanted = block_size_for(max_request);
    size_t failing = 0;
    if (wanted == 0 || wanted > max_live) {
        return 0;
    }
    const size_t last = size_class_floor(wanted, limit_columns_log2);
    for (size_t index = size_class_floor(MIN_BLOCK, limit_columns_log2); index <= last; index++) {
        const size_t bytes = limit_failing(max_live, index);
        failing = bytes > failing ? bytes : failing;
    }
    const size_t largest = SEGFIT_FIXED_ROWS != 0
                               ? size_class_largest(SEGFIT_FIXED_ROWS, limit_columns_log2)
                               : MAX_BLOCK;
    const size_t around = SEGFIT_POOL_OVERHEAD + WORD;
    if (failing >= largest - SEGFIT_ALIGN - around) {
        return 0;
    }
    const size_t pool = failing + SEGFIT_ALIGN + around;
    const size_t control = limit_control(pool);
    return control > SIZE_MAX - pool ? 0 : pool + control;
}

// ----------------------------------------------------------------------------------------- names

// clang-format off
SEGFIT_PUBLISH(segfit_max_request) SEGFIT_PUBLISH(segfit_max_alloc)
SEGFIT_PUBLISH(segfit_usable_size) SEGFIT_PUBLISH(segfit_pool_size_for)
// clang-format on
