// SPDX-License-Identifier: MIT
/// segfit_pointer_fault: the code for each kind of wrong pointer.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 15
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static segfit_t *heap_of_three(unsigned char *blocks[3])
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    for (size_t i = 0; i < 3; i++) {
        blocks[i] = segfit_alloc(heap, 200);
        memset(blocks[i], 0, 200);
    }
    return heap;
}

TEST(live_blocks_have_no_fault)
{
    unsigned char *blocks[3];
    segfit_t *const heap = heap_of_three(blocks);
    for (size_t i = 0; i < 3; i++) {
        CHECK(segfit_pointer_fault(heap, blocks[i]) == SEGFIT_OK);
    }
    segfit_free(heap, blocks[1]);
    CHECK(segfit_pointer_fault(heap, blocks[0]) == SEGFIT_OK);
    CHECK(segfit_pointer_fault(heap, blocks[2]) == SEGFIT_OK);
}

TEST(pointers_outside_all_pools_are_reported_as_outside)
{
    unsigned char *blocks[3];
    segfit_t *const heap = heap_of_three(blocks);
    static max_align_t elsewhere[4];
    max_align_t on_the_stack[2] = {0};
    CHECK(segfit_pointer_fault(heap, elsewhere) == SEGFIT_OUTSIDE);
    CHECK(segfit_pointer_fault(heap, on_the_stack) == SEGFIT_OUTSIDE);
    CHECK(segfit_pointer_fault(heap, heap) == SEGFIT_OUTSIDE);
    CHECK(segfit_pointer_fault(heap, memory.bytes + MEMORY) == SEGFIT_OUTSIDE);
    for (uintptr_t address = 0; address < 128; address++) {
        CHECK(segfit_pointer_fault(heap, (void *)address) == SEGFIT_OUTSIDE);
        CHECK(segfit_pointer_fault(heap, (void *)(UINTPTR_MAX - address)) == SEGFIT_OUTSIDE);
    }
}

TEST(every_misaligned_pointer_into_a_block_is_reported)
{
    unsigned char *blocks[3];
    segfit_t *const heap = heap_of_three(blocks);
    for (size_t i = 0; i < 200; i++) {
        if (i % SEGFIT_ALIGN != 0) {
            CHECK(segfit_pointer_fault(heap, blocks[1] + i) == SEGFIT_MISALIGNED);
        }
    }
}

TEST(every_interior_pointer_into_a_zeroed_block_is_reported)
{
    unsigned char *blocks[3];
    segfit_t *const heap = heap_of_three(blocks);
    for (size_t i = SEGFIT_ALIGN; i < 200; i += SEGFIT_ALIGN) {
        CHECK(segfit_pointer_fault(heap, blocks[1] + i) == SEGFIT_NOT_A_BLOCK);
    }
}

// Zephyr PR 108758: a double free was named wrongly once the block had been merged.
TEST(a_freed_block_is_reported_as_freed_however_it_was_merged)
{
    static const size_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t order = 0; order < 6; order++) {
        for (size_t freed = 1; freed <= 3; freed++) {
            unsigned char *blocks[3];
            segfit_t *const heap = heap_of_three(blocks);
            CHECK(segfit_alloc(heap, 1) != NULL);
            for (size_t i = 0; i < freed; i++) {
                segfit_free(heap, blocks[orders[order][i]]);
                for (size_t k = 0; k <= i; k++) {
                    CHECK(segfit_pointer_fault(heap, blocks[orders[order][k]]) == SEGFIT_FREED);
                }
            }
        }
    }
}

TEST(a_block_that_realloc_moved_back_is_reported_as_freed)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *const before = segfit_alloc(heap, 1000);
    void *const block = segfit_alloc(heap, 100);
    CHECK(segfit_alloc(heap, 100) != NULL);
    segfit_free(heap, before);
    CHECK(segfit_realloc(heap, block, 300) == before);
    CHECK(segfit_pointer_fault(heap, before) == SEGFIT_OK);
    CHECK(segfit_pointer_fault(heap, block) == SEGFIT_FREED);
}

TEST(an_overwritten_header_is_reported_as_no_block_or_as_a_wrong_neighbour)
{
    const size_t bad_sizes[] = {0, SEGFIT_MIN_BLOCK - SEGFIT_ALIGN, MEMORY, SIZE_MAX & ~(size_t)7,
                                SIZE_MAX / 2 & ~(size_t)7};
    for (size_t i = 0; i < sizeof bad_sizes / sizeof bad_sizes[0]; i++) {
        unsigned char *blocks[3];
        segfit_t *const heap = heap_of_three(blocks);
        memcpy(blocks[1] - sizeof(size_t), &bad_sizes[i], sizeof(size_t));
        CHECK(segfit_pointer_fault(heap, blocks[1]) == SEGFIT_NOT_A_BLOCK);
    }
    unsigned char *blocks[3];
    segfit_t *const heap = heap_of_three(blocks);
    segfit_free(heap, blocks[0]);
    // The freed block's footer is blocks[1]'s evidence of where it begins.
    memset(blocks[1] - 2 * sizeof(size_t), 0xFF, sizeof(size_t));
    CHECK(segfit_pointer_fault(heap, blocks[1]) == SEGFIT_NEIGHBOUR);
}

TEST(the_end_of_a_pool_is_no_block)
{
    unsigned char *blocks[3];
    segfit_t *const heap = heap_of_three(blocks);
    const unsigned char *end = NULL;
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        end = (const unsigned char *)walk.ptr + walk.size;
    }
    CHECK(segfit_pointer_fault(heap, end) == SEGFIT_OUTSIDE ||
          segfit_pointer_fault(heap, end) == SEGFIT_NOT_A_BLOCK);
}

TEST(a_block_of_another_heap_is_outside)
{
    segfit_t *const first = segfit_init(memory.bytes, MEMORY / 2, NULL);
    segfit_t *const second = segfit_init(memory.bytes + MEMORY / 2, MEMORY / 2, NULL);
    void *const ours = segfit_alloc(first, 100);
    void *const theirs = segfit_alloc(second, 100);
    CHECK(segfit_pointer_fault(first, theirs) == SEGFIT_OUTSIDE);
    CHECK(segfit_pointer_fault(second, ours) == SEGFIT_OUTSIDE);
}

/// A link of a free block, or any other word that is no header, often has this bit.
TEST(a_header_with_the_spare_bit_is_no_block)
{
    unsigned char *blocks[3];
    segfit_t *const heap = heap_of_three(blocks);
    const size_t spare =
        segfit_layout.header_flags & ~segfit_layout.header_free & ~segfit_layout.header_prev_free;
    size_t header;
    memcpy(&header, blocks[1] - sizeof header, sizeof header);
    header |= spare;
    memcpy(blocks[1] - sizeof header, &header, sizeof header);
    CHECK(segfit_pointer_fault(heap, blocks[1]) == SEGFIT_NOT_A_BLOCK);
    CHECK(segfit_pointer_fault(heap, blocks[0]) == SEGFIT_NEIGHBOUR);
}
