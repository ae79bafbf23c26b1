// SPDX-License-Identifier: MIT
/// segfit's malloc beside the C library's: with -DSEGFIT_MALLOC_PREFIX=my_, two heaps that know
/// nothing of each other.
#define TEST_MAIN
#include "../test.h"

#include <segfit/malloc.h>
#include <segfit/malloc_family.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
char *strdup(const char *text);
static char *(*volatile call_strdup)(const char *) = strdup;

static size_t used(void)
{
    return my_mallinfo2().uordblks;
}

TEST(the_c_library_has_its_own_malloc)
{
    const size_t before = used();
    void *const block = call_malloc(100000);
    char *const copy = call_strdup("a copy");
    CHECK(block != NULL && copy != NULL);
    CHECK(used() == before);
    call_free(block);
    call_free(copy);
}

TEST(the_prefixed_names_have_this_heap)
{
    const size_t before = used();
    unsigned char *block = my_malloc(100);
    REQUIRE(block != NULL);
    memset(block, 1, 100);
    block = my_realloc(block, 50000);
    REQUIRE(block != NULL);
    CHECK(block[99] == 1 && my_malloc_usable_size(block) >= 50000);
    CHECK(used() >= before + 50000);
    my_free(block);
    void *memory = NULL;
    CHECK(my_posix_memalign(&memory, 4096, 10) == 0 && (uintptr_t)memory % 4096 == 0);
    my_free_sized(memory, 10);
    void *const blocks[] = {my_calloc(3, 100),
                            my_aligned_alloc(64, 64),
                            my_memalign(64, 1),
                            my_valloc(10),
                            my_pvalloc(10),
                            my_malloc(0),
                            my_reallocarray(NULL, 3, 100)};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        CHECK(blocks[i] != NULL);
        my_free(blocks[i]);
    }
    my_free_aligned_sized(my_aligned_alloc(64, 100), 64, 100);
    CHECK(used() == before);
    CHECK(my_mallinfo().uordblks == (int)used());
    CHECK(my_mallopt(1, 1) == 1 && my_mallopt(0, 1) == 0);
    (void)my_malloc_trim(0);
    CHECK(segfit_malloc_check(NULL));
}

TEST(both_can_be_full_of_blocks)
{
    void *mine[500];
    void *theirs[500];
    for (size_t i = 0; i < 500; i++) {
        mine[i] = my_malloc(i * 40);
        theirs[i] = call_malloc(i * 40);
        REQUIRE(mine[i] != NULL && theirs[i] != NULL);
        memset(mine[i], 0xAA, i * 40);
        memset(theirs[i], 0x55, i * 40);
    }
    CHECK(segfit_malloc_check(NULL));
    for (size_t i = 0; i < 500; i++) {
        my_free(mine[i]);
        call_free(theirs[i]);
    }
    CHECK(segfit_malloc_check(NULL));
}
