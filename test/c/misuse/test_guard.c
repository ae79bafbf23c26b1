// SPDX-License-Identifier: MIT
/// The reports of level 4: each byte written behind a request, and each byte written to a
/// quarantined block. Also the promises of other levels that level 4 keeps. Compiled with
/// SEGFIT_QUARANTINE=8 and SEGFIT_QUARANTINE_LARGEST=1024.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../api/heap_fixture.h"
#include <segfit/growable.h>
#include <segfit/inspect.h>

enum {
    MEMORY = 1 << 14,
    HELD = 8,
    LARGEST = 1024
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static segfit_t *make_heap(void)
{
    report.calls = 0;
    return segfit_init(memory.bytes, sizeof memory.bytes, NULL);
}

static bool told(segfit_fault_code_t code, const void *ptr)
{
    const bool right = report.calls == 1 && report.code == code && report.ptr == ptr;
    report.calls = 0;
    return right;
}

TEST(a_write_to_each_byte_between_a_request_and_the_next_header_is_reported)
{
    for (size_t size = 0; size < 200; size++) {
        segfit_t *heap = make_heap();
        const size_t asked = size == 0 ? 1 : size;
        const size_t room = segfit_block_size_for(heap, size) - segfit_layout.block_payload;
        for (size_t at = asked; at < room; at++) {
            heap = make_heap();
            unsigned char *const block = segfit_alloc(heap, size);
            CHECK(segfit_usable_size(heap, block) == asked);
            block[at] ^= 0x10;
            CHECK(segfit_pointer_fault(heap, block) == SEGFIT_OVERRUN);
            segfit_free(heap, block);
            CHECK(told(SEGFIT_OVERRUN, block));
        }
    }
}

TEST(the_next_call_reports_an_overrun)
{
    for (int call = 0; call < 6; call++) {
        segfit_t *const heap = make_heap();
        unsigned char *const block = segfit_alloc(heap, 100);
        void *const other = segfit_alloc(heap, 100);
        block[100] = 0;
        switch (call) {
        case 0:
            segfit_free(heap, other);
            break;
        case 1:
            CHECK(segfit_alloc(heap, 1) == NULL);
            break;
        case 2:
            CHECK(segfit_realloc(heap, other, 200) == NULL);
            break;
        case 3:
            CHECK(!segfit_resize(heap, other, 50));
            break;
        case 4:
            CHECK(segfit_usable_size(heap, other) == 0);
            break;
        default:
            CHECK(segfit_alloc_aligned(heap, 64, 1) == NULL);
        }
        CHECK(told(SEGFIT_OVERRUN, block));
    }
}

TEST(a_write_to_each_byte_of_a_quarantined_block_is_reported)
{
    const size_t sizes[] = {1, 16, 17, 100, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t at = 0; at < sizes[i]; at++) {
            segfit_t *const heap = make_heap();
            unsigned char *const block = segfit_alloc(heap, sizes[i]);
            segfit_free(heap, segfit_alloc(heap, 40));
            segfit_free(heap, block);
            block[at] ^= 0x10;
            CHECK(segfit_alloc(heap, 1) == NULL);
            CHECK(report.calls == 1 && report.code == SEGFIT_USED_AFTER_FREE);
        }
    }
}

TEST(a_quarantined_block_that_was_written_to_is_never_used_again)
{
    segfit_t *const heap = make_heap();
    unsigned char *const block = segfit_alloc(heap, 300);
    segfit_free(heap, block);
    memset(block + 100, 0x55, 10);
    segfit_flush(heap);
    CHECK(told(SEGFIT_USED_AFTER_FREE, block));
    CHECK(!segfit_flush(heap) && report.calls == 0);
}

TEST(free_reports_a_second_free_during_the_quarantine_and_after)
{
    segfit_t *const heap = make_heap();
    void *const block = segfit_alloc(heap, 100);
    void *const behind = segfit_alloc(heap, 100);
    segfit_free(heap, block);
    segfit_free(heap, block);
    CHECK(told(SEGFIT_FREED, block));
    CHECK(segfit_realloc(heap, block, 10) == NULL);
    CHECK(told(SEGFIT_FREED, block));
    CHECK(segfit_flush(heap));
    segfit_free(heap, block);
    CHECK(told(SEGFIT_FREED, block));
    segfit_free(heap, behind);
    segfit_flush(heap);
    segfit_free(heap, behind);
    CHECK(told(SEGFIT_FREED, behind));
}

