// SPDX-License-Identifier: MIT
/// segfit_alloc and segfit_free: what comes back, how it fails, how freed blocks merge.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 16,
    MANY = 4096
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

static segfit_t *fresh_heap(segfit_policy_t policy)
{
    const segfit_options_t options = {.policy = policy};
    return segfit_init(memory.bytes, sizeof memory.bytes, &options);
}

TEST(an_empty_request_is_served_as_one_byte_at_a_distinct_address)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    void *const first = segfit_alloc(heap, 0);
    void *const second = segfit_alloc(heap, 0);
    CHECK(first != NULL && second != NULL && first != second);
    CHECK(segfit_usable_size(heap, first) >= 1);
    segfit_free(heap, first);
    segfit_free(heap, second);
    CHECK(heap_is_whole(heap, 1));
}

TEST(every_size_is_served_aligned_whole_and_without_waste)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    for (size_t size = 0; size < 40000; size += size < 3000 ? 1 : 127) {
        void *const block = segfit_alloc(heap, size);
        REQUIRE(block != NULL);
        CHECK(is_aligned(block, SEGFIT_ALIGN));
        CHECK(segfit_usable_size(heap, block) >= size);
        CHECK(block_is_tight(heap, block, size));
        pattern_fill(block, segfit_usable_size(heap, block), 5);
        CHECK(heap_is_sound(heap));
        segfit_free(heap, block);
        CHECK(heap_is_whole(heap, 1));
    }
}

TEST(a_block_is_the_request_plus_one_word_rounded_up_to_the_alignment)
{
    const segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    for (size_t size = 0; size < 5000; size++) {
        const size_t least = size + SEGFIT_BLOCK_OVERHEAD;
        const size_t rounded = (least + SEGFIT_ALIGN - 1) / SEGFIT_ALIGN * SEGFIT_ALIGN;
        const size_t expected = rounded < SEGFIT_MIN_BLOCK ? SEGFIT_MIN_BLOCK : rounded;
        CHECK(segfit_block_size_for(heap, size) == expected);
    }
}

// mattconte/tlsf#22: malloc(0xffffffff) returned a 12-byte block.
TEST(requests_near_the_end_of_the_range_fail_and_change_nothing)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    image before = image_take(memory.bytes, sizeof memory.bytes);
    for (size_t less = 0; less <= 64; less++) {
        CHECK(segfit_alloc(heap, SIZE_MAX - less) == NULL);
        CHECK(segfit_alloc(heap, SIZE_MAX / 2 - less) == NULL);
        CHECK(segfit_alloc(heap, SIZE_MAX / 2 + less) == NULL);
        CHECK(segfit_alloc(heap, SIZE_MAX - sizeof memory - less) == NULL);
    }
    CHECK(image_holds_but_failures(&before, heap));
    CHECK(stats_of(heap).failures == 4 * 65);
    CHECK(heap_is_whole(heap, 1));
    image_free(&before);
}

TEST(a_request_for_each_power_of_two_is_served_or_fails_cleanly)
{
    for (int policy = SEGFIT_POLICY_PROBE; policy <= SEGFIT_POLICY_STOCK; policy++) {
        segfit_t *const heap = fresh_heap((segfit_policy_t)policy);
        for (unsigned power = 0; power < sizeof(size_t) * 8; power++) {
            for (int distance = -40; distance <= 40; distance++) {
                const size_t size = ((size_t)1 << power) + (size_t)distance;
                void *const block = segfit_alloc(heap, size);
                CHECK((block != NULL) == (size <= segfit_max_alloc(heap)) || block != NULL);
                CHECK(block == NULL || size < sizeof memory);
                CHECK(heap_is_sound(heap));
                segfit_free(heap, block);
            }
        }
        CHECK(heap_is_whole(heap, 1));
    }
}

// esp-idf#9087: running out of memory asserted instead of returning NULL.
TEST(a_full_heap_answers_null_and_changes_nothing_until_something_is_freed)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    void *last = NULL;
    for (void *block; (block = segfit_alloc(heap, 200)) != NULL;) {
        last = block;
    }
    while (segfit_alloc(heap, 1) != NULL) {
    }
    image before = image_take(memory.bytes, sizeof memory.bytes);
    for (size_t size = 0; size < 3000; size++) {
        CHECK(segfit_alloc(heap, size) == NULL);
    }
    CHECK(image_holds_but_failures(&before, heap));
    CHECK(segfit_max_alloc(heap) == 0);
    CHECK(heap_is_sound(heap));
    segfit_free(heap, last);
    CHECK(segfit_alloc(heap, 200) == last);
    image_free(&before);
}

// sysprog21/tlsf-bsd at 883e9c0 … 286cc50: the first request got the whole free block.
TEST(equal_small_blocks_fill_at_least_95_percent_of_a_pool)
{
    for (int policy = SEGFIT_POLICY_PROBE; policy <= SEGFIT_POLICY_STOCK; policy++) {
        for (size_t size = 1; size <= 1024; size = size < 64 ? size + 1 : size + 61) {
            segfit_t *const heap = fresh_heap((segfit_policy_t)policy);
            const size_t capacity = stats_of(heap).capacity;
            size_t filled = 0;
            while (segfit_alloc(heap, size) != NULL) {
                filled += segfit_block_size_for(heap, size);
            }
            CHECK(filled * 100 >= capacity * 95);
            CHECK(stats_of(heap).used == filled || stats_of(heap).used - filled < SEGFIT_MIN_BLOCK);
        }
    }
}

