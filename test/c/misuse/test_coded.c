// SPDX-License-Identifier: MIT
/// The reports of level 3 and above: headers that were overwritten by any bytes, also by bytes that
/// look like a header, and a control structure that the library did not write.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../api/heap_fixture.h"
#include <segfit/inspect.h>

enum {
    MEMORY = 1 << 14,
    BLOCKS = 8,
    SIZE = 200,
    BITS = 8
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// Blocks 1, 3 and 5 are free.
typedef struct scene {
    segfit_t *heap;
    unsigned char *blocks[BLOCKS];
} scene;

static scene set_scene(void)
{
    scene s = {.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL)};
    for (size_t i = 0; i < BLOCKS; i++) {
        s.blocks[i] = segfit_alloc(s.heap, SIZE);
    }
    for (size_t i = 1; i <= 5; i += 2) {
        segfit_free(s.heap, s.blocks[i]);
    }
    segfit_flush(s.heap);
    report.calls = 0;
    return s;
}

static unsigned char *header_of(unsigned char *payload)
{
    return payload - segfit_layout.block_payload;
}

TEST(free_reports_every_flipped_bit_of_the_block_header)
{
    for (size_t block = 0; block < BLOCKS; block += block < 6 ? 2 : 1) {
        for (size_t bit = 0; bit < sizeof(size_t) * BITS; bit++) {
            const scene s = set_scene();
            header_of(s.blocks[block])[bit / BITS] ^= (unsigned char)(1U << bit % BITS);
            segfit_free(s.heap, s.blocks[block]);
            CHECK(report.calls == 1 && !segfit_check(s.heap, NULL));
        }
    }
}

TEST(a_reader_decodes_headers_by_the_layout_alone)
{
    const size_t key = 0x5eed;
    segfit_set_key(key);
    const scene s = set_scene();
    const uint64_t inverse =
        (uint64_t)segfit_layout.header_inverse_high << 32 | segfit_layout.header_inverse;
    for (size_t i = 0; i < BLOCKS; i++) {
        unsigned char *const header = header_of(s.blocks[i]);
        size_t word;
        memcpy(&word, header, sizeof word);
        const size_t plain = (word ^ ((uintptr_t)header + key)) * (size_t)inverse;
        const bool is_free = (plain & segfit_layout.header_free) != 0;
        CHECK(is_free == (i == 1 || i == 3 || i == 5));
        CHECK((plain & ~(size_t)segfit_layout.header_flags) ==
              (size_t)(header_of(s.blocks[1]) - header_of(s.blocks[0])));
    }
}

TEST(free_reports_every_flipped_bit_of_a_neighbour_header)
{
    for (size_t bit = 0; bit < sizeof(size_t) * BITS; bit++) {
        for (size_t block = 1; block <= 5; block += 2) {
            for (size_t beside = 0; beside < 2; beside++) {
                const scene s = set_scene();
                header_of(s.blocks[block])[bit / BITS] ^= (unsigned char)(1U << bit % BITS);
                segfit_free(s.heap, s.blocks[block - 1 + 2 * beside]);
                CHECK(report.calls == 1 && !segfit_check(s.heap, NULL));
            }
        }
    }
}

TEST(words_that_are_headers_elsewhere_are_not_headers_here)
{
    scene s = set_scene();
    for (size_t other = 0; other < BLOCKS; other++) {
        for (size_t block = 0; block < BLOCKS; block += 2) {
            s = set_scene();
            if (other != block) {
                memcpy(header_of(s.blocks[block]), header_of(s.blocks[other]), sizeof(size_t));
                segfit_free(s.heap, s.blocks[block]);
                CHECK(report.calls == 1);
            }
        }
    }
    // A plain header: its size, used.
    for (size_t size = SEGFIT_MIN_BLOCK; size < MEMORY; size += SEGFIT_ALIGN) {
        s = set_scene();
        memcpy(header_of(s.blocks[4]), &size, sizeof size);
        segfit_free(s.heap, s.blocks[4]);
        CHECK(report.calls == 1);
    }
}

