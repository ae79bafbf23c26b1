// SPDX-License-Identifier: MIT
/// A long run on a heap that grows: its footprint becomes flat, nothing is lost, and in the end
/// everything freed is one block again. For three limits of what may be live at a time. `npm run
/// test:soak` is the long form, of 100 million operations; SEED=… repeats a run.
#include "segfit/growable.h"
#include "segfit/inspect.h"

#define TEST_MAIN
#include "../test.h"

enum {
    PAGE = 65536,
    ARENA = 64 << 20,
    SLOTS = 1 << 14,
    BUDGET = 8 << 20
};

/// Operations in all; the part of them, 1 of so many, after which the footprint has to be flat; the
/// pages that chance may still add.
#ifndef SOAK_OPERATIONS
#define SOAK_OPERATIONS 1800000
#define SOAK_SETTLED 2
#define SOAK_PAGES 8
#else
#define SOAK_SETTLED 10
#define SOAK_PAGES 3
#endif

static unsigned char *arena;
static size_t taken;

static void *soak_grow(void *context, size_t min_size, size_t *size)
{
    (void)context;
    *size = (min_size + PAGE - 1) / PAGE * PAGE;
    taken += *size;
    return taken > ARENA ? NULL : arena + taken - *size;
}

static const segfit_source_t source = {.grow = soak_grow};

SEGFIT_STATIC_HEAP(control, 24, 16);

typedef struct soak {
    segfit_growable_t heap;
    unsigned char *blocks[SLOTS];
    size_t sizes[SLOTS];
    size_t live;
    /// The bytes that may be live at a time, and the largest request.
    size_t most;
    size_t largest;
} soak;

/// Sizes as programs have them: each power of two about as often.
static size_t soak_size(const soak *s, uint64_t *state)
{
    const size_t size = test_random_below(state, (size_t)16 << test_random_below(state, 9));
    return size < s->largest ? size : s->largest;
}

static bool soak_holds(const soak *s, size_t slot)
{
    const unsigned char *const block = s->blocks[slot];
    const size_t size = s->sizes[slot];
    return size == 0 || (block[0] == (slot & 0xFF) && block[size - 1] == ((slot >> 8) & 0xFF));
}

static bool soak_free(soak *s, size_t slot)
{
    const bool held = s->sizes[slot] < 2 || soak_holds(s, slot);
    segfit_growable_free(&s->heap, s->blocks[slot]);
    s->live -= s->sizes[slot];
    s->blocks[slot] = NULL;
    return held;
}

static bool soak_step(soak *s, uint64_t *state)
{
    const size_t slot = test_random_below(state, SLOTS);
    if (s->blocks[slot] != NULL && !soak_free(s, slot)) {
        return false;
    }
    const size_t size = soak_size(s, state);
    if (s->live + size > s->most) {
        return true;
    }
    unsigned char *const block = segfit_growable_alloc(&s->heap, size);
    if (block == NULL) {
        return false;
    }
    if (size >= 2) {
        block[0] = (unsigned char)(slot & 0xFF);
        block[size - 1] = (unsigned char)(slot >> 8 & 0xFF);
    }
    s->blocks[slot] = block;
    s->sizes[slot] = size;
    s->live += size;
    return true;
}

/// Runs; the footprint hardly grows once it is settled.
static void soak_run(size_t operations, size_t most, uint64_t seed)
{
    static soak s;
    uint64_t state = seed;
    const segfit_options_t options = {.rows = 24, .columns = 16};
    s = (soak){.most = most, .largest = 4000};
    taken = 0;
    segfit_t *const heap = segfit_init_empty(&control, sizeof control, &options);
    s.heap = (segfit_growable_t)SEGFIT_GROWABLE_INITIALIZER(heap, &source);
    size_t settled = 0;
    for (size_t i = 0; i < operations; i++) {
        REQUIRE(soak_step(&s, &state));
        settled = i < operations / SOAK_SETTLED ? taken : settled;
    }
    printf("%zu KB live, %zu then %zu KB; ", most >> 10, settled >> 10, taken >> 10);
    CHECK(segfit_check(heap, NULL));
    CHECK(taken - settled <= SOAK_PAGES * PAGE);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        CHECK(s.blocks[slot] == NULL || soak_free(&s, slot));
    }
    segfit_stats_t stats;
    segfit_stats(heap, &stats);
    CHECK(segfit_check(heap, NULL) && stats.used == 0 && stats.free_blocks == 1);
    CHECK(stats.largest_free + SEGFIT_BLOCK_OVERHEAD == stats.capacity);
}

TEST(the_footprint_of_a_long_run_is_flat_and_all_of_it_comes_back)
{
    uint64_t seeds = test_seed();
    arena = malloc(ARENA + SEGFIT_ALIGN);
    REQUIRE(arena != NULL);
    arena += SEGFIT_ALIGN - (uintptr_t)arena % SEGFIT_ALIGN;
    const size_t shares[] = {50, 80, 95};
    for (size_t i = 0; i < 3; i++) {
        soak_run(SOAK_OPERATIONS / 3, BUDGET / 100 * shares[i], test_random(&seeds));
    }
}
