// SPDX-License-Identifier: MIT
/// segfit_alloc_aligned: every alignment at every state of the heap, gaps given back.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 17,
    LARGEST_ALIGNMENT = 16384
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static segfit_t *fresh_heap(void)
{
    return segfit_init(memory.bytes, sizeof memory.bytes, NULL);
}

TEST(every_alignment_and_size_is_served_from_a_fresh_heap)
{
    for (size_t alignment = 1; alignment <= LARGEST_ALIGNMENT; alignment *= 2) {
        segfit_t *const heap = fresh_heap();
        for (size_t size = 0; size < 10000; size += size < 130 ? 1 : 497) {
            void *const block = segfit_alloc_aligned(heap, alignment, size);
            REQUIRE(block != NULL);
            CHECK(is_aligned(block, alignment) && is_aligned(block, SEGFIT_ALIGN));
            CHECK(block_is_tight(heap, block, size));
            pattern_fill(block, segfit_usable_size(heap, block), 1);
            CHECK(heap_is_sound(heap));
            segfit_free(heap, block);
            CHECK(heap_is_whole(heap, 1));
        }
    }
}

TEST(an_alignment_other_than_a_power_of_two_returns_null_and_changes_nothing)
{
    segfit_t *const heap = fresh_heap();
    void *const kept = segfit_alloc(heap, 100);
    image before = image_take(memory.bytes, sizeof memory.bytes);
    const size_t bad[] = {0,
                          3,
                          5,
                          6,
                          7,
                          9,
                          12,
                          24,
                          31,
                          33,
                          48,
                          96,
                          1000,
                          65535,
                          65537,
                          SIZE_MAX,
                          SIZE_MAX - 1,
                          SIZE_MAX / 2,
                          SIZE_MAX / 2 + 2};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(segfit_alloc_aligned(heap, bad[i], 10) == NULL);
        CHECK(segfit_realloc_aligned(heap, kept, bad[i], 10) == NULL);
        CHECK(segfit_realloc_aligned(heap, kept, bad[i], 1000) == NULL);
        CHECK(segfit_realloc_aligned(heap, NULL, bad[i], 10) == NULL);
        CHECK(segfit_pool_size_to_contain(heap, 10, bad[i]) == 0);
    }
    CHECK(image_holds_but_failures(&before, heap));
    CHECK(heap_is_sound(heap));
    image_free(&before);
}

TEST(alignments_beyond_the_pool_give_null_or_an_aligned_block)
{
    segfit_t *const heap = fresh_heap();
    for (size_t alignment = LARGEST_ALIGNMENT; alignment != 0; alignment *= 2) {
        void *const block = segfit_alloc_aligned(heap, alignment, 1);
        CHECK(block == NULL || is_aligned(block, alignment));
        CHECK(block == NULL || ((unsigned char *)block >= memory.bytes &&
                                (unsigned char *)block < memory.bytes + MEMORY));
        segfit_free(heap, block);
        CHECK(heap_is_whole(heap, 1));
    }
}

TEST(alignment_plus_size_that_overflows_gives_null)
{
    segfit_t *const heap = fresh_heap();
    image before = image_take(memory.bytes, sizeof memory.bytes);
    for (size_t alignment = 1; alignment != 0; alignment *= 2) {
        for (size_t less = 0; less < 70; less++) {
            CHECK(segfit_alloc_aligned(heap, alignment, SIZE_MAX - less) == NULL);
            CHECK(segfit_alloc_aligned(heap, alignment, SIZE_MAX - alignment - less) == NULL ||
                  alignment > SIZE_MAX / 2);
            CHECK(segfit_alloc_aligned(heap, alignment, 0 - alignment) == NULL);
        }
    }
    CHECK(stats_of(heap).used_blocks == 0 || heap_is_sound(heap));
    segfit_reset(heap);
    CHECK(heap_is_whole(heap, 1));
    image_free(&before);
}

