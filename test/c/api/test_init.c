// SPDX-License-Identifier: MIT
/// segfit_init and segfit_init_empty: every size at every offset, all geometries, options that
/// cannot be.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    OFFSETS = 64,
    WORD_BITS_HERE = sizeof(size_t) * 8,
};

/// True if the heap does what a heap of any size can: serve one block, take it back, be whole.
static bool heap_serves(segfit_t *heap)
{
    const size_t before = stats_of(heap).free_blocks;
    void *const block = segfit_alloc(heap, 1);
    if (block == NULL || !is_aligned(block, SEGFIT_ALIGN) || segfit_usable_size(heap, block) < 1) {
        return false;
    }
    pattern_fill(block, segfit_usable_size(heap, block), 1);
    if (!heap_is_sound(heap)) {
        return false;
    }
    segfit_free(heap, block);
    return heap_is_whole(heap, before);
}

/// Tries `size` bytes at `offset`. True if the answer and its consequences are as documented;
/// stores whether there was a heap.
static bool init_is_right(size_t size, size_t offset, const segfit_options_t *options, bool *made)
{
    region r = region_make(size, offset);
    image before = image_take(r.base, r.head + size);
    segfit_t *const heap = segfit_init(r.memory, size, options);
    bool right = true;
    *made = heap != NULL;
    if (heap == NULL) {
        right = image_holds(&before);
    } else {
        const unsigned char *const at = (const unsigned char *)heap;
        right = at >= r.memory && at < r.memory + size && is_aligned(heap, sizeof(void *)) &&
                heap_is_whole(heap, 1) && heap_serves(heap);
    }
    right = right && region_is_guarded(&r);
    image_free(&before);
    region_free(&r);
    return right;
}

/// All sizes up to the first ones that make a heap at any offset, and some more.
static void try_all_sizes(const segfit_options_t *options, size_t last)
{
    for (size_t offset = 0; offset < OFFSETS; offset++) {
        bool ever = false;
        for (size_t size = 0; size <= last; size++) {
            bool made = false;
            const bool right = init_is_right(size, offset, options, &made);
            CHECK(right);
            if (!right) {
                printf("  size %zu at offset %zu\n", size, offset);
                return;
            }
            // A larger memory never makes less: what fits once keeps fitting.
            CHECK(made || !ever);
            ever |= made;
        }
        CHECK(ever);
    }
}

TEST(the_coarsest_geometry_makes_heaps_of_all_sizes_that_hold_a_block)
{
    static max_align_t memory[1024 / sizeof(max_align_t)];
    for (unsigned columns = 1; columns <= 4; columns *= 2) {
        const segfit_options_t options = {.columns = columns};
        bool made = false;
        for (size_t size = 0; size <= sizeof memory; size++) {
            segfit_t *const heap = segfit_init(memory, size, &options);
            CHECK(heap != NULL || !made);
            made |= heap != NULL;
            CHECK(heap == NULL || segfit_check(heap, NULL));
        }
        CHECK(made);
    }
}

TEST(every_size_at_every_offset_gives_null_or_a_sound_heap)
{
    try_all_sizes(NULL, 1800);
}

TEST(every_size_at_every_offset_gives_null_or_a_sound_heap_of_a_small_geometry)
{
    const segfit_options_t options = {.rows = 6, .columns = 4};
    try_all_sizes(&options, 900);
}

TEST(every_size_at_every_offset_gives_null_or_a_sound_stock_heap_of_one_column)
{
    const segfit_options_t options = {.rows = 8, .columns = 1, .policy = SEGFIT_POLICY_STOCK};
    try_all_sizes(&options, 700);
}

TEST(all_geometries_make_a_heap_that_serves_its_largest_block_or_none)
{
    for (unsigned columns = 1; columns <= 32; columns *= 2) {
        size_t last_limit = 0;
        for (unsigned rows = 1; rows <= WORD_BITS_HERE; rows++) {
            const segfit_options_t options = {.rows = rows, .columns = columns};
            region r = region_make(SEGFIT_CONTROL_SIZE(rows, columns) + 4096, rows);
            segfit_t *const heap = segfit_init(r.memory, r.size, &options);
            // Only a few classes: the smallest block is too large for them.
            CHECK(heap != NULL || rows * columns <= 4);
            if (heap != NULL) {
                CHECK(heap_is_whole(heap, 1));
                CHECK(segfit_max_request(heap) >= last_limit);
                CHECK(segfit_max_request(heap) <= SIZE_MAX - SEGFIT_BLOCK_OVERHEAD);
                last_limit = segfit_max_request(heap);
                CHECK(heap_serves(heap));
            }
            CHECK(region_is_guarded(&r));
            region_free(&r);
        }
    }
}

