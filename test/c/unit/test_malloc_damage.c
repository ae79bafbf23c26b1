// SPDX-License-Identifier: MIT
/// malloc whose own memory was overwritten: its cache, and the blocks beside. Compiled for one
/// thread and for several, at levels 1 to 3; and at level 4 for the damage that only level 4
/// reports.
#define TEST_MAIN
#include "malloc_within.h"

#if SEGFIT_CHECK >= 4
TEST(free_reports_damage_anywhere)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    blocks[0][LARGE] ^= 1;
    my_free(blocks[2]);
    CHECK(reported(SEGFIT_OVERRUN));
}
#else

TEST(the_check_finds_a_cached_block_with_an_overwritten_header_or_mark)
{
    static max_align_t outside[4];
    for (int what = 0; what < 6; what++) {
        unsigned char *blocks[BLOCKS];
        segfit_fault_t fault = {0, NULL};
        fill(blocks, SMALL);
        for (size_t i = 0; i < 3; i++) {
            my_free(blocks[i]);
        }
        CHECK(segfit_malloc_check(&fault));
        block_t *const block = block_of(blocks[1]);
        cached_t *const cached = (cached_t *)(void *)blocks[1];
        switch (what) {
        case 0:
            block_set_header(block, 1);
            break;
        case 1:
            // A block of its neighbour's size as well.
            block_set_header(block, 2 * block_size(block));
            break;
        case 2:
            cached->mark ^= 1;
            break;
        case 3:
            // To a live block of another size, and to none.
            cached->next = my_malloc(LARGE);
            cached->mark = cache_mark(cached);
            break;
        case 4:
            cached->next = (cached_t *)(void *)&outside[1];
            cached->mark = cache_mark(cached);
            break;
        default:
            // Round and round.
            cached->next = (cached_t *)(void *)blocks[2];
            cached->mark = cache_mark(cached);
            break;
        }
        CHECK(!segfit_malloc_check(&fault));
        CHECK(!segfit_malloc_check(NULL));
    }
}

TEST(the_search_of_a_cyclic_bin_ends)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, SMALL);
    my_free(blocks[1]);
    cached_t *const cached = (cached_t *)(void *)blocks[1];
    cached->next = cached;
    cached->mark = cache_mark(cached);
    // By chance its bytes look like those of a cached block.
    cached_t *const live = (cached_t *)(void *)blocks[2];
    live->mark = cache_mark(live);
    my_free(live);
    CHECK(report.calls == 0);
}

#if SEGFIT_CHECK != 2
// Level 2 checks the next block when free merges them.
TEST(free_reports_a_next_block_that_reaches_beyond_the_heap)
{
    const size_t requests[] = {SMALL, LARGE};
    for (size_t at = 0; at < 2; at++) {
        unsigned char *blocks[BLOCKS];
        fill(blocks, requests[at]);
        block_t *const next = block_next(block_of(blocks[1]));
        const size_t header = block_header(next);
        const size_t left = process_storage.heap.high - address_of(next);
        const size_t sizes[] = {0, left + SEGFIT_ALIGN, left + block_size(block_of(blocks[1])),
                                2 * left, SIZE_MAX / 2 + 1U};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            block_set_header(next, sizes[i]);
            my_free(blocks[1]);
            CHECK(reported(SEGFIT_NEIGHBOUR));
        }
        block_set_header(next, header);
        my_free(blocks[1]);
        CHECK(report.calls == 0);
    }
}
#endif

/// Forges the header of a used block of 64 bytes before `ptr`, and another behind that block.
static void forge(unsigned char *ptr)
{
    const size_t header = 64;
    memcpy(ptr - WORD, &header, WORD);
    memcpy(ptr - WORD + header, &header, WORD);
}

TEST(free_reports_a_misaligned_pointer_between_forged_headers)
{
    for (size_t by = 1; by < SEGFIT_ALIGN; by++) {
        unsigned char *blocks[BLOCKS];
        fill(blocks, LARGE);
        forge(blocks[1] + SEGFIT_ALIGN + by);
        my_free(blocks[1] + SEGFIT_ALIGN + by);
        CHECK(reported(SEGFIT_MISALIGNED));
    }
}

