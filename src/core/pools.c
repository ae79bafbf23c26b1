// SPDX-License-Identifier: MIT
/// Giving memory to a heap and taking it back: regions become pools, and pools become blocks.
#include "link.h"

#include "pools.h"
#include "free_index.h"
#include "inspection.h"
#include "limits.h"
#include "alloc.h"
#include "quarantine.h"
#include "soundness.h"
#include "stale.h"

/// Executed before the first header is written. malloc redefines it to set a random key.
#if !defined(SEGFIT_NEW_KEY)
#define SEGFIT_NEW_KEY() ((void)0)
#endif

static bool regions_overlap(uintptr_t a, size_t a_size, uintptr_t b, size_t b_size)
{
    return a < b ? b - a < a_size : a - b < b_size;
}

/// True if the region touches a pool or the control structure.
static bool region_is_taken(const segfit_t *heap, uintptr_t start, size_t size)
{
    const size_t control =
        SEGFIT_CONTROL_SIZE(free_index_rows(heap), (size_t)1 << free_index_columns_log2(heap));
    if (regions_overlap(address_of(heap), control, start, size)) {
        return true;
    }
    for (const pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
        if (regions_overlap(address_of(pool->memory), pool_bytes(pool), start, size)) {
            return true;
        }
    }
    return false;
}

/// I2: extends the bounds of all blocks by those of `pool`.
static void heap_bound(segfit_t *heap, const pool_t *pool)
{
    const uintptr_t first = address_of(pool_first(pool));
    const uintptr_t end = address_of(pool->end);
    heap->low = heap->low == 0 || first < heap->low ? first : heap->low;
    heap->high = end > heap->high ? end : heap->high;
    control_set_seal(heap);
}

/// Computes the bounds anew after a pool was removed.
static void heap_bound_all(segfit_t *heap)
{
    heap->low = 0;
    heap->high = 0;
    control_set_seal(heap);
    for (const pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
        heap_bound(heap, pool);
    }
}

/// Updates the bounds of zeroed memory after a pool's end moved from `old_end`, where a last header
/// and, with `merged`, a footer had been written.
static void pool_extend_fresh(segfit_t *heap, const pool_t *pool, block_t *old_end, bool merged,
                              bool zeroed)
{
    if (SEGFIT_CHECK >= 3) {
        return;
    }
    if (heap->fresh_end == address_of(old_end)) {
        if (!zeroed) {
            return;
        }
        // growable.c requests a block or more: the new footer lies behind the cleared words.
        SEGFIT_ASSERT(address_of(pool->end) - address_of(old_end) >= MIN_BLOCK);
        if (merged) {
            *block_footer_before(old_end) = 0;
            old_end->coded_header = 0;
        }
    } else if (zeroed) {
        heap->fresh_begin = address_of(old_end);
    } else {
        return;
    }
    heap->fresh_end = address_of(pool->end);
}

/// The bytes that the blocks of `pool` gain from `size` bytes behind its end; 0 if they make no
/// block.
static inline size_t pool_extension(const segfit_t *heap, const pool_t *pool, size_t size)
{
    const size_t blocks = address_of(pool->end) - address_of(pool_first(pool));
    const size_t most = segfit__largest(heap) - blocks;
    const size_t given = round_down(size, SEGFIT_ALIGN);
    const size_t added = given < most ? given : most;
    return added < MIN_BLOCK && !block_is_prev_free(pool->end) ? 0 : added;
}

SEGFIT_COLD size_t segfit__extend(segfit_t *heap, pool_t *pool, size_t size, bool zeroed, bool old)
{
    const size_t added = pool_extension(heap, pool, size);
    // The last header becomes the header of a block, which is then freed.
    block_t *const block = pool->end;
    const bool merges = block_is_prev_free(block);
    if (added == 0 || !control_is_kept(heap) || (merges && !last_block_is_sound(heap, block))) {
        return 0;
    }
    SEGFIT_ASSERT(added % SEGFIT_ALIGN == 0 && block_is_sentinel(block));
    block_set_header(block, block_header(block) | added);
    pool->end = block_behind(block, added);
    if (SEGFIT_CHECK >= 1 && old) {
        region_forget(block_behind(block, SEGFIT_ALIGN), pool->end, false);
    }
    block_set_header(pool->end, 0);
    SEGFIT_FIGURE(heap->grows += heap->capacity != 0);
    heap->capacity += added;
    heap_bound(heap, pool);
    segfit__merge(heap, block);
    pool_extend_fresh(heap, pool, block, merges, zeroed);
    // I2
    SEGFIT_ASSERT(block_is_sentinel(pool->end) && block_is_prev_free(pool->end));
    SEGFIT_ASSERT(heap->low <= address_of(pool_first(pool)) && address_of(pool->end) <= heap->high);
    SEGFIT_EVENT(heap, grow, pool_first(pool), added, 0);
    return added;
}

