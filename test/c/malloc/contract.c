// SPDX-License-Identifier: MIT
/// The results of malloc and its family, in ordinary and in odd cases: the table of docs/malloc.md.
///
/// Linked with the malloc under test as the program's malloc; the same source runs natively, under
/// WASI and under Emscripten.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <segfit/malloc.h>
#include <string.h>

/// The alignment of the malloc under test: the platform's, unless this was built with more.
#ifndef EXPECTED_ALIGN
#define EXPECTED_ALIGN _Alignof(max_align_t)
#endif

int posix_memalign(void **memory, size_t alignment, size_t size);
size_t malloc_usable_size(void *ptr);
void *reallocarray(void *ptr, size_t count, size_t size);
char *strdup(const char *text);

// Called through pointers that the compiler cannot see through: it believes that malloc leaves
// errno alone, and removes a malloc whose block is only freed.
static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
static void *(*volatile call_reallocarray)(void *, size_t, size_t) = reallocarray;
static void *(*volatile call_aligned_alloc)(size_t, size_t) = aligned_alloc;
static int (*volatile call_posix_memalign)(void **, size_t, size_t) = posix_memalign;
static size_t (*volatile call_usable_size)(void *) = malloc_usable_size;
static char *(*volatile call_strdup)(const char *) = strdup;

static bool is_aligned(const void *ptr, size_t alignment)
{
    return ((uintptr_t)ptr & (alignment - 1)) == 0;
}

static bool all_bytes(const void *ptr, int value, size_t size)
{
    const unsigned char *const bytes = ptr;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != (unsigned char)value) {
            return false;
        }
    }
    return true;
}

static size_t live_blocks(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.used_blocks;
}

static size_t capacity(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.capacity;
}

/// A request that no memory of the platform can serve.
static const size_t hopeless[] = {SIZE_MAX,      SIZE_MAX - 1,    SIZE_MAX - 7,    SIZE_MAX - 8,
                                  SIZE_MAX - 15, SIZE_MAX - 16,   SIZE_MAX - 31,   SIZE_MAX - 64,
                                  SIZE_MAX - 96, SIZE_MAX - 4096, SIZE_MAX - 65536};

enum {
    hopeless_count = sizeof hopeless / sizeof hopeless[0]
};

static char *from_constructor;

__attribute__((constructor)) static void allocate_before_main(void)
{
    from_constructor = call_strdup("made before main");
}

TEST(a_constructor_can_allocate)
{
    REQUIRE(from_constructor != NULL);
    CHECK(strcmp(from_constructor, "made before main") == 0);
    CHECK(segfit_malloc_check(NULL));
}

TEST(malloc_of_nothing_is_a_block_of_its_own)
{
    void *const a = call_malloc(0);
    void *const b = call_malloc(0);
    CHECK(a != NULL && b != NULL && a != b);
    call_free(a);
    call_free(b);
}

TEST(every_payload_is_aligned_for_any_type)
{
    void *ptrs[300];
    for (size_t size = 0; size < 300; size++) {
        ptrs[size] = call_malloc(size);
        CHECK(is_aligned(ptrs[size], EXPECTED_ALIGN));
        CHECK(call_usable_size(ptrs[size]) >= size);
        memset(ptrs[size], (int)size, call_usable_size(ptrs[size]));
    }
    for (size_t size = 0; size < 300; size++) {
        CHECK(all_bytes(ptrs[size], (int)size, call_usable_size(ptrs[size])));
        call_free(ptrs[size]);
    }
    CHECK(segfit_malloc_check(NULL));
}

TEST(free_keeps_errno_and_takes_null)
{
    errno = 77;
    call_free(NULL);
    call_free(call_malloc(100));
    CHECK(errno == 77);
    CHECK(call_usable_size(NULL) == 0);
}

