// SPDX-License-Identifier: MIT
/// Flips each bit of each word of metadata and asks whether segfit_check finds it. Bits that mean
/// nothing, or may have either value, are printed under names of their own and need not be found.
#ifndef SEGFIT_CORRUPTION_FLIPS_H
#define SEGFIT_CORRUPTION_FLIPS_H

#include "trial.h"

enum {
    SEALED = SEGFIT_CHECK >= 3,
    HOLDS = SEGFIT_CHECK >= 4,
};

static inline void flip_bits(const char *what, void *at, unsigned from, unsigned end)
{
    unsigned missed = 0;
    for (unsigned bit = from; bit < end; bit++) {
        unsigned char *const byte = (unsigned char *)at + bit / 8U;
        const unsigned char mask = (unsigned char)(1U << bit % 8U);
        *byte ^= mask;
        missed += segfit_check(trial.heap, NULL);
        *byte ^= mask;
    }
    if (end > from) {
        flips_note(what, end - from, missed);
    }
}

static inline void flip_bytes(const char *what, void *at, size_t bytes)
{
    flip_bits(what, at, 0, (unsigned)bytes * 8U);
}

static inline void flip_used(block_t *block)
{
    flip_bytes("header of a used block", &block->coded_header, WORD);
#if SEGFIT_CHECK >= 4
    unsigned char *const bytes = block_payload(block);
    const size_t room = block_size(block) - WORD;
    if (block_is_quarantined(block)) {
        flip_bytes("block that is held back", bytes, room);
        return;
    }
    const size_t asked = guard_size(block);
    flip_bytes("guard behind a block", bytes + asked, room - asked);
    // The next header lies behind the last byte of a block's memory.
#endif
}

static inline void flip_free(segfit_t *heap, block_t *block)
{
    const size_t index = free_index_class(heap, block_size(block));
    const bool first = free_index_head(heap, index) == block;
    flip_bytes("header of a free block", &block->coded_header, WORD);
    flip_bytes("footer", block_footer_before(block_next(block)), WORD);
    flip_bytes("link forward", &block->next_free, WORD);
    flip_bytes(first ? "(nobody reads: link back of a list's first block)" : "link back",
               &block->prev_free, WORD);
}

static inline void flip_pool(segfit_t *heap)
{
    pool_t *const pool = heap->pools;
    for (block_t *block = pool_first(pool); block != pool->end; block = block_next(block)) {
        if (block_is_free(block)) {
            flip_free(heap, block);
        } else {
            flip_used(block);
        }
    }
    flip_bytes("header at a pool's end", &pool->end->coded_header, WORD);
    flip_bytes("pool record: next", &pool->next, WORD);
    flip_bytes("pool record: end", &pool->end, WORD);
    flip_bits("(may be either: where below its alignment a pool was given)", &pool->memory, 0,
              log2_floor(SEGFIT_ALIGN));
    flip_bits("pool record: memory", &pool->memory, log2_floor(SEGFIT_ALIGN), WORD_BITS);
}

static inline void flip_figures(segfit_t *heap)
{
    const char *const unread = "(nobody checks: sums over the past)";
    flip_bytes("capacity", &heap->capacity, WORD);
    flip_bytes("used", &heap->used, WORD);
    flip_bytes("free_blocks", &heap->free_blocks, WORD);
    flip_bytes("allocs and frees", &heap->allocs, 2U * WORD);
    flip_bytes("(may be larger: peak_used)", &heap->peak_used, WORD);
    flip_bytes(unread, &heap->overhead, WORD);
    flip_bytes(unread, &heap->peak_request, WORD);
    flip_bytes(unread, &heap->failures, 2U * WORD);
}

static inline void flip_control(segfit_t *heap)
{
    // On 64 bits two numbers of rows have one offset of heads, and the last row is seldom used.
    flip_bits(SEALED || sizeof(size_t) == 4 ? "rows" : "(may be either: rows, lowest bit)",
              &heap->rows, 0, 1);
    flip_bits("rows", &heap->rows, 1, 8);
    flip_bytes("columns", &heap->columns_log2, 1);
    flip_bits(SEALED ? "policy" : "(may be either: policy)", &heap->policy, 0, 1);
    flip_bits("policy", &heap->policy, 1, 8);
    flip_bytes("reserved, heads_offset", &heap->reserved, 1U + sizeof heap->heads_offset);
    flip_bytes("pools", &heap->pools, WORD);
    flip_bytes("bounds", &heap->low, 2U * WORD);
    flip_bytes(HOLDS    ? "held"
               : SEALED ? "(nobody reads at this level: held)"
                        : "(may be either: memory known to be zero)",
               &heap->held, WORD);
    flip_bytes(SEALED ? "seal" : "(may be either: memory known to be zero)", &heap->seal, WORD);
    flip_bytes("row bitmap", &heap->row_bitmap, WORD);
    uint32_t *const bitmaps = control_column_bitmaps(heap);
    const uintptr_t end = address_of(bitmaps + heap->rows + 1);
    flip_bytes("column bitmaps", bitmaps, (heap->rows + 1U) * sizeof *bitmaps);
    flip_bytes("(nobody reads: padding)", bitmaps + heap->rows + 1,
               address_of(free_index_heads(heap)) - end);
    flip_bytes("list heads", free_index_heads(heap), free_index_classes(heap) * WORD);
    flip_figures(heap);
}

#endif
