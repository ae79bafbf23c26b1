// SPDX-License-Identifier: MIT
/// The test harness: one header, no dependency but a hosted C library's stdio.
///
///     #define TEST_MAIN
///     #include "../test.h"
///
///     TEST(a_freed_block_serves_its_size_again)
///     {
///         REQUIRE(heap != NULL);              // leaves this function when it fails
///         CHECK(segfit_alloc(heap, 8) == p);  // prints the line and goes on
///     }
///
/// An executable runs all its tests, or those whose name contains its first argument, names the
/// failing ones, ends with the line "N passed, N failed" and exits with 1 if a test failed. Tests
/// run in the order of the file. Where an executable has several files, all are compiled with
/// TEST_GROUP and harness/group.c has the main function.
///
/// A random test starts from test_seed(): fresh in every run, printed, and repeated by SEED=….
#ifndef SEGFIT_TEST_H
#define SEGFIT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A test and, once it is registered, the next one.
typedef struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
} test_case;

/// Puts a test behind those registered so far.
void test_register(test_case *test);

/// Counts a check, and reports it when it failed. Returns `passed`.
bool test_check(bool passed, const char *file, int line, const char *expression);

/// The number all randomness of this run begins with: SEED from the environment, decimal or 0x…,
/// else taken from the clock. The first call prints it.
uint64_t test_seed(void);

/// The next of a sequence of 64-bit numbers (splitmix64); any `*state` is a good one to begin with.
static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/// A number from 0 to `bound` - 1. A `bound` of 0 gives 0.
static inline size_t test_random_below(uint64_t *state, size_t bound)
{
    return bound == 0 ? 0 : (size_t)(test_random(state) % bound);
}

/// Defines a test. The constructor only links a static record into a list, so it does not matter
/// which other constructors ran before.
#define TEST(test)                                                      \
    static void test_run_##test(void);                                  \
    static test_case test_case_##test = {#test, test_run_##test, NULL}; \
    __attribute__((constructor)) static void test_register_##test(void) \
    {                                                                   \
        test_register(&test_case_##test);                               \
    }                                                                   \
    static void test_run_##test(void)

/// Reports a condition that does not hold, and goes on.
#define CHECK(...) \
    ((void)test_check((__VA_ARGS__) ? true : false, __FILE__, __LINE__, #__VA_ARGS__))

/// Reports a condition that does not hold, and returns from the function, which returns nothing.
#define REQUIRE(...)                                                                       \
    do {                                                                                   \
        if (!test_check((__VA_ARGS__) ? true : false, __FILE__, __LINE__, #__VA_ARGS__)) { \
            return;                                                                        \
        }                                                                                  \
    } while (0)

#ifdef __cplusplus
}
#endif

#if defined(TEST_MAIN) && !defined(TEST_GROUP)

#include <stdlib.h>
#include <string.h>
#include <time.h>

/// Reports beyond this many in one test are counted only: a loop may fail a million times.
enum {
    TEST_REPORTS_A_TEST = 10
};

static struct {
    test_case *first;
    test_case *last;
    unsigned long checks;
    unsigned long failures;
} test_state;

void test_register(test_case *test)
{
    if (test_state.last == NULL) {
        test_state.first = test;
    } else {
        test_state.last->next = test;
    }
    test_state.last = test;
}

bool test_check(bool passed, const char *file, int line, const char *expression)
{
    test_state.checks++;
    if (!passed && test_state.failures++ < TEST_REPORTS_A_TEST) {
        printf("\n  %s:%d: %s", file, line, expression);
        (void)fflush(stdout);
    }
    return passed;
}

/// Returns the number in SEED. Ends the program with a message if SEED is no number.
static uint64_t test_number(const char *given)
{
    char *end = NULL;
    const unsigned long long number = strtoull(given, &end, 0);
    if (given[0] < '0' || given[0] > '9' || *end != '\0') {
        (void)fprintf(stderr, "SEED takes a number from 0 on, not \"%s\"\n", given);
        exit(2);
    }
    return (uint64_t)number;
}

uint64_t test_seed(void)
{
    static bool known;
    static uint64_t seed;
    if (!known) {
        const char *const given = getenv("SEED");
        struct timespec now = {0, 0};
        (void)timespec_get(&now, TIME_UTC);
        uint64_t state = (uint64_t)now.tv_sec * UINT64_C(1000000007) + (uint64_t)now.tv_nsec;
        seed = given != NULL ? test_number(given) : test_random(&state);
        known = true;
        printf("SEED=0x%llx ", (unsigned long long)seed);
    }
    return seed;
}

/// Runs one test and says how it went. The name comes first, so that a crash has one.
static bool test_run(const test_case *test)
{
    printf("%s: ", test->name);
    (void)fflush(stdout);
    test_state.checks = 0;
    test_state.failures = 0;
    test->run();
    const bool passed = test_state.failures == 0 && test_state.checks > 0;
    if (passed) {
        puts("ok");
    } else if (test_state.checks == 0) {
        puts("checks nothing");
    } else {
        printf("\n  %lu of %lu checks failed\n", test_state.failures, test_state.checks);
    }
    return passed;
}

int main(int argc, char **argv)
{
    const char *const filter = argc > 1 ? argv[1] : "";
    unsigned passed = 0;
    unsigned failed = 0;
    for (test_case *test = test_state.first; test != NULL; test = test->next) {
        if (strstr(test->name, filter) == NULL) {
            continue;
        }
        if (test_run(test)) {
            passed++;
        } else {
            failed++;
            (void)fprintf(stderr, "failed: %s\n", test->name);
        }
    }
    if (passed + failed == 0) {
        (void)fprintf(stderr, "no test is named like \"%s\"\n", filter);
    }
    (void)fflush(stderr);
    printf("%u passed, %u failed\n", passed, failed);
    return passed > 0 && failed == 0 ? 0 : 1;
}

#endif
#endif