// Before the tests that make the heap large: it writes to all of it.
TEST(a_heap_that_is_used_up_to_its_end_grows_without_touching_a_block)
{
    enum {
        walls_most = 64
    };
    static unsigned char *walls[walls_most];
    static size_t sizes[walls_most];
    int walls_count = 0;
    segfit_stats_t stats;
    // Cached blocks count as free, but are no part of the largest free block.
    segfit_malloc_flush();
    segfit_malloc_stats(&stats);
    for (; walls_count < walls_most && stats.largest_alloc > 0; walls_count++) {
        walls[walls_count] = call_malloc(stats.largest_alloc);
        REQUIRE(walls[walls_count] != NULL);
        sizes[walls_count] = call_usable_size(walls[walls_count]);
        memset(walls[walls_count], 0xC3, sizes[walls_count]);
        segfit_malloc_stats(&stats);
    }
    CHECK(stats.free == 0);
    void *const grown = call_malloc(100000);
    CHECK(grown != NULL);
    for (int i = 0; i < walls_count; i++) {
        CHECK(all_bytes(walls[i], 0xC3, sizes[i]));
        call_free(walls[i]);
    }
    call_free(grown);
    CHECK(segfit_malloc_check(NULL));
}

TEST(impossible_sizes_fail_with_enomem)
{
    const size_t before = live_blocks();
    for (size_t i = 0; i < hopeless_count; i++) {
        errno = 0;
        CHECK(call_malloc(hopeless[i]) == NULL);
        CHECK(errno == ENOMEM);
        errno = 0;
        CHECK(call_calloc(1, hopeless[i]) == NULL);
        CHECK(errno == ENOMEM);
        errno = 0;
        CHECK(call_aligned_alloc(64, hopeless[i]) == NULL);
        CHECK(errno == ENOMEM);
    }
    CHECK(live_blocks() == before);
    CHECK(segfit_malloc_check(NULL));
}

TEST(realloc_that_fails_keeps_the_block)
{
    char *const block = call_malloc(100);
    REQUIRE(block != NULL);
    memset(block, 'k', 100);
    for (size_t i = 0; i < hopeless_count; i++) {
        errno = 0;
        CHECK(call_realloc(block, hopeless[i]) == NULL);
        CHECK(errno == ENOMEM);
        errno = 0;
        CHECK(call_reallocarray(block, hopeless[i] / 2 + 1, 2) == NULL);
        CHECK(errno == ENOMEM);
    }
    CHECK(all_bytes(block, 'k', 100));
    call_free(block);
}

TEST(a_product_that_overflows_is_refused)
{
    const size_t half = (size_t)1 << (sizeof(size_t) * 4);
    const size_t pairs[][2] = {{half, half},          {half + 1, half + 1}, {half - 1, half + 2},
                               {SIZE_MAX, 2},         {2, SIZE_MAX},        {SIZE_MAX / 2 + 1, 2},
                               {SIZE_MAX / 3 + 1, 3}, {SIZE_MAX, SIZE_MAX}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        errno = 0;
        CHECK(call_calloc(pairs[i][0], pairs[i][1]) == NULL);
        CHECK(errno == ENOMEM);
        errno = 0;
        CHECK(call_reallocarray(NULL, pairs[i][0], pairs[i][1]) == NULL);
        CHECK(errno == ENOMEM);
    }
    void *const none = call_calloc(0, SIZE_MAX);
    CHECK(none != NULL);
    call_free(none);
}

TEST(calloc_clears_used_memory)
{
    for (size_t size = 1; size < 40000; size = size * 3 / 2 + 5) {
        void *const dirty = call_malloc(size);
        REQUIRE(dirty != NULL);
        memset(dirty, 0xEE, call_usable_size(dirty));
        call_free(dirty);
        void *const clean = call_calloc(size, 1);
        REQUIRE(clean != NULL);
        CHECK(all_bytes(clean, 0, size));
        call_free(clean);
    }
}

