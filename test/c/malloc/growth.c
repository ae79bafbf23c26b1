// SPDX-License-Identifier: MIT
/// How the malloc for wasm takes memory: counted in bytes, with other code that takes some in
/// between. Under WASI that somebody calls memory.grow, under Emscripten sbrk.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <segfit/malloc.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_realloc)(void *, size_t) = realloc;

enum {
    page = 65536
};

#if defined(__EMSCRIPTEN__)
#include <unistd.h>

/// The end of all that anybody took.
static uintptr_t taken_end(void)
{
    return (uintptr_t)sbrk(0);
}

/// Takes `size` bytes as a stranger.
static unsigned char *stranger_takes(size_t size)
{
    return sbrk((intptr_t)size);
}
#else
static uintptr_t taken_end(void)
{
    return __builtin_wasm_memory_size(0) * (uintptr_t)page;
}

static unsigned char *stranger_takes(size_t size)
{
    const size_t before = __builtin_wasm_memory_grow(0, (size + page - 1) / page);
    return (unsigned char *)(before * page);
}
#endif

static size_t pages_since(uintptr_t before)
{
    return (taken_end() - before + page - 1) / page;
}

// Runs first: later the heap has free memory.
TEST(a_first_small_block_takes_at_most_one_page)
{
    const uintptr_t before = taken_end();
    void *const block = call_malloc(8);
    CHECK(block != NULL);
    CHECK(pages_since(before) <= 1);
    call_free(block);
}

TEST(a_large_block_takes_only_the_pages_it_needs)
{
    const uintptr_t before = taken_end();
    void *const block = call_malloc(100 * page);
    CHECK(block != NULL);
    CHECK(pages_since(before) <= 101);
    call_free(block);
    void *const again = call_malloc(100 * page);
    CHECK(again == block);
    CHECK(pages_since(before) <= 101);
    call_free(again);
    // The free memory at the end counts: only what is missing is taken.
    void *const larger = call_malloc(110 * page);
    CHECK(larger != NULL);
    CHECK(pages_since(before) <= 111);
    call_free(larger);
}

/// A buffer that grows by a page a step, to 60 pages beyond what is free at the beginning; returns
/// how many pages that took.
static size_t pages_of_a_growing_buffer(bool by_realloc, size_t stranger)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    unsigned char *const wall = call_malloc(stats.largest_alloc);
    const uintptr_t before = taken_end();
    unsigned char *buffer = call_malloc(1);
    unsigned char *strangers[60];
    CHECK(wall != NULL && buffer != NULL);
    for (size_t step = 1; step <= 60; step++) {
        unsigned char *next = NULL;
        if (by_realloc) {
            next = call_realloc(buffer, step * page);
        } else {
            next = call_malloc(step * page);
            call_free(buffer);
        }
        CHECK(next != NULL);
        memset(next, (int)step, step * page);
        buffer = next;
        strangers[step - 1] = stranger > 0 ? stranger_takes(stranger) : NULL;
        if (stranger > 0) {
            memset(strangers[step - 1], 0xA5, stranger);
        }
    }
    for (size_t step = 0; stranger > 0 && step < 60; step++) {
        size_t kept = 0;
        for (size_t i = 0; i < stranger; i++) {
            kept += strangers[step][i] == 0xA5;
        }
        CHECK(kept == stranger);
    }
    CHECK(segfit_malloc_check(NULL));
    const size_t pages = pages_since(before);
    call_free(buffer);
    call_free(wall);
    return pages;
}

TEST(a_buffer_that_realloc_grows_takes_its_own_size)
{
    CHECK(pages_of_a_growing_buffer(true, 0) <= 62);
}

TEST(a_buffer_that_is_copied_takes_three_times_its_size)
{
    // The allocator that this test was written after took 1,890 pages.
    CHECK(pages_of_a_growing_buffer(false, 0) <= 180);
}

TEST(foreign_memory_between_two_calls_costs_only_its_size)
{
    // His page lies behind every region, so none can grow and none is large enough for the next
    // step: each step takes its own size, and its region one page more for its bounds.
    CHECK(pages_of_a_growing_buffer(false, page) <= 60 * 61 / 2 + 60 + 60);
}

TEST(a_stranger_with_odd_sizes_disturbs_nobody)
{
    (void)pages_of_a_growing_buffer(true, 20);
    (void)pages_of_a_growing_buffer(true, 1004);
}

TEST(memory_that_was_freed_is_used_before_more_is_taken)
{
    enum {
        count = 1000
    };
    static void *blocks[count];
    uintptr_t settled = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < count; i++) {
            blocks[i] = call_malloc((size_t)(i * 37 % 4000));
        }
        // Freed in the order of allocation: the pattern that made an allocator for wasm leak.
        for (int i = 0; i < count; i++) {
            call_free(blocks[i]);
        }
        settled = round == 0 ? taken_end() : settled;
    }
    CHECK(taken_end() == settled);
}

TEST(printing_works_after_growth)
{
    // On Emscripten, memory that grew behind JavaScript's back leaves its views stale.
    void *const block = call_malloc(40 << 20);
    CHECK(block != NULL);
    CHECK(printf("printed after growth ") == 21);
    CHECK(fflush(stdout) == 0);
    call_free(block);
}
