// SPDX-License-Identifier: MIT
/// Pools after they were added: segfit_extend_pool, segfit_pool_is_empty, segfit_remove_pool,
/// segfit_reset.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 16
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

SEGFIT_STATIC_HEAP(usual, 16, 16);
SEGFIT_STATIC_HEAP(small_rows, 5, 4);

static void empty_heap(segfit_t *heap)
{
    segfit_reset(heap);
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk); walk = (segfit_walk_t){0}) {
        CHECK(segfit_remove_pool(heap, walk.pool));
    }
    CHECK(heap_is_whole(heap, 0));
}

// ------------------------------------------------------------------------------------- extending

TEST(extending_with_a_free_block_at_the_end_makes_it_grow)
{
    segfit_t *const heap = &usual.heap;
    for (size_t size = 0; size <= 600; size++) {
        for (size_t offset = 0; offset < 3; offset++) {
            const size_t first = segfit_add_pool(heap, memory.bytes + offset, 1000);
            const segfit_stats_t before = stats_of(heap);
            const size_t added = segfit_extend_pool(heap, memory.bytes + offset, size);
            CHECK(first != 0 && added <= size && size - added < SEGFIT_ALIGN);
            CHECK(stats_of(heap).capacity == before.capacity + added);
            CHECK(stats_of(heap).overhead == before.overhead);
            CHECK(heap_is_whole(heap, 1));
            empty_heap(heap);
        }
    }
}

TEST(extending_behind_a_used_block_makes_a_block_and_keeps_every_byte)
{
    segfit_t *const heap = &usual.heap;
    for (size_t size = 0; size <= 600; size++) {
        CHECK(segfit_add_pool(heap, memory.bytes, 1000) != 0);
        const size_t all = stats_of(heap).capacity - SEGFIT_BLOCK_OVERHEAD;
        void *const block = segfit_alloc(heap, all);
        REQUIRE(block != NULL && segfit_usable_size(heap, block) == all);
        pattern_fill(block, all, 3);
        const size_t added = segfit_extend_pool(heap, memory.bytes, size);
        CHECK(added <= size);
        CHECK(added != 0 || size < SEGFIT_MIN_BLOCK + SEGFIT_ALIGN);
        CHECK(stats_of(heap).free == added);
        CHECK(pattern_holds(block, all, 3));
        CHECK(heap_is_sound(heap));
        segfit_free(heap, block);
        CHECK(heap_is_whole(heap, 1));
        empty_heap(heap);
    }
}

TEST(many_extensions_are_one_pool_whose_end_is_all_that_was_taken)
{
    segfit_t *const heap = &usual.heap;
    uint64_t state = test_seed();
    for (int round = 0; round < 50; round++) {
        size_t end = segfit_add_pool(heap, memory.bytes + round, 500);
        CHECK(end != 0);
        while (end < MEMORY / 2) {
            const size_t size = test_random_below(&state, 3000);
            const size_t added = segfit_extend_pool(heap, memory.bytes + round, size);
            CHECK(added <= size);
            end += added;
            void *const block = segfit_alloc(heap, test_random_below(&state, 2000));
            if (block != NULL) {
                pattern_fill(block, segfit_usable_size(heap, block), 9);
            }
            CHECK(heap_is_sound(heap));
        }
        const segfit_stats_t stats = stats_of(heap);
        CHECK(stats.capacity <= end && end - stats.capacity <= SEGFIT_POOL_OVERHEAD);
        segfit_reset(heap);
        CHECK(heap_is_whole(heap, 1));
        empty_heap(heap);
    }
}

// sysprog21/tlsf-bsd PR 15 walked all blocks; rlsf grows a pool only when its size has no limit.
TEST(a_pool_is_extended_up_to_the_largest_block_and_no_further)
{
    segfit_t *const heap = &small_rows.heap;
    const size_t largest = segfit_block_size_for(heap, segfit_max_request(heap));
    for (size_t less = 0; less <= 2 * SEGFIT_MIN_BLOCK; less += 8) {
        for (int used = 0; used < 2; used++) {
            CHECK(segfit_add_pool(heap, memory.bytes, largest + SEGFIT_POOL_OVERHEAD - less - 64));
            if (used != 0) {
                CHECK(segfit_alloc(heap, segfit_max_alloc(heap)) != NULL);
            }
            for (size_t i = 0; i < 5; i++) {
                const size_t before = stats_of(heap).capacity;
                const size_t added = segfit_extend_pool(heap, memory.bytes, 100);
                CHECK(added <= 100 && stats_of(heap).capacity == before + added);
                CHECK(heap_is_sound(heap));
            }
            CHECK(segfit_extend_pool(heap, memory.bytes, 20000) <= 20000);
            CHECK(heap_is_sound(heap));
            for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
                CHECK(walk.size <= largest);
            }
            empty_heap(heap);
        }
    }
}

