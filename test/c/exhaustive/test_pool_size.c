// SPDX-License-Identifier: MIT
/// segfit_pool_size_for keeps its promise: in a pool of that size no program that keeps to its
/// limits meets NULL. For a small pool that is every program, found out state by state; for large
/// ones, programs that are known to be the worst for an allocator.
#define TEST_MAIN
#include "../test.h"

#include "states.h"

enum {
    ROWS = 4,
    COLUMNS = SEGFIT_DEFAULT_COLUMNS,
    LEAST = SEGFIT_MIN_BLOCK / SEGFIT_ALIGN,
    /// In units of the alignment.
    LIVE = LEAST == 4 ? 14 : 5 * LEAST,
    REQUEST = LEAST == 1 ? 3 : LEAST == 2 ? 4 : 6,
    CONTROL = (SEGFIT_CONTROL_SIZE(ROWS, COLUMNS) + 63) / 64 * 64,
    MOST_UNITS = 64,
    MEMORY = CONTROL + 4 * sizeof(size_t) + MOST_UNITS * SEGFIT_ALIGN,
    MOST_STATES = 1 << 17
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static states all;

static size_t request_of(size_t units)
{
    return units * SEGFIT_ALIGN - SEGFIT_BLOCK_OVERHEAD;
}

/// The units of blocks in which a request of `units` may fail, read off docs/realtime.md; sizes up
/// to 2 COLUMNS units have a class each, so that every free block of `units` is found.
static size_t failing_units(size_t live, size_t units)
{
    const size_t others = live - units;
    const size_t blocks = others / LEAST;
    return others + blocks * (LEAST - 1) + (blocks + 1) * (units - 1);
}

static size_t enough_units(size_t live, size_t request)
{
    size_t most = 0;
    for (size_t units = LEAST; units <= request; units++) {
        const size_t failing = failing_units(live, units);
        most = failing > most ? failing : most;
    }
    return most + 1;
}

/// A used block's request in units, which the program keeps in it.
static size_t *note_of(void *block)
{
    return block;
}

static size_t live_units(void *const *used, size_t count)
{
    size_t live = 0;
    for (size_t i = 0; i < count; i++) {
        live += *note_of(used[i]);
    }
    return live;
}

/// Notes the request, keeps the state and goes back to `state`. True if the request was served.
static bool served(size_t state, void *block, size_t units)
{
    if (block != NULL) {
        *note_of(block) = units;
        CHECK(states_keep(&all));
    }
    states_restore(&all, state);
    return block != NULL;
}

/// True if every call that keeps to the limits is served in this state.
static bool serves_all(size_t state)
{
    void *used[LIVE];
    states_restore(&all, state);
    const size_t count = states_used(&all, used, LIVE);
    const size_t live = live_units(used, count);
    bool good = true;
    for (size_t units = LEAST; units <= REQUEST && live + units <= LIVE; units++) {
        good &= served(state, segfit_alloc(all.heap, request_of(units)), units);
        for (size_t i = 0; i < count; i++) {
            good &= served(state, segfit_realloc(all.heap, used[i], request_of(units)), units);
        }
    }
    for (size_t i = 0; i < count; i++) {
        segfit_free(all.heap, used[i]);
        CHECK(states_keep(&all));
        states_restore(&all, state);
    }
    return good;
}

/// True if no program within the limits meets NULL in a pool of so many units.
static bool is_enough(size_t units)
{
    const segfit_options_t options = {.rows = ROWS, .columns = COLUMNS};
    const size_t size = CONTROL + 4 * sizeof(size_t) + units * SEGFIT_ALIGN;
    segfit_t *const heap = segfit_init_empty(memory.bytes, CONTROL, &options);
    bool good = states_make(&all, heap, memory.bytes, size, MOST_STATES);
    CHECK(good && segfit_add_pool(heap, memory.bytes + CONTROL, size - CONTROL) != 0);
    all.with_payload = true;
    CHECK(states_keep(&all));
    for (size_t state = 0; good && state < all.count; state++) {
        good = serves_all(state);
    }
    states_free(&all);
    return good;
}

TEST(no_program_within_the_limits_meets_null_in_a_small_pool)
{
    const size_t enough = enough_units(LIVE, REQUEST);
    REQUIRE(enough <= MOST_UNITS);
    CHECK(is_enough(enough));
    printf("%zu states; ", all.count);
    // The test can fail: less than the bound is too little at some point, and that is found.
    size_t needed = enough;
    while (is_enough(needed - 1)) {
        needed--;
    }
    printf("%zu of %zu units are needed; ", needed, enough);
    CHECK(needed > LIVE);
}

// ------------------------------------------------------------------------------- large pools

/// As failing_units, for any heap: every free block is found from the second class on, and from the
/// first if that has but one size.
static size_t failing_bytes(const segfit_t *heap, size_t live, size_t block)
{
    const size_t index = segfit_class_of(heap, block);
    const size_t next = segfit_class_size(heap, index + 1);
    const size_t found = next - segfit_class_size(heap, index) == SEGFIT_ALIGN ? block : next;
    const size_t others = live - block;
    const size_t blocks = others / SEGFIT_MIN_BLOCK;
    return others + blocks * (SEGFIT_MIN_BLOCK - SEGFIT_ALIGN) +
           (blocks + 1) * (found - SEGFIT_ALIGN);
}

/// True if a heap in memory of the size that is said has the blocks that the bound asks for.
static bool holds_the_bound(size_t live, size_t request, size_t offset)
{
    const size_t size = segfit_pool_size_for(live, request);
    unsigned char *const bytes = malloc(size + offset);
    segfit_t *const heap = bytes == NULL ? NULL : segfit_init(bytes + offset, size, NULL);
    bool good = heap != NULL;
    const size_t most = good ? segfit_block_size_for(heap, request) : 0;
    good = good && most != 0;
    for (size_t block = SEGFIT_MIN_BLOCK; block <= most; block += SEGFIT_ALIGN) {
        good &= stats_of(heap).capacity > failing_bytes(heap, live, block);
    }
    // Not much more either: the control structure is all that may be guessed too large.
    good = good && size - stats_of(heap).capacity < 2 * stats_of(heap).overhead + 4096;
    free(bytes);
    return good;
}

TEST(a_heap_made_in_that_memory_has_all_the_blocks_of_the_bound)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 600; round++) {
        const size_t live = SEGFIT_MIN_BLOCK + test_random_below(&state, (size_t)64 << round % 10);
        const size_t most = live - SEGFIT_BLOCK_OVERHEAD;
        const size_t request = test_random_below(&state, round % 3 == 0 ? most : most / 8 + 1);
        if ((request + SEGFIT_BLOCK_OVERHEAD) / SEGFIT_ALIGN * SEGFIT_ALIGN + SEGFIT_ALIGN <=
            live) {
            CHECK(holds_the_bound(live, request, test_random_below(&state, 64)));
        }
    }
    CHECK(holds_the_bound(SEGFIT_MIN_BLOCK, 1, 0));
    CHECK(holds_the_bound(4096, 4096 - SEGFIT_BLOCK_OVERHEAD, 7));
}

