// SPDX-License-Identifier: MIT
/// malloc from within, on POSIX systems: the system refuses what it rarely refuses, and memory that malloc alone
/// writes to is overwritten. Includes src/malloc.c, under other names; compiled for one thread and for several, at
/// levels 1, 2 and 3.
#define TEST_MAIN
#include "../test.h"

#include "malloc_report.h"
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/// What the system refuses.
static struct {
    /// Of mmap: pieces from this size on; 0: none.
    size_t mmap_from;
    bool protecting, asking, randomness, writing, keys, values;
} refused;

static void *refusable_mmap(void *at, size_t size, int protection, int flags, int file,
                            off_t offset)
{
    return refused.mmap_from != 0 && size >= refused.mmap_from
               ? MAP_FAILED
               : mmap(at, size, protection, flags, file, offset);
}

static int refusable_mprotect(void *at, size_t size, int protection)
{
    return refused.protecting ? -1 : mprotect(at, size, protection);
}

static int refusable_mincore(void *at, size_t size, unsigned char *present)
{
    return refused.asking ? -1 : mincore(at, size, present);
}

static int refusable_getentropy(void *bytes, size_t size)
{
    return refused.randomness ? -1 : getentropy(bytes, size);
}

static ssize_t refusable_write(int file, const void *bytes, size_t size)
{
    return refused.writing ? -1 : write(file, bytes, size);
}

static int refusable_key(pthread_key_t *key, void (*end)(void *))
{
    return refused.keys ? EAGAIN : pthread_key_create(key, end);
}

static int refusable_setspecific(pthread_key_t key, const void *value)
{
    return refused.values ? ENOMEM : pthread_setspecific(key, value);
}

#define mmap refusable_mmap
#define mprotect refusable_mprotect
#define mincore refusable_mincore
#define getentropy refusable_getentropy
#define write refusable_write
#define pthread_key_create refusable_key
#define pthread_setspecific refusable_setspecific

#define SEGFIT_MALLOC 1
#define SEGFIT_MALLOC_PREFIX my_
#include "../../../src/malloc.c"

void *my_malloc(size_t size);
void my_free(void *ptr);
void *my_realloc(void *ptr, size_t size);
void *my_aligned_alloc(size_t alignment, size_t size);

enum {
    SMALL = 100,
    LARGE = 5000,
    BLOCKS = 6
};

/// As the program began.
static void start_over(void)
{
    memset(&refused, 0, sizeof refused);
    memset(&process_storage, 0, sizeof process_storage);
    process = (segfit_growable_t)SEGFIT_GROWABLE_INITIALIZER(&process_storage.heap, &os_source);
    os_left = NULL;
    os_left_size = 0;
#if SEGFIT_THREADS
    process_caches = NULL;
    process_first_is_open = false;
    process_set_own(&process_none);
#else
    memset(&process_cache, 0, sizeof process_cache);
#endif
    report.calls = 0;
}

/// Blocks of one size side by side, none of them kept.
static void fill(unsigned char *blocks[BLOCKS], size_t size)
{
    start_over();
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = my_malloc(size);
        memset(blocks[i], 0, size);
    }
}

/// A small block behind the last of large ones.
static inline unsigned char *small_behind(unsigned char *blocks[BLOCKS])
{
    const void *const wanted = block_payload(block_next(block_of(blocks[BLOCKS - 1])));
    unsigned char *small = my_malloc(SMALL);
    while (small != wanted && (uintptr_t)small > (uintptr_t)wanted) {
        small = my_malloc(SMALL);
    }
    CHECK(small == wanted);
    return small;
}

/// True if malloc serves as if nothing had been.
static bool serves(void)
{
    report.calls = 0;
    void *const small = my_malloc(40);
    void *const large = my_malloc(20000);
    my_free(small);
    my_free(large);
    return small != NULL && large != NULL && report.calls == 0;
}

static bool told(segfit_fault_code_t code)
{
    const bool right = report.calls >= 1 && report.code == (int)code;
    report.calls = 0;
    return right;
}

// ------------------------------------------------------------------------------------- the system

TEST(where_no_address_space_is_to_be_had_a_request_fails_and_the_next_may_not)
{
    start_over();
    refused.mmap_from = 1;
    errno = 0;
    CHECK(my_malloc(SMALL) == NULL && errno == ENOMEM);
    refused.mmap_from = 0;
    CHECK(my_malloc(SMALL) != NULL);
}

