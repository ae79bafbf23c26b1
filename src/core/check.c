// SPDX-License-Identifier: MIT
/// The check of a whole heap: each invariant under its number.
///
/// It trusts no byte. It uses an address only after it found that a block or a record can lie
/// there.
#include "link.h"

#include "free_index.h"
#include "inspection.h"
#include "quarantine.h"

/// The sums of a check so far, and the fault that it found.
typedef struct check {
    const segfit_t *heap;
    segfit_fault_t fault;
    size_t free_blocks;
    size_t used_blocks;
    size_t quarantined_blocks;
    size_t capacity;
    size_t used;
    uintptr_t low;
    uintptr_t high;
} check_t;

/// Notes the broken invariant and its place. Returns false, for the caller to return.
static bool broken(check_t *check, unsigned invariant, const void *where)
{
    check->fault.invariant = invariant;
    check->fault.where = where;
    return false;
}

/// I1
static bool check_geometry(check_t *check)
{
    const segfit_t *const heap = check->heap;
    if (SEGFIT_FIXED_ROWS != 0 && heap->rows == 0) {
        // A heap of fixed geometry may begin as zeros, since no function reads these members.
        return true;
    }
    if (heap->rows == 0 || heap->rows > WORD_BITS || heap->columns_log2 > MAX_COLUMNS_LOG2 ||
        heap->policy > SEGFIT_POLICY_STOCK || heap->reserved != 0 ||
        heap->heads_offset != SEGFIT_HEADS_OFFSET(heap->rows) ||
        (SEGFIT_FIXED_ROWS != 0 && (heap->rows != free_index_rows(heap) ||
                                    heap->columns_log2 != free_index_columns_log2(heap) ||
                                    heap->policy != free_index_policy(heap)))) {
        return broken(check, 1, heap);
    }
    return true;
}

/// I13, at level 3 and above.
static bool check_seal(check_t *check)
{
    return control_is_sound(check->heap) || broken(check, 13, check->heap);
}

/// True if a record at `pool` lies between the heap's bounds and describes a pool there.
static bool pool_is_plausible(const segfit_t *heap, const pool_t *pool)
{
    const uintptr_t first = address_of(pool_first(pool));
    if (address_of(pool) % SEGFIT_ALIGN != 0 || first < heap->low || first >= heap->high) {
        return false;
    }
    const uintptr_t end = address_of(pool->end);
    return end > first && end <= heap->high && (end - first) % SEGFIT_ALIGN == 0 &&
           end - first >= MIN_BLOCK && pool_at(pool->memory) == pool;
}

/// I2
static bool check_pools(check_t *check)
{
    const segfit_t *const heap = check->heap;
    const pool_t *slow = heap->pools;
    bool even = false;
    for (const pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
        if (!pool_is_plausible(heap, pool) || (block_header(pool->end) & ~BLOCK_PREV_FREE) != 0) {
            return broken(check, 2, pool);
        }
        // In a circular chain, this reader meets a second one that has half its speed.
        slow = even ? slow->next : slow;
        even = !even;
        if (pool->next != NULL && pool->next == slow) {
            return broken(check, 2, pool);
        }
        const uintptr_t first = address_of(pool_first(pool));
        const uintptr_t end = address_of(pool->end);
        check->capacity += end - first;
        check->low = first < check->low ? first : check->low;
        check->high = end > check->high ? end : check->high;
    }
    return true;
}

/// True if a free block's header can lie at `block`, so that its words may be read.
static bool block_is_plausible(const segfit_t *heap, const block_t *block)
{
    for (const pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
        const uintptr_t first = address_of(pool_first(pool));
        const uintptr_t end = address_of(pool->end);
        if (address_of(block) >= first && address_of(block) < end) {
            return (address_of(block) - first) % SEGFIT_ALIGN == 0 &&
                   end - address_of(block) >= MIN_BLOCK && block_is_free(block);
        }
    }
    return false;
}

/// True if `block` is a free block of class `index`, by its header.
static bool block_is_of_class(const segfit_t *heap, const block_t *block, size_t index)
{
    return block_is_plausible(heap, block) && block_size(block) >= MIN_BLOCK &&
           free_index_class(heap, block_size(block)) == index;
}

/// I7: the free block's links lead to blocks of its class that lead back.
static bool links_hold(const segfit_t *heap, const block_t *block)
{
    const size_t index = free_index_class(heap, block_size(block));
    const block_t *const next = block->next_free;
    const block_t *const prev = block->prev_free;
    if (next != NULL && (!block_is_of_class(heap, next, index) || next->prev_free != block)) {
        return false;
    }
    return free_index_head(heap, index) == block ||
           (block_is_of_class(heap, prev, index) && prev->next_free == block);
}

/// I14 and I15 for one used block, at level 4.
static bool check_used(check_t *check, const block_t *block)
{
#if SEGFIT_CHECK >= 4
    if (block_is_quarantined(block)) {
        check->quarantined_blocks++;
        return quarantine_is_sound(check->heap, block) || broken(check, 15, block_payload(block));
    }
#endif
    return guard_is_whole(block) || broken(check, 14, block_payload(block));
}

/// I15: the heap counts all quarantined blocks.
static bool check_quarantine(check_t *check)
{
#if SEGFIT_CHECK >= 4
    const segfit_t *const heap = check->heap;
    if (quarantine_count(heap) != check->quarantined_blocks ||
        (heap->held != 0 && !quarantine_is_plausible(heap, block_at(heap->held)))) {
        return broken(check, 15, heap);
    }
#else
    (void)check;
#endif
    return true;
}