// sysprog21/tlsf-bsd at 286cc50 again: two malloc(100) exhausted 64 KB.
TEST(a_small_request_leaves_the_rest_of_a_large_block_free)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_STOCK);
    const size_t capacity = stats_of(heap).capacity;
    CHECK(segfit_alloc(heap, 100) != NULL);
    CHECK(stats_of(heap).free == capacity - segfit_block_size_for(heap, 100));
}

TEST(a_freed_block_merges_with_both_neighbours_in_every_order)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t order = 0; order < 6; order++) {
        segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
        void *blocks[3];
        for (size_t i = 0; i < 3; i++) {
            blocks[i] = segfit_alloc(heap, 300 + 40 * i);
        }
        void *const fence = segfit_alloc(heap, 1);
        const size_t together = block_size_at(heap, blocks[0]) + block_size_at(heap, blocks[1]) +
                                block_size_at(heap, blocks[2]);
        for (size_t i = 0; i < 3; i++) {
            segfit_free(heap, blocks[orders[order][i]]);
            CHECK(heap_is_sound(heap));
        }
        CHECK(stats_of(heap).free_blocks == 2);
        // The three are one again: it serves exactly their sum.
        CHECK(segfit_alloc(heap, together - SEGFIT_BLOCK_OVERHEAD) == blocks[0]);
        segfit_free(heap, blocks[0]);
        segfit_free(heap, fence);
        CHECK(heap_is_whole(heap, 1));
    }
}

TEST(everything_freed_in_any_order_gives_one_block_of_the_first_size)
{
    static void *blocks[MANY];
    uint64_t state = test_seed();
    for (int round = 0; round < 40; round++) {
        segfit_t *const heap =
            fresh_heap(round % 2 == 0 ? SEGFIT_POLICY_PROBE : SEGFIT_POLICY_STOCK);
        const size_t capacity = stats_of(heap).capacity;
        size_t count = 0;
        while (count < MANY &&
               (blocks[count] = segfit_alloc(heap, test_random_below(&state, 300))) != NULL) {
            count++;
        }
        for (; count > 0; count--) {
            const size_t chosen = test_random_below(&state, count);
            segfit_free(heap, blocks[chosen]);
            blocks[chosen] = blocks[count - 1];
        }
        CHECK(heap_is_whole(heap, 1));
        CHECK(stats_of(heap).free == capacity);
    }
}

TEST(freeing_null_does_nothing)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    image before = image_take(memory.bytes, sizeof memory.bytes);
    segfit_free(heap, NULL);
    CHECK(image_holds(&before));
    image_free(&before);
}

TEST(two_heaps_do_not_know_each_other)
{
    segfit_t *const first = segfit_init(memory.bytes, MEMORY / 2, NULL);
    segfit_t *const second = segfit_init(memory.bytes + MEMORY / 2, MEMORY / 2, NULL);
    REQUIRE(first != NULL && second != NULL);
    image before = image_take(memory.bytes + MEMORY / 2, MEMORY / 2);
    void *const block = segfit_alloc(first, 1000);
    pattern_fill(block, 1000, 3);
    while (segfit_alloc(first, 100) != NULL) {
    }
    segfit_free(first, block);
    CHECK(image_holds(&before));
    CHECK(heap_is_sound(first) && heap_is_whole(second, 1));
    image_free(&before);
}

// Odin PR 4820: the gap before the first block was smaller than a block and overlapped its header.
TEST(small_sizes_at_every_start_address_never_overlap)
{
    for (size_t offset = 0; offset < 64; offset++) {
        region r = region_make(8192, offset);
        segfit_t *const heap = segfit_init(r.memory, r.size, NULL);
        REQUIRE(heap != NULL);
        void *blocks[65];
        for (unsigned size = 0; size <= 64; size++) {
            blocks[size] = segfit_alloc(heap, size);
            REQUIRE(blocks[size] != NULL);
            pattern_fill(blocks[size], segfit_usable_size(heap, blocks[size]), size);
        }
        CHECK(heap_is_sound(heap));
        for (unsigned size = 0; size <= 64; size++) {
            CHECK(pattern_holds(blocks[size], segfit_usable_size(heap, blocks[size]), size));
        }
        CHECK(region_is_guarded(&r));
        region_free(&r);
    }
}

// lvgl PR 10015, mattconte/tlsf#16: payloads were aligned to 4 bytes, too little for a double word.
TEST(payloads_are_aligned_for_the_widest_access_of_malloc)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    for (size_t size = 1; size < 200; size++) {
        long double *const number = segfit_alloc(heap, size + sizeof *number);
        REQUIRE(number != NULL);
        CHECK(is_aligned(number, SEGFIT_ALIGN) && SEGFIT_ALIGN >= sizeof(double));
    }
}
