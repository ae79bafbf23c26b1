// SPDX-License-Identifier: MIT
/// segfit_realloc and segfit_realloc_aligned: each of the ways it goes, bytes verified after every
/// one.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 16
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// Blocks in a row, none of which has a free neighbour until the test frees one.
typedef struct row {
    segfit_t *heap;
    unsigned char *blocks[5];
} row;

enum {
    ROW_SIZE = 1000
};

static row make_row(void)
{
    row made = {.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL)};
    for (unsigned i = 0; i < 5; i++) {
        made.blocks[i] = segfit_alloc(made.heap, ROW_SIZE);
        pattern_fill(made.blocks[i], ROW_SIZE, i);
    }
    return made;
}

static bool row_holds(const row *made, unsigned index)
{
    return pattern_holds(made->blocks[index], ROW_SIZE, index);
}

TEST(null_acts_as_alloc)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    for (size_t size = 0; size < 100; size++) {
        void *const block = segfit_realloc(heap, NULL, size);
        CHECK(block != NULL && block_is_tight(heap, block, size));
        segfit_free(heap, block);
        void *const aligned = segfit_realloc_aligned(heap, NULL, 256, size);
        CHECK(aligned != NULL && is_aligned(aligned, 256));
        segfit_free(heap, aligned);
    }
    CHECK(heap_is_whole(heap, 1));
}

// mattconte/tlsf#22: an oversized realloc returned the old pointer, its block cut to nothing.
TEST(impossible_sizes_return_null_and_keep_the_block)
{
    row r = make_row();
    image before = image_take(memory.bytes, sizeof memory.bytes);
    for (size_t less = 0; less <= 64; less++) {
        CHECK(segfit_realloc(r.heap, r.blocks[1], SIZE_MAX - less) == NULL);
        CHECK(segfit_realloc(r.heap, r.blocks[1], SIZE_MAX / 2 + less) == NULL);
        CHECK(segfit_realloc_aligned(r.heap, r.blocks[1], 4096, SIZE_MAX - less) == NULL);
        CHECK(segfit_realloc_aligned(r.heap, r.blocks[1], 4096, SIZE_MAX - 4096 - less) == NULL);
        CHECK(segfit_realloc(r.heap, NULL, SIZE_MAX - less) == NULL);
    }
    CHECK(segfit_realloc(r.heap, r.blocks[1], MEMORY) == NULL);
    CHECK(image_holds_but_failures(&before, r.heap));
    CHECK(row_holds(&r, 1) && heap_is_sound(r.heap));
    image_free(&before);
}

TEST(a_size_of_zero_keeps_the_smallest_block)
{
    row r = make_row();
    CHECK(segfit_realloc(r.heap, r.blocks[1], 0) == r.blocks[1]);
    CHECK(block_size_at(r.heap, r.blocks[1]) == SEGFIT_MIN_BLOCK);
    CHECK(pattern_holds(r.blocks[1], SEGFIT_MIN_BLOCK - SEGFIT_BLOCK_OVERHEAD, 1));
    CHECK(heap_is_sound(r.heap));
}

TEST(shrinking_stays_in_place_and_gives_the_rest_back_for_every_size)
{
    for (size_t size = 0; size <= ROW_SIZE; size++) {
        row r = make_row();
        const size_t used = stats_of(r.heap).used;
        CHECK(segfit_realloc(r.heap, r.blocks[2], size) == r.blocks[2]);
        CHECK(block_is_tight(r.heap, r.blocks[2], size));
        CHECK(pattern_holds(r.blocks[2], size, 2));
        CHECK(row_holds(&r, 1) && row_holds(&r, 3));
        CHECK(stats_of(r.heap).used <= used);
        CHECK(heap_is_sound(r.heap));
    }
}

TEST(shrinking_before_a_free_block_merges_the_rest_into_it)
{
    for (size_t size = 0; size <= ROW_SIZE; size += 7) {
        row r = make_row();
        segfit_free(r.heap, r.blocks[3]);
        const size_t free_blocks = stats_of(r.heap).free_blocks;
        CHECK(segfit_realloc(r.heap, r.blocks[2], size) == r.blocks[2]);
        CHECK(pattern_holds(r.blocks[2], size, 2));
        CHECK(block_size_at(r.heap, r.blocks[2]) == segfit_block_size_for(r.heap, size));
        CHECK(stats_of(r.heap).free_blocks == free_blocks);
        CHECK(heap_is_sound(r.heap));
    }
}