TEST(where_only_little_address_space_is_to_be_had_it_does)
{
    start_over();
    refused.mmap_from = SEGFIT_MALLOC_RESERVE;
    void *const block = my_malloc(SMALL);
    CHECK(block != NULL);
    // What is left of it is too small for this, and the whole cannot be had.
    CHECK(my_malloc(SEGFIT_MALLOC_RESERVE) == NULL);
    my_free(block);
    CHECK(serves());
}

TEST(a_request_beyond_the_reservation_has_one_of_its_own)
{
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    void *const block = my_malloc((size_t)SEGFIT_MALLOC_RESERVE + 1);
    CHECK(block != NULL);
    my_free(block);
    CHECK(serves());
}

TEST(where_pages_cannot_be_made_usable_a_request_fails)
{
    start_over();
    refused.protecting = true;
    CHECK(my_malloc(SMALL) == NULL);
    refused.protecting = false;
    CHECK(my_malloc(SMALL) != NULL);
    refused.protecting = true;
    CHECK(my_malloc((size_t)1 << 20) == NULL);
    refused.protecting = false;
    CHECK(serves());
}

TEST(sizes_that_overflow_are_refused_by_the_source_itself)
{
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    size_t size = 0;
    CHECK(os_grow(NULL, SIZE_MAX, &size) == NULL);
    CHECK(os_extend(NULL, os_left, SIZE_MAX) == 0);
    CHECK(os_extend(NULL, os_left + 1, 1) == 0);
    CHECK(os_extend(NULL, os_left, os_left_size + 1) == 0);
    CHECK(serves());
}

TEST(a_system_without_random_numbers_or_knowledge_of_its_pages_is_no_error)
{
    start_over();
    refused.randomness = refused.asking = refused.writing = true;
    CHECK(os_random() == 0);
    char byte = 0;
    CHECK(os_pages_present(&byte, 1, 1) == 0);
    os_say(&byte, 1);
    CHECK(my_malloc(SMALL) != NULL);
}

// ----------------------------------------------------------------------------------------- figures

TEST(text_that_is_too_long_is_cut)
{
    process_text_t text = {0};
    for (size_t i = 0; i < PROCESS_TEXT_SIZE; i++) {
        text_add(&text, "ab");
    }
    CHECK(text.size == PROCESS_TEXT_SIZE - 1 && text.bytes[text.size] == '\0');
}

TEST(figures_that_an_old_interface_cannot_say_are_its_largest)
{
    CHECK(process_mallinfo_field(SIZE_MAX) == (process_mallinfo_field_t)PROCESS_MALLINFO_MOST);
    start_over();
    CHECK(process_releasable() == 0);
}

// --------------------------------------------------------------------------------------- threads

#if SEGFIT_THREADS
TEST(a_thread_whose_end_cannot_be_told_has_no_cache_and_is_served)
{
    start_over();
    os_state = OS_UNPREPARED;
    refused.keys = true;
    CHECK(serves());
    CHECK(!process_is_open(process_own()));
    process_end_thread();
    start_over();
    os_state = OS_UNPREPARED;
    refused.values = true;
    CHECK(serves());
    CHECK(!process_is_open(process_own()));
    refused.values = false;
}

TEST(a_thread_for_whose_cache_there_is_no_memory_is_served_once_there_is)
{
    start_over();
    os_state = OS_UNPREPARED;
    os_prepare();
    os_prepare();
    // As if another thread had the first one's.
    process_first_is_open = true;
    refused.mmap_from = 1;
    CHECK(my_malloc(SMALL) == NULL);
    CHECK(process_own() == &process_none);
    refused.mmap_from = 0;
    CHECK(serves());
    CHECK(process_is_open(process_own()));
}

TEST(caches_are_linked_and_taken_leave_of_in_any_order)
{
    start_over();
    process_enter();
    cache_t *const first = process_make_cache();
    cache_t *const second = process_make_cache();
    cache_t *const third = process_make_cache();
    CHECK(first == &process_first && second != NULL && third != NULL);
    CHECK(process_caches == third && third->next == second && second->next == first);
    process_unmake_cache(second);
    CHECK(third->next == first && first->link == &third->next);
    process_unmake_cache(first);
    CHECK(third->next == NULL && !process_first_is_open);
    process_unmake_cache(third);
    CHECK(process_caches == NULL);
    process_leave();
    CHECK(serves());
    process_end_thread();
    CHECK(!process_is_open(process_own()));
    process_end_thread();
    CHECK(serves());
}

