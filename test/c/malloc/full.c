// SPDX-License-Identifier: MIT
/// A malloc whose memory is limited: what it answers when that is used up, and what is left
/// afterwards. The limit is set where this is built: 2 MB of static memory, or a wasm memory of
/// that size.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <segfit/malloc.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
static void *(*volatile call_aligned_alloc)(size_t, size_t) = aligned_alloc;

enum {
    most = 100000
};

static void *blocks[most];
static size_t sizes[most];
static size_t count;

/// Allocates random sizes below `bound`, smaller and smaller ones, until nothing fits at all.
static void fill(uint64_t *random, size_t bound)
{
    while (count < most) {
        const size_t size = bound == 0 ? 0 : test_random_below(random, bound);
        void *const block = call_malloc(size);
        if (block == NULL && bound == 0) {
            return;
        }
        if (block == NULL) {
            bound /= 2;
            continue;
        }
        memset(block, (int)(count % 250), size);
        blocks[count] = block;
        sizes[count] = size;
        count++;
    }
}

static void empty(void)
{
    while (count > 0) {
        call_free(blocks[--count]);
    }
}

static bool is_intact(size_t i)
{
    const unsigned char *const bytes = blocks[i];
    for (size_t byte = 0; byte < sizes[i]; byte++) {
        if (bytes[byte] != i % 250) {
            return false;
        }
    }
    return true;
}

TEST(a_full_heap_refuses_with_enomem_and_stays_sound)
{
    uint64_t random = test_seed();
    fill(&random, 5000);
    REQUIRE(count > 100 && count < most);
    errno = 0;
    CHECK(call_malloc(1) == NULL);
    CHECK(errno == ENOMEM);
    errno = 0;
    CHECK(call_calloc(10, 10) == NULL);
    CHECK(errno == ENOMEM);
    errno = 0;
    CHECK(call_aligned_alloc(256, 1) == NULL);
    CHECK(errno == ENOMEM);
    errno = 0;
    CHECK(call_realloc(blocks[0], 5000000) == NULL);
    CHECK(errno == ENOMEM);
    for (size_t i = 0; i < count; i++) {
        CHECK(is_intact(i));
    }
    CHECK(segfit_malloc_check(NULL));
    empty();
}

TEST(in_a_full_heap_a_freed_block_serves_its_size_again)
{
    uint64_t random = test_seed();
    fill(&random, 3000);
    REQUIRE(count > 100 && count < most);
    for (int step = 0; step < 20000; step++) {
        const size_t i = test_random_below(&random, count);
        call_free(blocks[i]);
        blocks[i] = call_malloc(sizes[i]);
        REQUIRE(blocks[i] != NULL);
        memset(blocks[i], (int)(i % 250), sizes[i]);
    }
    for (size_t i = 0; i < count; i++) {
        CHECK(is_intact(i));
    }
    CHECK(segfit_malloc_check(NULL));
    empty();
}

TEST(an_emptied_heap_has_all_its_memory_again)
{
    uint64_t random = test_seed();
    segfit_stats_t first;
    segfit_stats_t last;
    for (int round = 0; round < 5; round++) {
        fill(&random, (size_t)1 << (round * 3 + 5));
        CHECK(segfit_malloc_check(NULL));
        empty();
        segfit_malloc_flush();
        segfit_malloc_stats(round == 0 ? &first : &last);
    }
    CHECK(first.largest_alloc > 1000000);
    CHECK(last.largest_alloc == first.largest_alloc);
    CHECK(last.capacity == first.capacity);
    CHECK(last.failures > 5);
}
