// SPDX-License-Identifier: MIT
/// The limits a heap states: they are kept, and they are not lower than need be.
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

TEST(a_block_of_the_largest_request_is_served_from_a_pool_that_holds_it)
{
    for (unsigned columns = 1; columns <= 32; columns *= 2) {
        for (unsigned rows = 6; rows <= 11; rows++) {
            for (int policy = SEGFIT_POLICY_PROBE; policy <= SEGFIT_POLICY_STOCK; policy++) {
                const segfit_options_t options = {
                    .rows = rows, .columns = columns, .policy = (segfit_policy_t)policy};
                segfit_t *const heap = segfit_init_empty(memory.bytes, MEMORY, &options);
                REQUIRE(heap != NULL);
                const size_t limit = segfit_max_request(heap);
                region r = region_make(limit + SEGFIT_BLOCK_OVERHEAD + SEGFIT_POOL_OVERHEAD, 3);
                CHECK(segfit_add_pool(heap, r.memory, r.size) != 0);
                CHECK(segfit_block_size_for(heap, limit) <= stats_of(heap).capacity);
                CHECK(segfit_block_size_for(heap, limit) == limit + SEGFIT_BLOCK_OVERHEAD);
                CHECK(segfit_block_size_for(heap, limit + 1) == 0);
                CHECK(segfit_alloc(heap, limit + 1) == NULL);
                CHECK(segfit_alloc(heap, limit) != NULL);
                CHECK(heap_is_sound(heap) && region_is_guarded(&r));
                region_free(&r);
            }
        }
    }
}

/// Fills a heap at random and frees half of it again.
static void make_holes(segfit_t *heap, uint64_t *state)
{
    void *blocks[64] = {0};
    for (size_t i = 0; i < 64; i++) {
        blocks[i] = segfit_alloc(heap, test_random_below(state, 3000));
    }
    for (size_t i = 0; i < 64; i++) {
        segfit_free(heap, test_random_below(state, 2) == 0 ? blocks[i] : NULL);
    }
}

TEST(the_largest_sure_request_is_always_served_whatever_the_heap_went_through)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 3000; round++) {
        const segfit_options_t options = {.policy = round % 2 == 0 ? SEGFIT_POLICY_PROBE
                                                                   : SEGFIT_POLICY_STOCK,
                                          .columns = 1U << test_random_below(&state, 6)};
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
        make_holes(heap, &state);
        const size_t limit = segfit_max_alloc(heap);
        CHECK(stats_of(heap).largest_alloc == limit);
        CHECK(stats_of(heap).largest_free >= limit);
        if (limit == 0) {
            CHECK(segfit_alloc(heap, 1) == NULL);
            continue;
        }
        const size_t request = round % 4 < 2 ? limit : 1 + test_random_below(&state, limit);
        CHECK(segfit_alloc(heap, request) != NULL);
    }
}

TEST(stock_serves_nothing_beyond_its_largest_sure_request)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 1000; round++) {
        const segfit_options_t options = {.policy = SEGFIT_POLICY_STOCK};
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
        make_holes(heap, &state);
        const size_t limit = segfit_max_alloc(heap);
        const size_t larger = segfit_block_size_for(heap, limit + 1) - SEGFIT_BLOCK_OVERHEAD;
        CHECK(segfit_alloc(heap, larger) == NULL);
    }
}

// mattconte/tlsf and rlsf: no request can use the last 1.25 % or 1.56 % of a free block.
TEST(under_probe_a_request_can_use_all_of_a_single_free_block)
{
    for (size_t size = 4096; size <= MEMORY; size += 16) {
        segfit_t *const heap = segfit_init(memory.bytes, size, NULL);
        const size_t all = stats_of(heap).capacity - SEGFIT_BLOCK_OVERHEAD;
        CHECK(segfit_max_alloc(heap) == all && stats_of(heap).largest_free == all);
        CHECK(segfit_alloc(heap, all) != NULL);
        CHECK(stats_of(heap).free == 0 && segfit_max_alloc(heap) == 0);
    }
}

