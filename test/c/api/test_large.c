// SPDX-License-Identifier: MIT
/// Sizes and distances that do not fit a signed or a short integer. The memory is reserved but
/// hardly touched, so that it costs address space only. 32-bit targets try what theirs has.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    POOL = 4096
};

SEGFIT_STATIC_HEAP(control, 28, 8);

static const unsigned largest_power = sizeof(void *) > 4 ? 31 : 26;

/// Zeroed memory, of which the system provides no page until it is touched. Returns NULL
/// and prints a message if the system has too little.
static unsigned char *reserve(size_t size)
{
    unsigned char *const memory = calloc(1, size);
    if (memory == NULL) {
        printf("no %zu bytes of address space", size);
    }
    return memory;
}

// talc PR 49: gaps of 16 MiB and more between two regions were misread.
TEST(two_pools_with_a_gap_of_any_power_of_two_keep_apart)
{
    segfit_t *const heap = &control.heap;
    for (unsigned power = 20; power <= largest_power; power++) {
        const size_t gap = (size_t)1 << power;
        unsigned char *const memory = reserve(gap + 2 * POOL);
        REQUIRE(memory != NULL);
        CHECK(segfit_add_pool(heap, memory + POOL + gap, POOL) != 0);
        CHECK(segfit_add_pool(heap, memory, POOL) != 0);
        void *blocks[64];
        size_t count = 0;
        while (count < 64 && (blocks[count] = segfit_alloc(heap, 300)) != NULL) {
            pattern_fill(blocks[count], 300, (unsigned)count);
            count++;
        }
        CHECK(count > 20 && count < 64 && heap_is_sound(heap));
        for (size_t i = 0; i < count; i++) {
            CHECK(pattern_holds(blocks[i], 300, (unsigned)i));
            segfit_free(heap, blocks[i]);
        }
        CHECK(heap_is_whole(heap, 2));
        CHECK(segfit_remove_pool(heap, memory) && segfit_remove_pool(heap, memory + POOL + gap));
        free(memory);
    }
}

// emscripten#23200, #20099: sizes from 2 GiB on were taken for negative ones.
TEST(blocks_around_each_power_of_two_are_served_resized_and_merged)
{
    const size_t size = ((size_t)1 << largest_power) + ((size_t)1 << (largest_power - 2));
    const segfit_options_t options = {.rows = sizeof(void *) * 8, .columns = 16};
    static max_align_t full[SEGFIT_CONTROL_SIZE(64, 16) / sizeof(max_align_t) + 1];
    segfit_t *const heap = segfit_init_empty(full, sizeof full, &options);
    unsigned char *const memory = reserve(size);
    REQUIRE(heap != NULL && memory != NULL);
    // Zeroed: from level 1 on, segfit_add_pool reads the whole pool for headers of an earlier heap.
    CHECK(segfit_add_zeroed_pool(heap, memory, size) > size - SEGFIT_POOL_OVERHEAD);
    for (unsigned power = 16; power <= largest_power; power++) {
        for (int distance = -40; distance <= 40; distance += 8) {
            const size_t wish = ((size_t)1 << power) + (size_t)distance;
            unsigned char *const block = segfit_alloc(heap, wish);
            REQUIRE(block != NULL);
            CHECK(segfit_usable_size(heap, block) >= wish);
            CHECK(segfit_usable_size(heap, block) - wish < SEGFIT_MIN_BLOCK + SEGFIT_ALIGN);
            block[0] = 1;
            block[wish - 1] = 2;
            CHECK(segfit_resize(heap, block, wish / 2) && segfit_resize(heap, block, wish));
            CHECK(block[0] == 1 && heap_is_sound(heap));
            segfit_free(heap, block);
        }
    }
    CHECK(heap_is_whole(heap, 1));
    CHECK(segfit_max_alloc(heap) > size - 2 * SEGFIT_POOL_OVERHEAD);
    CHECK(segfit_alloc(heap, size) == NULL);
    free(memory);
}