TEST(a_child_keeps_its_own_cache_and_what_others_served_is_not_forgotten)
{
    start_over();
    CHECK(serves());
    cache_t *const own = process_own();
    process_enter();
    cache_t *const other = process_make_cache();
    process_leave();
    other->served = 3;
    const size_t before = process_served_before;
    process_before_fork();
    process_in_child();
    CHECK(process_caches == own && own->next == NULL && process_served_before == before + 3);
    process_set_own(&process_none);
    process_before_fork();
    process_in_child();
    CHECK(process_caches == NULL);
    CHECK(serves());
}

TEST(what_waits_is_told_when_it_is_freed_again)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    unsigned char *const small = small_behind(blocks);
    CHECK(my_malloc(LARGE) != NULL);
    // Behind a free block: kept apart from its bin.
    my_free(blocks[BLOCKS - 1]);
    my_free(small);
    CHECK(process_own()->waiting.first != NULL && report.calls == 0);
    my_free(small);
    CHECK(told(SEGFIT_FREED));
    CHECK(serves());
}
#endif

// ---------------------------------------------------------------------------------------- moving

#if SEGFIT_THREADS
TEST(a_block_that_moves_to_a_smaller_one_takes_what_fits)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    memset(blocks[0], 7, LARGE);
    const unsigned char *const moved = process_move(blocks[0], LARGE, SMALL);
    CHECK(moved != NULL && moved[0] == 7 && moved[SMALL - 1] == 7);
    CHECK(serves());
}
#endif

TEST(a_sized_free_of_what_is_no_block_is_told_once)
{
    static max_align_t outside[4];
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    process_free_aligned_sized(&outside[1], SEGFIT_ALIGN, 16);
    CHECK(report.calls == 1 && told(SEGFIT_OUTSIDE));
    CHECK(serves());
}

TEST(a_block_that_says_it_ends_beyond_the_heap_is_told)
{
    start_over();
    unsigned char *last = my_malloc(SMALL);
    for (unsigned char *more = last; more != NULL && report.calls == 0; more = my_malloc(SMALL)) {
        last = more;
        if (process_storage.heap.high - (uintptr_t)last < 2 * SMALL) {
            break;
        }
    }
    block_set_header(block_of(last), 3 * SMALL / SEGFIT_ALIGN * SEGFIT_ALIGN);
    my_free(last);
    CHECK(told(SEGFIT_NOT_A_BLOCK));
}

// ---------------------------------------------------------------------------------------- damage

TEST(the_check_sees_a_cached_block_whose_header_or_mark_was_overwritten)
{
    for (int what = 0; what < 4; what++) {
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

TEST(a_free_block_that_was_overwritten_is_told_by_a_refill)
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

TEST(a_cached_block_that_was_overwritten_is_told_when_the_cache_gives_it_back)
{
    unsigned char *blocks[BLOCKS];
    (void)spoil_second(blocks);
    segfit_malloc_flush();
    CHECK(told(SEGFIT_FREE_BLOCK));
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
    // In front of the damage it is found, behind it it is not, and nothing is read where the link leads.
    my_free(blocks[2]);
    CHECK(told(SEGFIT_FREED));
    my_free(blocks[0]);
}

TEST(a_neighbour_that_was_overwritten_is_told_when_the_cache_gives_a_block_back)
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
        CHECK(told(codes[i]));
    }
}

TEST(a_cached_block_whose_header_was_overwritten_is_told_then_and_stays_where_it_is)
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
    fill(blocks, LARGE);
    block_t *const block = block_of(blocks[2]);
    block_set_header(block, BLOCK_FREE | SEGFIT_ALIGN);
    (void)my_realloc(blocks[1], LARGE + 200);
    CHECK(report.calls >= 1);
}

#if SEGFIT_THREADS
TEST(what_waits_and_was_overwritten_is_told_when_it_is_given_back)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    unsigned char *const small = small_behind(blocks);
    CHECK(my_malloc(LARGE) != NULL);
    my_free(blocks[BLOCKS - 1]);
    my_free(small);
    CHECK(process_own()->waiting.first != NULL);
    small[sizeof(void *)] ^= 1;
    segfit_malloc_flush();
    CHECK(told(SEGFIT_FREE_BLOCK));
    CHECK(process_own()->waiting.room == CACHE_WAITING);
    CHECK(serves());
}
#endif
#endif
