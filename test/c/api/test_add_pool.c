// SPDX-License-Identifier: MIT
/// segfit_add_pool: what it takes and what it refuses.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

SEGFIT_STATIC_HEAP(small_rows, 5, 4);
SEGFIT_STATIC_HEAP(one_column, 7, 1);
SEGFIT_STATIC_HEAP(usual, 16, 16);

/// The largest block of a heap, header included.
static size_t largest_block(const segfit_t *heap)
{
    return segfit_block_size_for(heap, segfit_max_request(heap));
}

/// Adds, judges all that is documented, removes. Returns what was taken.
static size_t try_pool(segfit_t *heap, size_t size, size_t offset)
{
    region r = region_make(size, offset);
    const segfit_stats_t before = stats_of(heap);
    image control = image_take(heap, sizeof *heap);
    image memory = image_take(r.memory, size);
    const size_t taken = segfit_add_pool(heap, r.memory, size);
    CHECK(taken <= size);
    if (taken == 0) {
        CHECK(image_holds(&control) && image_holds(&memory));
    } else {
        const segfit_stats_t after = stats_of(heap);
        CHECK(after.capacity + after.overhead - before.capacity - before.overhead == taken);
        CHECK(taken - (after.capacity - before.capacity) <= SEGFIT_POOL_OVERHEAD);
        CHECK(after.capacity - before.capacity <= largest_block(heap));
        CHECK(size - taken < SEGFIT_ALIGN ||
              after.capacity - before.capacity == largest_block(heap));
        CHECK(heap_is_whole(heap, 1));
        CHECK(segfit_pool_is_empty(heap, r.memory));
        void *const block = segfit_alloc(heap, segfit_max_alloc(heap));
        CHECK(block != NULL && !segfit_pool_is_empty(heap, r.memory));
        pattern_fill(block, segfit_usable_size(heap, block), 1);
        CHECK(heap_is_sound(heap));
        segfit_free(heap, block);
        CHECK(segfit_remove_pool(heap, r.memory));
        CHECK(heap_is_whole(heap, 0));
    }
    CHECK(region_is_guarded(&r));
    image_free(&control);
    image_free(&memory);
    region_free(&r);
    return taken;
}

TEST(every_small_size_at_every_offset_is_taken_whole_or_refused)
{
    for (size_t offset = 0; offset < 64; offset++) {
        bool taken_before = false;
        for (size_t size = 1; size <= 400; size++) {
            const bool taken = try_pool(&usual.heap, size, offset) != 0;
            CHECK(taken || !taken_before);
            CHECK(taken || size < SEGFIT_POOL_OVERHEAD + SEGFIT_MIN_BLOCK);
            taken_before |= taken;
        }
        CHECK(taken_before);
    }
}

// mattconte/tlsf#9: a pool of exactly the largest block wrote outside the list heads.
TEST(pools_around_the_largest_block_are_taken_up_to_it)
{
    segfit_t *const heaps[] = {&small_rows.heap, &one_column.heap};
    for (size_t i = 0; i < 2; i++) {
        const size_t largest = largest_block(heaps[i]);
        bool reached = false;
        for (size_t size = largest - 64; size <= largest + 3 * SEGFIT_POOL_OVERHEAD; size++) {
            for (size_t offset = 0; offset < 16; offset += 5) {
                const size_t taken = try_pool(heaps[i], size, offset);
                CHECK(taken != 0);
                reached |= taken > largest;
            }
        }
        CHECK(reached);
        CHECK(try_pool(heaps[i], 20 * largest, 3) <= largest + SEGFIT_POOL_OVERHEAD);
    }
}

TEST(a_later_call_can_add_the_memory_that_a_pool_did_not_take)
{
    segfit_t *const heap = &small_rows.heap;
    const size_t largest = largest_block(heap);
    region r = region_make(10 * largest, 7);
    size_t given = 0;
    size_t pools = 0;
    for (size_t taken; (taken = segfit_add_pool(heap, r.memory + given, r.size - given)) != 0;
         pools++) {
        given += taken;
    }
    CHECK(pools >= 8);
    CHECK(r.size - given < SEGFIT_POOL_OVERHEAD + SEGFIT_MIN_BLOCK);
    CHECK(heap_is_whole(heap, pools));
    size_t blocks = 0;
    while (segfit_alloc(heap, largest - SEGFIT_BLOCK_OVERHEAD) != NULL) {
        blocks++;
    }
    CHECK(blocks >= pools - 1);
    CHECK(heap_is_sound(heap) && region_is_guarded(&r));
    segfit_reset(heap);
    for (size_t pool = 0; pool < pools; pool++) {
        for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
            CHECK(segfit_remove_pool(heap, walk.pool));
            break;
        }
    }
    CHECK(heap_is_whole(heap, 0));
    region_free(&r);
}