TEST(limits_that_no_pool_can_keep_give_zero)
{
    CHECK(segfit_pool_size_for(0, 0) == 0);
    CHECK(segfit_pool_size_for(SEGFIT_MIN_BLOCK - 1, 1) == 0);
    CHECK(segfit_pool_size_for(1000, 1000) == 0);
    CHECK(segfit_pool_size_for(SIZE_MAX, SIZE_MAX) == 0);
    CHECK(segfit_pool_size_for(SIZE_MAX, 1) == 0);
    CHECK(segfit_pool_size_for(SIZE_MAX / 2, SIZE_MAX / 2 - 64) == 0);
    for (size_t live = 64; live < SIZE_MAX / 4; live *= 2) {
        const size_t size = segfit_pool_size_for(live, 20);
        CHECK(size == 0 || size > live);
        CHECK(size >= segfit_pool_size_for(live / 2, 20) || size == 0);
    }
}

enum {
    ENEMY_BLOCKS = 256,
    ENEMY_LIVE = ENEMY_BLOCKS * SEGFIT_MIN_BLOCK,
    ENEMY_REQUEST = 32 * SEGFIT_MIN_BLOCK - SEGFIT_BLOCK_OVERHEAD
};

/// A program within the limits, and the heap that it wants to fail.
typedef struct enemy {
    segfit_t *heap;
    void *blocks[ENEMY_BLOCKS];
    size_t sizes[ENEMY_BLOCKS];
    size_t count;
    size_t live;
} enemy;

