// SPDX-License-Identifier: MIT
/// segfit_usable_size: all of it may be written, and none of it is a neighbour's.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 15,
    BLOCKS = 40
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

TEST(null_has_no_usable_bytes)
{
    const segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    CHECK(segfit_usable_size(heap, NULL) == 0);
}

TEST(all_usable_bytes_of_all_blocks_can_be_written_at_once)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 100; round++) {
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
        void *blocks[BLOCKS];
        for (unsigned i = 0; i < BLOCKS; i++) {
            const size_t alignment = (size_t)1 << test_random_below(&state, 8);
            const size_t size = test_random_below(&state, 500);
            blocks[i] = segfit_alloc_aligned(heap, alignment, size);
            REQUIRE(blocks[i] != NULL);
            CHECK(segfit_usable_size(heap, blocks[i]) >= size);
            CHECK(segfit_usable_size(heap, blocks[i]) ==
                  block_size_at(heap, blocks[i]) - SEGFIT_BLOCK_OVERHEAD);
            pattern_fill(blocks[i], segfit_usable_size(heap, blocks[i]), i);
        }
        CHECK(heap_is_sound(heap));
        for (unsigned i = 0; i < BLOCKS; i++) {
            CHECK(pattern_holds(blocks[i], segfit_usable_size(heap, blocks[i]), i));
        }
    }
}

TEST(asking_for_the_usable_size_changes_nothing_and_a_realloc_to_it_keeps_the_block)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    for (size_t size = 0; size < 300; size++) {
        void *const block = segfit_alloc(heap, size);
        const size_t usable = segfit_usable_size(heap, block);
        image before = image_take(memory.bytes, sizeof memory.bytes);
        CHECK(segfit_usable_size(heap, block) == usable);
        CHECK(image_holds(&before));
        image_free(&before);
        CHECK(segfit_realloc(heap, block, usable) == block);
        CHECK(segfit_usable_size(heap, block) == usable);
        segfit_free(heap, block);
    }
}