/// Refused, and neither the heap nor the memory changed.
static bool is_refused(segfit_t *heap, void *memory, size_t size)
{
    image control = image_take(heap, sizeof *heap);
    const bool refused = segfit_add_pool(heap, memory, size) == 0 && image_holds(&control);
    image_free(&control);
    return refused && heap_is_sound(heap);
}

TEST(memory_that_is_null_empty_or_wraps_is_refused)
{
    segfit_t *const heap = &usual.heap;
    static unsigned char bytes[256];
    CHECK(is_refused(heap, NULL, 0));
    CHECK(is_refused(heap, NULL, 65536));
    CHECK(is_refused(heap, NULL, SIZE_MAX));
    CHECK(is_refused(heap, bytes, 0));
    for (size_t less = 0; less < 200; less++) {
        CHECK(is_refused(heap, bytes, SIZE_MAX - less));
        // One byte more than the address space has from here.
        CHECK(is_refused(heap, bytes, 0 - (uintptr_t)bytes + 1 + less));
    }
}

TEST(a_region_that_overlaps_a_pool_or_the_control_structure_is_refused)
{
    region r = region_make(8192, 0);
    const segfit_options_t options = {.rows = 12, .columns = 8};
    segfit_t *const heap = segfit_init(r.memory + 2048, 4096, &options);
    REQUIRE(heap != NULL);
    void *const live = segfit_alloc(heap, 100);
    pattern_fill(live, 100, 1);
    image before = image_take(r.memory, r.size);
    for (size_t start = 0; start < 8192 - 300; start += 8) {
        for (size_t size = 160; start + size <= 8192; size += size / 2) {
            // A pool takes no bytes of its last, broken unit, at neither end.
            if (start + size >= 2048 + SEGFIT_ALIGN && start < 2048 + 4096 - SEGFIT_ALIGN) {
                CHECK(segfit_add_pool(heap, r.memory + start, size) == 0);
            }
        }
    }
    CHECK(image_holds(&before));
    CHECK(heap_is_sound(heap) && pattern_holds(live, 100, 1));
    image_free(&before);
    region_free(&r);
}

TEST(a_pool_cannot_be_added_twice)
{
    segfit_t *const heap = &usual.heap;
    region r = region_make(4096, 5);
    const size_t taken = segfit_add_pool(heap, r.memory, r.size);
    CHECK(taken != 0);
    CHECK(is_refused(heap, r.memory, r.size));
    CHECK(is_refused(heap, r.memory, 100));
    CHECK(is_refused(heap, r.memory + 1, 1000));
    CHECK(is_refused(heap, r.memory + taken - 1, 1));
    CHECK(segfit_remove_pool(heap, r.memory));
    CHECK(segfit_add_pool(heap, r.memory, r.size) == taken);
    CHECK(segfit_remove_pool(heap, r.memory));
    region_free(&r);
}

TEST(pools_that_touch_stay_two_pools)
{
    segfit_t *const heap = &usual.heap;
    region r = region_make(8192, 0);
    const size_t first = segfit_add_pool(heap, r.memory, 4096);
    const size_t second = segfit_add_pool(heap, r.memory + first, 8192 - first);
    CHECK(first != 0 && second != 0);
    CHECK(heap_is_whole(heap, 2));
    CHECK(segfit_pool_is_empty(heap, r.memory) && segfit_pool_is_empty(heap, r.memory + first));
    CHECK(stats_of(heap).grows >= 1);
    CHECK(segfit_remove_pool(heap, r.memory + first) && segfit_remove_pool(heap, r.memory));
    CHECK(region_is_guarded(&r));
    region_free(&r);
}

TEST(a_pool_may_end_exactly_where_another_begins)
{
    segfit_t *const heap = &usual.heap;
    static union {
        max_align_t align;
        unsigned char bytes[8192];
    } memory;
    CHECK(segfit_add_pool(heap, memory.bytes + 4096, 4096) == 4096);
    CHECK(segfit_add_pool(heap, memory.bytes, 4096) == 4096);
    CHECK(heap_is_whole(heap, 2));
    CHECK(segfit_remove_pool(heap, memory.bytes));
    // One unit more runs into it.
    CHECK(segfit_add_pool(heap, memory.bytes, 4096 + SEGFIT_ALIGN) == 0);
    CHECK(segfit_remove_pool(heap, memory.bytes + 4096));
}

