// SPDX-License-Identifier: MIT
/// Every state that a small pool can reach, and from each every call: allocation of every size and
/// some alignments, free, realloc and resize of every block to every size. A state is the row of
/// blocks and the order of the free lists.
#define TEST_MAIN
#include "../test.h"

#include "states.h"

/// Units more than usual, for a long run: each makes it twice as long.
#ifndef EVERY_STATE_MORE
#define EVERY_STATE_MORE 0
#endif

enum {
    ROWS = 5,
    COLUMNS = 4,
    LEAST = SEGFIT_MIN_BLOCK / SEGFIT_ALIGN,
    /// The pool in units of the alignment: so many that there are some ten thousand states.
    UNITS = (LEAST == 1 ? 9 : LEAST == 2 ? 16 : 28) + EVERY_STATE_MORE,
    CONTROL = (SEGFIT_CONTROL_SIZE(ROWS, COLUMNS) + 63) / 64 * 64,
    MEMORY = CONTROL + 4 * sizeof(size_t) + UNITS * SEGFIT_ALIGN,
    MOST_STATES = (1 << 16) << EVERY_STATE_MORE
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static segfit_t *heap;

static states all;
static size_t calls;

static void keep_state(void)
{
    CHECK(states_keep(&all));
}

static void restore(size_t state)
{
    states_restore(&all, state);
}

static size_t request_of(size_t units)
{
    return units * SEGFIT_ALIGN - SEGFIT_BLOCK_OVERHEAD;
}

/// True if the heap is sound and a failed call changed nothing.
static bool is_right(size_t state, bool served)
{
    calls++;
    return heap_is_sound(heap) && (served || states_is(&all, state));
}

/// The policy's promise for a request of `units`: 1 served, -1 not, 0 either.
static int promise(size_t units, segfit_policy_t policy)
{
    const size_t wanted = segfit_block_size_for(heap, request_of(units));
    int promised = -1;
    for (segfit_walk_t walk = {0}; wanted != 0 && segfit_walk_next(heap, &walk);) {
        const size_t index = segfit_class_of(heap, walk.size);
        if (walk.used || walk.size < wanted) {
            continue;
        }
        if (policy == SEGFIT_POLICY_STOCK ? segfit_class_size(heap, index) >= wanted
                                          : index > segfit_class_of(heap, wanted)) {
            return 1;
        }
        promised = policy == SEGFIT_POLICY_STOCK ? -1 : 0;
    }
    return promised;
}

static void try_allocations(size_t state, segfit_policy_t policy)
{
    for (size_t units = 1; units <= UNITS + 1; units++) {
        const int promised = promise(units, policy);
        void *const block = segfit_alloc(heap, request_of(units));
        CHECK(block != NULL ? promised >= 0 : promised <= 0);
        CHECK(is_right(state, block != NULL));
        CHECK(block == NULL || block_is_tight(heap, block, request_of(units)));
        keep_state();
        restore(state);
        for (size_t alignment = 2 * SEGFIT_ALIGN; alignment <= 8 * SEGFIT_ALIGN; alignment *= 2) {
            void *const aligned = segfit_alloc_aligned(heap, alignment, request_of(units));
            CHECK(is_aligned(aligned, alignment) && is_right(state, aligned != NULL));
            CHECK(aligned == NULL || block_is_tight(heap, aligned, request_of(units)));
            keep_state();
            restore(state);
        }
    }
}

static void try_sizes_of(size_t state, void *block, segfit_policy_t policy)
{
    for (size_t units = 1; units <= UNITS + 1; units++) {
        const int promised = promise(units, policy);
        void *const moved = segfit_realloc(heap, block, request_of(units));
        CHECK(moved != NULL || promised <= 0);
        CHECK(is_right(state, moved != NULL));
        CHECK(moved == NULL || block_is_tight(heap, moved, request_of(units)));
        keep_state();
        restore(state);
        CHECK(is_right(state, segfit_resize(heap, block, request_of(units))));
        keep_state();
        restore(state);
    }
}

static void try_state(size_t state, segfit_policy_t policy)
{
    void *used[UNITS];
    restore(state);
    const size_t count = states_used(&all, used, UNITS);
    try_allocations(state, policy);
    for (size_t i = 0; i < count; i++) {
        const size_t size = segfit_usable_size(heap, used[i]);
        segfit_free(heap, used[i]);
        CHECK(is_right(state, true));
        keep_state();
        // A refit never fails under the probe policy.
        CHECK(segfit_alloc(heap, size) != NULL || policy == SEGFIT_POLICY_STOCK);
        restore(state);
        try_sizes_of(state, used[i], policy);
    }
}

static void try_all(segfit_policy_t policy)
{
    const segfit_options_t options = {.rows = ROWS, .columns = COLUMNS, .policy = policy};
    calls = 0;
    heap = segfit_init_empty(memory.bytes, CONTROL, &options);
    REQUIRE(states_make(&all, heap, memory.bytes, MEMORY, MOST_STATES));
    CHECK(segfit_add_pool(heap, memory.bytes + CONTROL, MEMORY - CONTROL) == MEMORY - CONTROL);
    CHECK(stats_of(heap).capacity == UNITS * SEGFIT_ALIGN);
    keep_state();
    for (size_t state = 0; state < all.count; state++) {
        try_state(state, policy);
    }
    printf("%zu states, %zu calls; ", all.count, calls);
    CHECK(all.count > 500);
    states_free(&all);
}

TEST(every_call_in_every_state_is_right_under_probe)
{
    try_all(SEGFIT_POLICY_PROBE);
}

TEST(every_call_in_every_state_is_right_under_stock)
{
    try_all(SEGFIT_POLICY_STOCK);
}