TEST(calloc_clears_memory_that_was_never_used)
{
    // Each block is larger than all before, so each reaches into memory that the heap just got.
    for (size_t size = 100000; size < 8000000; size = size * 2 - 999) {
        unsigned char *const clean = call_calloc(1, size);
        REQUIRE(clean != NULL);
        CHECK(all_bytes(clean, 0, size));
        memset(clean, 0xDD, call_usable_size(clean));
        call_free(clean);
        CHECK(segfit_malloc_check(NULL));
    }
}

TEST(realloc_to_nothing_keeps_a_block)
{
    void *const block = call_malloc(1000);
    void *const rest = call_realloc(block, 0);
    REQUIRE(rest != NULL);
    CHECK(call_usable_size(rest) >= 1);
    call_free(rest);
    void *const fresh = call_realloc(NULL, 24);
    CHECK(fresh != NULL);
    call_free(fresh);
}

TEST(realloc_keeps_the_bytes_in_both_directions)
{
    uint64_t random = test_seed();
    unsigned char *block = NULL;
    void *neighbours[16] = {NULL};
    size_t size = 0;
    for (int step = 0; step < 4000; step++) {
        const size_t wanted = test_random_below(&random, step % 10 == 0 ? 200000 : 2000);
        unsigned char *const moved = call_realloc(block, wanted);
        REQUIRE(moved != NULL);
        CHECK(all_bytes(moved, (step + 255) % 256, size < wanted ? size : wanted));
        memset(moved, step % 256, wanted);
        block = moved;
        size = wanted;
        void **const slot = &neighbours[test_random_below(&random, 16)];
        call_free(*slot);
        *slot = call_malloc(test_random_below(&random, 3000));
    }
    CHECK(segfit_malloc_check(NULL));
    call_free(block);
    for (int i = 0; i < 16; i++) {
        call_free(neighbours[i]);
    }
}

TEST(posix_memalign_returns_the_error)
{
    static const size_t wrong[] = {0, 1, 2, 3, 12, 24, 100, SIZE_MAX};
    int other = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        void *memory = &other;
        errno = 77;
        CHECK(call_posix_memalign(&memory, wrong[i], 100) == EINVAL);
        CHECK(memory == &other && errno == 77);
    }
    for (size_t i = 0; i < hopeless_count; i++) {
        void *memory = &other;
        errno = 77;
        CHECK(call_posix_memalign(&memory, 64, hopeless[i]) == ENOMEM);
        CHECK(memory == &other && errno == ENOMEM);
    }
}

TEST(posix_memalign_aligns)
{
    for (size_t alignment = sizeof(void *); alignment <= 1 << 17; alignment *= 2) {
        for (size_t size = 0; size < 70000; size = size * 4 + 1) {
            void *memory = NULL;
            CHECK(call_posix_memalign(&memory, alignment, size) == 0);
            REQUIRE(memory != NULL);
            CHECK(is_aligned(memory, alignment));
            memset(memory, 1, size);
            call_free(memory);
        }
    }
    CHECK(segfit_malloc_check(NULL));
}

TEST(aligned_alloc_takes_any_power_of_two_and_any_size)
{
    static const size_t wrong[] = {0, 3, 12, 24, SIZE_MAX, SIZE_MAX - 1};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        errno = 0;
        CHECK(call_aligned_alloc(wrong[i], 100) == NULL);
        CHECK(errno == EINVAL);
    }
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        char *const block = call_aligned_alloc(alignment, 100);
        REQUIRE(block != NULL);
        CHECK(is_aligned(block, alignment));
        memset(block, 'a', 100);
        char *const longer = call_realloc(block, 5000);
        REQUIRE(longer != NULL);
        CHECK(all_bytes(longer, 'a', 100));
        call_free(longer);
    }
    // Half of the address space: there may even be room.
    errno = 0;
    void *const half = call_aligned_alloc(SIZE_MAX / 2 + 1, 100);
    CHECK(half != NULL ? is_aligned(half, SIZE_MAX / 2 + 1) : errno == ENOMEM);
    call_free(half);
    CHECK(segfit_malloc_check(NULL));
}

