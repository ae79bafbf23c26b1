// SPDX-License-Identifier: MIT
/// segfit_stats: each figure moves with the call that is meant to move it, and agrees with a walk.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 16,
    SLOTS = 100
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static segfit_t *fresh_heap(void)
{
    return segfit_init(memory.bytes, sizeof memory.bytes, NULL);
}

TEST(a_fresh_heap_has_used_nothing_and_accounts_for_all_its_memory)
{
    const segfit_t *const heap = fresh_heap();
    const segfit_stats_t stats = stats_of(heap);
    CHECK(stats.used == 0 && stats.peak_used == 0 && stats.peak_request == 0);
    CHECK(stats.allocs == 0 && stats.frees == 0 && stats.failures == 0 && stats.grows == 0);
    CHECK(stats.used_blocks == 0 && stats.free_blocks == 1);
    CHECK(stats.free == stats.capacity);
    CHECK(MEMORY - stats.capacity - stats.overhead < SEGFIT_ALIGN);
    CHECK(stats.largest_free == stats.capacity - SEGFIT_BLOCK_OVERHEAD);
}

TEST(counts_follow_each_kind_of_call)
{
    segfit_t *const heap = fresh_heap();
    void *const a = segfit_alloc(heap, 10);
    void *const b = segfit_alloc_aligned(heap, 128, 10);
    void *const c = segfit_calloc(heap, 10, 10);
    void *d = segfit_realloc(heap, NULL, 10);
    CHECK(stats_of(heap).allocs == 4 && stats_of(heap).used_blocks == 4);
    CHECK(segfit_resize(heap, c, 20));
    d = segfit_realloc(heap, d, 30);
    CHECK(stats_of(heap).used_blocks == 4 && stats_of(heap).failures == 0);
    segfit_free(heap, a);
    segfit_free(heap, b);
    segfit_free(heap, NULL);
    CHECK(stats_of(heap).used_blocks == 2);
    CHECK(stats_of(heap).allocs - stats_of(heap).frees == 2);
    segfit_free(heap, c);
    segfit_free(heap, d);
    CHECK(stats_of(heap).used_blocks == 0 && stats_of(heap).failures == 0);
    CHECK(stats_of(heap).allocs == stats_of(heap).frees && stats_of(heap).allocs >= 4);
    CHECK(heap_is_whole(heap, 1));
}

TEST(every_refused_request_counts_as_one_failure)
{
    segfit_t *const heap = fresh_heap();
    void *const block = segfit_alloc(heap, 100);
    CHECK(segfit_alloc(heap, 100) != NULL);
    size_t failures = 0;
    CHECK(segfit_alloc(heap, MEMORY) == NULL && stats_of(heap).failures == ++failures);
    CHECK(segfit_alloc(heap, SIZE_MAX) == NULL && stats_of(heap).failures == ++failures);
    CHECK(segfit_alloc_aligned(heap, 64, MEMORY) == NULL && stats_of(heap).failures == ++failures);
    CHECK(segfit_alloc_aligned(heap, 3, 8) == NULL && stats_of(heap).failures == ++failures);
    CHECK(segfit_calloc(heap, SIZE_MAX, 2) == NULL && stats_of(heap).failures == ++failures);
    CHECK(segfit_calloc(heap, 2, MEMORY) == NULL && stats_of(heap).failures == ++failures);
    CHECK(segfit_realloc(heap, block, MEMORY) == NULL && stats_of(heap).failures == ++failures);
    CHECK(segfit_realloc_aligned(heap, block, 64, MEMORY) == NULL &&
          stats_of(heap).failures == ++failures);
    CHECK(!segfit_resize(heap, block, 4096) && stats_of(heap).failures == ++failures);
    CHECK(heap_is_sound(heap));
}

TEST(the_largest_request_is_kept_whether_it_was_served_or_not)
{
    segfit_t *const heap = fresh_heap();
    CHECK(segfit_alloc(heap, 1000) != NULL && stats_of(heap).peak_request == 1000);
    CHECK(segfit_alloc(heap, 999) != NULL && stats_of(heap).peak_request == 1000);
    CHECK(segfit_alloc(heap, 1 << 20) == NULL && stats_of(heap).peak_request == 1 << 20);
    CHECK(segfit_calloc(heap, 1 << 12, 1 << 9) == NULL && stats_of(heap).peak_request == 1 << 21);
    CHECK(segfit_alloc_aligned(heap, 256, 1 << 22) == NULL &&
          stats_of(heap).peak_request == 1 << 22);
    CHECK(segfit_alloc_aligned(heap, 3, 1 << 23) == NULL && stats_of(heap).peak_request == 1 << 23);
    CHECK(segfit_alloc(heap, SIZE_MAX) == NULL && stats_of(heap).peak_request == SIZE_MAX);
}

