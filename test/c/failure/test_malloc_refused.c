// SPDX-License-Identifier: MIT
/// The system refuses memory to malloc at every possible moment: for each script of calls, its k-th
/// request for memory, for every k. The call answers NULL with ENOMEM, all that lives is intact,
/// the figures are as before, and as soon as the system gives again, malloc serves again.
#define TEST_MAIN
#include "../test.h"

#include <errno.h>
#include <segfit/malloc.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
static void *(*volatile call_aligned_alloc)(size_t, size_t) = aligned_alloc;

// --------------------------------------------------------------------------------------- refusing

/// Requests for memory so far, the one that is refused (counted from 1; 0: none), and whether all
/// after it are.
static size_t requests;
static size_t refused_request;
static bool refuses_on;
static size_t refusals;

static bool is_refused(void)
{
    requests++;
    const bool refused = refused_request != 0 &&
                         (refuses_on ? requests >= refused_request : requests == refused_request);
    refusals += refused;
    return refused;
}

#if defined(__EMSCRIPTEN__)
#include <unistd.h>
void *refusing_sbrk(intptr_t increment);
void *refusing_sbrk(intptr_t increment)
{
    return increment != 0 && is_refused() ? (void *)-1 : sbrk(increment);
}
#elif defined(__wasm__)
size_t refusing_memory_grow(int memory, size_t pages);
size_t refusing_memory_grow(int memory, size_t pages)
{
    (void)memory;
    return is_refused() ? (size_t)-1 : __builtin_wasm_memory_grow(0, pages);
}
#else
#include <sys/mman.h>
int refusing_mprotect(void *memory, size_t size, int protection);
int refusing_mprotect(void *memory, size_t size, int protection)
{
    if (is_refused()) {
        errno = ENOMEM;
        return -1;
    }
    return mprotect(memory, size, protection);
}

void *refusing_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
void *refusing_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    if (is_refused()) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return mmap(at, size, protection, flags, file, offset);
}
#endif

// ---------------------------------------------------------------------------------------- scripts

enum {
    SCRIPTS = 12,
    STEPS = 60,
    SLOTS = 6,
    LARGEST = 250000,
    WALLS = 4096
};

typedef struct slot {
    unsigned char *block;
    size_t size;
} slot;

static slot slots[SLOTS];

/// Blocks that fill the heap before a script, so that malloc has to ask for memory.
static void *walls[WALLS];
static size_t wall_count;

static bool slots_hold(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        for (size_t at = 0; slots[i].block != NULL && at < slots[i].size; at++) {
            if (slots[i].block[at] != (unsigned char)(at * 7 + i)) {
                return false;
            }
        }
    }
    return true;
}

static void slot_fill(size_t index, void *block, size_t size)
{
    slots[index] = (slot){block, size};
    for (size_t at = 0; at < size; at++) {
        slots[index].block[at] = (unsigned char)(at * 7 + index);
    }
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/// One random call. True if it was served; otherwise errno says why.
static bool step(uint64_t *state)
{
    const size_t index = test_random_below(state, SLOTS);
    const size_t size =
        1 + test_random_below(state, (size_t)LARGEST >> test_random_below(state, 6));
    const size_t kind = test_random_below(state, 5);
    unsigned char *const old = slots[index].block;
    void *block = NULL;
    errno = 0;
    if (kind == 0) {
        call_free(old);
        slots[index].block = NULL;
        return true;
    }
    if (old != NULL) {
        block = call_realloc(old, size);
    } else if (kind == 1) {
        block = call_calloc(size, 1);
        CHECK(block == NULL || is_zero(block, size));
    } else if (kind == 2) {
        block = call_aligned_alloc(256, (size + 255) / 256 * 256);
    } else {
        block = call_malloc(size);
    }
    if (block != NULL) {
        slot_fill(index, block, size);
    }
    return block != NULL;
}

/// Uses up what is free, so that the next script meets the system.
static void build_walls(void)
{
    refused_request = 1;
    refuses_on = true;
    requests = 0;
    for (size_t size = LARGEST; size > 16 && wall_count < WALLS; size /= 2) {
        void *wall = NULL;
        while (wall_count < WALLS && (wall = call_malloc(size)) != NULL) {
            walls[wall_count++] = wall;
        }
    }
    refused_request = 0;
}

static void tear_down(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        call_free(slots[i].block);
        slots[i].block = NULL;
    }
    while (wall_count > 0) {
        call_free(walls[--wall_count]);
    }
}

/// Runs a script with request `k` refused, and all after it if `on`. Returns how many requests
/// there were.
static size_t run(uint64_t seed, size_t k, bool on)
{
    uint64_t state = seed;
    build_walls();
    requests = 0;
    refused_request = k;
    refuses_on = on;
    for (int i = 0; i < STEPS; i++) {
        segfit_stats_t before;
        segfit_stats_t after;
        segfit_malloc_stats(&before);
        const size_t refusals_before = refusals;
        const bool served = step(&state);
        segfit_malloc_stats(&after);
        if (!served) {
            CHECK(errno == ENOMEM && refusals > refusals_before);
            CHECK(after.used == before.used && after.used_blocks == before.used_blocks);
            CHECK(after.capacity == before.capacity && after.failures == before.failures + 1);
        }
        CHECK(slots_hold() && segfit_malloc_check(NULL));
    }
    const size_t made = requests;
    // The system gives again.
    refused_request = 0;
    void *const block = call_malloc(LARGEST);
    CHECK(block != NULL);
    call_free(block);
    tear_down();
    return made;
}

TEST(the_system_may_refuse_memory_at_any_request)
{
    uint64_t seeds = test_seed();
    size_t runs = 0;
    for (int script = 0; script < SCRIPTS; script++) {
        const uint64_t seed = test_random(&seeds);
        const size_t all = run(seed, 0, false);
        for (size_t k = 1; k <= all; k++) {
            (void)run(seed, k, false);
            (void)run(seed, k, true);
            runs += 2;
        }
    }
    printf("%zu runs, %zu refusals; ", runs, refusals);
    CHECK(runs > SCRIPTS && refusals > runs);
}

TEST(errno_stays_as_it_was_where_malloc_succeeds)
{
    build_walls();
    refused_request = 0;
    errno = EDOM;
    void *const block = call_malloc(LARGEST);
    CHECK(block != NULL && errno == EDOM);
    call_free(block);
    CHECK(errno == EDOM);
    tear_down();
}
