// SPDX-License-Identifier: MIT
/// A library whose geometry is fixed at compile time, SEGFIT_FIXED_ROWS rows of 8 columns: it makes
/// heaps of that geometry, and refuses to make others, whose control structure it would misread.
/// Compiled with 14 rows, and with as many as have a class for every size there is.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"
#include "paged_source.h"
#include <segfit/growable.h>
#include <segfit/inspect.h>

enum {
    ROWS = SEGFIT_FIXED_ROWS,
    COLUMNS = 1 << SEGFIT_FIXED_COLUMNS_LOG2,
    MEMORY = 60000
};

static max_align_t memory[MEMORY / sizeof(max_align_t)];

TEST(the_default_is_the_fixed_geometry)
{
    const segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    REQUIRE(heap != NULL);
    CHECK(heap->rows == ROWS && 1U << heap->columns_log2 == COLUMNS);
    CHECK(heap_is_sound(heap));
}

TEST(options_of_the_fixed_geometry_are_accepted_and_others_refused)
{
    const size_t largest = segfit_max_request(segfit_init(memory, sizeof memory, NULL));
    const segfit_options_t same[] = {{.rows = ROWS},
                                     {.columns = COLUMNS},
                                     {.rows = ROWS, .columns = COLUMNS},
                                     {.largest = largest + SEGFIT_BLOCK_OVERHEAD},
                                     {.largest = 50000}};
    const segfit_options_t other[] = {{.rows = ROWS - 1},
                                      {.rows = ROWS + 1},
                                      {.columns = 16},
                                      {.columns = 1},
                                      {.largest = largest + SEGFIT_BLOCK_OVERHEAD + 1},
                                      {.policy = SEGFIT_POLICY_STOCK}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        CHECK(segfit_init(memory, sizeof memory, &same[i]) != NULL);
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        CHECK(segfit_init(memory, sizeof memory, &other[i]) == NULL);
        CHECK(segfit_init_empty(memory, sizeof memory, &other[i]) == NULL);
    }
}

SEGFIT_STATIC_HEAP(smaller, ROWS - 1, COLUMNS);
SEGFIT_STATIC_HEAP(narrower, ROWS, COLUMNS / 2);
SEGFIT_STATIC_HEAP(equal, ROWS, COLUMNS);

TEST(a_static_heap_of_another_geometry_takes_no_pool)
{
    CHECK(segfit_add_pool(&smaller.heap, memory, sizeof memory) == 0);
    CHECK(segfit_alloc(&smaller.heap, 1) == NULL);
    CHECK(segfit_add_pool(&narrower.heap, memory, sizeof memory) == 0);
    CHECK(segfit_add_pool(&equal.heap, memory, sizeof memory) != 0);
    CHECK(segfit_alloc(&equal.heap, 1) != NULL);
}

TEST(its_heap_serves_as_any_other)
{
    uint64_t state = test_seed();
    segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    void *blocks[64] = {NULL};
    for (int i = 0; i < 5000; i++) {
        const unsigned k = (unsigned)test_random_below(&state, 64);
        CHECK(blocks[k] == NULL ||
              pattern_holds(blocks[k], segfit_usable_size(heap, blocks[k]), k));
        segfit_free(heap, blocks[k]);
        blocks[k] = segfit_alloc(heap, test_random_below(&state, 2000));
        pattern_fill(blocks[k], segfit_usable_size(heap, blocks[k]), k);
        CHECK(heap_is_sound(heap));
    }
    for (unsigned k = 0; k < 64; k++) {
        segfit_free(heap, blocks[k]);
    }
    CHECK(stats_of(heap).free_blocks == 1 && heap_is_sound(heap));
}

TEST(the_check_reports_a_heap_of_another_geometry)
{
    segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    unsigned char *const bytes = (unsigned char *)heap;
    const uint32_t fields[] = {segfit_layout.control_rows, segfit_layout.control_columns_log2,
                               segfit_layout.control_policy};
    const uint32_t heads = SEGFIT_HEADS_OFFSET(ROWS - 1);
    for (size_t i = 0; i < 3; i++) {
        segfit_fault_t fault = {0};
        const segfit_t before = *heap;
        bytes[fields[i]] = i == 2 ? SEGFIT_POLICY_STOCK : (unsigned char)(bytes[fields[i]] - 1);
        if (i == 0) {
            memcpy(bytes + segfit_layout.control_heads_offset, &heads, sizeof heads);
        }
        CHECK(!segfit_check(heap, &fault) && fault.invariant == 1);
        *heap = before;
        CHECK(heap_is_sound(heap));
    }
}

TEST(a_control_structure_of_zeros_is_a_heap_without_pools)
{
    static union {
        segfit_t heap;
        unsigned char bytes[SEGFIT_CONTROL_SIZE(ROWS, COLUMNS)];
    } control;
    CHECK(segfit_check(&control.heap, NULL));
}

