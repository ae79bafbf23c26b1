// SPDX-License-Identifier: MIT
/// The free index: list heads, and two levels of bitmaps that say which lists hold a block.
///
///     row_bitmap   column_bitmaps[row]        heads[row * columns + column]
///       0          0000 0000 0000 0000
///       1 ───────▶ 0000 0100 0000 0010 ─────▶ block ⇄ block ⇄ block ─▶ NULL
///       0          …
///
/// Lists are last in, first out, and end in NULL, so that a zeroed control structure is an empty
/// heap. The `prev_free` of the first block has no meaning: taking that block then writes to no
/// other block, which is rarely in a processor's cache.
#ifndef SEGFIT_FREE_INDEX_H
#define SEGFIT_FREE_INDEX_H

#include "bounds.h"
#include "seal.h"

/// The column bitmaps, which follow the fixed part of the control structure: one for each row and
/// one more, always 0, which a search that begins past the last row reads.
static inline uint32_t *control_column_bitmaps(const segfit_t *heap)
{
    return (uint32_t *)((uintptr_t)heap + sizeof(segfit_t));
}

/// The list heads at `offset` in the control structure.
static inline block_t **control_heads(const segfit_t *heap, size_t offset)
{
    return (block_t **)((uintptr_t)heap + offset);
}

/// The heap's geometry: read from it, or folded to constants.
#if SEGFIT_FIXED_ROWS
static inline unsigned free_index_rows(const segfit_t *heap)
{
    (void)heap;
    return SEGFIT_FIXED_ROWS;
}

static inline block_t **free_index_heads(const segfit_t *heap)
{
    return control_heads(heap, SEGFIT_HEADS_OFFSET(SEGFIT_FIXED_ROWS));
}
#else
static inline unsigned free_index_rows(const segfit_t *heap)
{
    return heap->rows;
}

static inline block_t **free_index_heads(const segfit_t *heap)
{
    return control_heads(heap, heap->heads_offset);
}
#endif

#if SEGFIT_FIXED_ROWS || SEGFIT_FIXED_SEARCH
static inline unsigned free_index_columns_log2(const segfit_t *heap)
{
    (void)heap;
    return SEGFIT_FIXED_COLUMNS_LOG2;
}

static inline unsigned free_index_policy(const segfit_t *heap)
{
    (void)heap;
    return SEGFIT_FIXED_POLICY;
}
#else
static inline unsigned free_index_columns_log2(const segfit_t *heap)
{
    return heap->columns_log2;
}

static inline unsigned free_index_policy(const segfit_t *heap)
{
    return heap->policy;
}
#endif

/// The number of classes, which is also the index that means "no class".
static inline size_t free_index_classes(const segfit_t *heap)
{
    return (size_t)free_index_rows(heap) << free_index_columns_log2(heap);
}

/// True if every block size has a class. The compiler knows it for a fixed geometry.
static inline bool free_index_has_all(const segfit_t *heap)
{
    return SEGFIT_FIXED_ROWS != 0 &&
           free_index_rows(heap) - 1U + free_index_columns_log2(heap) + (unsigned)ALIGN_LOG2 >=
               (unsigned)WORD_BITS;
}

/// I7: the class that keeps blocks of `size`.
static inline size_t free_index_class(const segfit_t *heap, size_t size)
{
    return size_class_floor(size, free_index_columns_log2(heap));
}

static inline block_t *free_index_head(const segfit_t *heap, size_t index)
{
    return free_index_heads(heap)[index];
}

// ------------------------------------------------------------------------------------- soundness

/// Reports overwritten bitmaps or lists. Returns the number of classes.
static inline size_t free_index_report(const segfit_t *heap)
{
    SEGFIT_REPORT(SEGFIT_CONTROL, heap, heap);
    return free_index_classes(heap);
}

/// At level 3 and above, true if the bitmaps agree with list `index` and its row; below, always
/// true.
static inline bool free_index_agrees(const segfit_t *heap, size_t index)
{
    (void)heap;
    (void)index;
#if SEGFIT_CHECK >= 3
    const unsigned columns_log2 = free_index_columns_log2(heap);
    const size_t row = index >> columns_log2;
    const unsigned column = (unsigned)index & ((1U << columns_log2) - 1U);
    const uint32_t bitmap = control_column_bitmaps(heap)[row];
    return (bitmap >> column & 1U) == (free_index_head(heap, index) != NULL) &&
           (heap->row_bitmap >> row & 1U) == (bitmap != 0);
#else
    return true;
#endif
}

/// At level 2 and above, false if the head of list `index` lies where no block can; at level 3 and
/// above, also false if the head is not a free block of that class, or the bitmaps disagree with
/// the list.
static inline bool free_index_takes(const segfit_t *heap, size_t index)
{
    (void)heap;
    (void)index;
#if SEGFIT_CHECK >= 2
    const block_t *const head = free_index_head(heap, index);
    if (head != NULL && !link_leads_to_block(heap, head)) {
        return false;
    }
#endif
#if SEGFIT_CHECK >= 3
    return free_index_agrees(heap, index) &&
           (head == NULL || ((block_header(head) & BLOCK_FLAGS) == BLOCK_FREE &&
                             free_index_class(heap, block_size(head)) == index));
#else
    return true;
#endif
}

// ----------------------------------------------------------------------------------------- lists

