// SPDX-License-Identifier: MIT
/// The promises of the harness to tests that pass.
#define TEST_MAIN
#include "../test.h"

static unsigned order;

TEST(tests_run_in_the_order_of_the_file)
{
    CHECK(order == 0);
    order++;
}

TEST(a_seed_stays_the_same_within_a_run)
{
    const uint64_t first = test_seed();
    CHECK(first == test_seed());
}

TEST(random_numbers_repeat_from_the_same_state_and_differ_along_it)
{
    uint64_t one = 1;
    uint64_t other = 1;
    const uint64_t first = test_random(&one);
    CHECK(first == test_random(&other));
    CHECK(first != test_random(&one));
    for (size_t bound = 1; bound < 100; bound++) {
        CHECK(test_random_below(&one, bound) < bound);
    }
    CHECK(test_random_below(&one, 0) == 0);
}

/// Returns before its end where `condition` does not hold; `*reached` says whether it came there.
static void require(bool condition, bool *reached)
{
    *reached = false;
    REQUIRE(condition);
    *reached = true;
}

TEST(a_requirement_that_holds_goes_on)
{
    bool reached = false;
    require(true, &reached);
    CHECK(reached);
    CHECK(order == 1);
}
