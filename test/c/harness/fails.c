// SPDX-License-Identifier: MIT
/// Fails on purpose: its output is what CMake's test `harness.fails` expects.
#define TEST_MAIN
#include "../test.h"

TEST(good)
{
    CHECK(true);
}

TEST(bad_check)
{
    CHECK(1 + 1 == 3);
    CHECK(true);
}

TEST(bad_requirement)
{
    REQUIRE(false);
    puts("a failed requirement went on");
}

TEST(checks_nothing)
{
}