// seL4/musllibc#17: the front gap was smaller than a block and overlapped it.
TEST(both_gaps_go_back_for_every_distance_to_the_next_boundary)
{
    for (size_t alignment = 2 * SEGFIT_ALIGN; alignment <= 1024; alignment *= 2) {
        for (size_t ahead = 0; ahead < 2 * alignment; ahead += SEGFIT_ALIGN) {
            segfit_t *const heap = fresh_heap();
            const size_t capacity = stats_of(heap).capacity;
            void *const first = segfit_alloc(heap, ahead);
            void *const block = segfit_alloc_aligned(heap, alignment, 40);
            REQUIRE(first != NULL && block != NULL);
            CHECK(is_aligned(block, alignment));
            CHECK(block_is_tight(heap, first, ahead) && block_is_tight(heap, block, 40));
            CHECK(heap_is_sound(heap));
            // All that is neither block is free: nothing is lost in a gap.
            CHECK(stats_of(heap).free ==
                  capacity - block_size_at(heap, first) - block_size_at(heap, block));
            segfit_free(heap, block);
            segfit_free(heap, first);
            CHECK(heap_is_whole(heap, 1));
        }
    }
}

TEST(a_gap_in_front_is_served_to_later_requests)
{
    segfit_t *const heap = fresh_heap();
    void *const aligned = segfit_alloc_aligned(heap, 8192, 100);
    REQUIRE(aligned != NULL);
    void *const small = segfit_alloc(heap, 100);
    REQUIRE(small != NULL);
    CHECK(heap_is_sound(heap));
    size_t in_front = 0;
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk) && walk.ptr != aligned;) {
        in_front += walk.size;
    }
    // Where the memory lies decides how wide the gap is; it may be narrower than the request.
    CHECK(small < aligned || in_front < block_size_at(heap, small));
}

// RIOT#1215, emscripten#20645: memalign searched size + alignment although an aligned block was
// free.
TEST(an_aligned_block_that_was_just_freed_serves_the_same_request_again)
{
    for (size_t alignment = 2 * SEGFIT_ALIGN; alignment <= 4096; alignment *= 2) {
        for (size_t size = 8; size <= 2048; size += 56) {
            segfit_t *const heap = fresh_heap();
            void *const block = segfit_alloc_aligned(heap, alignment, size);
            REQUIRE(block != NULL);
            while (segfit_alloc(heap, 1) != NULL) {
            }
            segfit_free(heap, block);
            CHECK(segfit_alloc_aligned(heap, alignment, size) == block);
        }
    }
}

TEST(a_request_that_surely_fits_with_its_gaps_is_served)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 300; round++) {
        segfit_t *const heap = fresh_heap();
        for (int i = 0; i < 60; i++) {
            const size_t alignment = (size_t)1 << test_random_below(&state, 13);
            const size_t size = test_random_below(&state, 3000);
            const size_t limit = segfit_max_alloc(heap);
            void *const block = segfit_alloc_aligned(heap, alignment, size);
            CHECK(block != NULL || size + alignment + 2 * SEGFIT_MIN_BLOCK > limit);
            CHECK(is_aligned(block, alignment));
            CHECK(block == NULL || block_is_tight(heap, block, size));
        }
        CHECK(heap_is_sound(heap));
    }
}

TEST(an_alignment_up_to_that_of_the_heap_acts_as_a_plain_request)
{
    for (size_t alignment = 1; alignment <= SEGFIT_ALIGN; alignment *= 2) {
        segfit_t *const heap = fresh_heap();
        void *const plain = segfit_alloc(heap, 77);
        segfit_free(heap, plain);
        CHECK(segfit_alloc_aligned(heap, alignment, 77) == plain);
        const size_t limit = segfit_max_alloc(heap);
        CHECK(segfit_alloc_aligned(heap, alignment, limit) != NULL);
    }
}
