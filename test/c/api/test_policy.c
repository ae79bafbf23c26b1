// SPDX-License-Identifier: MIT
/// The two search policies, told apart by what they find: blocks of the request's own class, at the
/// head of its list and further behind.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 18,
    MOST = 200,
    /// The head, and the SEGFIT_PROBES blocks behind it that are looked at by default.
    REACH = 1 + 4
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// Block sizes of one class, the smallest and a larger one, with 8 columns: 64 to 71 units.
enum {
    SMALL = 65 * SEGFIT_ALIGN,
    LARGE = 68 * SEGFIT_ALIGN
};

/// A heap in which only blocks of one class are free: a LARGE one that `depth` SMALL ones precede
/// in the list. Stores the large one.
static segfit_t *make_list(segfit_policy_t policy, size_t depth, void **large)
{
    const segfit_options_t options = {.rows = 12, .columns = 8, .policy = policy};
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
    void *blocks[MOST];
    *large = segfit_alloc(heap, LARGE - SEGFIT_BLOCK_OVERHEAD);
    segfit_alloc(heap, 1);
    for (size_t i = 0; i < depth; i++) {
        blocks[i] = segfit_alloc(heap, SMALL - SEGFIT_BLOCK_OVERHEAD);
        segfit_alloc(heap, 1);
    }
    // The rest of the pool is used up, whatever the policy finds.
    for (size_t rest; (rest = segfit_max_alloc(heap)) != 0;) {
        segfit_alloc(heap, rest);
    }
    // Lists are last in, first out.
    segfit_free(heap, *large);
    for (size_t i = 0; i < depth; i++) {
        segfit_free(heap, blocks[i]);
    }
    return heap;
}

/// Whether a request for `size` block bytes, which only the large block can serve, is served.
static bool is_size_found(segfit_policy_t policy, size_t depth, size_t size)
{
    void *large = NULL;
    segfit_t *const heap = make_list(policy, depth, &large);
    CHECK(segfit_class_of(heap, SMALL) == segfit_class_of(heap, LARGE));
    CHECK(stats_of(heap).free_blocks == depth + 1);
    void *const block = segfit_alloc(heap, size - SEGFIT_BLOCK_OVERHEAD);
    CHECK(block == NULL || block == large);
    CHECK(heap_is_sound(heap));
    return block != NULL;
}

/// The same for every such size: whether the block fits exactly does not matter.
static bool is_found(segfit_policy_t policy, size_t depth)
{
    const bool found = is_size_found(policy, depth, LARGE);
    for (size_t size = SMALL + SEGFIT_ALIGN; size < LARGE; size += SEGFIT_ALIGN) {
        CHECK(is_size_found(policy, depth, size) == found);
    }
    return found;
}

TEST(probe_finds_the_head_of_the_own_class_and_stock_does_not)
{
    CHECK(is_found(SEGFIT_POLICY_PROBE, 0));
    CHECK(!is_found(SEGFIT_POLICY_STOCK, 0));
}

// VMA#343: the rescue before failing walked whole lists. Here a fitting block that lies too deep is
// not found: a few blocks are looked at, however many there are.
TEST(before_failing_probe_looks_a_constant_number_of_blocks_further)
{
    size_t reach = 0;
    while (reach < MOST && is_found(SEGFIT_POLICY_PROBE, reach)) {
        reach++;
    }
    CHECK(reach == REACH);
    for (size_t depth = REACH; depth < 100; depth++) {
        CHECK(!is_found(SEGFIT_POLICY_PROBE, depth));
    }
}

TEST(stock_never_looks_into_the_own_class_for_more_than_its_smallest_size)
{
    for (size_t depth = 0; depth < 10; depth++) {
        CHECK(!is_found(SEGFIT_POLICY_STOCK, depth));
    }
}

TEST(a_head_that_fits_is_preferred_to_a_larger_class)
{
    const segfit_options_t options = {.rows = 12, .columns = 8};
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
    void *const block = segfit_alloc(heap, LARGE - SEGFIT_BLOCK_OVERHEAD);
    CHECK(segfit_alloc(heap, 1) != NULL);
    segfit_free(heap, block);
    // Stock would cut the large free block behind.
    CHECK(segfit_alloc(heap, LARGE - SEGFIT_BLOCK_OVERHEAD) == block);
}
