// SPDX-License-Identifier: MIT
/// Growable heaps: they grow by what is missing, extend in place, live with foreign memory between
/// theirs, and give everything back.
#define TEST_MAIN
#include "../test.h"

#include "paged_source.h"

enum {
    PAGE = 4096,
    ARENA = 1 << 22
};

/// A growable heap over a source of its own.
typedef struct grower {
    paged_source pages;
    max_align_t control[SEGFIT_CONTROL_SIZE(24, 32) / sizeof(max_align_t) + 1];
    segfit_growable_t heap;
} grower;

static grower subject;

/// `extends` and `releases`: what the source can.
static segfit_growable_t *start_with(segfit_policy_t policy, bool extends, bool releases)
{
    const segfit_options_t options = {.rows = 24, .columns = 16, .policy = policy};
    subject.pages = paged_make(ARENA, PAGE);
    subject.pages.source.extend = extends ? paged_extend : NULL;
    subject.pages.source.release = releases ? paged_release : NULL;
    subject.pages.source.context = &subject.pages;
    segfit_t *const heap = segfit_init_empty(subject.control, sizeof subject.control, &options);
    subject.heap = (segfit_growable_t)SEGFIT_GROWABLE_INITIALIZER(heap, &subject.pages.source);
    return &subject.heap;
}

static segfit_growable_t *start(bool extends, bool releases)
{
    return start_with(SEGFIT_POLICY_PROBE, extends, releases);
}

static void stop(void)
{
    CHECK(heap_is_sound(subject.heap.heap));
    CHECK(!subject.pages.abused);
    paged_free(&subject.pages);
}

TEST(a_heap_without_memory_grows_by_one_page_for_the_first_request)
{
    segfit_growable_t *const g = start(false, false);
    CHECK(subject.pages.calls == 0);
    void *const block = segfit_growable_alloc(g, 100);
    CHECK(block != NULL && paged_pages(&subject.pages) == 1 && subject.pages.calls == 1);
    CHECK(segfit_growable_alloc(g, 100) != NULL && subject.pages.calls == 1);
    segfit_growable_free(g, block);
    stop();
}

// rlsf asks for the whole request although the last block is nearly enough.
TEST(growth_asks_only_for_what_is_missing_behind_the_free_end)
{
    segfit_growable_t *const g = start(true, false);
    subject.pages.page = 64;
    CHECK(segfit_growable_alloc(g, 1) != NULL);
    for (size_t size = 1000; size < 100000; size += 1000) {
        const size_t tail = segfit_max_alloc(g->heap);
        const size_t given = subject.pages.given;
        void *const block = segfit_growable_alloc(g, size);
        REQUIRE(block != NULL);
        CHECK(subject.pages.given - given <= size - tail + 2 * subject.pages.page);
        segfit_growable_free(g, block);
    }
    CHECK(subject.pages.given <= 99000 + 4 * 64 + SEGFIT_POOL_OVERHEAD);
    stop();
}

TEST(contiguous_regions_become_one_pool_with_or_without_extend)
{
    for (int extends = 0; extends < 2; extends++) {
        segfit_growable_t *const g = start(extends != 0, false);
        for (int i = 0; i < 200; i++) {
            CHECK(segfit_growable_alloc(g, 3000) != NULL);
        }
        segfit_reset(g->heap);
        CHECK(heap_is_whole(g->heap, 1));
        CHECK(paged_pages(&subject.pages) * PAGE <= 200 * 3016 + 2 * PAGE);
        stop();
    }
}

