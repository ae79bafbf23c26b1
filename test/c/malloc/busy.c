// SPDX-License-Identifier: MIT
/// The wider family while other threads allocate and free: malloc_trim gives nothing away that is
/// in use, the figures agree, and the hook for exhausted memory is each thread's own.
#define TEST_MAIN
#include "../test.h"

#include <malloc.h>
#include <pthread.h>
#include <segfit/malloc.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;

enum {
    workers = 3,
    slots = 40,
    rounds = 3000
};

static int finished;
static int asked;

/// Nothing to give; a request inside must not come here again.
bool segfit_malloc_exhausted(size_t size)
{
    __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
    void *volatile const nested = call_malloc(size);
    __atomic_fetch_add(&asked, nested != NULL ? 1000000 : 0, __ATOMIC_RELAXED);
    return false;
}

static bool holds(const unsigned char *bytes, unsigned char value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

/// Allocates, fills, compares and frees. Returns the number of wrong blocks.
static void *work(void *argument)
{
    uint64_t random = *(const uint64_t *)argument;
    unsigned char *blocks[slots] = {NULL};
    size_t sizes[slots] = {0};
    uintptr_t wrong = 0;
    for (int round = 0; round < rounds; round++) {
        const size_t slot = test_random_below(&random, slots);
        const unsigned char value = (unsigned char)slot;
        const size_t size = test_random_below(&random, round % 20 == 0 ? 300000 : 3000);
        wrong += !holds(blocks[slot], value, sizes[slot]);
        if (round % 3 == 0) {
            blocks[slot] = call_realloc(blocks[slot], size);
        } else {
            call_free(blocks[slot]);
            blocks[slot] = round % 3 == 1 ? call_calloc(1, size) : call_malloc(size);
            wrong += round % 3 == 1 && !holds(blocks[slot], 0, size);
        }
        memset(blocks[slot], value, size);
        sizes[slot] = size;
    }
    for (size_t slot = 0; slot < slots; slot++) {
        wrong += !holds(blocks[slot], (unsigned char)slot, sizes[slot]);
        call_free(blocks[slot]);
    }
    __atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
    return (void *)wrong;
}

TEST(malloc_trim_releases_pages_while_threads_work)
{
    pthread_t threads[workers];
    uint64_t random = test_seed();
    uint64_t seeds[workers];
    for (int i = 0; i < workers; i++) {
        seeds[i] = test_random(&random);
        REQUIRE(pthread_create(&threads[i], NULL, work, &seeds[i]) == 0);
    }
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < workers) {
        CHECK((unsigned)malloc_trim(0) <= 1U);
        CHECK(segfit_malloc_check(NULL));
        const struct mallinfo2 info = mallinfo2();
        CHECK(info.arena == info.uordblks + info.fordblks);
    }
    for (int i = 0; i < workers; i++) {
        void *wrong = NULL;
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    }
    CHECK(segfit_malloc_check(NULL));
}

static void *fail(void *argument)
{
    const size_t *const size = argument;
    uintptr_t wrong = 0;
    for (int i = 0; i < 100; i++) {
        wrong += call_malloc(*size) != NULL;
    }
    return (void *)wrong;
}

TEST(each_failing_request_asks_the_program_once)
{
    pthread_t threads[workers];
    // More than any address space has, and yet no more than a block's size can say.
    size_t size = sizeof(size_t) == 8 ? (size_t)1 << 47 : SIZE_MAX / 8 * 7;
    asked = 0;
    for (int i = 0; i < workers; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, fail, &size) == 0);
    }
    for (int i = 0; i < workers; i++) {
        void *wrong = NULL;
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    }
    CHECK(asked == workers * 100);
}
