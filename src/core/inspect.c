// SPDX-License-Identifier: MIT
/// Reading a heap: statistics, a walk over its blocks, classes, and the description of its layout.
#include "link.h"

#include "inspection.h"
#include "limits.h"
#include "pointer.h"

// ----------------------------------------------------------------------------------- statistics

SEGFIT_API void segfit_stats(const segfit_t *heap, segfit_stats_t *stats)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        other->stats(heap, stats);
        return;
    }
    const block_t *const largest = free_index_largest(heap);
    stats->capacity = heap->capacity;
    stats->used = heap->used;
    stats->free = SEGFIT_STATS ? heap->capacity - heap->used : 0;
    stats->peak_used = heap->peak_used;
    stats->peak_request = heap->peak_request;
    stats->used_blocks = heap->allocs - heap->frees;
    stats->free_blocks = heap->free_blocks;
    stats->allocs = heap->allocs;
    stats->frees = heap->frees;
    stats->failures = heap->failures;
    stats->grows = heap->grows;
    stats->overhead =
        heap->overhead +
        SEGFIT_CONTROL_SIZE(free_index_rows(heap), (size_t)1 << free_index_columns_log2(heap));
    stats->largest_free = largest == NULL ? 0 : block_size(largest) - BLOCK_AROUND;
    stats->largest_alloc = segfit_max_alloc(heap);
#if SEGFIT_CHECK >= 4
    // To the program, quarantined blocks are free.
    const size_t blocks = quarantine_count(heap);
    const size_t bytes = quarantine_bytes(heap);
    SEGFIT_FIGURE(stats->used -= bytes);
    SEGFIT_FIGURE(stats->free += bytes);
    SEGFIT_FIGURE(stats->used_blocks -= blocks);
    SEGFIT_FIGURE(stats->free_blocks += blocks);
    SEGFIT_FIGURE(stats->frees += blocks);
#endif
}

SEGFIT_API void segfit_reset_peaks(segfit_t *heap)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        other->reset_peaks(heap);
        return;
    }
    heap->peak_used = heap->used;
    heap->peak_request = 0;
}

// --------------------------------------------------------------------------------------- blocks

SEGFIT_API bool segfit_walk_next(const segfit_t *heap, segfit_walk_t *walk)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->walk_next(heap, walk);
    }
    const pool_t *pool = (const pool_t *)walk->record;
    const block_t *block = NULL;
    if (pool != NULL) {
        block = block_behind(block_of(walk->ptr), walk->size);
        if (block == pool->end) {
            pool = pool->next;
            block = NULL;
        }
    } else {
        pool = heap->pools;
    }
    if (pool == NULL) {
        return false;
    }
    block = block == NULL ? pool_first(pool) : block;
    walk->ptr = block_payload(block);
    walk->size = block_size(block);
    walk->used = !block_is_free(block) && !block_is_quarantined(block);
    walk->pool = pool->memory;
    walk->record = pool;
    return true;
}

SEGFIT_API segfit_fault_code_t segfit_pointer_fault(const segfit_t *heap, const void *ptr)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->pointer_fault(heap, ptr);
    }
    return pointer_fault(heap, ptr);
}

// -------------------------------------------------------------------------------------- classes

SEGFIT_API size_t segfit_block_size_for(const segfit_t *heap, size_t size)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->block_size_for(heap, size);
    }
    return segfit__wanted(heap, size);
}

SEGFIT_API size_t segfit_class_of(const segfit_t *heap, size_t block_size)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->class_of(heap, block_size);
    }
    return free_index_class(heap, block_size);
}

SEGFIT_API size_t segfit_class_size(const segfit_t *heap, size_t index)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->class_size(heap, index);
    }
    return size_class_smallest(index, free_index_columns_log2(heap));
}

// --------------------------------------------------------------------------------------- layout

SEGFIT_CONSTANT segfit_layout_t segfit_layout = {
    .magic = 0x54464753,
    .version = 2,
    .word_size = WORD,
    .align = SEGFIT_ALIGN,
    .min_block = SEGFIT_MIN_BLOCK,
    .header_free = BLOCK_FREE,
    .header_prev_free = BLOCK_PREV_FREE,
    .header_flags = BLOCK_FLAGS,
    .control_size = sizeof(segfit_t),
    .control_rows = offsetof(segfit_t, rows),
    .control_columns_log2 = offsetof(segfit_t, columns_log2),
    .control_policy = offsetof(segfit_t, policy),
    .control_heads_offset = offsetof(segfit_t, heads_offset),
    .control_row_bitmap = offsetof(segfit_t, row_bitmap),
    .control_column_bitmaps = sizeof(segfit_t),
    .control_pools = offsetof(segfit_t, pools),
    .control_fresh_begin = offsetof(segfit_t, fresh_begin),
    .control_fresh_end = offsetof(segfit_t, fresh_end),
    .stats_capacity = offsetof(segfit_t, capacity),
    .stats_overhead = offsetof(segfit_t, overhead),
    .stats_used = offsetof(segfit_t, used),
    .stats_peak_used = offsetof(segfit_t, peak_used),
    .stats_peak_request = offsetof(segfit_t, peak_request),
    .stats_free_blocks = offsetof(segfit_t, free_blocks),
    .stats_allocs = offsetof(segfit_t, allocs),
    .stats_frees = offsetof(segfit_t, frees),
    .stats_failures = offsetof(segfit_t, failures),
    .stats_grows = offsetof(segfit_t, grows),
    .pool_next = offsetof(pool_t, next),
    .pool_end = offsetof(pool_t, end),
    .pool_memory = offsetof(pool_t, memory),
    .pool_first = sizeof(pool_t),
    .block_payload = PAYLOAD,
    .block_next_free = offsetof(block_t, next_free),
    .block_prev_free = offsetof(block_t, prev_free),
    .block_footer_back = WORD,
    .block_guard = BLOCK_AROUND - WORD,
    .header_inverse = (uint32_t)KEY_INVERSE,
    .header_inverse_high = (uint32_t)((uint64_t)KEY_INVERSE >> 32),
};

// ----------------------------------------------------------------------------------------- names

// clang-format off
SEGFIT_PUBLISH(segfit_stats) SEGFIT_PUBLISH(segfit_reset_peaks) SEGFIT_PUBLISH(segfit_walk_next)
SEGFIT_PUBLISH(segfit_pointer_fault) SEGFIT_PUBLISH(segfit_block_size_for)
SEGFIT_PUBLISH(segfit_class_of) SEGFIT_PUBLISH(segfit_class_size) SEGFIT_PUBLISH(segfit_layout)
// clang-format on
