// SPDX-License-Identifier: MIT
/// Headers that say something false in good form, written by the library's own functions: a bit
/// that none has, and what a level that looks at the whole heap tells of each. Compiled and linked
/// with SEGFIT_CHECK 3 or 4.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../../../src/core/block.h"
#include <segfit/inspect.h>

enum {
    MEMORY = 1 << 15,
    /// Larger than what is held back.
    SIZE = 2000
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

typedef struct scene {
    segfit_t *heap;
    void *blocks[4];
} scene;

static scene set_scene(void)
{
    scene s = {.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL)};
    for (size_t i = 0; i < 4; i++) {
        s.blocks[i] = segfit_alloc(s.heap, SIZE);
    }
    report.calls = 0;
    return s;
}

static bool told(segfit_fault_code_t code)
{
    return report.calls == 1 && report.code == code;
}

#if SEGFIT_CHECK == 3

TEST(a_set_spare_bit_is_reported_by_the_block_and_by_its_neighbour)
{
    scene s = set_scene();
    block_t *const block = block_of(s.blocks[1]);
    block_set_header(block, block_header(block) | BLOCK_SPARE);
    CHECK(segfit_pointer_fault(s.heap, s.blocks[1]) == SEGFIT_NOT_A_BLOCK);
    segfit_free(s.heap, s.blocks[0]);
    CHECK(told(SEGFIT_NEIGHBOUR));
    segfit_fault_t fault = {0};
    CHECK(!segfit_check(s.heap, &fault) && fault.invariant == 12);
}

#else

TEST(a_used_block_with_a_wrong_prev_free_bit_is_reported_as_a_wrong_neighbour)
{
    scene s = set_scene();
    block_t *const block = block_of(s.blocks[1]);
    block_set_header(block, block_header(block) | BLOCK_PREV_FREE);
    CHECK(segfit_alloc(s.heap, 1) == NULL && told(SEGFIT_NEIGHBOUR));
    segfit_fault_t fault = {0};
    CHECK(!segfit_check(s.heap, &fault) && fault.invariant == 5);
}

TEST(a_quarantined_block_of_an_impossible_size_is_not_read)
{
    for (size_t i = 0; i < 3; i++) {
        scene s = set_scene();
        void *const small = segfit_alloc(s.heap, 100);
        segfit_free(s.heap, small);
        CHECK(segfit_check(s.heap, NULL));
        const size_t left = s.heap->high - address_of(block_of(small));
        const size_t sizes[] = {0, left + SEGFIT_ALIGN, left * 2};
        block_set_header(block_of(small), sizes[i] | BLOCK_SPARE);
        segfit_stats_t stats;
        segfit_stats(s.heap, &stats);
        CHECK(!segfit_check(s.heap, NULL));
        CHECK(!segfit_flush(s.heap) && told(SEGFIT_CONTROL));
    }
}

TEST(a_footer_that_leads_to_a_forged_block_is_reported_when_a_block_leaves_the_quarantine)
{
    scene s = set_scene();
    void *const small = segfit_alloc(s.heap, 100);
    void *const fence = segfit_alloc(s.heap, SIZE);
    CHECK(fence != NULL);
    segfit_free(s.heap, s.blocks[3]);
    segfit_free(s.heap, small);
    CHECK(report.calls == 0);
    // Within the free block: one of half the size that the footer says, whole by itself.
    block_t *const held = block_of(small);
    block_t *const forged = block_before(held, 512);
    block_set_free(forged, 256);
    block_set_header(block_behind(forged, 256), 256 | BLOCK_PREV_FREE);
    *block_footer_before(held) = 512;
    segfit_flush(s.heap);
    CHECK(told(SEGFIT_FREE_BLOCK));
}

TEST(an_overwritten_free_block_before_it_is_reported_when_a_block_leaves_the_quarantine)
{
    scene s = set_scene();
    void *const small = segfit_alloc(s.heap, 100);
    CHECK(segfit_alloc(s.heap, SIZE) != NULL);
    segfit_free(s.heap, s.blocks[3]);
    segfit_free(s.heap, small);
    block_set_header(block_of(s.blocks[3]), BLOCK_FREE | 4 * SEGFIT_MIN_BLOCK);
    segfit_flush(s.heap);
    CHECK(told(SEGFIT_FREE_BLOCK));
}

TEST(two_free_neighbours_are_reported_when_a_block_leaves_the_quarantine)
{
    scene s = set_scene();
    segfit_free(s.heap, s.blocks[0]);
    CHECK(report.calls == 0);
    block_t *const block = block_of(s.blocks[1]);
    const size_t size = block_size(block);
    block_set_free(block, size);
    block_set_header(block, size | BLOCK_FREE | BLOCK_PREV_FREE);
    block_set_prev_free(block_next(block));
    CHECK(segfit_alloc(s.heap, 1) == NULL && told(SEGFIT_NEIGHBOUR));
    segfit_fault_t fault = {0};
    CHECK(!segfit_check(s.heap, &fault) && fault.invariant == 4);
}

#endif
