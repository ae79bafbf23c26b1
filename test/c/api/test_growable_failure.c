// SPDX-License-Identifier: MIT
/// A source that refuses at every possible moment: the call answers NULL, nothing is lost, and once
/// the source gives again the heap serves again.
#define TEST_MAIN
#include "../test.h"

#include "paged_source.h"

enum {
    PAGE = 1024,
    ARENA = 1 << 20,
    SLOTS = 12,
    STEPS = 120
};

SEGFIT_STATIC_HEAP(control, 20, 8);

static paged_source pages;
static segfit_growable_t growable;

typedef struct slot {
    unsigned char *block;
    size_t size;
} slot;

static void start(bool extends, unsigned growth_shift)
{
    const segfit_options_t options = {.rows = 20, .columns = 8};
    segfit_t *const heap = segfit_init_empty(&control, sizeof control, &options);
    pages = paged_make(ARENA, PAGE);
    pages.source.extend = extends ? paged_extend : NULL;
    pages.source.release = paged_release;
    pages.source.context = &pages;
    pages.source.growth_shift = growth_shift;
    growable = (segfit_growable_t)SEGFIT_GROWABLE_INITIALIZER(heap, &pages.source);
}

/// True if every slot holds its bytes.
static bool slots_hold(const slot slots[SLOTS])
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].block != NULL && !pattern_holds(slots[i].block, slots[i].size, i)) {
            return false;
        }
    }
    return true;
}

/// One random call on one slot. Returns whether it was served.
static bool step(slot slots[SLOTS], uint64_t *state)
{
    const size_t chosen = test_random_below(state, SLOTS);
    slot *const s = &slots[chosen];
    const size_t size = test_random_below(state, 6000);
    const size_t kind = test_random_below(state, 4);
    void *block = NULL;
    if (kind == 0) {
        segfit_growable_free(&growable, s->block);
        *s = (slot){NULL, 0};
        return true;
    }
    if (s->block != NULL) {
        block = segfit_growable_realloc(&growable, s->block, size);
        CHECK(block == NULL ||
              pattern_holds(block, size < s->size ? size : s->size, (unsigned)chosen));
    } else if (kind == 1) {
        block = segfit_growable_calloc(&growable, size, 1);
        CHECK(block == NULL || is_zero(block, size));
    } else {
        block = segfit_growable_alloc_aligned(&growable, kind == 2 ? 512 : 1, size);
    }
    if (block != NULL) {
        *s = (slot){block, size};
        pattern_fill(block, size, (unsigned)chosen);
    }
    return block != NULL;
}

/// Runs the same calls with the `fail_at`-th call of the source refused. Returns how many calls of
/// the source there were.
static size_t run(uint64_t seed, bool extends, unsigned growth_shift, size_t fail_at, bool fail_on)
{
    slot slots[SLOTS] = {{NULL, 0}};
    uint64_t state = seed;
    start(extends, growth_shift);
    pages.fail_at = fail_at;
    pages.fail_on = fail_on;
    for (int i = 0; i < STEPS; i++) {
        const size_t used = stats_of(growable.heap).used;
        const size_t failures = stats_of(growable.heap).failures;
        const bool served = step(slots, &state);
        CHECK(stats_of(growable.heap).failures == failures + (served ? 0 : 1));
        CHECK(served || stats_of(growable.heap).used == used);
        CHECK(heap_is_sound(growable.heap) && slots_hold(slots));
    }
    const size_t calls = pages.calls;
    // The source gives again.
    pages.fail_at = 0;
    void *const block = segfit_growable_alloc(&growable, 20000);
    CHECK(block != NULL);
    segfit_growable_free(&growable, block);
    segfit_growable_destroy(&growable);
    CHECK(heap_is_whole(growable.heap, 0) && !pages.abused);
    paged_free(&pages);
    return calls;
}

static void fail_at_every_call(bool extends, unsigned growth_shift)
{
    uint64_t seeds = test_seed();
    for (int round = 0; round < 4; round++) {
        const uint64_t seed = test_random(&seeds);
        const size_t calls = run(seed, extends, growth_shift, 0, false);
        CHECK(calls > 3);
        for (size_t k = 1; k <= calls; k++) {
            run(seed, extends, growth_shift, k, false);
            run(seed, extends, growth_shift, k, true);
        }
    }
}

TEST(a_source_that_only_grows_may_refuse_at_any_call)
{
    fail_at_every_call(false, 0);
}

TEST(a_source_that_extends_may_refuse_at_any_call)
{
    fail_at_every_call(true, 0);
}

TEST(a_source_of_a_geometric_heap_may_refuse_at_any_call)
{
    fail_at_every_call(true, 1);
    fail_at_every_call(false, 1);
}

TEST(a_source_that_never_gives_makes_every_call_answer_null)
{
    start(true, 0);
    pages.fail_at = 1;
    pages.fail_on = true;
    CHECK(segfit_growable_alloc(&growable, 1) == NULL);
    CHECK(segfit_growable_alloc_aligned(&growable, 64, 1) == NULL);
    CHECK(segfit_growable_calloc(&growable, 1, 1) == NULL);
    CHECK(segfit_growable_realloc(&growable, NULL, 1) == NULL);
    CHECK(!segfit_growable_reserve(&growable, 1));
    CHECK(segfit_growable_trim(&growable) == 0);
    segfit_growable_destroy(&growable);
    CHECK(heap_is_whole(growable.heap, 0));
    paged_free(&pages);
}

/// Gives less than it was asked for, which its contract forbids.
static void *grow_too_little(void *context, size_t min_size, size_t *size)
{
    paged_source *const p = context;
    *size = min_size / 2;
    p->top += 4096;
    return p->arena + p->top - 4096;
}

TEST(a_source_that_gives_too_little_makes_the_call_answer_null_not_the_heap_unsound)
{
    start(false, 0);
    pages.source.grow = grow_too_little;
    CHECK(segfit_growable_alloc(&growable, 1000) == NULL);
    CHECK(heap_is_sound(growable.heap));
    CHECK(segfit_growable_alloc(&growable, 400) != NULL);
    paged_free(&pages);
}

/// Says that it gave a region, which is too small for anything.
static void *grow_nothing(void *context, size_t min_size, size_t *size)
{
    paged_source *const p = context;
    (void)min_size;
    *size = 1;
    return p->arena + p->top;
}

static size_t extend_by_a_byte(void *context, void *end, size_t min_size)
{
    (void)context;
    (void)end;
    (void)min_size;
    return 1;
}

TEST(a_source_that_gives_next_to_nothing_makes_the_call_answer_null_and_keeps_the_heap_sound)
{
    start(true, 0);
    CHECK(segfit_growable_alloc(&growable, 1000) != NULL);
    pages.source.extend = extend_by_a_byte;
    pages.source.grow = grow_nothing;
    CHECK(segfit_growable_alloc(&growable, 100000) == NULL);
    CHECK(!segfit_growable_reserve(&growable, 100000));
    CHECK(heap_is_sound(growable.heap));
    paged_free(&pages);
}
