// SPDX-License-Identifier: MIT
/// Random operations against the oracle, over geometries from degenerate to full, both policies and
/// pools that come, grow and go. Repeat a run with SEED=….
#define TEST_MAIN
#include "../test.h"

#include "oracle.h"

/// How many runs there are of each geometry and policy.
#ifndef OPERATIONS_SEEDS
#define OPERATIONS_SEEDS 10
#endif

enum {
    OPERATIONS = 1200
};

static oracle subject;

/// A size that is small, any, near the largest sure request, or absurd.
static size_t random_size(uint64_t *state)
{
    const size_t limit = segfit_max_alloc(subject.heap);
    switch (test_random_below(state, 12)) {
    case 0:
        return limit;
    case 1:
        return limit + test_random_below(state, 100) - 50;
    case 2:
        return SIZE_MAX - test_random_below(state, 100);
    case 3:
        return (size_t)1 << test_random_below(state, sizeof(size_t) * 8);
    case 4:
    case 5:
        return test_random_below(state, 3000);
    default:
        return test_random_below(state, 200);
    }
}

static size_t random_alignment(uint64_t *state)
{
    return (size_t)1 << test_random_below(state, 10);
}

static void judge_new(void *block, size_t size, size_t alignment, int promise)
{
    if (block == NULL) {
        CHECK(promise <= 0);
        CHECK(oracle_unchanged(&subject));
    } else {
        CHECK(promise >= 0);
        CHECK(oracle_add(&subject, block, size, alignment));
    }
}

static void do_alloc(uint64_t *state)
{
    const size_t size = random_size(state);
    const bool sure = size <= segfit_max_alloc(subject.heap) && segfit_max_alloc(subject.heap) != 0;
    const int promise = oracle_promise(&subject, size);
    CHECK(!sure || promise >= 0);
    judge_new(segfit_alloc(subject.heap, size), size, 1, sure ? 1 : promise);
}

static void do_aligned(uint64_t *state)
{
    const size_t size = random_size(state);
    const size_t alignment = random_alignment(state);
    const size_t limit = segfit_max_alloc(subject.heap);
    const size_t around = alignment + 2 * SEGFIT_MIN_BLOCK;
    const bool sure = size < limit && limit - size >= around;
    judge_new(segfit_alloc_aligned(subject.heap, alignment, size), size, alignment, sure);
}

static void do_calloc(uint64_t *state)
{
    const size_t count = test_random_below(state, 40);
    const size_t size = test_random_below(state, 50);
    const int promise = oracle_promise(&subject, count * size);
    void *const block = segfit_calloc(subject.heap, count, size);
    CHECK(block == NULL || is_zero(block, count * size));
    judge_new(block, count * size, 1, promise);
}

static void do_free(uint64_t *state)
{
    const size_t index = test_random_below(state, subject.live_count);
    if (subject.live_count != 0) {
        CHECK(live_holds(&subject.live[index]));
        segfit_free(subject.heap, subject.live[index].ptr);
        oracle_remove(&subject, index);
    }
}

/// A block that was just freed serves its size again under the probe policy, however full the heap.
static void do_refit(uint64_t *state)
{
    const size_t index = test_random_below(state, subject.live_count);
    if (subject.live_count != 0) {
        const live_block block = subject.live[index];
        segfit_free(subject.heap, block.ptr);
        oracle_remove(&subject, index);
        oracle_remember(&subject);
        judge_new(segfit_alloc(subject.heap, block.size), block.size, 1,
                  subject.policy == SEGFIT_POLICY_PROBE);
    }
}

/// Where a realloc of `size` bytes must go: in place, into the previous block, elsewhere (NULL).
static unsigned char *expected_place(const live_block *block, size_t size, size_t alignment)
{
    const room around = oracle_room(&subject, block->ptr);
    const size_t wanted = oracle_wanted(size);
    if (wanted == 0) {
        return NULL;
    }
    if (is_aligned(block->ptr, alignment) && wanted <= around.own + around.behind) {
        return block->ptr;
    }
    const bool back = alignment <= SEGFIT_ALIGN && around.before != 0 &&
                      wanted <= around.own + around.behind + around.before;
    return back ? around.before_ptr : NULL;
}