TEST(the_bound_on_memory_counts_the_fixed_control_structure)
{
    segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    const size_t most = segfit_max_request(heap);
    const size_t live = 1000;
    const size_t size = segfit_pool_size_for(live, 100);
    CHECK(size > SEGFIT_CONTROL_SIZE(ROWS, COLUMNS) + live && size <= sizeof memory);
    CHECK(segfit_init(memory, size, NULL) != NULL);
    // One block needs just itself; more is said only as long as a pool of that size has a class.
    const size_t control = SEGFIT_CONTROL_SIZE(ROWS, COLUMNS);
    CHECK(segfit_pool_size_for(SEGFIT_MIN_BLOCK, 1) ==
          SEGFIT_MIN_BLOCK + SEGFIT_POOL_OVERHEAD + sizeof(size_t) + control);
    for (size_t lives = most / 8; lives < most && most < (size_t)1 << 24; lives += SEGFIT_ALIGN) {
        const size_t bound = segfit_pool_size_for(lives, 1);
        CHECK(bound == 0 || bound - control < most + SEGFIT_BLOCK_OVERHEAD);
    }
    // No pool serves a block that has no class.
    CHECK(segfit_pool_size_for(SIZE_MAX, most) == 0);
    CHECK(segfit_pool_size_for(SIZE_MAX / 2, SIZE_MAX / 4) == 0);
}

TEST(a_growable_heap_grows_by_pools_that_have_classes)
{
    static union {
        segfit_t heap;
        unsigned char bytes[SEGFIT_CONTROL_SIZE(ROWS, COLUMNS)];
    } control;
    paged_source source = paged_make((size_t)1 << 20, 4096);
    source.source.context = &source;
    CHECK(segfit_init_empty(&control, sizeof control, NULL) == &control.heap);
    segfit_growable_t growable = SEGFIT_GROWABLE_INITIALIZER(&control.heap, &source.source);
    void *blocks[8];
    for (size_t i = 0; i < 8; i++) {
        blocks[i] = segfit_growable_alloc(&growable, 60000);
        CHECK(blocks[i] != NULL && heap_is_sound(&control.heap));
    }
    for (size_t i = 0; i < 8; i++) {
        segfit_growable_free(&growable, blocks[i]);
    }
    CHECK(heap_is_sound(&control.heap) && stats_of(&control.heap).used == 0);
    // More than there is, and more than can be.
    CHECK(segfit_growable_alloc(&growable, (size_t)1 << 21) == NULL);
    CHECK(segfit_growable_alloc(&growable, SIZE_MAX - 100) == NULL);
    CHECK(heap_is_sound(&control.heap));
    CHECK(!source.abused);
    paged_free(&source);
}

#if SEGFIT_FIXED_ROWS < 20
enum {
    /// The largest block of this geometry.
    LARGEST = (SEGFIT_ALIGN * COLUMNS << (ROWS - 1)) - SEGFIT_ALIGN
};

/// A growable heap with one pool, of three quarters of the largest block.
static segfit_t *start_near_the_largest(segfit_growable_t *growable, paged_source *source)
{
    static union {
        segfit_t heap;
        unsigned char bytes[SEGFIT_CONTROL_SIZE(ROWS, COLUMNS)];
    } control;
    source->source.context = source;
    CHECK(segfit_init_empty(&control, sizeof control, NULL) == &control.heap);
    CHECK(segfit_max_request(&control.heap) + SEGFIT_BLOCK_OVERHEAD == LARGEST);
    const segfit_growable_t made = SEGFIT_GROWABLE_INITIALIZER(&control.heap, &source->source);
    *growable = made;
    CHECK(segfit_growable_alloc(growable, LARGEST / 4 * 3) != NULL);
    return &control.heap;
}

TEST(a_pool_is_extended_up_to_the_largest_block_and_no_more_is_asked_for)
{
    for (unsigned growth_shift = 0; growth_shift < 2; growth_shift++) {
        segfit_growable_t growable;
        paged_source source = paged_make((size_t)2 * LARGEST, SEGFIT_ALIGN);
        source.source.extend = paged_extend;
        source.source.growth_shift = growth_shift;
        const segfit_t *const heap = start_near_the_largest(&growable, &source);
        const size_t most = LARGEST - stats_of(heap).capacity;
        source.largest_ask = 0;
        CHECK(segfit_growable_alloc(&growable,
                                    most + stats_of(heap).free - SEGFIT_BLOCK_OVERHEAD) != NULL);
        CHECK(source.largest_ask == most);
        CHECK(stats_of(heap).capacity == LARGEST);
        CHECK(heap_is_sound(heap));
        paged_free(&source);
    }
}

TEST(a_region_that_continues_a_pool_joins_it_if_both_make_no_more_than_the_largest_block)
{
    for (size_t beyond = 0; beyond <= SEGFIT_ALIGN; beyond += SEGFIT_ALIGN) {
        segfit_growable_t growable;
        paged_source source = paged_make((size_t)2 * LARGEST, SEGFIT_ALIGN);
        const segfit_t *const heap = start_near_the_largest(&growable, &source);
        const size_t taken = LARGEST - stats_of(heap).capacity + beyond;
        const size_t block = taken - SEGFIT_POOL_OVERHEAD;
        const size_t overhead = stats_of(heap).overhead;
        source.largest_ask = 0;
        CHECK(segfit_growable_alloc(&growable, block - SEGFIT_BLOCK_OVERHEAD) != NULL);
        CHECK(source.largest_ask == taken);
        CHECK(beyond != 0 || stats_of(heap).capacity == LARGEST);
        CHECK((stats_of(heap).overhead == overhead) == (beyond == 0));
        CHECK(heap_is_sound(heap));
        paged_free(&source);
    }
}
#endif