TEST(blocks_of_all_pools_are_served_and_freed_to_their_own)
{
    segfit_t *const heap = &usual.heap;
    region regions[5];
    for (size_t i = 0; i < 5; i++) {
        regions[i] = region_make(3000 + 100 * i, 11 * i);
        CHECK(segfit_add_pool(heap, regions[i].memory, regions[i].size) != 0);
    }
    size_t blocks = 0;
    size_t per_pool[5] = {0};
    for (unsigned char *block; (block = segfit_alloc(heap, 200)) != NULL; blocks++) {
        for (size_t i = 0; i < 5; i++) {
            if (block > regions[i].memory && block < regions[i].memory + regions[i].size) {
                per_pool[i]++;
            }
        }
    }
    for (size_t i = 0; i < 5; i++) {
        CHECK(per_pool[i] >= 11 && region_is_guarded(&regions[i]));
        CHECK(!segfit_pool_is_empty(heap, regions[i].memory));
    }
    CHECK(per_pool[0] + per_pool[1] + per_pool[2] + per_pool[3] + per_pool[4] == blocks);
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        if (walk.used) {
            segfit_free(heap, walk.ptr);
            walk = (segfit_walk_t){0};
        }
    }
    CHECK(heap_is_whole(heap, 5));
    for (size_t i = 0; i < 5; i++) {
        CHECK(segfit_remove_pool(heap, regions[i].memory));
        region_free(&regions[i]);
    }
    CHECK(heap_is_whole(heap, 0));
}

// japaric/tlsf#3, talc PR 49: memory with gaps of any width between its parts.
TEST(a_gap_of_any_width_between_two_pools_is_never_touched)
{
    for (size_t gap = 1; gap <= (size_t)1 << 21; gap *= 2) {
        segfit_t *const heap = &usual.heap;
        region r = region_make(2048 + gap, 0);
        CHECK(segfit_add_pool(heap, r.memory, 1024) != 0);
        CHECK(segfit_add_pool(heap, r.memory + 1024 + gap, 1024) != 0);
        while (segfit_alloc(heap, 8) != NULL) {
        }
        bool untouched = true;
        for (size_t i = 0; i < gap; i++) {
            untouched = untouched && r.memory[1024 + i] == REGION_GUARD_BYTE;
        }
        CHECK(untouched && heap_is_sound(heap) && region_is_guarded(&r));
        segfit_reset(heap);
        CHECK(segfit_remove_pool(heap, r.memory));
        CHECK(segfit_remove_pool(heap, r.memory + 1024 + gap));
        region_free(&r);
    }
}

static union {
    max_align_t align;
    unsigned char bytes[32U << 10];
} own;

/// How many calls it takes to give the heap `size` bytes; 0 if it stops taking them.
static size_t calls_to_add(segfit_t *heap, unsigned char *memory, size_t size)
{
    size_t calls = 0;
    for (size_t taken = 0; taken + SEGFIT_POOL_OVERHEAD + SEGFIT_MIN_BLOCK <= size; calls++) {
        const size_t more = segfit_add_pool(heap, memory + taken, size - taken);
        if (more == 0) {
            return 0;
        }
        taken += more;
    }
    return calls;
}

TEST(a_small_heap_takes_a_large_pool_in_pieces_and_its_largest_request_stays)
{
    region r = region_make((size_t)8U << 20, 0);
    segfit_t *const heap = segfit_init(own.bytes, sizeof own.bytes, NULL);
    const size_t before = segfit_max_request(heap);
    CHECK(sizeof(void *) != 8 || before < sizeof own.bytes);
    const size_t calls = calls_to_add(heap, r.memory, r.size);
    // With words of 4 bytes more rows are cheap.
    CHECK(sizeof(void *) == 8 ? calls == 256 : calls > 1);
    CHECK(segfit_max_request(heap) == before && segfit_alloc(heap, before + 1) == NULL);
    region_free(&r);
}

TEST(a_heap_that_is_made_for_its_largest_pool_takes_it_in_one_call)
{
    region r = region_make((size_t)8U << 20, 0);
    segfit_options_t options = {0};
    options.largest = 8U << 20;
    segfit_t *const heap = segfit_init(own.bytes, sizeof own.bytes, &options);
    CHECK(calls_to_add(heap, r.memory, r.size) == 1);
    CHECK(segfit_alloc(heap, (size_t)7U << 20) != NULL);
    region_free(&r);
}
