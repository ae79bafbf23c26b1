// SPDX-License-Identifier: MIT
/// segfit_resize: in place or not at all.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 15,
    SIZE = 500
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

TEST(null_cannot_be_resized)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    CHECK(!segfit_resize(heap, NULL, 0));
    CHECK(!segfit_resize(heap, NULL, 100));
    CHECK(heap_is_whole(heap, 1));
}

TEST(a_block_becomes_any_size_up_to_its_free_neighbours_end)
{
    for (size_t size = 0; size <= 3 * SIZE; size++) {
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
        void *const block = segfit_alloc(heap, SIZE);
        void *const behind = segfit_alloc(heap, SIZE);
        CHECK(segfit_alloc(heap, 1) != NULL);
        pattern_fill(block, SIZE, 2);
        const size_t room =
            block_size_at(heap, block) + block_size_at(heap, behind) - SEGFIT_BLOCK_OVERHEAD;
        segfit_free(heap, behind);
        CHECK(segfit_resize(heap, block, size) == (size <= room));
        CHECK(pattern_holds(block, size < SIZE ? size : SIZE, 2));
        CHECK(block_is_tight(heap, block, size <= room ? size : SIZE));
        CHECK(heap_is_sound(heap));
    }
}

TEST(a_free_block_in_front_is_no_room)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *const before = segfit_alloc(heap, SIZE);
    void *const block = segfit_alloc(heap, SIZE);
    CHECK(segfit_alloc(heap, 1) != NULL);
    segfit_free(heap, before);
    image taken = image_take(memory.bytes, sizeof memory.bytes);
    CHECK(!segfit_resize(heap, block, SIZE + 100));
    CHECK(image_holds_but_failures(&taken, heap));
    image_free(&taken);
}

TEST(an_impossible_size_changes_nothing)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *const block = segfit_alloc(heap, SIZE);
    CHECK(segfit_alloc(heap, 1) != NULL);
    image taken = image_take(memory.bytes, sizeof memory.bytes);
    for (size_t less = 0; less <= 64; less++) {
        CHECK(!segfit_resize(heap, block, SIZE_MAX - less));
        CHECK(!segfit_resize(heap, block, SIZE_MAX / 2 + less));
        CHECK(!segfit_resize(heap, block, MEMORY - less));
    }
    CHECK(image_holds_but_failures(&taken, heap));
    CHECK(stats_of(heap).failures == 3 * 65);
    image_free(&taken);
}

TEST(resizing_to_zero_leaves_the_smallest_block)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *const block = segfit_alloc(heap, SIZE);
    CHECK(segfit_resize(heap, block, 0));
    CHECK(block_size_at(heap, block) == SEGFIT_MIN_BLOCK);
    CHECK(heap_is_sound(heap));
}