static void do_realloc(uint64_t *state, bool aligned)
{
    if (subject.live_count == 0) {
        return;
    }
    const size_t index = test_random_below(state, subject.live_count);
    live_block *const block = &subject.live[index];
    const size_t size = random_size(state);
    const size_t alignment = aligned ? random_alignment(state) : 1;
    const unsigned char *const place = expected_place(block, size, alignment);
    const bool sure = alignment <= SEGFIT_ALIGN && oracle_promise(&subject, size) > 0;
    unsigned char *const moved =
        aligned ? segfit_realloc_aligned(subject.heap, block->ptr, alignment, size)
                : segfit_realloc(subject.heap, block->ptr, size);
    if (moved == NULL) {
        CHECK(place == NULL && !sure);
        CHECK(oracle_unchanged(&subject));
        return;
    }
    CHECK(place == NULL || moved == place);
    CHECK(pattern_holds(moved, size < block->size ? size : block->size, block->seed));
    oracle_remove(&subject, index);
    CHECK(oracle_add(&subject, moved, size, alignment));
}

static void do_resize(uint64_t *state)
{
    if (subject.live_count == 0) {
        return;
    }
    live_block *const block = &subject.live[test_random_below(state, subject.live_count)];
    const size_t size = random_size(state);
    const room around = oracle_room(&subject, block->ptr);
    const size_t wanted = oracle_wanted(size);
    const bool fits = wanted != 0 && wanted <= around.own + around.behind;
    CHECK(segfit_resize(subject.heap, block->ptr, size) == fits);
    CHECK(fits || oracle_unchanged(&subject));
    if (fits) {
        CHECK(pattern_holds(block->ptr, size < block->size ? size : block->size, block->seed));
        block->size = size;
        pattern_fill(block->ptr, size, block->seed);
    }
}

static void do_add_or_remove_pool(uint64_t *state)
{
    pool_place *const place = &subject.pools[test_random_below(state, ORACLE_POOLS)];
    if (place->memory != NULL) {
        const bool empty = oracle_live_in(&subject, place) == 0;
        CHECK(segfit_pool_is_empty(subject.heap, place->memory) == empty);
        CHECK(segfit_remove_pool(subject.heap, place->memory) == empty);
        CHECK(empty || oracle_unchanged(&subject));
        if (empty) {
            oracle_forget_pool(place);
        }
        return;
    }
    unsigned char *const memory = place->space + test_random_below(state, 64);
    const size_t space = ORACLE_POOL_SPACE - (size_t)(memory - place->space);
    const size_t size = test_random_below(state, 5) == 0 ? space : test_random_below(state, space);
    const size_t taken = segfit_add_pool(subject.heap, memory, size);
    CHECK(taken <= size);
    CHECK(taken != 0 || size < SEGFIT_POOL_OVERHEAD + SEGFIT_MIN_BLOCK);
    CHECK(taken != 0 || oracle_unchanged(&subject));
    place->memory = taken == 0 ? NULL : memory;
    place->taken = taken;
}

static void do_extend_pool(uint64_t *state)
{
    pool_place *const place = &subject.pools[test_random_below(state, ORACLE_POOLS)];
    if (place->memory == NULL) {
        return;
    }
    const size_t end = (size_t)(place->memory - place->space) + place->taken;
    const size_t size = test_random_below(state, ORACLE_POOL_SPACE - end + 1);
    const size_t added = segfit_extend_pool(subject.heap, place->memory, size);
    CHECK(added <= size);
    CHECK(added != 0 || oracle_unchanged(&subject));
    place->taken += added;
}

