// SPDX-License-Identifier: MIT
/// The wider family: what glibc, C23 and Emscripten's dlmalloc have beside malloc, calloc, realloc,
/// free. Runs natively, under WASI and under Emscripten.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <limits.h>
#include <segfit/malloc.h>
#include <segfit/malloc_family.h>
#include <string.h>

/// 0 in a build without statistics, where most of them are 0.
#ifndef SEGFIT_STATS
#define SEGFIT_STATS 1
#endif

#if defined(__unix__) && !defined(__wasm__) && !defined(SEGFIT_MALLOC_STATIC_SIZE)
#define GIVES_BACK 1
#include <sys/mman.h>
#include <unistd.h>
#else
#define GIVES_BACK 0
#endif

// Called through pointers that the compiler cannot see through.
static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_memalign)(size_t, size_t) = memalign;
static void *(*volatile call_valloc)(size_t) = valloc;
void *pvalloc(size_t size);
static void *(*volatile call_pvalloc)(size_t) = pvalloc;
void *reallocarray(void *ptr, size_t count, size_t size);
static void *(*volatile call_reallocarray)(void *, size_t, size_t) = reallocarray;
static void (*volatile call_free_sized)(void *, size_t) = free_sized;
static void (*volatile call_free_aligned_sized)(void *, size_t, size_t) = free_aligned_sized;
static int (*volatile call_malloc_trim)(size_t) = malloc_trim;

static bool all_zero(const unsigned char *bytes, size_t size)
{
    size_t other = 0;
    for (size_t i = 0; i < size; i++) {
        other += bytes[i] != 0;
    }
    return other == 0;
}

