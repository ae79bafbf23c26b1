// SPDX-License-Identifier: MIT
/// Threads that share one heap: that each block belongs to one of them, that blocks go from one to
/// another, and that a thread that ends leaves nothing behind. Runs natively and under Emscripten.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <segfit/malloc.h>
#include <stdlib.h>
#include <string.h>

#if !defined(ROUNDS)
#define ROUNDS 20000
#endif

#if !defined(SEGFIT_CACHE)
#define SEGFIT_CACHE 128
#endif

/// Beside another malloc, such as a sanitizer's.
#if defined(PREFIXED)
void *my_malloc(size_t size);
void my_free(void *ptr);
void *my_calloc(size_t count, size_t size);
void *my_realloc(void *ptr, size_t size);
void *my_aligned_alloc(size_t alignment, size_t size);
size_t my_malloc_usable_size(void *ptr);
#define OURS(name) my_##name
#else
#define OURS(name) name
#endif

enum {
    threads = 4,
    slots = 300,
};

static void *(*volatile call_malloc)(size_t) = OURS(malloc);
static void (*volatile call_free)(void *) = OURS(free);
static void *(*volatile call_calloc)(size_t, size_t) = OURS(calloc);
static void *(*volatile call_realloc)(void *, size_t) = OURS(realloc);
static void *(*volatile call_aligned_alloc)(size_t, size_t) = OURS(aligned_alloc);
static size_t (*volatile call_usable_size)(void *) = OURS(malloc_usable_size);

static segfit_stats_t figures(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats;
}

/// Returns how many blocks all threads cache.
static size_t kept_blocks(void)
{
    const segfit_t *const heap = segfit_malloc_heap();
    return heap->allocs - heap->frees - figures().used_blocks;
}

/// Runs `work` in so many threads, each with its number; returns the sum of what they return.
static size_t in_threads(size_t count, void *(*work)(void *))
{
    pthread_t running[threads];
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (pthread_create(&running[i], NULL, work, (void *)i) != 0) {
            abort();
        }
    }
    for (size_t i = 0; i < count; i++) {
        void *result = NULL;
        pthread_join(running[i], &result);
        sum += (size_t)result;
    }
    return sum;
}

// ------------------------------------------------------------------------------- on their own

/// A block that a thread holds, all of its bytes the same.
typedef struct held {
    unsigned char *bytes;
    size_t size;
    unsigned char value;
} held_t;

static size_t faults_of(const held_t *held)
{
    size_t faults = held->bytes != NULL && call_usable_size(held->bytes) < held->size;
    for (size_t i = 0; i < held->size; i++) {
        faults += held->bytes[i] != held->value;
    }
    return faults;
}

/// Gives the slot another block in a random way. Returns what is wrong with it.
static size_t change(held_t *held, uint64_t *random, size_t size)
{
    const size_t before = held->size < size ? held->size : size;
    const unsigned char value = held->value;
    const size_t way = test_random_below(random, 8);
    size_t faults = 0;
    if (way == 0) {
        held->bytes = call_realloc(held->bytes, size);
        for (size_t i = 0; i < before; i++) {
            faults += held->bytes[i] != value;
        }
    } else {
        errno = 4711;
        call_free(held->bytes);
        faults += errno != 4711;
        const size_t alignment = (size_t)8 << test_random_below(random, 6);
        held->bytes = way == 1   ? call_calloc(1, size)
                      : way == 2 ? call_aligned_alloc(alignment, size)
                                 : call_malloc(size);
        for (size_t i = 0; way == 1 && i < size; i++) {
            faults += held->bytes[i] != 0;
        }
    }
    held->size = size;
    held->value = (unsigned char)test_random(random);
    memset(held->bytes, held->value, size);
    return faults + (held->bytes == NULL);
}

static uint64_t seed;

static void *random_program(void *number)
{
    static held_t all[threads][slots];
    held_t *const own = all[(size_t)number];
    uint64_t random = seed + (size_t)number;
    size_t faults = 0;
    for (int round = 0; round < ROUNDS; round++) {
        held_t *const held = &own[test_random_below(&random, round / 4000 % 2 == 0 ? slots : 20)];
        faults += faults_of(held);
        const size_t bound = (size_t)16 << test_random_below(&random, round % 100 == 0 ? 13 : 8);
        faults += change(held, &random, test_random_below(&random, bound));
        if (round % 5000 == 4999) {
            faults += !segfit_malloc_check(NULL);
            segfit_malloc_flush();
        }
    }
    for (size_t i = 0; i < slots; i++) {
        faults += faults_of(&own[i]);
        call_free(own[i].bytes);
        own[i] = (held_t){NULL, 0, 0};
    }
    return (void *)faults;
}

TEST(each_thread_keeps_its_bytes)
{
    seed = test_seed();
    CHECK(in_threads(threads, random_program) == 0);
    CHECK(segfit_malloc_check(NULL));
}

// --------------------------------------------------------------------------------- from hand to
// hand

/// The queue from producers to consumers, for a few blocks at a time.
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    held_t held[50];
    size_t count;
    size_t producing;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void put(held_t held)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 50) {
        pthread_cond_wait(&queue.changed, &queue.lock);
    }
    queue.held[queue.count++] = held;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
}

/// Takes one; false if there will be no more.
static bool take(held_t *held)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0 && queue.producing > 0) {
        pthread_cond_wait(&queue.changed, &queue.lock);
    }
    const bool any = queue.count > 0;
    if (any) {
        *held = queue.held[--queue.count];
    }
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    return any;
}

