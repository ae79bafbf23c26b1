// SPDX-License-Identifier: MIT
/// malloc where the system refuses what it rarely refuses, and threads and forks in an order that
/// programs rarely have. Compiled for one thread and for several, at levels 1 to 3.
#define TEST_MAIN
#include "malloc_within.h"

#include <signal.h>
#include <sys/wait.h>

// ------------------------------------------------------------------------------------- the system

TEST(a_request_fails_without_address_space_and_a_later_one_succeeds)
{
    start_over();
    refused.mmap_from = 1;
    errno = 0;
    CHECK(my_malloc(SMALL) == NULL && errno == ENOMEM);
    refused.mmap_from = 0;
    CHECK(my_malloc(SMALL) != NULL);
}

TEST(a_small_gap_suffices_if_there_is_no_larger_one)
{
    start_over();
    for (size_t most = SEGFIT_MALLOC_RESERVE; most > (size_t)PORT_STEP; most >>= 1) {
        start_over();
        refused.mmap_from = most;
        void *const block = my_malloc(SMALL);
        CHECK(block != NULL);
        CHECK(my_malloc(most) == NULL);
        my_free(block);
        CHECK(serves());
    }
}

TEST(where_a_whole_step_is_refused_a_smaller_one_does)
{
    start_over();
    refused.mmap_from = PORT_STEP;
    CHECK(my_malloc(SMALL) != NULL);
    CHECK(process_storage.heap.capacity < PORT_SMALL_STEP);
    CHECK(my_malloc(PORT_SMALL_STEP) != NULL);
    CHECK(process_storage.heap.capacity < 4 * PORT_SMALL_STEP);
    CHECK(my_malloc(PORT_STEP) == NULL);
    CHECK(serves());
}

TEST(a_heap_whose_next_address_is_taken_begins_another_pool)
{
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    refused.place = true;
    unsigned char *const block = my_malloc((size_t)1 << 20);
    CHECK(block != NULL);
    memset(block, 1, (size_t)1 << 20);
    CHECK(process_storage.heap.pools->next != NULL);
    my_free(block);
    CHECK(segfit_malloc_check(NULL));
    CHECK(serves());
}

TEST(a_heap_holds_no_addresses_that_it_does_not_use)
{
    unsigned char present = 0;
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    char *const end = (char *)process_storage.heap.pools->end + WORD;
    CHECK(mincore(end, PORT_SMALL_STEP, &present) != 0 && errno == ENOMEM);
}

TEST(a_request_beyond_the_gap_has_a_place_of_its_own)
{
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    void *const block = my_malloc((size_t)SEGFIT_MALLOC_RESERVE + 1);
    CHECK(block != NULL);
    my_free(block);
    CHECK(serves());
}

TEST(free_and_requests_that_succeed_keep_errno_whatever_the_system_refuses)
{
    start_over();
    refused.mmap_from = SEGFIT_MALLOC_RESERVE >> 4;
    errno = 77;
    void *const block = my_malloc((size_t)1 << 20);
    CHECK(block != NULL && errno == 77);
    refused.place = true;
    void *const larger = my_realloc(block, (size_t)1 << 22);
    CHECK(larger != NULL && errno == 77);
    my_free(larger);
    CHECK(errno == 77);
    refused.mmap_from = 1;
    void *memory = NULL;
    CHECK(my_posix_memalign(&memory, 64, (size_t)1 << 24) == ENOMEM && errno == ENOMEM);
}

TEST(a_heap_that_grows_again_and_again_stays_one_pool)
{
    start_over();
    for (int i = 0; i < 50; i++) {
        CHECK(my_malloc((size_t)1 << 18) != NULL);
    }
    CHECK(process_storage.heap.grows > 5);
    CHECK(process_storage.heap.pools != NULL && process_storage.heap.pools->next == NULL);
}

TEST(where_pages_cannot_be_made_usable_a_request_fails)
{
    start_over();
    refused.protecting = true;
    CHECK(my_malloc(SMALL) == NULL);
    refused.protecting = false;
    CHECK(my_malloc(SMALL) != NULL);
    refused.mmap_from = 1;
    CHECK(my_malloc((size_t)1 << 20) == NULL);
    refused.mmap_from = 0;
    CHECK(serves());
}

