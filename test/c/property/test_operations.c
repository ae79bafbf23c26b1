// SPDX-License-Identifier: MIT
/// Random operations against the oracle, over geometries from degenerate to full, both policies,
/// pools that come, grow and go, and sources where strangers take memory too. Repeat a run with
/// SEED=…; run a saved script with TRACE=….
#define TEST_MAIN
#include "../test.h"

#include "../harness/campaign.h"

/// How many runs there are of each geometry, policy and sort of heap.
#ifndef OPERATIONS_SEEDS
#define OPERATIONS_SEEDS 2
#endif

enum {
    OPERATIONS = 1200
};

static void run_geometry(unsigned rows, unsigned columns_log2)
{
    uint64_t seeds = test_seed();
    for (int i = 0; i < OPERATIONS_SEEDS * 6; i++) {
        const uint64_t seed = test_random(&seeds);
        const setup heap = {.rows = (uint8_t)rows,
                            .columns_log2 = (uint8_t)columns_log2,
                            .policy = (uint8_t)(i % 2),
                            .source = (uint8_t)(i / 2 % 3),
                            .zeroed = seed & 1,
                            .growth_shift = seed >> 1 & 3,
                            .skew = (uint8_t)((seed >> 3 & 3) == 0 ? seed >> 5 & 63 : 0)};
        CHECK(campaign_holds(&heap, OPERATIONS, seed));
    }
}

TEST(one_column_and_hardly_a_row)
{
    run_geometry(4, 0);
    run_geometry(7, 0);
    run_geometry(3, 2);
}

TEST(one_column_and_rows_for_everything)
{
    run_geometry(12, 0);
    run_geometry(sizeof(size_t) * 8, 0);
}

TEST(two_and_four_columns)
{
    run_geometry(9, 1);
    run_geometry(6, 2);
    run_geometry(20, 2);
}

TEST(the_usual_sixteen_columns)
{
    run_geometry(2, 4);
    run_geometry(4, 4);
    run_geometry(12, 4);
}

TEST(the_widest_geometry)
{
    run_geometry(1, 5);
    run_geometry(5, 5);
    run_geometry(sizeof(size_t) * 8, 5);
}

TEST(a_trace_that_TRACE_names_runs)
{
    static script s;
    const char *const file = getenv("TRACE");
    if (file != NULL) {
        REQUIRE(trace_load(&s, file));
    } else {
        const setup heap = {.rows = 12, .columns_log2 = 4};
        script_random(&s, &heap, 100, test_seed());
    }
    CHECK(campaign_script_holds(&s));
}