/// Asks for a block of `size` bytes, header included, if the limits allow. False if they do not.
static bool enemy_asks(enemy *e, size_t size)
{
    if (e->live + size > ENEMY_LIVE || e->count == ENEMY_BLOCKS) {
        return false;
    }
    void *const block = segfit_alloc(e->heap, size - SEGFIT_BLOCK_OVERHEAD);
    if (!test_check(block != NULL, __FILE__, __LINE__, "served")) {
        return false;
    }
    e->blocks[e->count] = block;
    e->sizes[e->count++] = size;
    e->live += size;
    return true;
}

static void enemy_frees(enemy *e, size_t index)
{
    segfit_free(e->heap, e->blocks[index]);
    e->live -= e->sizes[index];
    e->count--;
    e->blocks[index] = e->blocks[e->count];
    e->sizes[index] = e->sizes[e->count];
}

/// Fills with blocks of rising sizes and frees so that the holes are a little too small for the
/// next: each second block, or as the seed says.
static void enemy_combs(enemy *e, size_t step, uint64_t *state, bool by_chance)
{
    for (size_t size = SEGFIT_MIN_BLOCK; size <= ENEMY_REQUEST; size += step) {
        while (enemy_asks(e, size)) {
        }
        for (size_t i = e->count; i-- > 0;) {
            if (by_chance ? test_random_below(state, 2) == 0 : i % 2 == 0) {
                enemy_frees(e, i);
            }
        }
    }
}

static void enemy_wanders(enemy *e, uint64_t *state)
{
    for (int i = 0; i < 4000; i++) {
        const size_t bits = test_random_below(state, 6);
        const size_t units = 1 + test_random_below(state, (size_t)1 << bits);
        const size_t most = ENEMY_REQUEST / SEGFIT_ALIGN * SEGFIT_ALIGN;
        const size_t size = SEGFIT_MIN_BLOCK + units * SEGFIT_ALIGN;
        if (!enemy_asks(e, size < most ? size : most) && e->count > 0) {
            enemy_frees(e, test_random_below(state, e->count));
        }
    }
}

TEST(adversaries_within_the_limits_never_meet_null_in_a_large_pool)
{
    uint64_t state = test_seed();
    const size_t size = segfit_pool_size_for(ENEMY_LIVE, ENEMY_REQUEST);
    unsigned char *const bytes = malloc(size);
    size_t most = 0;
    for (int round = 0; round < 60; round++) {
        enemy e = {.heap = segfit_init(bytes, size, NULL)};
        REQUIRE(bytes != NULL && e.heap != NULL);
        const size_t step = SEGFIT_ALIGN * (1 + (size_t)round % 7);
        enemy_combs(&e, step, &state, round % 2 == 0);
        enemy_wanders(&e, &state);
        enemy_combs(&e, step, &state, round % 4 < 2);
        CHECK(heap_is_sound(e.heap));
        const size_t reached = (size_t)(e.heap->fresh_begin - (uintptr_t)bytes);
        most = reached > most ? reached : most;
    }
    printf("%zu bytes live, %zu needed, %zu given; ", (size_t)ENEMY_LIVE, most, size);
    free(bytes);
}