TEST(a_program_that_finds_memory_is_asked_and_the_request_tried_again)
{
    start_over();
    refused.protecting = true;
    report.relieves = &refused.protecting;
    CHECK(my_malloc(SMALL) != NULL);
    CHECK(report.relieves == NULL && !refused.protecting);
    CHECK(serves());
}

TEST(sizes_that_overflow_are_refused_by_the_source_itself)
{
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    size_t size = 0;
    CHECK(port_grow(NULL, SIZE_MAX, &size) == NULL);
    CHECK(port_extend(NULL, (char *)process_storage.heap.pools->end + WORD, SIZE_MAX) == 0);
    CHECK(port_extend(NULL, process_storage.heap.pools, 1) == 0);
    CHECK(serves());
}

TEST(a_system_without_random_numbers_or_knowledge_of_its_pages_is_no_error)
{
    start_over();
    refused.randomness = refused.asking = refused.writing = true;
    CHECK(port_random() == 0);
    char byte = 0;
    CHECK(port_pages_present(&byte, 1, 1) == 0);
    port_print_error(&byte, 1);
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
    my_free(my_malloc((size_t)1 << 20));
    CHECK(process_releasable() > (size_t)1 << 19);
}

// --------------------------------------------------------------------------------------- threads

#if SEGFIT_THREADS
TEST(a_thread_whose_end_nobody_reports_has_no_cache_and_is_served)
{
    start_over();
    port_state = PORT_UNPREPARED;
    refused.keys = true;
    CHECK(serves());
    CHECK(!thread_cache_is_open(own_cache()));
    thread_cache_close();
    start_over();
    port_state = PORT_UNPREPARED;
    refused.values = true;
    CHECK(serves());
    CHECK(!thread_cache_is_open(own_cache()));
    refused.values = false;
}

TEST(a_thread_without_memory_for_its_cache_opens_one_later)
{
    start_over();
    port_state = PORT_UNPREPARED;
    policy_prepare();
    policy_prepare();
    // As if another thread had the first cache.
    thread_cache_first_is_open = true;
    refused.mmap_from = 1;
    CHECK(my_malloc(SMALL) == NULL);
    CHECK(own_cache() == &cache_unopened);
    refused.mmap_from = 0;
    CHECK(serves());
    CHECK(thread_cache_is_open(own_cache()));
}

TEST(caches_are_linked_and_unlinked_in_any_order)
{
    start_over();
    policy_enter();
    cache_t *const first = thread_cache_make();
    cache_t *const second = thread_cache_make();
    cache_t *const third = thread_cache_make();
    CHECK(first == &thread_cache_first && second != NULL && third != NULL);
    CHECK(thread_caches == third && third->next == second && second->next == first);
    thread_cache_unmake(second);
    CHECK(third->next == first && first->link == &third->next);
    thread_cache_unmake(first);
    CHECK(third->next == NULL && !thread_cache_first_is_open);
    thread_cache_unmake(third);
    CHECK(thread_caches == NULL);
    policy_leave();
    CHECK(serves());
    thread_cache_close();
    CHECK(!thread_cache_is_open(own_cache()));
    thread_cache_close();
    CHECK(serves());
}

TEST(a_child_keeps_its_own_cache_and_the_statistics_of_others)
{
    start_over();
    CHECK(serves());
    cache_t *const own = own_cache();
    policy_enter();
    cache_t *const other = thread_cache_make();
    policy_leave();
    other->served = 3;
    const size_t before = thread_caches_served;
    fork_before();
    fork_in_child();
    CHECK(heap_lock.state == LOCK_FREE && port_inside() == 0);
    CHECK(thread_caches == own && own->next == NULL && thread_caches_served == before + 3);
    own_cache_set(&cache_unopened);
    fork_before();
    fork_in_child();
    CHECK(thread_caches == NULL);
    CHECK(serves());
}

// ------------------------------------------------------------------- forks and signals under the
// lock

