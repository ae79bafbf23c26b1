// SPDX-License-Identifier: MIT
/// The hook that is called when memory runs out: a program gives back what it kept, and its request
/// is served after all. Linked with a malloc that has 2 MB and no more.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <segfit/malloc.h>
#include <segfit/malloc_family.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
static void *(*volatile call_memalign)(size_t, size_t) = memalign;

enum {
    step = 100000,
    steps = 100
};

/// The blocks that the program can free, newest last.
static void *spare[steps];
static size_t spares;

static struct {
    int calls;
    size_t size;
    bool nested_failed;
} seen;

/// Gives one spare block back. A request that cannot be served is made inside as well.
bool segfit_malloc_exhausted(size_t size)
{
    seen.calls++;
    seen.size = size;
    seen.nested_failed = call_malloc((size_t)step * steps) == NULL;
    if (spares == 0) {
        return false;
    }
    call_free(spare[--spares]);
    return true;
}

/// Fills the memory with spare blocks.
static void fill(void)
{
    segfit_stats_t stats;
    segfit_malloc_flush();
    segfit_malloc_reserve(1);
    segfit_malloc_stats(&stats);
    while (spares < steps && stats.largest_alloc > step) {
        spare[spares++] = call_malloc(step);
        segfit_malloc_stats(&stats);
    }
    memset(&seen, 0, sizeof seen);
}

static void clean(void)
{
    while (spares > 0) {
        call_free(spare[--spares]);
    }
}

TEST(a_request_that_fits_does_not_ask)
{
    fill();
    CHECK(spares > 10);
    call_free(call_malloc(100));
    CHECK(seen.calls == 0);
    clean();
}

TEST(each_function_succeeds_with_memory_that_the_program_frees)
{
    const size_t wanted = 3 * step;
    fill();
    char *const kept = call_malloc(1000);
    REQUIRE(kept != NULL);
    memset(kept, 'k', 1000);
    void *const a = call_malloc(wanted);
    CHECK(a != NULL && seen.calls >= 2 && seen.size == wanted && seen.nested_failed);
    int calls = seen.calls;
    unsigned char *const b = call_calloc(3, step);
    CHECK(b != NULL && seen.calls > calls && b[wanted - 1] == 0);
    calls = seen.calls;
    void *const c = call_memalign(4096, wanted);
    CHECK(c != NULL && seen.calls > calls && (uintptr_t)c % 4096 == 0 && seen.size == wanted);
    calls = seen.calls;
    char *const longer = call_realloc(kept, wanted);
    REQUIRE(longer != NULL);
    CHECK(seen.calls > calls && longer[0] == 'k' && longer[999] == 'k');
    call_free(a);
    call_free(b);
    call_free(c);
    call_free(longer);
    clean();
    CHECK(segfit_malloc_check(NULL));
}

TEST(when_nothing_is_left_the_answer_is_null)
{
    fill();
    char *const kept = call_malloc(1000);
    REQUIRE(kept != NULL);
    memset(kept, 'k', 1000);
    errno = 0;
    CHECK(call_realloc(kept, (size_t)step * steps) == NULL);
    CHECK(errno == ENOMEM && spares == 0 && seen.calls > 10);
    CHECK(kept[999] == 'k');
    memset(&seen, 0, sizeof seen);
    void *memory = kept;
    CHECK(posix_memalign(&memory, 64, (size_t)step * steps) == ENOMEM);
    CHECK(seen.calls == 1 && memory == kept);
    call_free(kept);
    CHECK(segfit_malloc_check(NULL));
}

TEST(impossible_sizes_do_not_ask_the_program)
{
    fill();
    CHECK(call_malloc(SIZE_MAX - 10) == NULL);
    CHECK(call_calloc(SIZE_MAX / 2, 3) == NULL);
    CHECK(call_memalign(64, SIZE_MAX - 10) == NULL);
    CHECK(seen.calls == 0);
    clean();
}
