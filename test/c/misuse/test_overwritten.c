// SPDX-License-Identifier: MIT
/// Overwritten words that a call meets: bits of empty lists, bits beyond the matrix, heads and
/// sizes that lead out of the heap. The call reports them and hands out no block. The repaired heap
/// serves again.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../../../src/core/free_index.h"
#include <segfit/inspect.h>

#include <string.h>

enum {
    MEMORY = 1 << 14,
    SIZE = 200
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// A heap in which one block of SIZE is free, between used ones, and a tail that is larger.
typedef struct scene {
    segfit_t *heap;
    block_t *hole;
} scene;

static scene set_scene(void)
{
    memset(memory.bytes, 0x5A, sizeof memory.bytes);
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *blocks[3];
    for (size_t i = 0; i < 3; i++) {
        blocks[i] = segfit_alloc(heap, SIZE);
    }
    segfit_free(heap, blocks[1]);
    report.calls = 0;
    return (scene){heap, block_of(blocks[1])};
}

static bool told(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    return report.calls == 1 && report.code == code && report.heap == heap && report.ptr == ptr;
}

static void set_bit(segfit_t *heap, size_t row, size_t column)
{
    heap->row_bitmap |= (size_t)1 << row;
    control_column_bitmaps(heap)[row] |= (uint32_t)1 << column;
}

TEST(a_set_bit_of_an_empty_list_is_reported_and_serves_no_block)
{
    const scene s = set_scene();
    const unsigned columns_log2 = free_index_columns_log2(s.heap);
    // In its own class there is nothing, so that a search begins in the next.
    const size_t size = block_size(s.hole) + SEGFIT_ALIGN;
    REQUIRE(free_index_head(s.heap, free_index_class(s.heap, size)) == NULL);
    const size_t empty = free_index_class(s.heap, size) + 1U;
    REQUIRE(free_index_head(s.heap, empty) == NULL);
    const size_t row = empty >> columns_log2;
    const uint32_t bitmap = control_column_bitmaps(s.heap)[row];
    set_bit(s.heap, row, empty & ((1U << columns_log2) - 1U));
    CHECK(segfit_alloc(s.heap, size - BLOCK_AROUND) == NULL);
    CHECK(told(SEGFIT_CONTROL, s.heap, s.heap));
    control_column_bitmaps(s.heap)[row] = bitmap;
    CHECK(segfit_check(s.heap, NULL));
    CHECK(segfit_alloc(s.heap, size - BLOCK_AROUND) != NULL);
    CHECK(report.calls == 1);
}

TEST(a_bit_beyond_the_matrix_is_reported_and_not_followed)
{
    const scene s = set_scene();
    // The tail goes, so that nothing of the matrix is large enough.
    while (segfit_alloc(s.heap, SIZE + 100) != NULL) {
    }
    report.calls = 0;
    const unsigned rows = free_index_rows(s.heap);
    set_bit(s.heap, rows, 0);
    CHECK(segfit_alloc(s.heap, SIZE + 100) == NULL);
    CHECK(told(SEGFIT_CONTROL, s.heap, s.heap));
    CHECK(segfit_max_alloc(s.heap) == 0);
    CHECK(report.calls == 2 && report.code == SEGFIT_CONTROL);
}

TEST(a_head_that_leads_out_of_the_heap_is_not_the_largest_block)
{
    const scene s = set_scene();
    while (segfit_alloc(s.heap, SIZE + 100) != NULL) {
    }
    const size_t index = free_index_class(s.heap, block_size(free_index_largest(s.heap)));
    block_t **const head = &free_index_heads(s.heap)[index];
    block_t *const true_head = *head;
    const uintptr_t astray[] = {s.heap->low - SEGFIT_ALIGN, address_of(true_head) + 1U,
                                s.heap->high - MIN_BLOCK + SEGFIT_ALIGN, s.heap->high};
    for (size_t i = 0; i < sizeof astray / sizeof astray[0]; i++) {
        *head = block_at(astray[i]);
        report.calls = 0;
        CHECK(segfit_max_alloc(s.heap) == 0);
        CHECK(told(SEGFIT_CONTROL, s.heap, s.heap));
    }
    *head = true_head;
    CHECK(segfit_check(s.heap, NULL));
}

TEST(a_size_that_reaches_beyond_the_heap_is_reported_and_its_footer_not_read)
{
    // The second leads to where an address space is empty.
    const size_t sizes[] = {MEMORY, address_of(memory.bytes) / 2U & ~((size_t)SEGFIT_ALIGN - 1U)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const scene s = set_scene();
        const size_t header = block_header(s.hole);
        block_set_header(s.hole, sizes[i] | (header & BLOCK_FLAGS));
        CHECK(segfit_alloc(s.heap, SIZE) == NULL);
        CHECK(told(SEGFIT_FREE_BLOCK, s.heap, block_payload(s.hole)));
        block_set_header(s.hole, header);
        CHECK(segfit_check(s.heap, NULL));
        CHECK(segfit_alloc(s.heap, SIZE) == block_payload(s.hole));
    }
}

TEST(a_used_neighbour_that_reaches_beyond_the_heap_is_reported)
{
    const scene s = set_scene();
    void *const ptr = segfit_alloc(s.heap, SIZE);
    REQUIRE(ptr == block_payload(s.hole));
    block_t *const next = block_next(s.hole);
    const size_t header = block_header(next);
    const size_t left = s.heap->high - address_of(next);
    const size_t sizes[] = {left + SEGFIT_ALIGN, left + block_size(s.hole), 2 * left,
                            SIZE_MAX / 2 + 1U};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        block_set_header(next, sizes[i]);
        report.calls = 0;
        segfit_free(s.heap, ptr);
        CHECK(told(SEGFIT_NEIGHBOUR, s.heap, ptr));
    }
    block_set_header(next, header);
    CHECK(segfit_check(s.heap, NULL));
    segfit_free(s.heap, ptr);
    CHECK(report.calls == 1);
}