// AssemblyScript, emscripten#10007, wasi-libc#377: somebody else takes memory in between.
TEST(foreign_memory_in_between_makes_another_pool_and_is_never_touched)
{
    segfit_growable_t *const g = start(true, false);
    memset(subject.pages.arena, 0x77, ARENA);
    subject.pages.foreign_pages = 1;
    unsigned char *blocks[100];
    for (unsigned i = 0; i < 100; i++) {
        blocks[i] = segfit_growable_alloc(g, 3000);
        REQUIRE(blocks[i] != NULL);
        pattern_fill(blocks[i], 3000, i);
    }
    CHECK(heap_is_sound(g->heap));
    size_t pools = 0;
    const void *pool = NULL;
    for (segfit_walk_t walk = {0}; segfit_walk_next(g->heap, &walk);) {
        pools += walk.pool != pool;
        pool = walk.pool;
    }
    CHECK(pools >= 50);
    for (unsigned i = 0; i < 100; i++) {
        CHECK(pattern_holds(blocks[i], 3000, i));
        segfit_growable_free(g, blocks[i]);
    }
    CHECK(heap_is_whole(g->heap, pools));
    // The foreign page before the first region.
    bool untouched = true;
    for (size_t i = 0; i < PAGE; i++) {
        untouched = untouched && subject.pages.arena[i] == 0x77;
    }
    CHECK(untouched);
    stop();
}

TEST(regions_at_any_misaligned_address_serve)
{
    for (size_t skew = 0; skew < 64; skew++) {
        segfit_growable_t *const g = start(skew % 2 == 0, false);
        subject.pages.skew = skew;
        for (size_t size = 1; size < 20000; size = size * 3 / 2 + 1) {
            void *const block = segfit_growable_alloc(g, size);
            REQUIRE(block != NULL);
            pattern_fill(block, size, 1);
        }
        stop();
    }
}

// mattconte/tlsf#3, AssemblyScript#701: after growing, the retry must succeed.
TEST(one_growth_is_enough_for_every_size_and_alignment)
{
    for (size_t alignment = 1; alignment <= 8192; alignment *= 4) {
        for (size_t size = 0; size < 40000; size += 331) {
            for (int extends = 0; extends < 2; extends++) {
                segfit_growable_t *const g = start(extends != 0, false);
                subject.pages.page = 16;
                subject.pages.skew = size % 3 == 0 ? 8 : 0;
                CHECK(segfit_growable_alloc(g, 700) != NULL);
                const size_t calls = subject.pages.calls;
                void *const block = segfit_growable_alloc_aligned(g, alignment, size);
                CHECK(block != NULL && is_aligned(block, alignment));
                CHECK(subject.pages.calls - calls <= 2);
                stop();
            }
        }
    }
}

TEST(requests_that_cannot_be_ask_the_source_for_nothing)
{
    segfit_growable_t *const g = start(true, true);
    void *const block = segfit_growable_alloc(g, 10);
    const size_t calls = subject.pages.calls;
    for (size_t less = 0; less <= 64; less++) {
        CHECK(segfit_growable_alloc(g, SIZE_MAX - less) == NULL);
        CHECK(segfit_growable_alloc_aligned(g, 4096, SIZE_MAX - less) == NULL);
        CHECK(segfit_growable_alloc_aligned(g, 3, less) == NULL);
        CHECK(segfit_growable_calloc(g, SIZE_MAX / 2, 3 + less) == NULL);
        CHECK(segfit_growable_realloc(g, block, SIZE_MAX - less) == NULL);
        CHECK(segfit_growable_realloc_aligned(g, block, 3, less) == NULL);
        CHECK(!segfit_growable_reserve(g, SIZE_MAX - less));
    }
    CHECK(subject.pages.calls == calls);
    stop();
}

TEST(the_block_at_the_end_grows_in_place_where_the_source_extends)
{
    segfit_growable_t *const g = start(true, false);
    CHECK(segfit_growable_alloc(g, 500) != NULL);
    unsigned char *block = segfit_growable_alloc(g, 1000);
    unsigned char *const first = block;
    pattern_fill(block, 1000, 5);
    for (size_t size = 2000; size < 200000; size += 1000) {
        block = segfit_growable_realloc(g, block, size);
        CHECK(block == first);
    }
    CHECK(pattern_holds(block, 1000, 5));
    CHECK(subject.pages.given <= 200000 + 2 * PAGE);
    stop();
}

