// SPDX-License-Identifier: MIT
/// In a full heap, freeing a block and asking for the same size again: never fails under the probe
/// policy, for any size up to 64 KB; often fails as TLSF was published.
#define TEST_MAIN
#include "../test.h"

#include "../api/heap_fixture.h"

enum {
    MEMORY = 1 << 18,
    LARGEST = 65536
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// A heap full of blocks of `size`, what is left over filled as well; stores one of the blocks.
static segfit_t *full_heap(segfit_policy_t policy, size_t size, void **chosen)
{
    const segfit_options_t options = {.policy = policy};
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
    size_t count = 0;
    for (void *block; (block = segfit_alloc(heap, size)) != NULL; count++) {
        *chosen = count == 1 ? block : *chosen;
    }
    for (size_t rest; (rest = segfit_max_alloc(heap)) != 0;) {
        if (segfit_alloc(heap, rest) == NULL) {
            break;
        }
    }
    return heap;
}

/// How many freed sizes no request gets again.
static size_t count_failures(segfit_policy_t policy, size_t step)
{
    size_t failures = 0;
    for (size_t size = 1; size <= LARGEST; size += step) {
        void *chosen = NULL;
        segfit_t *const heap = full_heap(policy, size, &chosen);
        segfit_free(heap, chosen);
        failures += segfit_alloc(heap, size) == NULL;
    }
    return failures;
}

// espressif/tlsf#2, sysprog21/tlsf-bsd#4, yvt/rlsf#15.
TEST(under_probe_every_size_fits_where_it_was_freed)
{
    CHECK(count_failures(SEGFIT_POLICY_PROBE, SEGFIT_ALIGN) == 0);
}

TEST(under_stock_many_sizes_do_not)
{
    const size_t sizes = LARGEST / SEGFIT_ALIGN;
    const size_t failures = count_failures(SEGFIT_POLICY_STOCK, SEGFIT_ALIGN);
    printf("%zu of %zu sizes; ", failures, sizes);
    CHECK(failures > sizes / 4);
}

TEST(under_probe_it_fits_in_a_heap_that_random_sizes_filled)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 200; round++) {
        const segfit_options_t options = {.columns = 1U << test_random_below(&state, 6)};
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
        static void *blocks[4096];
        static size_t sizes[4096];
        size_t count = 0;
        do {
            sizes[count] = test_random_below(&state, (size_t)1 << test_random_below(&state, 15));
            blocks[count] = segfit_alloc(heap, sizes[count]);
            count += blocks[count] != NULL;
        } while (count < 4096 && segfit_max_alloc(heap) > 200);
        for (int i = 0; i < 1000; i++) {
            const size_t chosen = test_random_below(&state, count);
            segfit_free(heap, blocks[chosen]);
            blocks[chosen] = segfit_alloc(heap, sizes[chosen]);
            REQUIRE(blocks[chosen] != NULL);
        }
        CHECK(heap_is_sound(heap));
    }
}