TEST(a_forged_chain_of_headers_is_reported_under_an_unknown_key)
{
    unsigned char learnt[sizeof(size_t)];
    scene s = set_scene();
    memcpy(learnt, header_of(s.blocks[4]), sizeof learnt);
    segfit_set_key((size_t)0x9E3779B97F4A7C15U);
    s = set_scene();
    CHECK(memcmp(learnt, header_of(s.blocks[4]), sizeof learnt) != 0);
    memcpy(header_of(s.blocks[4]), learnt, sizeof learnt);
    segfit_free(s.heap, s.blocks[4]);
    CHECK(report.calls == 1);
    segfit_set_key(0);
}

/// Flips each bit of `size` bytes of the control structure from `offset` on, and says how many of
/// them a free and an allocation, or else freeing everything, did not tell and segfit_check did not
/// find.
static unsigned unseen(size_t offset, size_t size)
{
    unsigned count = 0;
    for (size_t bit = 0; bit < size * BITS; bit++) {
        const scene s = set_scene();
        unsigned char *const byte = (unsigned char *)s.heap + offset + bit / BITS;
        *byte ^= (unsigned char)(1U << bit % BITS);
        CHECK(!segfit_check(s.heap, NULL));
        void *const more = segfit_alloc(s.heap, SIZE);
        segfit_free(s.heap, more);
        for (size_t i = 0; i < BLOCKS && report.calls == 0; i += i == 4 ? 2 : i < 6 ? 2 : 1) {
            segfit_free(s.heap, s.blocks[i]);
        }
        segfit_flush(s.heap);
        count += report.calls == 0;
    }
    return count;
}

TEST(every_flipped_bit_of_geometry_pools_and_bounds_is_reported)
{
    CHECK(unseen(segfit_layout.control_rows, 1) == 0);
    CHECK(unseen(segfit_layout.control_columns_log2, 1) == 0);
    CHECK(unseen(segfit_layout.control_policy, 1) == 0);
    CHECK(unseen(segfit_layout.control_heads_offset, sizeof(uint32_t)) == 0);
    CHECK(unseen(offsetof(segfit_t, pools), 3 * sizeof(void *)) == 0);
    CHECK(report.code == SEGFIT_CONTROL);
}

TEST(a_call_that_changes_a_list_reports_a_wrong_bit_of_its_bitmap)
{
    // The row of the blocks of SIZE, and that of the large one at the end.
    const scene s = set_scene();
    const size_t rows[] = {segfit_class_of(s.heap, segfit_block_size_for(s.heap, SIZE)),
                           segfit_class_of(s.heap, stats_of(s.heap).largest_free + sizeof(size_t))};
    for (size_t i = 0; i < 2; i++) {
        const size_t row = rows[i] / SEGFIT_DEFAULT_COLUMNS;
        const size_t column = rows[i] % SEGFIT_DEFAULT_COLUMNS;
        for (int whole = 0; whole < 2; whole++) {
            const scene again = set_scene();
            unsigned char *const control = (unsigned char *)again.heap;
            if (whole) {
                control[segfit_layout.control_row_bitmap + row / BITS] ^=
                    (unsigned char)(1U << row % BITS);
            } else {
                control[segfit_layout.control_column_bitmaps + row * sizeof(uint32_t) +
                        column / BITS] ^= (unsigned char)(1U << column % BITS);
            }
            CHECK(!segfit_check(again.heap, NULL));
            for (size_t block = 0; block < BLOCKS; block += block < 6 ? 2 : 1) {
                const unsigned calls = report.calls;
                segfit_free(again.heap, again.blocks[block]);
                // A reported block stays used.
                CHECK(report.calls == calls ||
                      segfit_pointer_fault(again.heap, again.blocks[block]) == SEGFIT_OK);
            }
            segfit_flush(again.heap);
            CHECK(report.calls >= 1 && report.code == SEGFIT_CONTROL);
        }
    }
}

TEST(no_block_is_put_before_one_that_a_damaged_head_leads_to)
{
    static size_t target[8];
    const scene s = set_scene();
    const size_t index = segfit_class_of(s.heap, segfit_block_size_for(s.heap, SIZE));
    const size_t offset = SEGFIT_HEADS_OFFSET(s.heap->rows) + index * sizeof(void *);
    const void *const forged = &target[2];
    memcpy((unsigned char *)s.heap + offset, &forged, sizeof forged);
    // Between two used blocks: it would become the list's first.
    segfit_free(s.heap, s.blocks[7]);
    segfit_free(s.heap, segfit_alloc(s.heap, SIZE));
    segfit_flush(s.heap);
    CHECK(report.calls >= 1);
    for (size_t i = 0; i < 8; i++) {
        CHECK(target[i] == 0);
    }
}