/// The bytes of blocks in a pool that takes the region; 0 if it has none.
static inline size_t pool_blocks(const segfit_t *heap, uintptr_t start, size_t size)
{
    return pool_holds(start, size, segfit__largest(heap));
}

/// False for a heap of another geometry than the fixed one, which a program's SEGFIT_STATIC_HEAP
/// can make. Its control structure may be too small.
static inline bool pool_geometry_is_known(const segfit_t *heap)
{
    return !SEGFIT_IS_LINKED || (heap->rows == free_index_rows(heap) &&
                                 heap->columns_log2 == free_index_columns_log2(heap) &&
                                 heap->policy == free_index_policy(heap));
}

SEGFIT_COLD size_t segfit__add_pool(segfit_t *heap, void *memory, size_t size, bool zeroed,
                                    bool old)
{
    const uintptr_t start = address_of(memory);
    const size_t blocks = pool_blocks(heap, start, size);
    if (blocks < MIN_BLOCK || !control_is_kept(heap) || !pool_geometry_is_known(heap)) {
        return 0;
    }
    if (heap->pools == NULL) {
        SEGFIT_NEW_KEY();
    }
    // The pool begins without a block and is then extended.
    pool_t *const pool = pool_at(memory);
    SEGFIT_ASSERT(address_of(pool_first(pool)) + PAYLOAD ==
                  address_of(memory) + pool_around(start));
    SEGFIT_ASSERT(address_of(block_payload(pool_first(pool))) % SEGFIT_ALIGN == 0);
    pool->next = heap->pools;
    pool->end = pool_first(pool);
    block_set_header(pool->end, 0);
    pool->memory = memory;
    heap->pools = pool;
    control_set_seal(heap);
    heap->overhead += pool_around(start);
    return pool_around(start) + segfit__extend(heap, pool, blocks, zeroed, old);
}

pool_t *segfit__pool_of(const segfit_t *heap, const void *memory)
{
    pool_t *pool = heap->pools;
    while (pool != NULL && pool->memory != memory) {
        pool = pool->next;
    }
    return pool;
}

// ---------------------------------------------------------------------------------------- reset

void segfit__clear(segfit_t *heap)
{
    const unsigned rows = free_index_rows(heap);
    __builtin_memset(free_index_heads(heap), 0, free_index_classes(heap) * sizeof(block_t *));
    __builtin_memset(control_column_bitmaps(heap), 0, rows * sizeof(uint32_t));
    heap->row_bitmap = 0;
#if SEGFIT_CHECK >= 4
    heap->held = 0;
#endif
    heap->free_blocks = 0;
    heap->frees = heap->allocs;
    heap->used = 0;
}

/// Makes one free block of a pool.
static void pool_fill(segfit_t *heap, pool_t *pool)
{
    block_t *const first = pool_first(pool);
    const size_t size = address_of(pool->end) - address_of(first);
    SEGFIT_ASSERT(is_block_size(size));
    block_set_header(pool->end, BLOCK_PREV_FREE);
    block_set_free(first, size);
    free_index_insert(heap, first, size);
    SEGFIT_FIGURE(heap->free_blocks++);
}

SEGFIT_API void segfit_reset(segfit_t *heap)
{
    if (!control_is_kept(heap)) {
        return;
    }
    if (SEGFIT_CHECK >= 1) {
        heap_forget(heap);
    }
    segfit__clear(heap);
    for (pool_t *pool = heap->pools; pool != NULL; pool = pool->next) {
        pool_fill(heap, pool);
    }
}

// ---------------------------------------------------------------------------------------- pools