// rlsf, AssemblyScript#701, talc#47 to #49: after growing by what was computed, the retry failed.
TEST(a_pool_of_the_size_to_contain_a_request_serves_it_at_every_address)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 20000; round++) {
        const segfit_options_t options = {.rows = 20,
                                          .columns = 1U << test_random_below(&state, 6),
                                          .policy = round % 2 == 0 ? SEGFIT_POLICY_PROBE
                                                                   : SEGFIT_POLICY_STOCK};
        segfit_t *const heap = segfit_init_empty(memory.bytes, 16384, &options);
        REQUIRE(heap != NULL);
        const size_t size = test_random_below(&state, (size_t)1 << test_random_below(&state, 14));
        const size_t alignment = (size_t)1 << test_random_below(&state, 13);
        const size_t pool = segfit_pool_size_to_contain(heap, size, alignment);
        const size_t offset = test_random_below(&state, 64);
        REQUIRE(pool != 0 && 16384 + offset + pool <= MEMORY);
        CHECK(segfit_add_pool(heap, memory.bytes + 16384 + offset, pool) != 0);
        void *const block = segfit_alloc_aligned(heap, alignment, size);
        CHECK(block != NULL && is_aligned(block, alignment));
    }
}

TEST(a_pool_size_is_not_far_above_what_the_request_needs)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    for (size_t size = 0; size < 30000; size += 11) {
        const size_t pool = segfit_pool_size_to_contain(heap, size, 1);
        CHECK(pool >= segfit_block_size_for(heap, size));
        CHECK(pool - segfit_block_size_for(heap, size) <= SEGFIT_POOL_OVERHEAD);
    }
}

/// The bound of docs/realtime.md, "How large a pool", said plainly: for each block size that may be
/// asked for, the smallest live blocks with a free one around each of them that a search for this
/// size just misses. `all` has a class for every size.
static size_t bound_slowly(const segfit_t *all, size_t max_live, size_t max_request)
{
    size_t most = 0;
    const size_t last = segfit_block_size_for(all, max_request);
    for (size_t wanted = SEGFIT_MIN_BLOCK; wanted <= last; wanted += SEGFIT_ALIGN) {
        const size_t index = segfit_class_of(all, wanted);
        const size_t next = segfit_class_size(all, index + 1);
        // In a class of one size each block fits; of others only those of the next are sure to.
        const bool is_single = next - segfit_class_size(all, index) == SEGFIT_ALIGN;
        const size_t missed = (is_single ? wanted : next) - SEGFIT_ALIGN;
        const size_t blocks = (max_live - wanted) / SEGFIT_MIN_BLOCK;
        // Each live block may be a split less than the smallest larger than it was asked to be.
        const size_t live = max_live - wanted + blocks * (SEGFIT_MIN_BLOCK - SEGFIT_ALIGN);
        const size_t bytes = live + (blocks + 1) * missed;
        most = bytes > most ? bytes : most;
    }
    return most;
}

TEST(the_bound_on_memory_is_that_of_its_derivation)
{
    enum {
        ROWS = sizeof(size_t) * 8,
        COLUMNS = SEGFIT_DEFAULT_COLUMNS
    };
    const size_t most = (size_t)1 << (sizeof(size_t) > 4 ? 24 : 16);
    const segfit_options_t options = {.rows = ROWS, .columns = COLUMNS};
    segfit_t *const all = segfit_init_empty(memory.bytes, MEMORY, &options);
    const size_t row = SEGFIT_CONTROL_SIZE(2, COLUMNS) - SEGFIT_CONTROL_SIZE(1, COLUMNS);
    const size_t every = segfit_class_of(all, segfit_max_request(all)) / COLUMNS + 1;
    for (size_t request = 1; request < 20000; request = request * 5 / 3 + 1) {
        for (size_t live = request + 2 * SEGFIT_MIN_BLOCK; live < most; live = live * 7 / 3) {
            const size_t max_live = live / SEGFIT_ALIGN * SEGFIT_ALIGN;
            const size_t failing = bound_slowly(all, max_live, request);
            // One block more, the pool's own record, its end, and what an address may be off.
            const size_t pool = failing + SEGFIT_ALIGN + SEGFIT_POOL_OVERHEAD + sizeof(size_t);
            const size_t memory_at_most = pool + SEGFIT_CONTROL_SIZE(every, COLUMNS);
            const size_t needed = segfit_class_of(all, memory_at_most) / COLUMNS + 1;
            const size_t cheap = memory_at_most / 32 / row;
            const size_t rows = cheap < needed ? needed : cheap < every ? cheap : every;
            CHECK(segfit_pool_size_for(max_live, request) ==
                  pool + SEGFIT_CONTROL_SIZE(rows, COLUMNS));
        }
    }
}