TEST(nothing_is_read_where_a_damaged_head_leads)
{
    for (size_t bit = 0; bit < sizeof(void *) * BITS; bit++) {
        const scene s = set_scene();
        const size_t index = segfit_class_of(s.heap, segfit_block_size_for(s.heap, SIZE));
        const size_t offset = SEGFIT_HEADS_OFFSET(s.heap->rows) + index * sizeof(void *);
        ((unsigned char *)s.heap)[offset + bit / BITS] ^= (unsigned char)(1U << bit % BITS);
        CHECK(segfit_alloc(s.heap, SIZE) == NULL && report.calls >= 1);
        report.calls = 0;
        CHECK(segfit_alloc_aligned(s.heap, 64, SIZE) == NULL && report.calls >= 1);
    }
}

TEST(nothing_is_read_where_a_damaged_link_leads_when_a_list_is_searched)
{
    const segfit_options_t options = {.columns = 1};
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
    unsigned char *const small = segfit_alloc(heap, 136);
    segfit_alloc(heap, 136);
    unsigned char *const large = segfit_alloc(heap, 168);
    while (segfit_alloc(heap, 136) != NULL) {
    }
    segfit_free(heap, small);
    segfit_free(heap, large);
    segfit_flush(heap);
    const size_t nowhere = SIZE_MAX / 2;
    memcpy(large, &nowhere, sizeof nowhere);
    report.calls = 0;
    CHECK(segfit_alloc(heap, 232) == NULL && report.calls >= 1);
}

TEST(the_largest_sure_request_is_not_read_from_damaged_bitmaps)
{
    for (size_t bit = 0; bit < sizeof(size_t) * BITS; bit++) {
        const scene s = set_scene();
        const size_t sure = segfit_max_alloc(s.heap);
        unsigned char *const bitmap = (unsigned char *)s.heap + segfit_layout.control_row_bitmap;
        bitmap[bit / BITS] ^= (unsigned char)(1U << bit % BITS);
        const size_t answer = segfit_max_alloc(s.heap);
        CHECK(answer <= sure);
        CHECK(report.calls != 0 || answer != 0);
    }
}

/// Calls that take the control structure at its word, each on a heap whose seal does not hold.
static bool is_refused(int call, segfit_t *heap, void *pool)
{
    static max_align_t more[64];
    switch (call) {
    case 0:
        return segfit_extend_pool(heap, pool, 256) == 0;
    case 1:
        return segfit_add_pool(heap, more, sizeof more) == 0;
    case 2:
        return !segfit_remove_pool(heap, pool);
    case 3:
        segfit_reset(heap);
        return true;
    default:
        return segfit_max_alloc(heap) == 0;
    }
}

TEST(no_pool_is_changed_under_a_damaged_seal)
{
    for (int call = 0; call < 5; call++) {
        segfit_t *const heap = segfit_init(memory.bytes, MEMORY / 2, NULL);
        segfit_walk_t walk = {0};
        CHECK(segfit_walk_next(heap, &walk));
        heap->seal ^= 1;
        unsigned char before[MEMORY];
        memcpy(before, memory.bytes, sizeof before);
        report.calls = 0;
        CHECK(is_refused(call, heap, walk.pool));
        CHECK(report.calls == 1 && report.code == SEGFIT_CONTROL && report.ptr == heap);
        CHECK(memcmp(before, memory.bytes, sizeof before) == 0);
        heap->seal ^= 1;
        CHECK(segfit_check(heap, NULL));
        CHECK(segfit_max_alloc(heap) != 0);
    }
}

TEST(a_seal_of_zero_holds_only_where_there_is_no_pool)
{
    segfit_t *heap = segfit_init_empty(memory.bytes, sizeof memory.bytes, NULL);
    heap->seal = 0;
    CHECK(segfit_check(heap, NULL));
    heap->seal = 1;
    CHECK(!segfit_check(heap, NULL));
    heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    heap->seal = 0;
    CHECK(!segfit_check(heap, NULL));
}