static size_t produce(uint64_t random)
{
    size_t faults = 0;
    for (int round = 0; round < ROUNDS / 4; round++) {
        held_t held = {NULL, 0, 0};
        faults += change(&held, &random, test_random_below(&random, round % 50 == 0 ? 5000 : 200));
        put(held);
    }
    pthread_mutex_lock(&queue.lock);
    queue.producing--;
    pthread_cond_broadcast(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    return faults;
}

static size_t consume(void)
{
    size_t faults = 0;
    held_t held;
    while (take(&held)) {
        faults += faults_of(&held);
        call_free(held.bytes);
    }
    return faults;
}

static void *produce_or_consume(void *number)
{
    return (void *)((size_t)number % 2 == 0 ? produce(seed + (size_t)number) : consume());
}

TEST(blocks_that_one_thread_allocates_another_frees)
{
    seed = test_seed();
    queue.producing = threads / 2;
    // Blocks that pass through do not pile up: all of them fit in little more memory than one
    // queue's.
    CHECK(in_threads(threads, produce_or_consume) == 0);
    const size_t capacity = figures().capacity;
    for (int again = 0; again < 3; again++) {
        queue.producing = threads / 2;
        CHECK(in_threads(threads, produce_or_consume) == 0);
    }
    CHECK(figures().capacity <= 2 * capacity + (1U << 20));
    CHECK(segfit_malloc_check(NULL));
}

static void *given[threads][slots];

static void *free_given(void *number)
{
    for (size_t i = 0; i < slots; i++) {
        call_free(given[(size_t)number][i]);
    }
    return NULL;
}

static void *allocate_to_give(void *number)
{
    for (size_t i = 0; i < slots; i++) {
        given[(size_t)number][i] = call_malloc(i);
    }
    return NULL;
}

TEST(blocks_outlive_the_thread_that_allocated_them)
{
    CHECK(in_threads(threads, allocate_to_give) == 0);
    for (size_t i = 0; i < threads; i++) {
        free_given((void *)i);
    }
    CHECK(segfit_malloc_check(NULL));
}

// ------------------------------------------------------------------------------- a thread's end

TEST(a_thread_that_ends_leaves_nothing_at_hand)
{
    allocate_to_give((void *)0);
    allocate_to_give((void *)1);
    CHECK(in_threads(2, free_given) == 0);
    segfit_malloc_flush();
    CHECK(kept_blocks() == 0);
    CHECK(segfit_malloc_check(NULL));
}

static pthread_key_t late;

/// Runs beside the malloc's own hook, several times over: before it, and after it.
static void free_late(void *block)
{
    static _Thread_local int runs;
    void *const other = call_malloc(100);
    call_free(block);
    if (++runs < 3) {
        pthread_setspecific(late, other);
    } else {
        call_free(other);
    }
}

static void *end_with_late_frees(void *number)
{
    allocate_to_give(number);
    pthread_setspecific(late, call_malloc(100));
    free_given(number);
    return NULL;
}

TEST(blocks_that_an_ending_thread_frees_are_not_lost)
{
    REQUIRE(pthread_key_create(&late, free_late) == 0);
    CHECK(in_threads(threads, end_with_late_frees) == 0);
    segfit_malloc_flush();
    CHECK(kept_blocks() == 0);
#if !defined(__EMSCRIPTEN__)
    // There, what belongs to an ended thread is freed some time later.
    const size_t used = figures().used_blocks;
    CHECK(in_threads(threads, end_with_late_frees) == 0);
    segfit_malloc_flush();
    CHECK(figures().used_blocks == used);
#endif
    pthread_key_delete(late);
}

TEST(many_threads_one_after_another_need_no_more_memory)
{
    CHECK(in_threads(threads, allocate_to_give) == 0);
    CHECK(in_threads(threads, free_given) == 0);
    const size_t capacity = figures().capacity;
    for (int round = 0; round < 10; round++) {
        CHECK(in_threads(threads, allocate_to_give) == 0);
        CHECK(in_threads(threads, free_given) == 0);
    }
    segfit_malloc_flush();
    CHECK(kept_blocks() == 0);
    CHECK(figures().capacity <= capacity + (1U << 20));
}

// ------------------------------------------------------------------------------------ figures

static pthread_barrier_t barrier;

static void *free_and_wait(void *number)
{
    free_given(number);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

TEST(statistics_count_blocks_cached_by_other_threads_as_free)
{
    pthread_t other;
    REQUIRE(pthread_barrier_init(&barrier, NULL, 2) == 0);
    segfit_malloc_flush();
    allocate_to_give((void *)0);
    const segfit_stats_t before = figures();
    REQUIRE(pthread_create(&other, NULL, free_and_wait, (void *)0) == 0);
    pthread_barrier_wait(&barrier);
    const segfit_stats_t during = figures();
    // Beside the blocks there is what a thread consists of.
    CHECK(during.used_blocks + slots <= before.used_blocks + 20);
    CHECK(during.used + during.free == during.capacity);
    CHECK(kept_blocks() > 20 || SEGFIT_CACHE <= 20);
    CHECK(during.frees >= before.frees + slots);
    pthread_barrier_wait(&barrier);
    REQUIRE(pthread_join(other, NULL) == 0);
    segfit_malloc_flush();
    CHECK(kept_blocks() == 0);
    pthread_barrier_destroy(&barrier);
}