TEST(a_realloc_that_must_grow_and_move_keeps_every_byte)
{
    for (int extends = 0; extends < 2; extends++) {
        segfit_growable_t *const g = start(extends != 0, false);
        unsigned char *block = segfit_growable_alloc(g, 100);
        pattern_fill(block, 100, 2);
        for (size_t size = 200; size < 300000; size = size * 5 / 4) {
            const size_t before = segfit_usable_size(g->heap, block);
            CHECK(segfit_growable_alloc(g, 64) != NULL);
            block = segfit_growable_realloc(g, block, size);
            REQUIRE(block != NULL);
            CHECK(pattern_holds(block, size * 4 / 5 < before ? size * 4 / 5 : 100, 2));
            pattern_fill(block, size, 2);
            CHECK(heap_is_sound(g->heap));
        }
        stop();
    }
}

// Under stock policy, a found block is larger than the request, also if it is not the last block.
TEST(a_realloc_that_must_grow_and_move_succeeds_with_stock_policy)
{
    for (int extends = 0; extends < 2; extends++) {
        segfit_growable_t *const g = start_with(SEGFIT_POLICY_STOCK, extends != 0, false);
        subject.pages.page = 64;
        unsigned char *block = segfit_growable_alloc(g, 100);
        for (size_t size = 200; size < 300000; size = size * 5 / 4) {
            CHECK(segfit_growable_alloc(g, 64) != NULL);
            block = segfit_growable_realloc(g, block, size);
            REQUIRE(block != NULL);
        }
        stop();
    }
}

TEST(reserving_makes_later_requests_ask_for_nothing)
{
    segfit_growable_t *const g = start(true, false);
    CHECK(segfit_growable_reserve(g, 100000));
    CHECK(segfit_max_alloc(g->heap) >= 100000);
    const size_t calls = subject.pages.calls;
    CHECK(segfit_growable_reserve(g, 100000) && subject.pages.calls == calls);
    CHECK(segfit_growable_alloc(g, 100000) != NULL && subject.pages.calls == calls);
    CHECK(!segfit_growable_reserve(g, 2 * ARENA));
    CHECK(stats_of(g->heap).failures == 0);
    stop();
}

TEST(reserving_an_empty_request_makes_room_for_a_block)
{
    segfit_growable_t *const g = start(false, false);
    CHECK(segfit_growable_reserve(g, 0));
    const size_t calls = subject.pages.calls;
    CHECK(segfit_growable_reserve(g, 0) && subject.pages.calls == calls);
    CHECK(segfit_growable_alloc(g, 0) != NULL && subject.pages.calls == calls);
    stop();
}

TEST(trimming_gives_back_exactly_the_pools_without_a_used_block)
{
    segfit_growable_t *const g = start(false, true);
    subject.pages.foreign_pages = 1;
    void *blocks[20];
    for (size_t i = 0; i < 20; i++) {
        blocks[i] = segfit_growable_alloc(g, 3500);
    }
    CHECK(segfit_growable_trim(g) == 0);
    const size_t given = subject.pages.given;
    for (size_t i = 0; i < 20; i += 2) {
        segfit_growable_free(g, blocks[i]);
    }
    const size_t released = segfit_growable_trim(g);
    CHECK(released > 9 * (size_t)3500 && subject.pages.given == given - released);
    CHECK(heap_is_sound(g->heap) && stats_of(g->heap).used_blocks == 10);
    void *const again = segfit_growable_alloc(g, 3500);
    CHECK(again != NULL);
    for (size_t i = 1; i < 20; i += 2) {
        segfit_growable_free(g, blocks[i]);
    }
    segfit_growable_free(g, again);
    segfit_growable_trim(g);
    CHECK(stats_of(g->heap).capacity == 0 && heap_is_whole(g->heap, 0));
    stop();
}

TEST(trimming_without_release_gives_back_nothing)
{
    segfit_growable_t *const g = start(true, false);
    segfit_growable_free(g, segfit_growable_alloc(g, 100));
    CHECK(segfit_growable_trim(g) == 0);
    CHECK(stats_of(g->heap).capacity > 0);
    stop();
}