/// I3 to I7 and I12 for one block, `room` bytes before its pool's end.
static bool check_block(check_t *check, const block_t *block, size_t room, bool prev_free)
{
    const segfit_t *const heap = check->heap;
    const void *const where = block_payload(block);
    const size_t size = block_size(block);
    if (size < MIN_BLOCK || size % SEGFIT_ALIGN != 0 || size > room) {
        return broken(check, 3, where);
    }
    if ((block_header(block) & BLOCK_SPARE) != 0 && !block_is_quarantined(block)) {
        return broken(check, 12, where);
    }
    if (block_is_prev_free(block) != prev_free) {
        return broken(check, 5, where);
    }
    if (!block_is_free(block)) {
        check->used_blocks++;
        check->used += size;
        return check_used(check, block);
    }
    if (prev_free) {
        return broken(check, 4, where);
    }
    if (block_prev_size(block_next(block)) != size) {
        return broken(check, 6, where);
    }
    if (free_index_class(heap, size) >= free_index_classes(heap)) {
        return broken(check, 3, where);
    }
    check->free_blocks++;
    return links_hold(heap, block) || broken(check, 7, where);
}

static bool check_blocks(check_t *check, const pool_t *pool)
{
    const block_t *block = pool_first(pool);
    bool prev_free = false;
    while (block != pool->end) {
        if (!check_block(check, block, address_of(pool->end) - address_of(block), prev_free)) {
            return false;
        }
        prev_free = block_is_free(block);
        block = block_next(block);
    }
    return block_is_prev_free(block) == prev_free || broken(check, 5, block_payload(block));
}

/// I8, I9: every list holds plausible blocks, and all lists together hold as many as the pools.
static bool check_lists(check_t *check)
{
    const segfit_t *const heap = check->heap;
    const unsigned columns_log2 = free_index_columns_log2(heap);
    size_t listed = 0;
    for (size_t index = 0; index < free_index_classes(heap); index++) {
        const block_t *block = free_index_head(heap, index);
        const uint32_t bits = control_column_bitmaps(heap)[index >> columns_log2];
        const bool bit = (bits >> (index & (((size_t)1 << columns_log2) - 1U)) & 1U) != 0;
        if (bit != (block != NULL)) {
            return broken(check, 9, heap);
        }
        for (; block != NULL; block = block->next_free) {
            listed++;
            if (listed > check->free_blocks || !block_is_of_class(heap, block, index)) {
                return broken(check, 8, heap);
            }
        }
    }
    return listed == check->free_blocks || broken(check, 8, heap);
}

/// I9, I10: no bit is set beyond the matrix, and a row bit is set where a column bit is.
static bool check_bitmaps(check_t *check)
{
    const segfit_t *const heap = check->heap;
    const unsigned rows = free_index_rows(heap);
    const unsigned columns = 1U << free_index_columns_log2(heap);
    const uint32_t *const bitmaps = control_column_bitmaps(heap);
    size_t expected = 0;
    for (unsigned row = 0; row < rows; row++) {
        if (columns < 32U && bitmaps[row] >> columns != 0) {
            return broken(check, 9, heap);
        }
        expected |= (size_t)(bitmaps[row] != 0) << row;
    }
    if (bitmaps[rows] != 0) {
        return broken(check, 9, heap);
    }
    return heap->row_bitmap == expected || broken(check, 10, heap);
}

/// I11
static bool check_figures(check_t *check)
{
    const segfit_t *const heap = check->heap;
    const bool bounds =
        heap->pools == NULL || (heap->low == check->low && heap->high == check->high);
    const bool figures = heap->used == check->used && heap->free_blocks == check->free_blocks &&
                         heap->allocs - heap->frees == check->used_blocks &&
                         heap->peak_used >= heap->used;
    if (!bounds || heap->capacity != check->capacity || (SEGFIT_STATS && !figures)) {
        return broken(check, 11, heap);
    }
    return true;
}

static bool check_all(check_t *check)
{
    if (!check_geometry(check) || !check_seal(check) || !check_pools(check)) {
        return false;
    }
    for (const pool_t *pool = check->heap->pools; pool != NULL; pool = pool->next) {
        if (!check_blocks(check, pool)) {
            return false;
        }
    }
    return check_quarantine(check) && check_lists(check) && check_bitmaps(check) &&
           check_figures(check);
}

SEGFIT_API bool segfit_check(const segfit_t *heap, segfit_fault_t *fault)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->check(heap, fault);
    }
    check_t check = {heap, {0, NULL}, 0, 0, 0, 0, 0, UINTPTR_MAX, 0};
    const bool sound = check_all(&check);
    if (!sound && fault != NULL) {
        *fault = check.fault;
    }
    return sound;
}

SEGFIT_API const char *segfit_invariant_text(unsigned invariant)
{
    switch (invariant) {
#define X(number, name, text) \
    case number:              \
        return text;
        SEGFIT_INVARIANTS(X)
#undef X
    default:
        return "";
    }
}

// ----------------------------------------------------------------------------------------- names

// clang-format off
SEGFIT_PUBLISH(segfit_check) SEGFIT_PUBLISH(segfit_invariant_text)
// clang-format on