TEST(the_last_freed_blocks_are_quarantined_and_the_oldest_leaves_first)
{
    segfit_t *const heap = make_heap();
    unsigned char *blocks[HELD + 2];
    for (size_t i = 0; i < HELD + 2; i++) {
        blocks[i] = segfit_alloc(heap, 64);
    }
    const size_t size = segfit_block_size_for(heap, 64);
    segfit_alloc(heap, segfit_max_alloc(heap));
    for (size_t i = 0; i < HELD + 1; i++) {
        segfit_free(heap, blocks[i]);
    }
    // Only the first is free again: a second one of its size would need another that is held.
    CHECK(stats_of(heap).used_blocks == 2 && stats_of(heap).frees == HELD + 1);
    CHECK(stats_of(heap).largest_free == size - 2 * sizeof(size_t));
    CHECK(segfit_alloc(heap, 64) == blocks[0]);
    // Before a request fails all that is held is freed, and merged.
    CHECK(segfit_alloc(heap, HELD * size - 2 * sizeof(size_t)) == blocks[1]);
    CHECK(report.calls == 0 && segfit_check(heap, NULL));
}

TEST(large_blocks_are_not_quarantined)
{
    segfit_t *const heap = make_heap();
    void *const block = segfit_alloc(heap, LARGEST);
    segfit_free(heap, block);
    CHECK(!segfit_flush(heap));
    CHECK(segfit_alloc(heap, LARGEST) == block);
}

TEST(the_largest_quarantined_block_has_the_size_of_the_knob)
{
    for (size_t size = LARGEST - 64; size < LARGEST + 64; size++) {
        segfit_t *const heap = make_heap();
        segfit_stats_t before;
        segfit_stats(heap, &before);
        void *const block = segfit_alloc(heap, size);
        segfit_stats_t after;
        segfit_stats(heap, &after);
        const bool is_held = after.used - before.used <= LARGEST;
        segfit_free(heap, block);
        CHECK(segfit_flush(heap) == is_held);
    }
}

TEST(new_bytes_are_neither_zero_nor_the_old_ones)
{
    segfit_t *const heap = make_heap();
    unsigned char *block = segfit_alloc(heap, 100);
    for (size_t i = 0; i < 100; i++) {
        CHECK(block[i] == 0xCD);
    }
    memset(block, 1, 100);
    block = segfit_realloc(heap, block, 5000);
    CHECK(block[99] == 1 && block[100] == 0xCD && block[4999] == 0xCD);
    CHECK(segfit_resize(heap, block, 50) && segfit_usable_size(heap, block) == 50);
    CHECK(segfit_resize(heap, block, 60) && block[49] == 1 && block[50] == 0xCD);
    unsigned char *const zeros = segfit_calloc(heap, 10, 10);
    for (size_t i = 0; i < 100; i++) {
        CHECK(zeros[i] == 0);
    }
    CHECK(report.calls == 0);
}

TEST(a_pool_whose_blocks_are_all_freed_is_empty_and_can_be_removed)
{
    segfit_t *const heap = make_heap();
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        void *const place = walk.pool;
        CHECK(segfit_pool_is_empty(heap, place));
        CHECK(!segfit_pool_is_empty(heap, memory.bytes + MEMORY - 1));
        void *const block = segfit_alloc(heap, 100);
        CHECK(!segfit_pool_is_empty(heap, place));
        segfit_free(heap, block);
        CHECK(segfit_pool_is_empty(heap, place) && segfit_remove_pool(heap, place));
        break;
    }
    CHECK(stats_of(heap).capacity == 0 && segfit_check(heap, NULL));
}

TEST(reset_empties_the_quarantine)
{
    segfit_t *const heap = make_heap();
    segfit_free(heap, segfit_alloc(heap, 100));
    segfit_reset(heap);
    CHECK(!segfit_flush(heap) && report.calls == 0 && heap_is_whole(heap, 1));
}

TEST(an_aligned_request_frees_the_quarantine_only_before_it_fails)
{
    segfit_t *const heap = make_heap();
    unsigned char *blocks[HELD];
    for (size_t i = 0; i < HELD; i++) {
        blocks[i] = segfit_alloc(heap, 900);
    }
    segfit_free(heap, blocks[0]);
    CHECK(segfit_alloc_aligned(heap, 64, 100) != NULL);
    // The first one is held still.
    CHECK(segfit_pointer_fault(heap, blocks[0]) == SEGFIT_FREED && stats_of(heap).frees == 1);
    while (segfit_alloc(heap, 64) != NULL) {
        if (stats_of(heap).largest_free < 400) {
            break;
        }
    }
    for (size_t i = 1; i < HELD; i++) {
        segfit_free(heap, blocks[i]);
    }
    void *const large = segfit_alloc_aligned(heap, 64, 2000);
    CHECK(large != NULL && (uintptr_t)large % 64 == 0);
    CHECK(report.calls == 0 && segfit_check(heap, NULL));
}
