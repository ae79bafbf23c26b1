// SPDX-License-Identifier: MIT
/// segfit_calloc: zero bytes wherever they come from, products that overflow.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 15
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static segfit_t *dirty_heap(void)
{
    memset(memory.bytes, 0xEE, sizeof memory.bytes);
    return segfit_init(memory.bytes, sizeof memory.bytes, NULL);
}

TEST(calloc_clears_all_requested_bytes_in_memory_that_was_not_zero)
{
    for (size_t count = 0; count < 40; count++) {
        for (size_t size = 0; size < 40; size++) {
            segfit_t *const heap = dirty_heap();
            const unsigned char *const bytes = segfit_calloc(heap, count, size);
            REQUIRE(bytes != NULL);
            CHECK(is_zero(bytes, count * size));
            CHECK(block_is_tight(heap, bytes, count * size));
        }
    }
}

TEST(calloc_clears_the_bytes_of_freed_blocks)
{
    segfit_t *const heap = dirty_heap();
    uint64_t state = test_seed();
    void *live[16] = {0};
    for (int i = 0; i < 20000; i++) {
        const size_t slot = test_random_below(&state, 16);
        segfit_free(heap, live[slot]);
        const size_t count = test_random_below(&state, 60);
        live[slot] = segfit_calloc(heap, count, 16);
        if (live[slot] != NULL) {
            CHECK(is_zero(live[slot], count * 16));
            memset(live[slot], 0xFF, segfit_usable_size(heap, live[slot]));
        }
    }
    CHECK(heap_is_sound(heap));
}

// mattconte/tlsf#9, RIOT calloc, isoalloc and hardened_malloc's calloc_overflow.
TEST(products_that_overflow_give_null_and_change_nothing)
{
    segfit_t *const heap = dirty_heap();
    image before = image_take(memory.bytes, sizeof memory.bytes);
    const unsigned half = (unsigned)sizeof(size_t) * 4;
    const size_t root = (size_t)1 << half;
    const size_t pairs[][2] = {
        {SIZE_MAX, 2},           {2, SIZE_MAX},
        {SIZE_MAX, SIZE_MAX},    {root, root},
        {root + 1, root},        {root, root + 1},
        {root * 2, root / 2},    {SIZE_MAX / 2 + 1, 2},
        {2, SIZE_MAX / 2 + 1},   {SIZE_MAX / 3 + 1, 3},
        {3, SIZE_MAX / 3 + 1},   {SIZE_MAX / 8 + 2, 8},
        {16, SIZE_MAX / 16 + 2}, {SIZE_MAX, 1},
        {1, SIZE_MAX},           {root - 1, root + 1},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        CHECK(segfit_calloc(heap, pairs[i][0], pairs[i][1]) == NULL);
    }
    for (unsigned power = 1; power < sizeof(size_t) * 8; power++) {
        const size_t factor = (size_t)1 << power;
        // 2^power · (2^(bits−power) + k) wraps to k · 2^power, a small request for small k.
        for (size_t extra = 0; extra < 3; extra++) {
            CHECK(segfit_calloc(heap, factor, (SIZE_MAX >> power) + 1 + extra) == NULL);
            CHECK(segfit_calloc(heap, (SIZE_MAX >> power) + 1 + extra, factor) == NULL);
        }
    }
    CHECK(image_holds_but_failures(&before, heap));
    image_free(&before);
}

TEST(a_product_of_zero_is_a_distinct_block)
{
    segfit_t *const heap = dirty_heap();
    void *const first = segfit_calloc(heap, 0, SIZE_MAX);
    void *const second = segfit_calloc(heap, SIZE_MAX, 0);
    CHECK(first != NULL && second != NULL && first != second);
    segfit_free(heap, first);
    segfit_free(heap, second);
    CHECK(heap_is_whole(heap, 1));
}