TEST(destroying_gives_all_back_whatever_is_used_and_the_heap_serves_again)
{
    for (int releases = 0; releases < 2; releases++) {
        segfit_growable_t *const g = start(true, releases != 0);
        subject.pages.foreign_pages = 1;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 30; i++) {
                CHECK(segfit_growable_alloc(g, 3000) != NULL);
            }
            segfit_growable_destroy(g);
            CHECK(heap_is_whole(g->heap, 0) && stats_of(g->heap).capacity == 0);
            // Whole pages leave no rest: each byte that came goes back.
            CHECK(releases == 0 || subject.pages.given == 0);
        }
        stop();
    }
}

TEST(a_pool_that_was_added_by_hand_serves_as_well)
{
    segfit_growable_t *const g = start(true, false);
    static unsigned char own[2000];
    CHECK(segfit_add_pool(g->heap, own, sizeof own) != 0);
    CHECK(segfit_growable_alloc(g, 1500) != NULL && subject.pages.calls == 0);
    CHECK(segfit_growable_alloc(g, 1500) != NULL && subject.pages.calls >= 1);
    stop();
}

TEST(null_frees_and_reallocs_as_in_any_heap)
{
    segfit_growable_t *const g = start(true, false);
    segfit_growable_free(g, NULL);
    CHECK(subject.pages.calls == 0);
    void *const block = segfit_growable_realloc(g, NULL, 100);
    CHECK(block != NULL);
    CHECK(segfit_growable_realloc(g, block, 0) == block);
    void *const aligned = segfit_growable_realloc_aligned(g, NULL, 1024, 100);
    CHECK(aligned != NULL && is_aligned(aligned, 1024));
    stop();
}

TEST(a_geometry_with_small_blocks_grows_pool_after_pool)
{
    const segfit_options_t options = {.rows = 5, .columns = 4};
    uint64_t state = test_seed();
    for (int extends = 0; extends < 2; extends++) {
        for (int policy = SEGFIT_POLICY_PROBE; policy <= SEGFIT_POLICY_STOCK; policy++) {
            segfit_growable_t *const g = start(extends != 0, true);
            segfit_options_t small = options;
            small.policy = (segfit_policy_t)policy;
            g->heap = segfit_init_empty(subject.control, sizeof subject.control, &small);
            subject.pages.page = 64;
            const size_t limit = segfit_max_request(g->heap);
            for (int i = 0; i < 500; i++) {
                const size_t size = i % 3 == 0 ? limit : test_random_below(&state, limit + 1);
                void *const block = segfit_growable_alloc(g, size);
                REQUIRE(block != NULL);
                pattern_fill(block, size, 1);
            }
            CHECK(segfit_growable_alloc(g, limit + 1) == NULL);
            CHECK(segfit_growable_reserve(g, limit) && segfit_max_alloc(g->heap) >= limit);
            segfit_growable_destroy(g);
            CHECK(heap_is_whole(g->heap, 0));
            stop();
        }
    }
}

TEST(all_of_a_region_larger_than_the_largest_block_becomes_pools)
{
    segfit_growable_t *const g = start(false, true);
    const segfit_options_t options = {.rows = 5, .columns = 4};
    g->heap = segfit_init_empty(subject.control, sizeof subject.control, &options);
    subject.pages.page = 16384;
    CHECK(segfit_growable_alloc(g, 100) != NULL && subject.pages.calls == 1);
    CHECK(segfit_max_request(g->heap) < 2048);
    CHECK(stats_of(g->heap).capacity >= (size_t)16384 * 80 / 100);
    // The next region continues the last pool, which has room for a part of it only.
    segfit_growable_reserve(g, segfit_max_request(g->heap));
    while (subject.pages.calls < 4) {
        REQUIRE(segfit_growable_alloc(g, 200) != NULL);
    }
    CHECK(stats_of(g->heap).capacity >= 4 * (size_t)16384 * 80 / 100);
    stop();
}

