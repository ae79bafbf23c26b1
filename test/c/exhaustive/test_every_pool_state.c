// SPDX-License-Identifier: MIT
/// Every state that a heap of two small pools can reach, where pools come, grow, go and are reset,
/// and from each every call: a pool added at either place with every size, extended by every size,
/// removed; every allocation; every free.
#define TEST_MAIN
#include "../test.h"

#include "states.h"

/// Units more than usual, for a long run.
#ifndef EVERY_STATE_MORE
#define EVERY_STATE_MORE 0
#endif

enum {
    ROWS = 4,
    COLUMNS = 4,
    LEAST = SEGFIT_MIN_BLOCK / SEGFIT_ALIGN,
    /// Blocks of a place in units of the alignment, when all of it is taken.
    UNITS = (LEAST == 1 ? 4 : LEAST == 2 ? 7 : 12) + EVERY_STATE_MORE,
    PLACES = 2,
    CONTROL = (SEGFIT_CONTROL_SIZE(ROWS, COLUMNS) + 63) / 64 * 64,
    RECORD = 4 * sizeof(size_t),
    PLACE = RECORD + UNITS * SEGFIT_ALIGN,
    MEMORY = CONTROL + PLACES * PLACE,
    MOST_STATES = (1 << 16) << 3 * EVERY_STATE_MORE
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static states all;
static size_t calls;

static unsigned char *place_of(size_t index)
{
    return memory.bytes + CONTROL + index * PLACE;
}

/// The bytes of the pool at a place; 0 if there is no pool.
static size_t pool_size(size_t index)
{
    const unsigned char *end = place_of(index);
    for (segfit_walk_t walk = {0}; segfit_walk_next(all.heap, &walk);) {
        if (walk.pool == place_of(index)) {
            end = (unsigned char *)walk.ptr + walk.size;
        }
    }
    return (size_t)(end - place_of(index));
}

/// Judges the present state, reached from `state` by a call that `changed` it or not; keeps it.
static void judge(size_t state, bool changed)
{
    calls++;
    CHECK(heap_is_sound(all.heap));
    CHECK(changed || states_is(&all, state));
    CHECK(states_keep(&all));
    states_restore(&all, state);
}

static void try_pools(size_t state, size_t index)
{
    const size_t has = pool_size(index);
    for (size_t size = 0; size <= PLACE - has; size++) {
        if (has == 0) {
            const size_t taken = segfit_add_pool(all.heap, place_of(index), size);
            CHECK(taken <= size && (taken != 0) == (size >= RECORD + SEGFIT_MIN_BLOCK));
            CHECK(taken == 0 || size - taken < SEGFIT_ALIGN);
            CHECK(taken == pool_size(index));
            judge(state, taken != 0);
        } else {
            const size_t added = segfit_extend_pool(all.heap, place_of(index), size);
            CHECK(added <= size && (added == 0 || size - added < SEGFIT_ALIGN));
            CHECK(added != 0 || size < SEGFIT_MIN_BLOCK);
            CHECK(has + added == pool_size(index));
            judge(state, added != 0);
        }
    }
    const bool empty = segfit_pool_is_empty(all.heap, place_of(index));
    const bool removed = segfit_remove_pool(all.heap, place_of(index));
    CHECK(removed == empty && (!removed || pool_size(index) == 0));
    judge(state, removed);
}

static void try_blocks(size_t state)
{
    void *used[PLACES * UNITS];
    const size_t count = states_used(&all, used, PLACES * UNITS);
    for (size_t units = LEAST; units <= UNITS + 1; units++) {
        const size_t size = units * SEGFIT_ALIGN - SEGFIT_BLOCK_OVERHEAD;
        const size_t sure = segfit_max_alloc(all.heap);
        void *const block = segfit_alloc(all.heap, size);
        CHECK(block != NULL ? block_is_tight(all.heap, block, size) : sure < size);
        judge(state, block != NULL);
    }
    for (size_t i = 0; i < count; i++) {
        segfit_free(all.heap, used[i]);
        judge(state, true);
    }
    segfit_reset(all.heap);
    CHECK(stats_of(all.heap).used_blocks == 0);
    judge(state, true);
}

static void try_all(segfit_policy_t policy)
{
    const segfit_options_t options = {.rows = ROWS, .columns = COLUMNS, .policy = policy};
    segfit_t *const heap = segfit_init_empty(memory.bytes, CONTROL, &options);
    REQUIRE(states_make(&all, heap, memory.bytes, MEMORY, MOST_STATES));
    calls = 0;
    CHECK(states_keep(&all));
    for (size_t state = 0; state < all.count; state++) {
        states_restore(&all, state);
        for (size_t index = 0; index < PLACES; index++) {
            try_pools(state, index);
        }
        try_blocks(state);
    }
    printf("%zu states, %zu calls; ", all.count, calls);
    CHECK(all.count > 50);
    states_free(&all);
}

TEST(every_call_in_every_state_of_two_pools_is_right_under_probe)
{
    try_all(SEGFIT_POLICY_PROBE);
}

TEST(every_call_in_every_state_of_two_pools_is_right_under_stock)
{
    try_all(SEGFIT_POLICY_STOCK);
}