TEST(free_reports_a_pointer_beyond_the_heap_between_forged_headers)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    max_align_t below_or_above[16];
    static max_align_t in_the_program[16];
    unsigned char *const own = (unsigned char *)&in_the_program[1];
    unsigned char *const on_the_stack = (unsigned char *)&below_or_above[1];
    forge(own);
    my_free(own);
    CHECK(reported(SEGFIT_OUTSIDE));
    forge(on_the_stack);
    my_free(on_the_stack);
    CHECK(reported(SEGFIT_OUTSIDE));
}

TEST(a_refill_reports_an_overwritten_free_block)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    my_free(blocks[1]);
    segfit_malloc_flush();
    block_t *const block = block_of(blocks[1]);
    *block_footer_before(block_next(block)) ^= SEGFIT_ALIGN;
    // Each request of a bin that is empty, up to the one that meets the block.
    for (size_t size = 8; size <= CACHE_LARGEST_REQUEST && report.calls == 0; size += 8) {
        (void)my_malloc(size);
    }
    CHECK(report.calls >= 1);
}

/// Frees a small block that lies behind another of the same size. Returns that other one, or NULL.
static unsigned char *free_behind(unsigned char *blocks[BLOCKS])
{
    fill(blocks, SMALL);
    for (size_t i = 1; i < BLOCKS - 1; i++) {
        for (size_t j = 1; j < BLOCKS - 1; j++) {
            if (block_next(block_of(blocks[i])) == block_of(blocks[j])) {
                my_free(blocks[j]);
                return blocks[i];
            }
        }
    }
    return NULL;
}

TEST(malloc_reports_an_overflow_into_the_cached_block_that_it_would_give)
{
    const size_t amounts[] = {1, 8, 16, 32, 64};
    const int contents[] = {0, 'A', 0xFF};
    for (size_t i = 0; i < 5 * 3; i++) {
        unsigned char *blocks[BLOCKS];
        unsigned char *const before = free_behind(blocks);
        CHECK(before != NULL);
        const unsigned char *const behind = block_payload(block_next(block_of(before)));
        unsigned char *const header = (unsigned char *)block_next(block_of(before));
        unsigned char was[64];
        memcpy(was, header, sizeof was);
        memset(header, contents[i % 3], amounts[i / 3]);
        if (amounts[i / 3] == 1 && header[0] == was[0]) {
            // At level 3 the key decides the byte that the header has: one key in 256 makes it this
            // one.
            continue;
        }
        const void *const given = my_malloc(SMALL);
        CHECK(report.calls >= 1 && given != behind);
    }
}

TEST(malloc_gives_no_address_that_an_overwritten_link_leads_to)
{
    static max_align_t outside[8];
    unsigned char *blocks[BLOCKS];
    fill(blocks, SMALL);
    unsigned char *const places[] = {(unsigned char *)&outside[2], blocks[3], blocks[3] + 1,
                                     blocks[4] + SEGFIT_ALIGN};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        fill(blocks, SMALL);
        my_free(blocks[1]);
        memcpy(blocks[1], &places[i], sizeof places[i]);
        CHECK(my_malloc(SMALL) != places[i]);
        CHECK(my_malloc(SMALL) != places[i]);
        CHECK(report.calls >= 1);
    }
}

TEST(a_refill_reports_zeros_over_a_free_block)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    my_free(blocks[1]);
    // The word before and its header agree then: a footer of 0 bytes.
    memset(blocks[1] - 2 * WORD, 0, 6 * WORD);
    for (size_t size = 8; size <= CACHE_LARGEST_REQUEST && report.calls == 0; size += 8) {
        (void)my_malloc(size);
    }
    CHECK(report.calls >= 1);
}

#if SEGFIT_CHECK >= 2
/// Three blocks of the same bin, whose second was overwritten.
static unsigned char *spoil_second(unsigned char *blocks[BLOCKS])
{
    fill(blocks, SMALL);
    for (size_t i = 0; i < 3; i++) {
        my_free(blocks[i]);
    }
    blocks[1][sizeof(void *)] ^= 1;
    return blocks[1];
}

TEST(a_flush_reports_an_overwritten_cached_block)
{
    unsigned char *blocks[BLOCKS];
    (void)spoil_second(blocks);
    segfit_malloc_flush();
    CHECK(reported(SEGFIT_FREE_BLOCK));
    CHECK(serves());
}

TEST(an_aligned_request_does_not_follow_its_link)
{
    unsigned char *blocks[BLOCKS];
    unsigned char *const spoilt = spoil_second(blocks);
    void *const block = my_aligned_alloc(4096, SMALL);
    CHECK(block != NULL && (uintptr_t)block % 4096 == 0 && block != spoilt);
}