/// Puts a free block of `size` bytes at the head of its list. At level 2 and above, reports an
/// overwritten list and leaves the block out.
static inline void free_index_insert(segfit_t *heap, block_t *block, size_t size)
{
    const unsigned columns_log2 = free_index_columns_log2(heap);
    const size_t index = size_class_floor(size, columns_log2);
    const size_t row = index >> columns_log2;
    const unsigned column = (unsigned)index & ((1U << columns_log2) - 1U);
    block_t **const head = &free_index_heads(heap)[index];
    block_t *const next = *head;
    SEGFIT_ASSERT(is_block_size(size));
    SEGFIT_ASSERT(index < free_index_classes(heap));
    SEGFIT_ASSERT(block_header(block) == (size | BLOCK_FREE));
    if (SEGFIT_CHECK >= 2 && SEGFIT_UNLIKELY(!free_index_takes(heap, index))) {
        (void)free_index_report(heap);
        return;
    }
    block->next_free = next;
    *head = block;
    if (next != NULL) {
        next->prev_free = block;
    } else {
        control_column_bitmaps(heap)[row] |= (uint32_t)1 << column;
        heap->row_bitmap |= (size_t)1 << row;
    }
    SEGFIT_EVENT(heap, insert, block, size, index);
}

/// I9, I10: class `index` has just become empty.
static inline void free_index_clear(segfit_t *heap, size_t index)
{
    const unsigned columns_log2 = free_index_columns_log2(heap);
    const size_t row = index >> columns_log2;
    const unsigned column = (unsigned)index & ((1U << columns_log2) - 1U);
    uint32_t *const bitmap = &control_column_bitmaps(heap)[row];
    *bitmap &= ~((uint32_t)1 << column);
    if (*bitmap == 0) {
        heap->row_bitmap &= ~((size_t)1 << row);
    }
}

/// Takes the first block out of list `index`, which has one.
static inline block_t *free_index_pop(segfit_t *heap, size_t index)
{
    block_t **const head = &free_index_heads(heap)[index];
    block_t *const block = *head;
    SEGFIT_ASSERT(index < free_index_classes(heap));
    SEGFIT_ASSERT(block != NULL);
    block_t *const next = block->next_free;
    SEGFIT_EVENT(heap, take, block, block_size(block), index);
    *head = next;
    if (next == NULL) {
        free_index_clear(heap, index);
    }
    return block;
}

/// Takes a free block that is not the first out of list `index`, its class.
static inline void free_index_unlink_inner(const segfit_t *heap, block_t *block, size_t index)
{
    block_t *const next = block->next_free;
    block_t *const prev = block->prev_free;
    (void)heap;
    (void)index;
    SEGFIT_ASSERT(prev != NULL);
    SEGFIT_EVENT(heap, take, block, block_size(block), index);
    prev->next_free = next;
    if (next != NULL) {
        next->prev_free = prev;
    }
}

/// Takes a free block out of list `index`, its class.
static inline void free_index_unlink(segfit_t *heap, block_t *block, size_t index)
{
    if (free_index_head(heap, index) == block) {
        (void)free_index_pop(heap, index);
    } else {
        free_index_unlink_inner(heap, block, index);
    }
}

/// Takes a free block of `size` bytes out of its list.
static inline void free_index_remove(segfit_t *heap, block_t *block, size_t size)
{
    free_index_unlink(heap, block, free_index_class(heap, size));
}

/// The first class from `index` on that holds a block, or the number of classes. `index` is at most
/// that number. Reads two words, whatever the heap's size.
static inline size_t free_index_search(const segfit_t *heap, size_t index)
{
    const unsigned columns_log2 = free_index_columns_log2(heap);
    size_t row = index >> columns_log2;
    const unsigned column = (unsigned)index & ((1U << columns_log2) - 1U);
    SEGFIT_ASSERT(index <= free_index_classes(heap));
    size_t columns = control_column_bitmaps(heap)[row] & (UINT32_MAX << column);
    if (columns == 0) {
        // Shifted in two steps, since the row may be the word's last bit.
        const size_t rows = heap->row_bitmap & (SIZE_MAX << row << 1);
        if (rows == 0) {
            return free_index_classes(heap);
        }
        row = lowest_bit(rows);
        columns = control_column_bitmaps(heap)[row];
    }
#if SEGFIT_CHECK >= 1
    if (SEGFIT_UNLIKELY(columns == 0)) {
        return free_index_report(heap);
    }
#endif
    const size_t found = (row << columns_log2) + lowest_bit(columns);
#if SEGFIT_CHECK >= 1
    return SEGFIT_UNLIKELY(found >= free_index_classes(heap)) ? free_index_report(heap) : found;
#else
    // I10
    SEGFIT_ASSUME(found < free_index_classes(heap));
    return found;
#endif
}

/// The first block of the largest class that holds one, or NULL. At level 1 and above, reports
/// overwritten bitmaps or lists and returns NULL.
static inline const block_t *free_index_largest(const segfit_t *heap)
{
    if (heap->row_bitmap == 0 || !control_is_kept(heap)) {
        return NULL;
    }
    const size_t row = log2_floor(heap->row_bitmap);
    const size_t columns = control_column_bitmaps(heap)[row];
#if SEGFIT_CHECK >= 1
    if (SEGFIT_UNLIKELY(columns == 0)) {
        (void)free_index_report(heap);
        return NULL;
    }
#endif
    const size_t index = (row << free_index_columns_log2(heap)) + log2_floor(columns);
#if SEGFIT_CHECK >= 1
    if (SEGFIT_UNLIKELY(index >= free_index_classes(heap) ||
                        !link_leads_to_block(heap, free_index_head(heap, index)))) {
        (void)free_index_report(heap);
        return NULL;
    }
#endif
    return free_index_head(heap, index);
}

#endif