TEST(growing_into_the_next_block_stays_in_place_up_to_its_last_byte)
{
    for (size_t size = ROW_SIZE; size <= 2 * ROW_SIZE + 64; size++) {
        row r = make_row();
        const size_t room = block_size_at(r.heap, r.blocks[2]) +
                            block_size_at(r.heap, r.blocks[3]) - SEGFIT_BLOCK_OVERHEAD;
        segfit_free(r.heap, r.blocks[3]);
        unsigned char *const grown = segfit_realloc(r.heap, r.blocks[2], size);
        REQUIRE(grown != NULL);
        CHECK((grown == r.blocks[2]) == (size <= room));
        CHECK(pattern_holds(grown, ROW_SIZE, 2));
        CHECK(block_is_tight(r.heap, grown, size));
        pattern_fill(grown, segfit_usable_size(r.heap, grown), 7);
        CHECK(row_holds(&r, 1) && row_holds(&r, 4));
        CHECK(heap_is_sound(r.heap));
    }
}

TEST(growing_into_the_previous_block_moves_the_bytes_down)
{
    for (size_t size = ROW_SIZE + 64; size <= 2 * ROW_SIZE + 64; size++) {
        row r = make_row();
        const size_t room = block_size_at(r.heap, r.blocks[2]) +
                            block_size_at(r.heap, r.blocks[1]) - SEGFIT_BLOCK_OVERHEAD;
        segfit_free(r.heap, r.blocks[1]);
        unsigned char *const grown = segfit_realloc(r.heap, r.blocks[2], size);
        REQUIRE(grown != NULL);
        CHECK((grown == r.blocks[1]) == (size <= room));
        CHECK(pattern_holds(grown, ROW_SIZE, 2));
        CHECK(block_is_tight(r.heap, grown, size));
        pattern_fill(grown, segfit_usable_size(r.heap, grown), 7);
        CHECK(row_holds(&r, 0) && row_holds(&r, 3));
        CHECK(heap_is_sound(r.heap));
    }
}

TEST(growing_into_both_neighbours_uses_them_up_to_their_last_byte)
{
    for (size_t size = 2 * ROW_SIZE + 64; size <= 3 * ROW_SIZE + 64; size++) {
        row r = make_row();
        const size_t room = block_size_at(r.heap, r.blocks[1]) +
                            block_size_at(r.heap, r.blocks[2]) +
                            block_size_at(r.heap, r.blocks[3]) - SEGFIT_BLOCK_OVERHEAD;
        segfit_free(r.heap, r.blocks[1]);
        segfit_free(r.heap, r.blocks[3]);
        unsigned char *const grown = segfit_realloc(r.heap, r.blocks[2], size);
        REQUIRE(grown != NULL);
        CHECK((grown == r.blocks[1]) == (size <= room));
        CHECK(pattern_holds(grown, ROW_SIZE, 2));
        CHECK(block_is_tight(r.heap, grown, size));
        pattern_fill(grown, segfit_usable_size(r.heap, grown), 7);
        CHECK(row_holds(&r, 0) && row_holds(&r, 4));
        CHECK(heap_is_sound(r.heap));
    }
}

TEST(a_small_previous_block_makes_an_overlapping_move)
{
    // The block moves down by less than its own length, so source and target overlap.
    for (size_t step = 1; step < 200; step++) {
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
        unsigned char *const small = segfit_alloc(heap, step);
        unsigned char *const large = segfit_alloc(heap, 3000);
        CHECK(segfit_alloc(heap, 1) != NULL);
        pattern_fill(large, 3000, 4);
        segfit_free(heap, small);
        unsigned char *const grown = segfit_realloc(heap, large, 3000 + SEGFIT_MIN_BLOCK - 8);
        CHECK(grown == small);
        CHECK(pattern_holds(grown, 3000, 4));
        CHECK(heap_is_sound(heap));
    }
}

TEST(growing_with_used_neighbours_moves_and_frees_the_old_place)
{
    row r = make_row();
    const size_t used = stats_of(r.heap).used;
    const size_t old_size = block_size_at(r.heap, r.blocks[2]);
    unsigned char *const moved = segfit_realloc(r.heap, r.blocks[2], 5000);
    REQUIRE(moved != NULL && moved != r.blocks[2]);
    CHECK(pattern_holds(moved, ROW_SIZE, 2));
    CHECK(stats_of(r.heap).used == used - old_size + block_size_at(r.heap, moved));
    CHECK(row_holds(&r, 1) && row_holds(&r, 3));
    CHECK(heap_is_sound(r.heap));
    CHECK(segfit_alloc(r.heap, ROW_SIZE) == r.blocks[2]);
}

TEST(a_move_writes_no_byte_beyond_what_the_block_held)
{
    enum {
        HOLE = 600,
        GROWN = 400,
        OLD = 0xa5
    };
    for (size_t size = 1; size < 200; size += 7) {
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
        unsigned char *const hole = segfit_alloc(heap, HOLE);
        segfit_alloc(heap, 1);
        unsigned char *const block = segfit_alloc(heap, size);
        segfit_alloc(heap, 1);
        const size_t held = segfit_usable_size(heap, block);
        memset(hole, OLD, HOLE);
        segfit_free(heap, hole);
        pattern_fill(block, held, 3);
        REQUIRE(segfit_realloc(heap, block, GROWN) == hole);
        CHECK(pattern_holds(hole, held, 3));
        // Links lie in a free block's first words, and nothing but them was written there before.
        for (size_t at = held < 32 ? 32 : held; at < GROWN; at++) {
            CHECK(hole[at] == OLD);
        }
    }
}