TEST(extending_is_refused_without_a_pool_there_past_the_address_space_and_over_another_pool)
{
    segfit_t *const heap = &usual.heap;
    const size_t first = segfit_add_pool(heap, memory.bytes, 4096);
    const size_t second = segfit_add_pool(heap, memory.bytes + first + 256, 4096);
    CHECK(first != 0 && second != 0);
    image before = image_take(memory.bytes, sizeof memory.bytes);
    image control = image_take(heap, sizeof *heap);
    CHECK(segfit_extend_pool(heap, memory.bytes + 8, 100) == 0);
    CHECK(segfit_extend_pool(heap, NULL, 100) == 0);
    CHECK(segfit_extend_pool(heap, memory.bytes, 0) == 0);
    CHECK(segfit_extend_pool(heap, memory.bytes, 257 + SEGFIT_ALIGN) == 0);
    CHECK(segfit_extend_pool(heap, memory.bytes, 20000) == 0);
    for (size_t less = 0; less < 100; less++) {
        CHECK(segfit_extend_pool(heap, memory.bytes + first + 256, SIZE_MAX - less) == 0);
        CHECK(segfit_extend_pool(heap, memory.bytes, SIZE_MAX - less) == 0);
    }
    CHECK(image_holds(&before) && image_holds(&control));
    CHECK(segfit_extend_pool(heap, memory.bytes, 256) <= 256);
    CHECK(heap_is_whole(heap, 2));
    empty_heap(heap);
    image_free(&before);
    image_free(&control);
}

// -------------------------------------------------------------------------------------- removing

TEST(a_pool_can_be_removed_only_while_no_block_of_it_is_used)
{
    segfit_t *const heap = &usual.heap;
    const size_t overhead = stats_of(heap).overhead;
    CHECK(segfit_add_pool(heap, memory.bytes, 4096) != 0);
    CHECK(stats_of(heap).overhead + stats_of(heap).capacity == overhead + 4096);
    void *const block = segfit_alloc(heap, 100);
    pattern_fill(block, 100, 1);
    CHECK(!segfit_pool_is_empty(heap, memory.bytes));
    image before = image_take(memory.bytes, 4096);
    CHECK(!segfit_remove_pool(heap, memory.bytes));
    CHECK(image_holds(&before) && heap_is_sound(heap));
    segfit_free(heap, block);
    CHECK(segfit_pool_is_empty(heap, memory.bytes));
    CHECK(segfit_remove_pool(heap, memory.bytes));
    CHECK(!segfit_pool_is_empty(heap, memory.bytes));
    CHECK(!segfit_remove_pool(heap, memory.bytes));
    CHECK(heap_is_whole(heap, 0) && stats_of(heap).capacity == 0);
    CHECK(stats_of(heap).overhead == overhead);
    CHECK(segfit_alloc(heap, 1) == NULL);
    image_free(&before);
}

TEST(a_pool_is_known_only_by_the_address_it_was_added_at)
{
    segfit_t *const heap = &usual.heap;
    CHECK(segfit_add_pool(heap, memory.bytes + 1, 4096) != 0);
    CHECK(!segfit_pool_is_empty(heap, memory.bytes) && !segfit_remove_pool(heap, memory.bytes));
    CHECK(!segfit_pool_is_empty(heap, memory.bytes + SEGFIT_ALIGN));
    CHECK(!segfit_pool_is_empty(heap, NULL) && !segfit_remove_pool(heap, NULL));
    CHECK(segfit_pool_is_empty(heap, memory.bytes + 1));
    CHECK(segfit_remove_pool(heap, memory.bytes + 1));
}

TEST(pools_are_removed_in_any_order_and_the_others_keep_serving)
{
    static const size_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    segfit_t *const heap = &usual.heap;
    for (size_t order = 0; order < 6; order++) {
        for (size_t i = 0; i < 3; i++) {
            CHECK(segfit_add_pool(heap, memory.bytes + 8192 * i, 4096) != 0);
        }
        for (size_t i = 0; i < 3; i++) {
            const size_t overhead = stats_of(heap).overhead;
            CHECK(segfit_remove_pool(heap, memory.bytes + 8192 * orders[order][i]));
            memset(memory.bytes + 8192 * orders[order][i], 0xDD, 4096);
            CHECK(stats_of(heap).overhead < overhead);
            CHECK(heap_is_whole(heap, 2 - i));
            void *const block = segfit_alloc(heap, 3000);
            CHECK((block != NULL) == (i < 2));
            segfit_free(heap, block);
        }
    }
}

// ------------------------------------------------------------------------------------- resetting

TEST(a_reset_makes_each_pool_one_free_block_and_keeps_the_past)
{
    segfit_t *const heap = &usual.heap;
    for (size_t i = 0; i < 4; i++) {
        CHECK(segfit_add_pool(heap, memory.bytes + 8192 * i, 5000) != 0);
    }
    uint64_t state = test_seed();
    for (int i = 0; i < 60; i++) {
        void *const block = segfit_alloc(heap, test_random_below(&state, 500));
        CHECK(block != NULL);
        if (i % 3 == 0) {
            segfit_free(heap, block);
        }
    }
    const segfit_stats_t before = stats_of(heap);
    segfit_reset(heap);
    const segfit_stats_t after = stats_of(heap);
    CHECK(heap_is_whole(heap, 4));
    CHECK(after.peak_used == before.peak_used && after.peak_request == before.peak_request);
    CHECK(after.allocs == before.allocs && after.frees == before.allocs);
    CHECK(after.grows == before.grows && after.overhead == before.overhead);
    CHECK(segfit_alloc(heap, 4000) != NULL);
    empty_heap(heap);
}

TEST(a_reset_also_mends_a_heap_whose_payloads_were_overrun)
{
    // A reset trusts the control structure and the pools' records, not the blocks.
    segfit_t *const heap = &usual.heap;
    CHECK(segfit_add_pool(heap, memory.bytes, 4096) != 0);
    void *const block = segfit_alloc(heap, 100);
    CHECK(segfit_alloc(heap, 100) != NULL);
    memset(block, 0xFF, 300);
    segfit_reset(heap);
    CHECK(heap_is_whole(heap, 1));
    empty_heap(heap);
}
