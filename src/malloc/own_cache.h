// SPDX-License-Identifier: MIT
/// The cache of the calling thread: with threads each has one, without there is one for the
/// program.
#ifndef SEGFIT_MALLOC_OWN_CACHE_H
#define SEGFIT_MALLOC_OWN_CACHE_H

#include "cache.h"
#include "core.h"

#include "../port/thread_word.h"

#if SEGFIT_CACHE > 0 && SEGFIT_THREADS
/// Empty caches that are never written: of a thread that has opened none yet, and of one that
/// closed its own.
static cache_t cache_unopened;
static cache_t cache_closed;

/// Where the calling thread's cache lies, counted from cache_unopened.
PORT_THREAD_WORD(cache)

static SEGFIT_FAST_INLINE cache_t *own_cache(void)
{
    uintptr_t address = (uintptr_t)&cache_unopened + port_cache();
    // The compiler takes the sum for an address inside cache_unopened, unless an instruction that
    // it does not know stands between.
    __asm__("" : "+r"(address));
    return (cache_t *)address;
}

static void own_cache_set(const cache_t *cache)
{
    port_set_cache((uintptr_t)cache - (uintptr_t)&cache_unopened);
}
#elif SEGFIT_CACHE > 0
static cache_t cache_of_program;

static SEGFIT_FAST_INLINE cache_t *own_cache(void)
{
    return &cache_of_program;
}
#endif

#endif