TEST(memory_that_continues_a_region_of_two_pools_joins_the_second)
{
    segfit_growable_t *const g = start(false, true);
    const segfit_options_t options = {.rows = 9, .columns = 4};
    g->heap = segfit_init_empty(subject.control, sizeof subject.control, &options);
    const size_t largest = segfit_max_request(g->heap) + SEGFIT_BLOCK_OVERHEAD;
    subject.pages.page = (largest + largest / 4) / PAGED_ALIGN * PAGED_ALIGN;
    CHECK(segfit_growable_alloc(g, 100) != NULL && subject.pages.calls == 1);
    const size_t overhead = stats_of(g->heap).overhead;
    CHECK(stats_of(g->heap).capacity > largest);
    subject.pages.page = largest / 4 / PAGED_ALIGN * PAGED_ALIGN;
    while (subject.pages.calls < 2) {
        REQUIRE(segfit_growable_alloc(g, 200) != NULL);
    }
    CHECK(stats_of(g->heap).overhead == overhead);
    stop();
}

/// Where the last release began, and how many there were.
static struct {
    unsigned char *last;
    size_t calls;
    size_t bytes;
} released;

static void note_release(void *context, void *memory, size_t size)
{
    (void)context;
    released.last = memory;
    released.calls++;
    released.bytes += size;
}

TEST(each_pool_goes_back_by_itself_and_regions_that_became_one_go_back_as_one)
{
    segfit_growable_t *const g = start(false, true);
    const segfit_options_t options = {.rows = 5, .columns = 4};
    g->heap = segfit_init_empty(subject.control, sizeof subject.control, &options);
    subject.pages.source.release = note_release;
    subject.pages.page = 16384;
    released.calls = released.bytes = 0;
    segfit_growable_free(g, segfit_growable_alloc(g, 100));
    // One region of several pools.
    const size_t bytes = segfit_growable_trim(g);
    CHECK(released.calls > 1 && released.bytes == bytes);
    CHECK(bytes <= 16384 && 16384 - bytes < SEGFIT_POOL_OVERHEAD + SEGFIT_MIN_BLOCK);
    stop();

    segfit_growable_t *const joined = start(false, true);
    subject.pages.source.release = note_release;
    released.calls = released.bytes = 0;
    void *const first = segfit_growable_alloc(joined, 100);
    void *const second = segfit_growable_alloc(joined, subject.pages.page);
    REQUIRE(first != NULL && second != NULL && subject.pages.calls == 2);
    segfit_growable_free(joined, first);
    segfit_growable_free(joined, second);
    CHECK(segfit_growable_trim(joined) == subject.pages.given);
    CHECK(released.calls == 1 && released.last == subject.pages.arena);
    stop();
}

TEST(a_source_that_refuses_is_asked_once)
{
    segfit_growable_t *const g = start(false, false);
    subject.pages.fail_at = 1;
    CHECK(segfit_growable_alloc(g, 100) == NULL && subject.pages.calls == 1);
    CHECK(segfit_growable_alloc(g, 100) != NULL && subject.pages.calls == 2);
    stop();
}

TEST(a_success_of_reserve_means_that_the_request_is_served)
{
    uint64_t state = test_seed();
    for (unsigned round = 0; round < 400; round++) {
        segfit_growable_t *const g = start(round % 2 == 0, false);
        const segfit_options_t options = {.rows = 7 + round % 9,
                                          .columns = 1U << round % 6,
                                          .policy = round % 4 < 2 ? SEGFIT_POLICY_PROBE
                                                                  : SEGFIT_POLICY_STOCK};
        g->heap = segfit_init_empty(subject.control, sizeof subject.control, &options);
        REQUIRE(g->heap != NULL);
        subject.pages.page = 16;
        for (int i = 0; i < 20; i++) {
            const size_t limit = segfit_max_request(g->heap);
            const size_t most = limit < 20000 ? limit : 20000;
            const size_t size = 1 + test_random_below(&state, most);
            REQUIRE(segfit_growable_reserve(g, size));
            CHECK(segfit_max_alloc(g->heap) >= size);
            const size_t calls = subject.pages.calls;
            CHECK(segfit_growable_alloc(g, size) != NULL && subject.pages.calls == calls);
        }
        stop();
    }
}