TEST(valloc_and_pvalloc_give_whole_pages)
{
    for (size_t size = 0; size < 200000; size = size * 3 + 1) {
        void *const page = call_valloc(size);
        void *const pages = call_pvalloc(size);
        REQUIRE(page != NULL && pages != NULL);
        CHECK((uintptr_t)page % 4096 == 0 && (uintptr_t)pages % 4096 == 0);
        CHECK(malloc_usable_size(pages) >= (size + 4095) / 4096 * 4096);
        memset(pages, 1, size);
        call_free(page);
        call_free(pages);
    }
    errno = 0;
    CHECK(call_valloc(SIZE_MAX - 100) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(call_pvalloc(SIZE_MAX - 100) == NULL && errno == ENOMEM);
    CHECK(segfit_malloc_check(NULL));
}

TEST(memalign_is_aligned_alloc)
{
    void *const block = call_memalign(256, 3);
    CHECK(block != NULL && (uintptr_t)block % 256 == 0);
    call_free(block);
    errno = 0;
    CHECK(call_memalign(48, 100) == NULL && errno == EINVAL);
}

TEST(reallocarray_takes_a_product)
{
    unsigned char *array = call_reallocarray(NULL, 10, 30);
    REQUIRE(array != NULL);
    memset(array, 7, 300);
    array = call_reallocarray(array, 100, 30);
    REQUIRE(array != NULL);
    CHECK(array[0] == 7 && array[299] == 7);
    call_free(array);
}

TEST(mallinfo_tells_the_figures_of_this_heap)
{
    segfit_stats_t stats;
    const struct mallinfo2 before = mallinfo2();
    void *const block = call_malloc(100000);
    const struct mallinfo2 with = mallinfo2();
    segfit_malloc_stats(&stats);
    CHECK(!SEGFIT_STATS || with.uordblks >= before.uordblks + 100000);
    CHECK(with.arena == stats.capacity && with.uordblks == stats.used);
    CHECK(with.fordblks == stats.free && with.ordblks == stats.free_blocks);
    CHECK(!SEGFIT_STATS || with.arena == with.uordblks + with.fordblks);
    CHECK(with.usmblks == stats.peak_used && with.usmblks >= with.uordblks);
    CHECK(with.hblks == 0 && with.hblkhd == 0 && with.smblks == 0 && with.fsmblks == 0);
    call_free(block);
    const struct mallinfo2 after = mallinfo2();
    CHECK(after.uordblks == before.uordblks);
    CHECK(GIVES_BACK ? after.keepcost >= 100000 : after.keepcost == 0);
}

TEST(mallinfo_of_ints_tells_the_same)
{
    void *const block = call_malloc(5000);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    const struct mallinfo narrow = mallinfo();
#pragma GCC diagnostic pop
    const struct mallinfo2 wide = mallinfo2();
    CHECK(!SEGFIT_STATS || narrow.uordblks >= 5000);
    CHECK((size_t)narrow.arena == wide.arena && (size_t)narrow.ordblks == wide.ordblks);
    CHECK((size_t)narrow.uordblks == wide.uordblks && (size_t)narrow.fordblks == wide.fordblks);
    CHECK((size_t)narrow.usmblks == wide.usmblks && (size_t)narrow.keepcost == wide.keepcost);
    call_free(block);
}

TEST(mallopt_knows_the_parameters_that_c_libraries_have)
{
    // M_ARENA_MAX, M_ARENA_TEST, M_PERTURB, M_CHECK_ACTION, M_MMAP_MAX, M_MMAP_THRESHOLD,
    // M_TOP_PAD, M_TRIM_THRESHOLD; M_MXFAST and System V's M_NLBLKS, M_GRAIN, M_KEEP.
    for (int parameter = -8; parameter <= 4; parameter++) {
        CHECK(mallopt(parameter, 64) == (parameter == 0 ? 0 : 1));
    }
    CHECK(mallopt(-1, -1) == 1);
    CHECK(mallopt(-8, 0) == 1);
}

TEST(mallopt_refuses_what_no_c_library_knows)
{
    CHECK(mallopt(-9, 1) == 0);
    CHECK(mallopt(5, 1) == 0);
    CHECK(mallopt(12345, 1) == 0);
    CHECK(mallopt(INT_MIN, 1) == 0 && mallopt(INT_MAX, 1) == 0);
}

TEST(mallopt_refuses_the_values_that_glibc_refuses)
{
#if defined(__unix__) && !defined(__wasm__)
    const int threshold_most = sizeof(size_t) > 4 ? 32 * 1024 * 1024 : 512 * 1024;
    const int fast_most = 80 * (int)sizeof(size_t) / 4;
    CHECK(mallopt(-3, threshold_most) == 1 && mallopt(-3, threshold_most + 1) == 0);
    CHECK(mallopt(-3, 0) == 1 && mallopt(-3, -1) == 0);
    CHECK(mallopt(1, fast_most) == 1 && mallopt(1, fast_most + 1) == 0);
    CHECK(mallopt(1, 0) == 1 && mallopt(1, -1) == 0);
#else
    CHECK(mallopt(-3, INT_MAX) == 1 && mallopt(1, INT_MAX) == 1);
#endif
}

TEST(malloc_stats_writes_without_using_memory)
{
    const struct mallinfo2 before = mallinfo2();
    malloc_stats();
    CHECK(mallinfo2().uordblks == before.uordblks);
}

#if GIVES_BACK
void cfree(void *ptr);

TEST(cfree_of_old_programs_frees)
{
    const struct mallinfo2 before = mallinfo2();
    cfree(call_malloc(5000));
    cfree(NULL);
    CHECK(mallinfo2().uordblks == before.uordblks);
}

/// How many of a block's pages are in memory.
static size_t pages_present(unsigned char *begin, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *const first = begin + (0U - (uintptr_t)begin) % page;
    const size_t pages = (size - (size_t)(first - begin)) / page;
    unsigned char present[4096];
    size_t count = 0;
    if (pages > sizeof present || mincore(first, pages * page, present) != 0) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < pages; i++) {
        count += present[i] & 1U;
    }
    return count;
}
#endif

enum {
    large = 8 << 20
};

