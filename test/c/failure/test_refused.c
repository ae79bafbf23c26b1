// SPDX-License-Identifier: MIT
/// Memory refused at every possible moment: for many scripts, the source's k-th call fails, for
/// every k. The machine judges: a call that fails changes no byte, one that can be served is, and
/// later ones are again.
#define TEST_MAIN
#include "../test.h"

#include "../harness/campaign.h"

enum {
    SCRIPTS = 210,
    OPERATIONS = 60
};

/// Runs a script with no call refused, then with each that it makes. Returns how many those are.
static size_t refuse_each(script *s)
{
    CHECK(campaign_script_holds(s));
    const size_t calls = campaign_machine.source.calls;
    for (size_t k = 1; k <= calls && k < 256; k++) {
        s->heap.refused_call = (uint8_t)k;
        CHECK(campaign_script_holds(s));
    }
    s->heap.refused_call = 0;
    return calls;
}

TEST(a_source_may_refuse_any_call_of_any_script)
{
    static script s;
    uint64_t seeds = test_seed();
    size_t runs = 0;
    for (size_t i = 0; i < SCRIPTS; i++) {
        const setup heap = {.rows = (uint8_t)(i % 3 == 0 ? 9 : 14),
                            .columns_log2 = (uint8_t)(i % 5),
                            .policy = (uint8_t)(i % 7 == 0),
                            .source = (uint8_t)(1 + i % 2),
                            .growth_shift = (uint8_t)(i / 2 % 3),
                            .zeroed = (uint8_t)(i / 6 % 2),
                            .skew = (uint8_t)(i % 11 == 0 ? 24 : 0)};
        script_random(&s, &heap, OPERATIONS, test_random(&seeds));
        runs += refuse_each(&s);
    }
    printf("%d scripts, %zu refusals; ", SCRIPTS, runs);
    CHECK(runs > SCRIPTS * 3);
}