TEST(a_free_neighbour_that_reaches_beyond_the_heap_is_reported_and_its_footer_not_read)
{
    const size_t sizes[] = {MEMORY, address_of(memory.bytes) / 2U & ~((size_t)SEGFIT_ALIGN - 1U)};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const scene s = set_scene();
        void *const before = block_payload(block_at(s.heap->low));
        REQUIRE(block_next(block_of(before)) == s.hole);
        // Another of its class is the head of their list, which it leads to.
        void *const same = segfit_alloc(s.heap, SIZE);
        void *const other = segfit_alloc(s.heap, SIZE);
        REQUIRE(segfit_alloc(s.heap, SIZE) != NULL);
        segfit_free(s.heap, same);
        segfit_free(s.heap, other);
        REQUIRE(same == block_payload(s.hole) && s.hole->prev_free == block_of(other));
        const size_t header = block_header(s.hole);
        block_set_header(s.hole, sizes[i] | (header & BLOCK_FLAGS));
        segfit_free(s.heap, before);
        CHECK(SEGFIT_CHECK >= 2 ? told(SEGFIT_FREE_BLOCK, s.heap, block_payload(s.hole))
                                : told(SEGFIT_NEIGHBOUR, s.heap, before));
        block_set_header(s.hole, header);
        CHECK(segfit_check(s.heap, NULL));
        segfit_free(s.heap, before);
        CHECK(report.calls == 1 && segfit_check(s.heap, NULL));
    }
}

SEGFIT_STATIC_HEAP(growing, 14, 16);

TEST(growth_reports_an_overwritten_last_block_and_leaves_the_heap_as_it_was)
{
    static union {
        max_align_t align;
        unsigned char bytes[2 * MEMORY];
    } larger;
    segfit_t *const heap = &growing.heap;
    REQUIRE(segfit_add_pool(heap, larger.bytes, MEMORY) != 0);
    unsigned char *const used = segfit_alloc(heap, SIZE);
    block_t *const last = block_next(block_of(used));
    unsigned char saved[4 * sizeof(size_t)];
    memcpy(saved, last, sizeof saved);
    for (size_t words = 1; words <= 4; words++) {
        report.calls = 0;
        // An overflow of the block before it, over its header and links.
        memset(last, 'A', words * sizeof(size_t));
        CHECK(segfit_extend_pool(heap, larger.bytes, MEMORY) == 0);
        CHECK(told(SEGFIT_FREE_BLOCK, heap, block_payload(last)));
        memcpy(last, saved, sizeof saved);
        CHECK(segfit_check(heap, NULL));
    }
    CHECK(segfit_extend_pool(heap, larger.bytes, MEMORY) != 0);
    CHECK(segfit_check(heap, NULL));
}
