// SPDX-License-Identifier: MIT
/// segfit_walk_next: every block once, in order, pool by pool, nothing changed.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 15,
    BLOCKS = 60
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

SEGFIT_STATIC_HEAP(without_pool, 10, 4);

TEST(a_heap_without_pool_has_no_block)
{
    segfit_walk_t walk = {0};
    CHECK(!segfit_walk_next(&without_pool.heap, &walk));
}

TEST(a_walk_meets_every_live_block_once_and_blocks_lie_without_gap)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 100; round++) {
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
        void *blocks[BLOCKS];
        size_t live = 0;
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = segfit_alloc(heap, test_random_below(&state, 400));
            if (test_random_below(&state, 3) == 0) {
                segfit_free(heap, blocks[i]);
                blocks[i] = NULL;
            }
            live += blocks[i] != NULL;
        }
        size_t met = 0;
        const unsigned char *end = NULL;
        for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
            CHECK(end == NULL || walk.ptr == end);
            CHECK(is_aligned(walk.ptr, SEGFIT_ALIGN) && walk.size % SEGFIT_ALIGN == 0);
            end = (unsigned char *)walk.ptr + walk.size;
            for (size_t i = 0; walk.used && i < BLOCKS; i++) {
                met += blocks[i] == walk.ptr;
            }
        }
        CHECK(met == live && walk_sum(heap).used_blocks == live);
    }
}

TEST(a_walk_names_each_pool_by_the_address_it_was_added_at_and_stays_in_it)
{
    const segfit_options_t options = {.rows = 14};
    segfit_t *const heap = segfit_init_empty(memory.bytes, 4096, &options);
    unsigned char *const added[] = {memory.bytes + 4097, memory.bytes + 20001, memory.bytes + 9003};
    for (size_t i = 0; i < 3; i++) {
        CHECK(segfit_add_pool(heap, added[i], 4000) != 0);
    }
    while (segfit_alloc(heap, 200) != NULL) {
    }
    size_t pools = 0;
    const void *pool = NULL;
    const void *last = NULL;
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        if (walk.pool != pool) {
            pools++;
            pool = walk.pool;
            last = NULL;
        }
        CHECK(pool == added[0] || pool == added[1] || pool == added[2]);
        CHECK(walk.ptr > walk.pool && walk.ptr > last);
        CHECK((unsigned char *)walk.ptr + walk.size <=
              (unsigned char *)walk.pool + 4000 + SEGFIT_ALIGN);
        last = walk.ptr;
    }
    CHECK(pools == 3);
}

TEST(a_walk_a_check_and_the_statistics_change_no_byte)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *const block = segfit_alloc(heap, 100);
    CHECK(segfit_alloc(heap, 200) != NULL);
    segfit_free(heap, block);
    image before = image_take(memory.bytes, sizeof memory.bytes);
    CHECK(heap_is_sound(heap));
    CHECK(segfit_pointer_fault(heap, block) == SEGFIT_FREED);
    CHECK(segfit_max_alloc(heap) > 0 && segfit_max_request(heap) > 0);
    CHECK(image_holds(&before));
    image_free(&before);
}