TEST(impossible_options_return_null_and_leave_the_memory_alone)
{
    const segfit_options_t bad[] = {
        {.columns = 3},
        {.columns = 5},
        {.columns = 31},
        {.columns = 33},
        {.columns = 64},
        {.columns = 1U << 31},
        {.columns = UINT32_MAX},
        {.rows = WORD_BITS_HERE + 1U},
        {.rows = 256},
        {.rows = 257},
        {.rows = UINT32_MAX},
        {.rows = 1, .columns = 1},
        {.policy = (segfit_policy_t)2},
        {.policy = (segfit_policy_t)255},
        {.policy = (segfit_policy_t)256},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        region r = region_make(65536, 0);
        image before = image_take(r.memory, r.size);
        CHECK(segfit_init(r.memory, r.size, &bad[i]) == NULL);
        CHECK(segfit_init_empty(r.memory, r.size, &bad[i]) == NULL);
        if (!image_holds(&before)) {
            printf("  option set %zu\n", i);
        }
        CHECK(image_holds(&before));
        image_free(&before);
        region_free(&r);
    }
}

TEST(memory_that_is_null_or_wraps_the_address_space_gives_null)
{
    static unsigned char memory[64];
    CHECK(segfit_init(NULL, 65536, NULL) == NULL);
    CHECK(segfit_init(NULL, SIZE_MAX, NULL) == NULL);
    CHECK(segfit_init_empty(NULL, 65536, NULL) == NULL);
    for (size_t less = 0; less < 64; less++) {
        CHECK(segfit_init(memory, SIZE_MAX - less, NULL) == NULL);
        CHECK(segfit_init_empty(memory, SIZE_MAX - less, NULL) == NULL);
    }
    // More than lies before it, and less: both run past the end.
    const uintptr_t high = UINTPTR_MAX - 4095U;
    CHECK(segfit_init((void *)high, 65536, NULL) == NULL);
    CHECK(segfit_init((void *)high, high + 4096U, NULL) == NULL);
    CHECK(segfit_init_empty((void *)high, 65536, NULL) == NULL);
    const size_t to_the_end = SIZE_MAX - (uintptr_t)memory;
    for (size_t more = 2; more < 64; more++) {
        CHECK(segfit_init(memory, to_the_end + more, NULL) == NULL);
    }
}

TEST(the_default_geometry_has_sixteen_columns_and_manages_all_its_memory)
{
    for (size_t size = 2048; size <= (size_t)1 << 20; size *= 2) {
        region r = region_make(size, 0);
        segfit_t *const heap = segfit_init(r.memory, size, NULL);
        REQUIRE(heap != NULL);
        const segfit_stats_t stats = stats_of(heap);
        CHECK(stats.capacity + stats.overhead <= size);
        CHECK(size - (stats.capacity + stats.overhead) < 2 * SEGFIT_ALIGN);
        CHECK(stats.capacity <= segfit_max_request(heap) + SEGFIT_BLOCK_OVERHEAD);
        region_free(&r);
    }
}

/// How large a block of a fresh heap with `rows` rows can be; 0 if there is no block.
static size_t largest_with(void *memory, size_t size, unsigned rows, unsigned columns)
{
    const segfit_options_t options = {.rows = rows, .columns = columns};
    segfit_t *const heap = segfit_init(memory, size, &options);
    return heap == NULL ? 0 : stats_of(heap).largest_free;
}

/// The fewest rows of all with which the largest block is as large as it can be.
static unsigned best_rows(void *memory, size_t size, unsigned columns)
{
    unsigned best = 1;
    size_t most = 0;
    for (unsigned rows = 1; rows <= 14; rows++) {
        const size_t largest = largest_with(memory, size, rows, columns);
        best = largest > most ? rows : best;
        most = largest > most ? largest : most;
    }
    return most == 0 ? 0 : best;
}

/// The fewest rows with which every size has a class.
static unsigned rows_of_all_sizes(void *memory, size_t size, unsigned columns)
{
    size_t limits[WORD_BITS_HERE + 1];
    for (unsigned rows = 1; rows <= WORD_BITS_HERE; rows++) {
        const segfit_options_t options = {.rows = rows, .columns = columns};
        segfit_t *const heap = segfit_init_empty(memory, size, &options);
        limits[rows] = heap == NULL ? 0 : segfit_max_request(heap);
    }
    unsigned rows = 1;
    while (limits[rows] < limits[WORD_BITS_HERE]) {
        rows++;
    }
    return rows;
}