TEST(growth_that_finds_no_room_gives_null_and_keeps_every_byte)
{
    row r = make_row();
    while (segfit_alloc(r.heap, 100) != NULL) {
    }
    while (segfit_alloc(r.heap, 1) != NULL) {
    }
    image before = image_take(memory.bytes, sizeof memory.bytes);
    for (size_t size = ROW_SIZE + SEGFIT_ALIGN; size < 3 * ROW_SIZE; size += 13) {
        CHECK(segfit_realloc(r.heap, r.blocks[2], size) == NULL);
    }
    CHECK(image_holds_but_failures(&before, r.heap));
    CHECK(row_holds(&r, 2));
    image_free(&before);
}

TEST(the_number_of_live_blocks_is_unchanged_however_a_block_is_resized)
{
    uint64_t state = test_seed();
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *blocks[20];
    for (unsigned i = 0; i < 20; i++) {
        blocks[i] = segfit_alloc(heap, 100);
    }
    for (int i = 0; i < 5000; i++) {
        void **const block = &blocks[test_random_below(&state, 20)];
        void *const resized = segfit_realloc(heap, *block, test_random_below(&state, 4000));
        *block = resized == NULL ? *block : resized;
        CHECK(stats_of(heap).used_blocks == 20);
    }
    CHECK(heap_is_sound(heap));
}

// mattconte/tlsf#36, zephyr#97705: realloc loses a memalign's alignment. Here: documented for
// segfit_realloc, kept by segfit_realloc_aligned.
TEST(realloc_aligned_keeps_alignment_and_bytes_wherever_the_block_goes)
{
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        for (size_t size = 0; size <= 4 * ROW_SIZE; size += 97) {
            for (unsigned neighbours = 0; neighbours < 4; neighbours++) {
                segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
                void *const before = segfit_alloc(heap, ROW_SIZE);
                unsigned char *block = segfit_alloc_aligned(heap, alignment, ROW_SIZE);
                void *const behind = segfit_alloc(heap, ROW_SIZE);
                CHECK(segfit_alloc(heap, 1) != NULL);
                pattern_fill(block, ROW_SIZE, 6);
                segfit_free(heap, (neighbours & 1) != 0 ? before : NULL);
                segfit_free(heap, (neighbours & 2) != 0 ? behind : NULL);
                block = segfit_realloc_aligned(heap, block, alignment, size);
                REQUIRE(block != NULL);
                CHECK(is_aligned(block, alignment));
                CHECK(pattern_holds(block, size < ROW_SIZE ? size : ROW_SIZE, 6));
                CHECK(block_is_tight(heap, block, size));
                CHECK(heap_is_sound(heap));
            }
        }
    }
}

TEST(realloc_aligned_moves_a_block_that_was_not_aligned)
{
    for (size_t alignment = 2 * SEGFIT_ALIGN; alignment <= 8192; alignment *= 2) {
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
        unsigned char *block = segfit_alloc(heap, 5 * SEGFIT_ALIGN - SEGFIT_BLOCK_OVERHEAD);
        if (is_aligned(block, alignment)) {
            // Behind an odd number of units the next one is not.
            block = segfit_alloc(heap, 5 * SEGFIT_ALIGN - SEGFIT_BLOCK_OVERHEAD);
        }
        REQUIRE(block != NULL && !is_aligned(block, alignment));
        pattern_fill(block, 30, 8);
        unsigned char *const aligned = segfit_realloc_aligned(heap, block, alignment, 20);
        REQUIRE(aligned != NULL);
        CHECK(is_aligned(aligned, alignment) && aligned != block);
        CHECK(pattern_holds(aligned, 20, 8));
        CHECK(heap_is_sound(heap));
    }
}

// tree-sitter#5261, rlsf 0.1.1: the wrong length was copied.
TEST(a_chain_of_reallocs_keeps_the_common_bytes_each_time)
{
    uint64_t state = test_seed();
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    unsigned char *blocks[4] = {0};
    size_t sizes[4] = {0};
    for (unsigned i = 0; i < 20000; i++) {
        const size_t k = test_random_below(&state, 4);
        const size_t size = test_random_below(&state, 9000);
        unsigned char *const block = segfit_realloc(heap, blocks[k], size);
        if (block == NULL) {
            CHECK(pattern_holds(blocks[k], sizes[k], (unsigned)k));
            continue;
        }
        CHECK(pattern_holds(block, size < sizes[k] ? size : sizes[k], (unsigned)k));
        blocks[k] = block;
        sizes[k] = size;
        pattern_fill(block, size, (unsigned)k);
    }
    CHECK(heap_is_sound(heap));
}
