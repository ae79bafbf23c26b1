// SPDX-License-Identifier: MIT
/// malloc from within, on POSIX systems: src/malloc/malloc.c under other names, whose calls of the
/// system can be refused. For one file of a program, with malloc_panic.c beside it.
#ifndef SEGFIT_TEST_MALLOC_WITHIN_H
#define SEGFIT_TEST_MALLOC_WITHIN_H

#include "../test.h"

#include "malloc_report.h"
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/// Of some builds only.
#define UNUSED __attribute__((unused))

/// The calls that the system refuses.
static struct {
    /// Of mmap: pieces from this size on; 0: none.
    size_t mmap_from;
    /// Of mmap: the address that the caller asks for, as if the system did not know
    /// MAP_FIXED_NOREPLACE and somebody had mapped memory there.
    bool place;
    bool protecting, asking, randomness, writing, keys, values;
} refused;

/// Called by the next mmap, once: malloc holds its lock then.
static UNUSED void (*under_lock)(void);

static UNUSED void *refusable_mmap(void *at, size_t size, int protection, int flags, int file,
                                   off_t offset)
{
    void (*const happens)(void) = under_lock;
    under_lock = NULL;
    if (happens != NULL) {
        happens();
    }
    if (refused.mmap_from != 0 && size >= refused.mmap_from) {
        errno = EAGAIN;
        return MAP_FAILED;
    }
    if (refused.place) {
        return mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, file, offset);
    }
    // The size of what is mapped here says nothing about memory.
    return mmap(at, size, protection, flags | MAP_NORESERVE, file, offset);
}

static UNUSED int refusable_mprotect(void *at, size_t size, int protection)
{
    return refused.protecting ? -1 : mprotect(at, size, protection);
}

static UNUSED int refusable_mincore(void *at, size_t size, unsigned char *present)
{
    return refused.asking ? -1 : mincore(at, size, present);
}

static UNUSED int refusable_getentropy(void *bytes, size_t size)
{
    return refused.randomness ? -1 : getentropy(bytes, size);
}

static UNUSED ssize_t refusable_write(int file, const void *bytes, size_t size)
{
    return refused.writing ? -1 : write(file, bytes, size);
}

static UNUSED int refusable_key(pthread_key_t *key, void (*end)(void *))
{
    return refused.keys ? EAGAIN : pthread_key_create(key, end);
}

static UNUSED int refusable_setspecific(pthread_key_t key, const void *value)
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
#include "../../../src/malloc/malloc.c"

void *my_malloc(size_t size);
void my_free(void *ptr);
void *my_realloc(void *ptr, size_t size);
void *my_aligned_alloc(size_t alignment, size_t size);
int my_posix_memalign(void **memory, size_t alignment, size_t size);

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
    process = (segfit_growable_t)SEGFIT_GROWABLE_INITIALIZER(&process_storage.heap, &port_source);
#if SEGFIT_CACHE > 0 && SEGFIT_THREADS
    thread_caches = NULL;
    thread_cache_first_is_open = false;
    own_cache_set(&cache_unopened);
#elif SEGFIT_CACHE > 0
    memset(&cache_of_program, 0, sizeof cache_of_program);
#endif
    report.calls = 0;
}

/// Allocates blocks of one size side by side, none of them cached.
static UNUSED void fill(unsigned char *blocks[BLOCKS], size_t size)
{
    start_over();
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = my_malloc(size);
        memset(blocks[i], 0, size);
    }
}

/// A small block behind the last of large ones.
static UNUSED unsigned char *small_behind(unsigned char *blocks[BLOCKS])
{
    const void *const wanted = block_payload(block_next(block_of(blocks[BLOCKS - 1])));
    unsigned char *small = my_malloc(SMALL);
    while (small != wanted && (uintptr_t)small > (uintptr_t)wanted) {
        small = my_malloc(SMALL);
    }
    CHECK(small == wanted);
    return small;
}

#if SEGFIT_CACHE > 0 && SEGFIT_THREADS
/// Returns a small block whose free was deferred, since it lies behind a free one.
static UNUSED unsigned char *deferred_block(void)
{
    unsigned char *blocks[BLOCKS];
    fill(blocks, LARGE);
    unsigned char *const small = small_behind(blocks);
    CHECK(my_malloc(LARGE) != NULL);
    my_free(blocks[BLOCKS - 1]);
    my_free(small);
    CHECK(own_cache()->deferred.first != NULL && report.calls == 0);
    return small;
}
#endif

/// Returns true if malloc serves requests and reports nothing.
static UNUSED bool serves(void)
{
    report.calls = 0;
    void *const small = my_malloc(40);
    void *const large = my_malloc(20000);
    my_free(small);
    my_free(large);
    return small != NULL && large != NULL && report.calls == 0;
}

static UNUSED bool reported(segfit_fault_code_t code)
{
    const bool right = report.calls >= 1 && report.code == (int)code;
    report.calls = 0;
    return right;
}

#endif