TEST(the_largest_request_may_have_been_to_change_a_size)
{
    segfit_t *const heap = fresh_heap();
    void *const block = segfit_alloc(heap, 100);
    CHECK(segfit_resize(heap, block, 2000) && stats_of(heap).peak_request == 2000);
    CHECK(segfit_resize(heap, block, 50) && stats_of(heap).peak_request == 2000);
    CHECK(!segfit_resize(heap, block, 1 << 20) && stats_of(heap).peak_request == 1 << 20);
    CHECK(segfit_realloc(heap, block, 1 << 21) == NULL && stats_of(heap).peak_request == 1 << 21);
    segfit_reset_peaks(heap);
    CHECK(stats_of(heap).peak_request == 0);
    CHECK(segfit_realloc(heap, block, 2000) != NULL && stats_of(heap).peak_request == 2000);
}

// esp-idf#8270: the low-water mark was wrong. kamailio#2628: the figure for used bytes underflowed.
TEST(the_peak_is_the_most_that_was_ever_in_use)
{
    segfit_t *const heap = fresh_heap();
    uint64_t state = test_seed();
    void *blocks[SLOTS] = {0};
    size_t peak = 0;
    for (int i = 0; i < 30000; i++) {
        void **const block = &blocks[test_random_below(&state, SLOTS)];
        const size_t size = test_random_below(&state, 1500);
        if (test_random_below(&state, 3) == 0) {
            segfit_free(heap, *block);
            *block = NULL;
        } else {
            void *const resized = segfit_realloc(heap, *block, size);
            *block = resized == NULL ? *block : resized;
        }
        const segfit_stats_t stats = stats_of(heap);
        peak = stats.used > peak ? stats.used : peak;
        // A realloc that moves holds both places for a moment; the peak may count that.
        CHECK(stats.peak_used >= peak && stats.peak_used <= stats.capacity);
        CHECK(stats.used <= stats.capacity && stats.free <= stats.capacity);
        CHECK(i % 16 != 0 || figures_agree(heap));
    }
    CHECK(heap_is_sound(heap));
}

TEST(the_peak_without_realloc_is_exact)
{
    segfit_t *const heap = fresh_heap();
    void *const a = segfit_alloc(heap, 5000);
    void *const b = segfit_alloc(heap, 6000);
    const size_t both = stats_of(heap).used;
    CHECK(stats_of(heap).peak_used == both);
    segfit_free(heap, a);
    CHECK(stats_of(heap).peak_used == both && stats_of(heap).used < both);
    CHECK(segfit_alloc(heap, 100) != NULL && stats_of(heap).peak_used == both);
    segfit_free(heap, b);
}

TEST(resetting_the_peaks_begins_from_the_present)
{
    segfit_t *const heap = fresh_heap();
    void *const large = segfit_alloc(heap, 9000);
    CHECK(segfit_alloc(heap, 100) != NULL);
    segfit_free(heap, large);
    const segfit_stats_t before = stats_of(heap);
    segfit_reset_peaks(heap);
    const segfit_stats_t after = stats_of(heap);
    CHECK(after.peak_used == after.used && after.used == before.used);
    CHECK(after.peak_request == 0);
    CHECK(after.allocs == before.allocs && after.frees == before.frees);
    CHECK(heap_is_sound(heap));
}

TEST(the_largest_free_block_is_within_one_class_of_the_truth)
{
    uint64_t state = test_seed();
    for (int round = 0; round < 300; round++) {
        segfit_t *const heap = fresh_heap();
        void *blocks[SLOTS];
        for (size_t i = 0; i < SLOTS; i++) {
            blocks[i] = segfit_alloc(heap, test_random_below(&state, 700));
        }
        for (size_t i = 0; i < SLOTS; i++) {
            segfit_free(heap, test_random_below(&state, 2) == 0 ? blocks[i] : NULL);
        }
        const size_t truth = walk_sum(heap).largest_free;
        const size_t stated = stats_of(heap).largest_free + SEGFIT_BLOCK_OVERHEAD;
        CHECK(stated <= truth);
        CHECK(segfit_class_of(heap, stated) == segfit_class_of(heap, truth));
    }
}

TEST(pools_added_and_extended_count_as_growth_after_the_first)
{
    const segfit_options_t options = {.rows = 16};
    segfit_t *const heap = segfit_init_empty(memory.bytes, 8192, &options);
    CHECK(stats_of(heap).grows == 0);
    const size_t first = segfit_add_pool(heap, memory.bytes + 8192, 4096);
    CHECK(first != 0 && stats_of(heap).grows == 0);
    CHECK(segfit_extend_pool(heap, memory.bytes + 8192, 4096) != 0 && stats_of(heap).grows == 1);
    CHECK(segfit_add_pool(heap, memory.bytes + 32768, 4096) != 0 && stats_of(heap).grows == 2);
    CHECK(segfit_add_pool(heap, memory.bytes + 32768, 4096) == 0 && stats_of(heap).grows == 2);
}
