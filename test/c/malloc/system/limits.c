// SPDX-License-Identifier: MIT
/// Limits of the system: on locked memory, on addresses, on data; set before the first malloc and
/// afterwards.
#define _GNU_SOURCE
#include "watchdog.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum {
    KIB = 1 << 10,
    MIB = 1 << 20,
    BLOCK = 100 * KIB,
    MOST_BLOCKS = 10000,
};

static void set_limit(int resource, rlim_t bytes)
{
    struct rlimit limit;
    NEED(getrlimit(resource, &limit) == 0);
    limit.rlim_cur = bytes;
    NEED(setrlimit(resource, &limit) == 0);
}

/// The superuser's limit on locked memory does not count: becomes an ordinary user, with the usual
/// limit.
static void become_ordinary(void)
{
    if (geteuid() == 0) {
        NEED(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
    }
    set_limit(RLIMIT_MEMLOCK, 8 * MIB);
}

static bool is_refused(size_t size)
{
    errno = 0;
    return call_malloc(size) == NULL && errno == ENOMEM;
}

// ---------------------------------------------------------------------------------- locked memory

/// With the limit reached, requests fail; what is freed serves again; without the lock there is
/// more.
static void use_locked_heap(void)
{
    use_malloc(100);
    void *const large = call_malloc(2 * MIB);
    NEED(large != NULL);
    memset(large, 1, 2 * MIB);
    NEED(is_refused(20 * MIB));
    call_free(large);
    NEED(call_malloc(2 * MIB) != NULL);
    NEED(munlockall() == 0);
    NEED(call_malloc(20 * MIB) != NULL);
    use_malloc(100);
}

static void lock_before_malloc(void)
{
    become_ordinary();
    NEED(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
    use_locked_heap();
}

static void lock_after_malloc(void)
{
    become_ordinary();
    use_malloc(100);
    NEED(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
    use_locked_heap();
}

static void lock_now_alone(void)
{
    become_ordinary();
    use_malloc(100);
    NEED(mlockall(MCL_CURRENT) == 0);
    NEED(call_malloc(20 * MIB) != NULL);
    use_malloc(100);
}

/// With privileges, and as often as programs do it.
static void lock_without_limit(void)
{
    use_malloc(100);
    NEED(geteuid() != 0 || mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
    NEED(call_malloc(20 * MIB) != NULL);
    NEED(geteuid() != 0 || mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
    use_malloc(100);
}

// --------------------------------------------------------------------------- addresses and data

static void *blocks[MOST_BLOCKS];

/// Takes blocks until one is refused. Returns how many bytes they have.
static size_t fill(size_t *count)
{
    size_t taken = 0;
    *count = 0;
    errno = 0;
    while (*count < MOST_BLOCKS && (blocks[*count] = call_malloc(BLOCK)) != NULL) {
        memset(blocks[*count], 1, BLOCK);
        ++*count;
        taken += BLOCK;
    }
    NEED(*count < MOST_BLOCKS && errno == ENOMEM);
    return taken;
}

static void free_all(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        call_free(blocks[i]);
    }
}

/// Most of the limit can be used, and used again; more as soon as the limit is raised.
static void use_up(int resource, size_t limit)
{
    size_t count = 0;
    const size_t taken = fill(&count);
    NEED(taken >= limit / 2);
    NEED(is_refused(limit));
    free_all(count);
    use_malloc(100);
    NEED(fill(&count) + BLOCK >= taken);
    set_limit(resource, 4 * limit);
    void *const more = call_malloc(limit);
    NEED(more != NULL);
    memset(more, 1, limit);
    call_free(more);
    free_all(count);
    use_malloc(100);
}

/// Lowers the limit below what is in use.
static void lower_and_raise(int resource)
{
    void *const before = call_malloc(10 * MIB);
    NEED(before != NULL);
    memset(before, 1, 10 * MIB);
    set_limit(resource, 4 * MIB);
    NEED(is_refused(10 * MIB));
    use_malloc(3);
    call_free(before);
    NEED(call_malloc(9 * MIB) != NULL);
    NEED(is_refused(10 * MIB));
    set_limit(resource, 100 * MIB);
    NEED(call_malloc(10 * MIB) != NULL);
    use_malloc(100);
}

static void few_addresses(void)
{
    set_limit(RLIMIT_AS, 20 * MIB);
    use_up(RLIMIT_AS, 20 * MIB);
}

static void more_addresses(void)
{
    set_limit(RLIMIT_AS, 64 * MIB);
    use_up(RLIMIT_AS, 64 * MIB);
}

static void fewer_addresses(void)
{
    lower_and_raise(RLIMIT_AS);
}

static void little_data(void)
{
    set_limit(RLIMIT_DATA, 16 * MIB);
    use_up(RLIMIT_DATA, 16 * MIB);
}

static void less_data(void)
{
    lower_and_raise(RLIMIT_DATA);
}

/// A limit that leaves no memory at all, from the first malloc on.
static void no_addresses(void)
{
    set_limit(RLIMIT_AS, 64 * KIB);
    NEED(is_refused(100) && is_refused(10 * MIB));
    call_free(NULL);
    set_limit(RLIMIT_AS, 64 * MIB);
    use_malloc(100);
}

/// Threads need memory for their stacks and caches, too.
static void threads_with_few_addresses(void)
{
    set_limit(RLIMIT_AS, 100 * MIB);
    start_busy_threads();
    use_malloc(300);
    NEED(is_refused(200 * MIB));
    stop_busy_threads();
}

// ------------------------------------------------------------------------------- other mappings

/// Somebody else maps memory between the heap's steps: each block keeps what was written.
static void others_map_memory(void)
{
    enum {
        COUNT = 60,
    };
    unsigned char *heap[COUNT];
    void *foreign[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        heap[i] = call_malloc((i + 1) * 50 * KIB);
        NEED(heap[i] != NULL);
        memset(heap[i], (int)i, (i + 1) * 50 * KIB);
        // The address where the heap would grow next, if the system grants it.
        const uintptr_t end = ((uintptr_t)heap[i] + (i + 2) * 50 * KIB) | (MIB / 4 - 1);
        foreign[i] = mmap((void *)(end + 1), MIB / 4, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        NEED(foreign[i] != MAP_FAILED);
        memset(foreign[i], 255, MIB / 4);
    }
    for (size_t i = 0; i < COUNT; i++) {
        NEED(heap[i][0] == i && heap[i][(i + 1) * 50 * KIB - 1] == i);
        for (size_t k = 0; k < MIB / 4; k += KIB) {
            NEED(((unsigned char *)foreign[i])[k] == 255);
        }
        call_free(heap[i]);
        NEED(i % 2 == 0 || munmap(foreign[i], MIB / 4) == 0);
        use_malloc(3);
    }
    NEED(call_malloc(20 * MIB) != NULL);
}

static const scenario_t scenarios[] = {
    {"lock-before", lock_before_malloc},
    {"lock-after", lock_after_malloc},
    {"lock-now", lock_now_alone},
    {"lock-all", lock_without_limit},
    {"as", few_addresses},
    {"as-more", more_addresses},
    {"as-lowered", fewer_addresses},
    {"as-none", no_addresses},
    {"as-threads", threads_with_few_addresses},
    {"data", little_data},
    {"data-lowered", less_data},
    {"others", others_map_memory},
};

MAIN_OF(scenarios)
