// SPDX-License-Identifier: MIT
/// Reading a heap: figures, a walk over its blocks, classes, and the description of its layout.
#include "link.h"

#include "../include/segfit/inspect.h"
#include "heap.h"
#include "inspection.h"
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
    // To the program, what is held is free.
    const size_t held = held_count(heap);
    const size_t bytes = held_bytes(heap);
    SEGFIT_FIGURE(stats->used -= bytes);
    SEGFIT_FIGURE(stats->free += bytes);
    SEGFIT_FIGURE(stats->used_blocks -= held);
    SEGFIT_FIGURE(stats->free_blocks += held);
    SEGFIT_FIGURE(stats->frees += held);
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
