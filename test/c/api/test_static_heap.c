// SPDX-License-Identifier: MIT
/// Heaps that need no code at start-up: the initialiser and the control structure's size as
/// constants.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

SEGFIT_STATIC_HEAP(plain, 12, 16);
SEGFIT_STATIC_HEAP(single_column, 10, 1);
SEGFIT_STATIC_HEAP(widest, 20, 32);
SEGFIT_STATIC_HEAP(never_used, 12, 16);

static unsigned char memory[65536];

// Constant expressions, or this file does not compile.
static unsigned char control_memory[SEGFIT_CONTROL_SIZE(12, 16)];
_Static_assert(SEGFIT_CONTROL_SIZE(12, 16) > 12 * 16 * sizeof(void *), "all list heads are in it");
_Static_assert(SEGFIT_LOG2_COLUMNS(1) == 0 && SEGFIT_LOG2_COLUMNS(32) == 5, "for #if and enums");

// rlsf's Tlsf<'_, u16, u16, 12, 16> takes 1,568 bytes on 64-bit; 16 words more are our statistics.
_Static_assert(sizeof(void *) != 8 || SEGFIT_CONTROL_SIZE(12, 16) <= 1568 + 192,
               "as small as its peers");

static void try_heap(segfit_t *heap)
{
    CHECK(heap_is_whole(heap, 0));
    const size_t taken = segfit_add_pool(heap, memory, sizeof memory);
    REQUIRE(taken > 0);
    void *const block = segfit_alloc(heap, 100);
    REQUIRE(block != NULL);
    CHECK(heap_is_sound(heap));
    segfit_free(heap, block);
    CHECK(heap_is_whole(heap, 1));
    CHECK(segfit_remove_pool(heap, memory));
    CHECK(heap_is_whole(heap, 0));
}

TEST(a_static_heap_is_valid_and_empty_before_any_call)
{
    try_heap(&plain.heap);
    try_heap(&single_column.heap);
    try_heap(&widest.heap);
}

// RIOT#4490, #5796, #12032: malloc before the heap was initialised crashed.
TEST(a_heap_without_pool_answers_null_to_everything)
{
    segfit_t *const heap = &never_used.heap;
    CHECK(segfit_alloc(heap, 0) == NULL);
    CHECK(segfit_alloc(heap, 1) == NULL);
    CHECK(segfit_alloc(heap, SIZE_MAX) == NULL);
    CHECK(segfit_alloc_aligned(heap, 64, 1) == NULL);
    CHECK(segfit_calloc(heap, 3, 5) == NULL);
    CHECK(segfit_realloc(heap, NULL, 8) == NULL);
    CHECK(segfit_realloc_aligned(heap, NULL, 64, 8) == NULL);
    CHECK(!segfit_resize(heap, NULL, 8));
    CHECK(segfit_usable_size(heap, NULL) == 0);
    CHECK(segfit_max_alloc(heap) == 0);
    segfit_free(heap, NULL);
    segfit_reset(heap);
    CHECK(!segfit_pool_is_empty(heap, memory));
    CHECK(!segfit_remove_pool(heap, memory));
    CHECK(segfit_extend_pool(heap, memory, 4096) == 0);
    CHECK(heap_is_whole(heap, 0));
    CHECK(stats_of(heap).largest_free == 0);
}

TEST(an_initialised_and_a_static_control_structure_are_the_same_bytes)
{
    SEGFIT_STATIC_HEAP(untouched, 12, 16);
    const segfit_options_t options = {.rows = 12, .columns = 16};
    memset(control_memory, 0xFF, sizeof control_memory);
    const segfit_t *const heap = segfit_init_empty(control_memory, sizeof control_memory, &options);
    // An array of bytes may lie anywhere; only at a pointer's alignment does it hold the heap.
    CHECK((heap != NULL) == is_aligned(control_memory, sizeof(void *)));
    if (heap != NULL) {
        CHECK(memcmp(control_memory, &untouched, sizeof control_memory) == 0);
    }
}