static void do_reset(void)
{
    segfit_reset(subject.heap);
    subject.live_count = 0;
    CHECK(heap_is_whole(subject.heap, oracle_pool_count(&subject)));
}

static void do_something(uint64_t *state)
{
    const size_t kind = test_random_below(state, 100);
    const bool room_for_more = subject.live_count < ORACLE_LIVE;
    oracle_remember(&subject);
    if (kind < 30 && room_for_more) {
        do_alloc(state);
    } else if (kind < 38 && room_for_more) {
        do_aligned(state);
    } else if (kind < 44 && room_for_more) {
        do_calloc(state);
    } else if (kind < 66) {
        do_free(state);
    } else if (kind < 72) {
        do_refit(state);
    } else if (kind < 82) {
        do_realloc(state, false);
    } else if (kind < 88) {
        do_realloc(state, true);
    } else if (kind < 92) {
        do_resize(state);
    } else if (kind < 96) {
        do_add_or_remove_pool(state);
    } else if (kind < 99) {
        do_extend_pool(state);
    } else if (test_random_below(state, 5) == 0) {
        do_reset();
    }
}

/// Frees all that lives; each pool must then be one block.
static void finish(void)
{
    while (subject.live_count != 0) {
        segfit_free(subject.heap, subject.live[0].ptr);
        oracle_remove(&subject, 0);
    }
    CHECK(heap_is_whole(subject.heap, oracle_pool_count(&subject)));
    for (size_t i = 0; i < ORACLE_POOLS; i++) {
        if (subject.pools[i].memory != NULL) {
            CHECK(segfit_remove_pool(subject.heap, subject.pools[i].memory));
            oracle_forget_pool(&subject.pools[i]);
        }
    }
    CHECK(heap_is_whole(subject.heap, 0) && stats_of(subject.heap).capacity == 0);
    CHECK(oracle_gaps_hold(&subject));
}

static void run(const segfit_options_t *options, uint64_t seed)
{
    uint64_t state = seed;
    REQUIRE(oracle_make(&subject, options));
    do_add_or_remove_pool(&state);
    for (int i = 0; i < OPERATIONS; i++) {
        do_something(&state);
        const bool agrees = heap_is_sound(subject.heap) && oracle_blocks_agree(&subject) &&
                            (i % 32 != 0 || oracle_gaps_hold(&subject));
        CHECK(agrees);
        if (!agrees) {
            printf("  operation %d, %u rows, %u columns, policy %d, seed 0x%llx\n", i,
                   options->rows, options->columns, (int)options->policy, (unsigned long long)seed);
            return;
        }
    }
    finish();
    oracle_free(&subject);
}

static void run_geometry(unsigned rows, unsigned columns)
{
    uint64_t seeds = test_seed();
    for (int i = 0; i < OPERATIONS_SEEDS; i++) {
        const uint64_t seed = test_random(&seeds);
        const segfit_options_t probe = {.rows = rows, .columns = columns};
        const segfit_options_t stock = {
            .rows = rows, .columns = columns, .policy = SEGFIT_POLICY_STOCK};
        run(&probe, seed);
        run(&stock, seed);
    }
}

TEST(one_column_and_hardly_a_row)
{
    run_geometry(4, 1);
    run_geometry(7, 1);
    run_geometry(3, 4);
}

TEST(one_column_and_rows_for_everything)
{
    run_geometry(12, 1);
    run_geometry(sizeof(size_t) * 8, 1);
}

TEST(two_and_four_columns)
{
    run_geometry(9, 2);
    run_geometry(6, 4);
    run_geometry(20, 4);
}

TEST(the_usual_sixteen_columns)
{
    run_geometry(2, 16);
    run_geometry(4, 16);
    run_geometry(12, 16);
}

TEST(the_widest_geometry)
{
    run_geometry(1, 32);
    run_geometry(5, 32);
    run_geometry(sizeof(size_t) * 8, 32);
}
