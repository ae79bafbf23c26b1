// SPDX-License-Identifier: MIT
/// calloc on memory that came zeroed from the system clears none of it. Linked with
/// -Wl,--wrap=memset, which counts what is cleared.
#define TEST_MAIN
#include "../test.h"

#include <segfit/malloc.h>

static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

void *__real_memset(void *to, int value, size_t size);
void *__wrap_memset(void *to, int value, size_t size);

static size_t cleared;

void *__wrap_memset(void *to, int value, size_t size)
{
    cleared += size;
    return __real_memset(to, value, size);
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
    size_t other = 0;
    for (size_t i = 0; i < size; i++) {
        other += bytes[i] != 0;
    }
    return other == 0;
}

enum {
    count = 40,
    size = 300000
};

TEST(calloc_clears_nothing_that_is_fresh)
{
    unsigned char *blocks[count];
    cleared = 0;
    for (int i = 0; i < count; i++) {
        blocks[i] = call_calloc(1, size);
        REQUIRE(blocks[i] != NULL);
        __real_memset(blocks[i] + size / 2, i + 1, size / 2);
    }
    // A few bytes each, where free blocks had their links.
    CHECK(cleared <= (size_t)count * 64);
    for (int i = 0; i < count; i++) {
        CHECK(is_zero(blocks[i], size / 2));
        call_free(blocks[i]);
    }
}

TEST(calloc_clears_memory_that_was_used)
{
    cleared = 0;
    unsigned char *const block = call_calloc(1, (size_t)count * size / 2);
    REQUIRE(block != NULL);
    CHECK(cleared >= (size_t)count * size / 2);
    CHECK(is_zero(block, (size_t)count * size / 2));
    call_free(block);
}

TEST(fresh_memory_behind_used_memory_is_not_cleared)
{
    const size_t used = (size_t)count * size;
    cleared = 0;
    unsigned char *const block = call_calloc(3, used);
    REQUIRE(block != NULL);
    // calloc clears the memory that was used before, and not the two thirds that are fresh.
    CHECK(cleared <= used + used / 10);
    CHECK(is_zero(block, 3 * used));
    void *const other = call_malloc(100);
    call_free(block);
    call_free(other);
    CHECK(segfit_malloc_check(NULL));
}