/// As segfit_add_pool. `zeroed`: the memory is all zero; otherwise it may hold headers of an
/// earlier heap.
static size_t heap_add_pool(segfit_t *heap, void *memory, size_t size, bool zeroed)
{
    const uintptr_t start = address_of(memory);
    if (!region_exists(start, size)) {
        return 0;
    }
    const size_t takes = pool_around(start) + pool_blocks(heap, start, size);
    return region_is_taken(heap, start, takes)
               ? 0
               : segfit__add_pool(heap, memory, size, zeroed, !zeroed);
}

SEGFIT_API size_t segfit_add_pool(segfit_t *heap, void *memory, size_t size)
{
    return heap_add_pool(heap, memory, size, false);
}

SEGFIT_API size_t segfit_add_zeroed_pool(segfit_t *heap, void *memory, size_t size)
{
    return heap_add_pool(heap, memory, size, true);
}

SEGFIT_API size_t segfit_extend_pool(segfit_t *heap, void *memory, size_t size)
{
    pool_t *const pool = segfit__pool_of(heap, memory);
    const uintptr_t start = pool == NULL ? 0 : address_of(pool->end) + WORD;
    if (!region_exists(start, size) ||
        region_is_taken(heap, start, pool_extension(heap, pool, size))) {
        return 0;
    }
    return segfit__extend(heap, pool, size, false, true);
}

/// True if one free block fills the pool.
static bool pool_is_empty(const pool_t *pool)
{
    const block_t *const first = pool_first(pool);
    return block_is_free(first) && block_next(first) == pool->end;
}

/// True if all blocks of the pool are free or quarantined. Linear in blocks.
static inline bool pool_is_unused(const pool_t *pool)
{
    for (const block_t *block = pool_first(pool); block != pool->end; block = block_next(block)) {
        if (!block_is_free(block) && !block_is_quarantined(block)) {
            return false;
        }
    }
    return true;
}

SEGFIT_API bool segfit_pool_is_empty(const segfit_t *heap, const void *memory)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->pool_is_empty(heap, memory);
    }
    const pool_t *const pool = segfit__pool_of(heap, memory);
    return pool != NULL && (pool_is_empty(pool) || (SEGFIT_CHECK >= 4 && pool_is_unused(pool)));
}

SEGFIT_API bool segfit_remove_pool(segfit_t *heap, void *memory)
{
    pool_t *const pool = segfit__pool_of(heap, memory);
    (void)segfit_flush(heap);
    if (pool == NULL || !pool_is_empty(pool) || !control_is_kept(heap)) {
        return false;
    }
    const size_t blocks = block_size(pool_first(pool));
    SEGFIT_ASSERT(blocks == address_of(pool->end) - address_of(pool_first(pool)));
    free_index_remove(heap, pool_first(pool), blocks);
    SEGFIT_FIGURE(heap->free_blocks--);
    pool_t **link = &heap->pools;
    while (*link != pool) {
        link = &(*link)->next;
    }
    *link = pool->next;
    heap->capacity -= blocks;
    heap->overhead -= pool_bytes(pool) - blocks;
    if (SEGFIT_CHECK < 3 &&
        heap->fresh_end - address_of(pool) <= address_of(pool->end) - address_of(pool)) {
        heap->fresh_end = 0;
    }
    heap_bound_all(heap);
    return true;
}

SEGFIT_API size_t segfit_pool_size_to_contain(const segfit_t *heap, size_t size, size_t alignment)
{
    const inspection_t *const other = segfit__inspection_of(heap);
    if (other != NULL) {
        return other->pool_size_to_contain(heap, size, alignment);
    }
    const size_t blocks = is_power_of_two(alignment) ? segfit__sure(heap, alignment, size) : 0;
    return blocks == 0 || blocks > SIZE_MAX - SEGFIT_POOL_OVERHEAD ? 0
                                                                   : blocks + SEGFIT_POOL_OVERHEAD;
}

// ----------------------------------------------------------------------------------------- names

// clang-format off
SEGFIT_PUBLISH(segfit_reset) SEGFIT_PUBLISH(segfit_add_pool) SEGFIT_PUBLISH(segfit_add_zeroed_pool)
SEGFIT_PUBLISH(segfit_extend_pool) SEGFIT_PUBLISH(segfit_pool_is_empty)
SEGFIT_PUBLISH(segfit_remove_pool) SEGFIT_PUBLISH(segfit_pool_size_to_contain)
// clang-format on