/// Forks, runs `work` in the child, and returns how that ended.
static int status_of_child(void (*work)(void))
{
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        // A child that waits for itself reports nothing.
        (void)alarm(20);
        work();
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static void allocate(void)
{
    my_free(my_malloc(LARGE));
}

static void allocate_under_lock(void)
{
    under_lock = allocate;
    (void)my_malloc((size_t)1 << 21);
}

TEST(a_signal_handler_that_calls_malloc_inside_malloc_ends_the_program)
{
    start_over();
    CHECK(serves());
    const int status = status_of_child(allocate_under_lock);
    CHECK(WIFSIGNALED(status) && (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP));
    CHECK(serves());
}

static pid_t forked;

static void fork_here(void)
{
    forked = fork();
    if (forked == 0) {
        (void)alarm(20);
    }
}

TEST(a_fork_inside_malloc_lets_malloc_go_on_in_parent_and_child)
{
    int status = -1;
    start_over();
    CHECK(serves());
    under_lock = fork_here;
    void *const block = my_malloc((size_t)1 << 21);
    const bool well = block != NULL && serves() && heap_lock.state == LOCK_FREE &&
                      port_inside() == 0 && segfit_malloc_check(NULL);
    if (forked == 0) {
        _exit(well ? 0 : 1);
    }
    CHECK(well);
    CHECK(waitpid(forked, &status, 0) == forked && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(a_fork_within_a_fork_gives_the_lock_back_once)
{
    start_over();
    CHECK(serves());
    fork_before();
    fork_before();
    CHECK(serves() && heap_lock.state != LOCK_FREE);
    fork_in_parent();
    CHECK(serves() && heap_lock.state != LOCK_FREE);
    fork_in_parent();
    CHECK(heap_lock.state == LOCK_FREE && port_inside() == 0 && serves());
    fork_before();
    fork_before();
    fork_in_child();
    CHECK(serves() && heap_lock.state != LOCK_FREE);
    fork_in_parent();
    CHECK(heap_lock.state == LOCK_FREE && serves());
}

TEST(a_bad_pointer_is_reported_while_its_thread_forks)
{
    start_over();
    void *const block = my_malloc(LARGE);
    my_free(block);
    fork_before();
    my_free(block);
    CHECK(reported(SEGFIT_FREED) && heap_lock.state != LOCK_FREE);
    fork_in_parent();
    CHECK(serves() && heap_lock.state == LOCK_FREE);
}

TEST(free_reports_a_second_free_of_a_deferred_block)
{
    my_free(deferred_block());
    CHECK(reported(SEGFIT_FREED));
    CHECK(serves());
}
#endif

// ---------------------------------------------------------------------------------------- moving

#if SEGFIT_THREADS
TEST(a_block_that_moves_to_a_smaller_one_copies_only_what_fits)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    memset(blocks[0], 7, LARGE);
    const unsigned char *const moved = process_move(blocks[0], LARGE, SMALL);
    CHECK(moved != NULL && moved[0] == 7 && moved[SMALL - 1] == 7);
    CHECK(serves());
}
#endif

TEST(a_sized_free_of_no_block_reports_once)
{
    static max_align_t outside[4];
    start_over();
    CHECK(my_malloc(SMALL) != NULL);
    process_free_aligned_sized(&outside[1], SEGFIT_ALIGN, 16);
    CHECK(report.calls == 1 && reported(SEGFIT_OUTSIDE));
    CHECK(serves());
}

TEST(free_reports_a_block_that_ends_beyond_the_heap)
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
    CHECK(reported(SEGFIT_NOT_A_BLOCK));
}

TEST(a_full_bin_returns_blocks_and_stays_within_its_limit)
{
    static void *blocks[4 * CACHE_LONGEST];
    start_over();
    for (size_t i = 0; i < 4 * CACHE_LONGEST; i++) {
        blocks[i] = my_malloc(SMALL);
    }
    const size_t size = block_size(block_of(blocks[0]));
    for (size_t i = 0; i < 4 * CACHE_LONGEST; i++) {
        my_free(blocks[i]);
        CHECK(cache_bin_count(cache_bin(own_cache(), size), size) <= cache_limit(size));
    }
    CHECK(segfit_malloc_check(NULL));
    CHECK(serves());
}