TEST(a_second_free_is_looked_for_no_further)
{
    unsigned char *blocks[BLOCKS];
    (void)spoil_second(blocks);
    // In front of the damage it is found, behind it it is not, and nothing is read where the link
    // leads.
    my_free(blocks[2]);
    CHECK(reported(SEGFIT_FREED));
    my_free(blocks[0]);
}

TEST(a_flush_reports_an_overwritten_neighbour_of_a_cached_block)
{
    const size_t words[] = {BLOCK_FREE | 3 * SEGFIT_ALIGN, (size_t)1 << (WORD_BITS - 2)};
    // From level 3 on the block itself is looked at first.
    const segfit_fault_code_t codes[] = {SEGFIT_CHECK >= 3 ? SEGFIT_NEIGHBOUR : SEGFIT_FREE_BLOCK,
                                         SEGFIT_NEIGHBOUR};
    for (size_t i = 0; i < 2; i++) {
        unsigned char *blocks[BLOCKS];
        fill(blocks, SMALL);
        size_t pair = 1;
        while (pair < BLOCKS - 1 &&
               block_next(block_of(blocks[pair])) != block_of(blocks[pair + 1])) {
            pair++;
        }
        CHECK(pair < BLOCKS - 1);
        my_free(blocks[pair]);
        block_set_header(block_of(blocks[pair + 1]), words[i]);
        segfit_malloc_flush();
        CHECK(reported(codes[i]));
    }
}

TEST(a_flush_reports_an_overwritten_header_and_leaves_the_block_used)
{
    const size_t words[] = {BLOCK_FREE | 3 * SEGFIT_ALIGN, (size_t)1 << (WORD_BITS - 2), 0};
    for (size_t i = 0; i < 3; i++) {
        unsigned char *blocks[BLOCKS];
        fill(blocks, SMALL);
        my_free(blocks[1]);
        block_set_header(block_of(blocks[1]), words[i]);
        segfit_malloc_flush();
        CHECK(report.calls >= 1);
    }
}

TEST(and_when_a_block_beside_it_is_to_grow)
{
    unsigned char *blocks[BLOCKS];
    const size_t sizes[] = {SEGFIT_ALIGN, LARGE / SEGFIT_ALIGN * SEGFIT_ALIGN};
    for (size_t i = 0; i < 2; i++) {
        fill(blocks, LARGE);
        block_set_header(block_of(blocks[2]), BLOCK_FREE | sizes[i]);
        (void)my_realloc(blocks[1], LARGE + 200);
        CHECK(report.calls >= 1);
    }
    fill(blocks, LARGE);
    my_free(blocks[2]);
    CHECK(my_realloc(blocks[1], LARGE + 200) == blocks[1] && report.calls == 0);
}

#if SEGFIT_CHECK >= 3
TEST(a_process_takes_another_key_for_each_heap_it_begins)
{
    size_t keys[3];
    for (size_t i = 0; i < 3; i++) {
        start_over();
        CHECK(my_malloc(SMALL) != NULL);
        keys[i] = key_secret();
    }
    CHECK(keys[0] != 0 && keys[0] != keys[1] && keys[1] != keys[2] && keys[2] != keys[0]);
}

TEST(a_bin_is_not_filled_from_a_heap_whose_control_structure_was_overwritten)
{
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    segfit_malloc_flush();
    process_storage.heap.seal ^= 1;
    CHECK(my_malloc(SMALL) == NULL && reported(SEGFIT_CONTROL));
    process_storage.heap.seal ^= 1;
    CHECK(serves());
}
#endif

#if SEGFIT_THREADS
TEST(an_overwritten_deferred_block_is_reported_when_it_is_freed)
{
    unsigned char *const small = deferred_block();
    small[sizeof(void *)] ^= 1;
    segfit_malloc_flush();
    CHECK(reported(SEGFIT_FREE_BLOCK));
    CHECK(own_cache()->deferred.room == CACHE_DEFERRED);
    CHECK(serves());
}

TEST(so_is_one_whose_header_was)
{
    unsigned char *const small = deferred_block();
    block_set_header(block_of(small), (size_t)1 << (WORD_BITS - 2));
    segfit_malloc_flush();
    CHECK(reported(SEGFIT_NOT_A_BLOCK));
    CHECK(serves());
}
#endif
#endif
#endif
