// SPDX-License-Identifier: MIT
/// The malloc for wasm in a memory of 4 GB: blocks above 2 GB, blocks larger than 2 GB, the end.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <segfit/malloc.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;

static const size_t quarter_gigabyte = (size_t)1 << 28;
static const size_t two_gigabytes = (size_t)1 << 31;

/// Writes to both ends of a block and reads them back; nothing between is touched.
static bool has_both_ends(volatile unsigned char *block, size_t size)
{
    block[0] = 0x5A;
    block[size - 1] = 0xA5;
    return block[0] == 0x5A && block[size - 1] == 0xA5;
}

TEST(blocks_above_two_gigabytes_are_like_others)
{
    unsigned char *blocks[15];
    uintptr_t top = 0;
    for (int i = 0; i < 15; i++) {
        blocks[i] = call_malloc(quarter_gigabyte);
        REQUIRE(blocks[i] != NULL);
        CHECK(has_both_ends(blocks[i], quarter_gigabyte));
        top = (uintptr_t)blocks[i] > top ? (uintptr_t)blocks[i] : top;
    }
    CHECK(top > 0xE0000000U);
    CHECK(segfit_malloc_check(NULL));
    // The last piece of the address space does not hold another one.
    errno = 0;
    CHECK(call_malloc(quarter_gigabyte) == NULL);
    CHECK(errno == ENOMEM);
    unsigned char *const shrunk = call_realloc(blocks[14], 1000);
    CHECK(shrunk == blocks[14]);
    unsigned char *const grown = call_realloc(shrunk, quarter_gigabyte / 2);
    CHECK(grown == blocks[14] && grown[0] == 0x5A);
    call_free(grown);
    for (int i = 0; i < 14; i++) {
        call_free(blocks[i]);
    }
    CHECK(segfit_malloc_check(NULL));
}

TEST(a_block_can_be_larger_than_two_gigabytes)
{
    const size_t size = two_gigabytes + quarter_gigabyte * 3;
    unsigned char *const block = call_malloc(size);
    REQUIRE(block != NULL);
    CHECK(has_both_ends(block, size));
    call_free(block);
    CHECK(segfit_malloc_check(NULL));
}

TEST(the_last_bytes_can_be_used_and_no_more)
{
    segfit_stats_t stats;
    size_t step = quarter_gigabyte;
    void *last = NULL;
    // Down to small blocks, until nothing is left; all stay allocated.
    while (step >= 16) {
        void *const block = call_malloc(step);
        if (block == NULL) {
            step /= 2;
            continue;
        }
        CHECK(has_both_ends(block, step));
        CHECK((uintptr_t)block <= UINTPTR_MAX - step);
        last = block;
    }
    segfit_malloc_stats(&stats);
    CHECK(stats.used > 0xF0000000U);
    CHECK(stats.free < 4096);
    CHECK(segfit_malloc_check(NULL));
    errno = 0;
    CHECK(call_calloc(1, 1000000) == NULL);
    CHECK(errno == ENOMEM);
    call_free(last);
    CHECK(call_malloc(16) == last);
}