TEST(the_bound_on_memory_ends_where_no_memory_is_enough)
{
    // Of the smallest blocks some two thirds or half are lost: where the bound passes what a word
    // can say.
    size_t least = 0;
    size_t most = SIZE_MAX - SIZE_MAX % SEGFIT_ALIGN;
    while (most - least > SEGFIT_ALIGN) {
        const size_t middle = (least + (most - least) / 2) / SEGFIT_ALIGN * SEGFIT_ALIGN;
        *(segfit_pool_size_for(middle, 1) != 0 || middle < 4096 ? &least : &most) = middle;
    }
    CHECK(least > SIZE_MAX / 8 && segfit_pool_size_for(least, 1) > least);
    for (size_t steps = 0; steps < 3000; steps++) {
        // Where blocks are as small as their alignment, the end is that of all memory.
        const size_t more = most + steps * SEGFIT_ALIGN;
        CHECK(more < most || segfit_pool_size_for(more, 1) == 0);
        CHECK(segfit_pool_size_for(least - steps * SEGFIT_ALIGN, 1) >=
              least - steps * SEGFIT_ALIGN);
    }
}

TEST(no_pool_size_contains_what_can_never_be_served)
{
    for (int policy = SEGFIT_POLICY_PROBE; policy <= SEGFIT_POLICY_STOCK; policy++) {
        const segfit_options_t options = {
            .rows = 10, .columns = 16, .policy = (segfit_policy_t)policy};
        segfit_t *const heap = segfit_init_empty(memory.bytes, MEMORY, &options);
        const size_t limit = segfit_max_request(heap);
        CHECK(segfit_pool_size_to_contain(heap, limit + 1, 1) == 0);
        CHECK(segfit_pool_size_to_contain(heap, limit, 1) > limit);
        CHECK(segfit_pool_size_to_contain(heap, limit, 4096) == 0);
        for (size_t less = 0; less < 100; less++) {
            CHECK(segfit_pool_size_to_contain(heap, SIZE_MAX - less, 1) == 0);
            CHECK(segfit_pool_size_to_contain(heap, 1, SIZE_MAX / 2 + 1) == 0);
            CHECK(segfit_pool_size_to_contain(heap, less, 0) == 0);
            CHECK(segfit_pool_size_to_contain(heap, less, 3) == 0);
        }
    }
}

TEST(the_full_geometry_states_limits_that_do_not_overflow)
{
    const unsigned rows = sizeof(size_t) * 8;
    for (unsigned columns = 1; columns <= 32; columns *= 2) {
        const segfit_options_t options = {.rows = rows, .columns = columns};
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
        REQUIRE(heap != NULL);
        const size_t limit = segfit_max_request(heap);
        CHECK(limit > SIZE_MAX / 2);
        CHECK(segfit_alloc(heap, limit) == NULL && segfit_alloc(heap, limit + 1) == NULL);
        CHECK(segfit_block_size_for(heap, limit) == limit + SEGFIT_BLOCK_OVERHEAD);
        CHECK(segfit_block_size_for(heap, limit + 1) == 0);
        CHECK(segfit_pool_size_to_contain(heap, limit, 1) == 0 ||
              segfit_pool_size_to_contain(heap, limit, 1) > limit);
        CHECK(heap_is_whole(heap, 1));
    }
}

TEST(classes_are_one_range_of_rising_sizes_that_cover_all_blocks)
{
    const segfit_options_t options = {.rows = 9, .columns = 8};
    segfit_t *const heap = segfit_init_empty(memory.bytes, MEMORY, &options);
    const size_t largest = segfit_block_size_for(heap, segfit_max_request(heap));
    size_t last = segfit_class_of(heap, SEGFIT_MIN_BLOCK);
    for (size_t size = SEGFIT_MIN_BLOCK; size <= largest; size += SEGFIT_ALIGN) {
        const size_t index = segfit_class_of(heap, size);
        CHECK(index == last || index == last + 1);
        CHECK(index < 9 * 8);
        CHECK(segfit_class_size(heap, index) <= size);
        CHECK(index + 1 == 9 * 8 || segfit_class_size(heap, index + 1) > size);
        last = index;
    }
    CHECK(last == 9 * 8 - 1);
}