TEST(malloc_trim_returns_whether_it_released_pages)
{
    (void)call_malloc_trim(0);
    unsigned char *const block = call_malloc(large);
    void *const wall = call_malloc(100);
    REQUIRE(block != NULL && wall != NULL);
    memset(block, 0xEE, large);
    call_free(block);
#if GIVES_BACK
    CHECK(pages_present(block, large) > large / 5000);
    CHECK(call_malloc_trim(0) == 1);
    CHECK(pages_present(block, large) <= 4);
#endif
    CHECK(call_malloc_trim(0) == 0);
    CHECK(segfit_malloc_check(NULL));
    unsigned char *const again = call_calloc(1, large);
    REQUIRE(again != NULL);
    CHECK(all_zero(again, large));
    call_free(again);
    call_free(wall);
    CHECK(segfit_malloc_check(NULL));
}

TEST(malloc_trim_keeps_the_padding_at_the_end)
{
    unsigned char *const block = call_malloc(large);
    REQUIRE(block != NULL);
    memset(block, 0xEE, large);
    call_free(block);
    (void)call_malloc_trim(SIZE_MAX);
#if GIVES_BACK
    CHECK(pages_present(block, large) > large / 5000);
#endif
    (void)call_malloc_trim(0);
    CHECK(call_malloc_trim(0) == 0);
    CHECK(segfit_malloc_check(NULL));
}

TEST(free_sized_frees)
{
    const struct mallinfo2 before = mallinfo2();
    for (size_t size = 0; size < 5000; size += 7) {
        call_free_sized(call_malloc(size), size);
        call_free_aligned_sized(call_memalign(128, size), 128, size);
    }
    call_free_sized(NULL, 100);
    call_free_aligned_sized(NULL, 64, 100);
    CHECK(mallinfo2().uordblks == before.uordblks);
    CHECK(segfit_malloc_check(NULL));
}

#if defined(__EMSCRIPTEN__)
size_t malloc_footprint(void);
size_t malloc_max_footprint(void);
size_t malloc_footprint_limit(void);
size_t malloc_set_footprint_limit(size_t bytes);
void *realloc_in_place(void *ptr, size_t size);
size_t bulk_free(void **ptrs, size_t count);
void **independent_calloc(size_t count, size_t size, void **ptrs);
void **independent_comalloc(size_t count, size_t *sizes, void **ptrs);

TEST(the_footprint_is_the_memory_taken_from_the_system)
{
    CHECK(malloc_footprint() >= mallinfo2().arena);
    CHECK(malloc_max_footprint() == malloc_footprint());
    CHECK(malloc_footprint_limit() == SIZE_MAX);
    CHECK(malloc_set_footprint_limit(1000000) == SIZE_MAX);
}

TEST(realloc_in_place_does_not_move)
{
    void *const block = call_malloc(10000);
    REQUIRE(block != NULL);
    CHECK(realloc_in_place(block, 100) == block);
    CHECK(realloc_in_place(block, 9000) == block);
    errno = 0;
    CHECK(realloc_in_place(block, SIZE_MAX - 100) == NULL && errno == ENOMEM);
    CHECK(realloc_in_place(NULL, 10) == NULL);
    call_free(block);
}

TEST(independent_blocks_come_together_and_go_together)
{
    const struct mallinfo2 before = mallinfo2();
    void *ten[10];
    size_t sizes[3] = {1, 1000, 0};
    CHECK(independent_calloc(10, 33, ten) == ten);
    CHECK(all_zero(ten[9], 33));
    CHECK(bulk_free(ten, 10) == 0 && ten[0] == NULL);
    void **const three = independent_comalloc(3, sizes, NULL);
    REQUIRE(three != NULL);
    CHECK(malloc_usable_size(three[1]) >= 1000 && three[2] != NULL);
    bulk_free(three, 3);
    call_free(three);
    errno = 0;
    sizes[2] = SIZE_MAX - 100;
    CHECK(independent_comalloc(3, sizes, NULL) == NULL && errno == ENOMEM);
    CHECK(mallinfo2().uordblks == before.uordblks);
}
#endif
