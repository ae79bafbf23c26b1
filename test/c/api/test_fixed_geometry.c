// SPDX-License-Identifier: MIT
/// A library whose geometry is fixed at compile time, here 14 rows of 8 columns: it makes heaps of that
/// geometry, and refuses to make others, whose control structure it would misread.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    ROWS = 14,
    COLUMNS = 8,
    MEMORY = 60000
};

static max_align_t memory[MEMORY / sizeof(max_align_t)];

TEST(the_default_is_the_fixed_geometry)
{
    const segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    REQUIRE(heap != NULL);
    CHECK(heap->rows == ROWS && 1U << heap->columns_log2 == COLUMNS);
    CHECK(heap_is_sound(heap));
}

TEST(options_that_say_the_same_are_taken_and_others_refused)
{
    const size_t largest = (size_t)SEGFIT_ALIGN * COLUMNS << (ROWS - 1);
    const segfit_options_t same[] = {{.rows = ROWS},
                                     {.columns = COLUMNS},
                                     {.rows = ROWS, .columns = COLUMNS},
                                     {.largest = 50000}};
    const segfit_options_t other[] = {{.rows = ROWS - 1},       {.rows = ROWS + 1},
                                      {.columns = 16},          {.columns = 1},
                                      {.largest = largest + 1}, {.policy = SEGFIT_POLICY_STOCK}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        CHECK(segfit_init(memory, sizeof memory, &same[i]) != NULL);
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        CHECK(segfit_init(memory, sizeof memory, &other[i]) == NULL);
        CHECK(segfit_init_empty(memory, sizeof memory, &other[i]) == NULL);
    }
}

TEST(its_heap_serves_as_any_other)
{
    uint64_t state = test_seed();
    segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    void *blocks[64] = {NULL};
    for (int i = 0; i < 5000; i++) {
        const unsigned k = (unsigned)test_random_below(&state, 64);
        CHECK(blocks[k] == NULL ||
              pattern_holds(blocks[k], segfit_usable_size(heap, blocks[k]), k));
        segfit_free(heap, blocks[k]);
        blocks[k] = segfit_alloc(heap, test_random_below(&state, 2000));
        pattern_fill(blocks[k], segfit_usable_size(heap, blocks[k]), k);
        CHECK(heap_is_sound(heap));
    }
    for (unsigned k = 0; k < 64; k++) {
        segfit_free(heap, blocks[k]);
    }
    CHECK(stats_of(heap).free_blocks == 1 && heap_is_sound(heap));
}