TEST(aligned_blocks_do_not_pile_up_gaps)
{
    void *blocks[200];
    for (int round = 0; round < 20; round++) {
        const size_t before = capacity();
        for (int i = 0; i < 200; i++) {
            blocks[i] = call_aligned_alloc(4096, 64);
            CHECK(is_aligned(blocks[i], 4096));
        }
        for (int i = 0; i < 200; i++) {
            call_free(blocks[i]);
        }
        CHECK(round == 0 || capacity() == before);
    }
}

TEST(the_c_library_uses_this_heap)
{
    const size_t before = live_blocks();
    char *const copy = call_strdup("a copy");
    CHECK(live_blocks() == before + 1);
    call_free(copy);
    CHECK(live_blocks() == before);
}

TEST(small_blocks_use_nearly_all_that_was_taken)
{
    enum {
        count = 4000
    };
    static void *blocks[count];
    segfit_stats_t before;
    segfit_stats_t after;
    segfit_malloc_stats(&before);
    for (int i = 0; i < count; i++) {
        blocks[i] = call_malloc(56);
        REQUIRE(blocks[i] != NULL);
    }
    segfit_malloc_stats(&after);
    // At level 4 a block ends in a guard, which is the only level to answer exactly what was asked
    // for.
    void *const odd = call_malloc(57);
    const size_t guard = call_usable_size(odd) == 57 ? _Alignof(max_align_t) : 0;
    call_free(odd);
    CHECK(after.used - before.used <= count * (72 + guard));
    for (int i = 0; i < count; i++) {
        call_free(blocks[i]);
    }
}

TEST(reserved_memory_is_there_when_it_is_wanted)
{
    enum {
        size = 5000000
    };
    REQUIRE(segfit_malloc_reserve(size));
    const size_t before = capacity();
    void *const block = call_malloc(size);
    CHECK(block != NULL);
    CHECK(capacity() == before);
    call_free(block);
    errno = 0;
    CHECK(!segfit_malloc_reserve(SIZE_MAX - 100));
    CHECK(errno == ENOMEM);
}

TEST(the_heap_can_be_looked_at)
{
    const segfit_t *const heap = segfit_malloc_heap();
    segfit_stats_t stats;
    void *const block = call_malloc(1000);
    segfit_malloc_stats(&stats);
    REQUIRE(heap != NULL);
    CHECK(heap->rows > 20 && heap->columns_log2 == 4);
    CHECK(stats.capacity == stats.used + stats.free);
    CHECK(stats.used >= 1000 && stats.allocs > stats.frees);
    call_free(block);
}

TEST(a_random_program_keeps_its_bytes)
{
    enum {
        slots = 500
    };
    static unsigned char *blocks[slots];
    static size_t sizes[slots];
    uint64_t random = test_seed();
    for (int step = 0; step < 60000; step++) {
        const size_t slot = test_random_below(&random, slots);
        const int value = (int)(slot % 251);
        CHECK(all_bytes(blocks[slot], value, sizes[slot]));
        const size_t size = test_random_below(&random, step % 50 == 0 ? 50000 : 300);
        unsigned char *const block = blocks[slot];
        if (test_random_below(&random, 3) == 0) {
            blocks[slot] = call_realloc(block, size);
        } else {
            call_free(block);
            blocks[slot] = step % 7 == 0 ? call_aligned_alloc((size_t)16 << step % 6, size)
                                         : call_malloc(size);
        }
        REQUIRE(blocks[slot] != NULL);
        memset(blocks[slot], value, size);
        sizes[slot] = size;
        if (step % 1000 == 0) {
            CHECK(segfit_malloc_check(NULL));
        }
    }
    for (size_t slot = 0; slot < slots; slot++) {
        call_free(blocks[slot]);
    }
    CHECK(segfit_malloc_check(NULL));
}