TEST(by_default_there_are_the_rows_for_the_largest_block_and_those_that_cost_a_32nd)
{
    static max_align_t memory[(20000 + OFFSETS) / sizeof(max_align_t)];
    for (unsigned columns = 1; columns <= 32; columns *= 2) {
        const size_t row = SEGFIT_CONTROL_SIZE(2, columns) - SEGFIT_CONTROL_SIZE(1, columns);
        const unsigned all = rows_of_all_sizes(memory, sizeof memory, columns);
        for (size_t size = 0; size <= 20000; size += size < 2000 ? 1 : 97) {
            unsigned char *const start = (unsigned char *)memory + size % OFFSETS;
            const size_t lead = (size_t)(-(uintptr_t)start % sizeof(void *));
            const unsigned best = best_rows(start, size, columns);
            const size_t cheap = size < lead ? 0 : (size - lead) / 32 / row;
            const segfit_options_t options = {.columns = columns};
            segfit_t *const heap = segfit_init(start, size, &options);
            CHECK((heap == NULL) == (best == 0));
            if (heap != NULL) {
                const size_t wanted = cheap > best ? cheap : best;
                CHECK(heap->rows == (wanted < all ? wanted : all));
            }
        }
    }
}

TEST(the_largest_option_makes_that_block_possible)
{
    for (size_t largest = 64; largest <= (size_t)1 << 24; largest = largest * 3 / 2) {
        for (unsigned columns = 1; columns <= 32; columns *= 2) {
            const segfit_options_t options = {.columns = columns, .largest = largest};
            region r = region_make(32768, 0);
            segfit_t *const heap = segfit_init(r.memory, r.size, &options);
            REQUIRE(heap != NULL);
            CHECK(segfit_max_request(heap) + SEGFIT_BLOCK_OVERHEAD >= largest);
            CHECK(heap_is_whole(heap, 1));
            region_free(&r);
        }
    }
}

TEST(rows_decide_and_largest_is_not_read_when_both_are_given)
{
    region r = region_make(32768, 0);
    const segfit_options_t rows = {.rows = 7, .columns = 8};
    const segfit_options_t both = {.rows = 7, .columns = 8, .largest = SIZE_MAX};
    const segfit_t *heap = segfit_init_empty(r.memory, r.size, &rows);
    REQUIRE(heap != NULL);
    const size_t limit = segfit_max_request(heap);
    heap = segfit_init_empty(r.memory, r.size, &both);
    REQUIRE(heap != NULL);
    CHECK(segfit_max_request(heap) == limit);
    region_free(&r);
}

TEST(an_empty_heap_needs_exactly_the_control_size_and_has_no_pool)
{
    for (unsigned rows = 4; rows <= WORD_BITS_HERE; rows++) {
        for (unsigned columns = 4; columns <= 32; columns *= 2) {
            const segfit_options_t options = {.rows = rows, .columns = columns};
            const size_t control = SEGFIT_CONTROL_SIZE(rows, columns);
            region r = region_make(control, 0);
            CHECK(segfit_init_empty(r.memory, control - 1, &options) == NULL);
            segfit_t *const heap = segfit_init_empty(r.memory, control, &options);
            REQUIRE(heap != NULL);
            CHECK((void *)heap == r.memory);
            CHECK(heap_is_whole(heap, 0));
            CHECK(segfit_alloc(heap, 1) == NULL);
            CHECK(segfit_max_alloc(heap) == 0);
            CHECK(region_is_guarded(&r));
            region_free(&r);
        }
    }
}

TEST(an_empty_heap_can_be_made_at_every_offset)
{
    const segfit_options_t options = {.rows = 12, .columns = 16};
    const size_t control = SEGFIT_CONTROL_SIZE(12, 16);
    for (size_t offset = 0; offset < OFFSETS; offset++) {
        region r = region_make(control + sizeof(void *) - 1, offset);
        segfit_t *const heap = segfit_init_empty(r.memory, r.size, &options);
        CHECK(heap != NULL && is_aligned(heap, sizeof(void *)) && heap_is_whole(heap, 0));
        CHECK(region_is_guarded(&r));
        region_free(&r);
    }
}

TEST(a_heap_can_be_made_again_in_the_same_memory)
{
    region r = region_make(8192, 3);
    segfit_t *heap = segfit_init(r.memory, r.size, NULL);
    REQUIRE(heap != NULL);
    pattern_fill(segfit_alloc(heap, 500), 500, 9);
    heap = segfit_init(r.memory, r.size, NULL);
    REQUIRE(heap != NULL);
    CHECK(heap_is_whole(heap, 1));
    CHECK(stats_of(heap).allocs == 0 && stats_of(heap).peak_used == 0);
    region_free(&r);
}
