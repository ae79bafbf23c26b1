// SPDX-License-Identifier: MIT
/// Calls the program's segfit_malloc_exhausted when there is no memory.
#ifndef SEGFIT_MALLOC_EXHAUSTED_H
#define SEGFIT_MALLOC_EXHAUSTED_H

#include "core.h"

#include "../port/thread_word.h"

#if SEGFIT_MALLOC_EXHAUSTED
SEGFIT_WEAK bool segfit_malloc_exhausted(size_t size)
{
    (void)size;
    return false;
}

/// 1 while the thread is inside segfit_malloc_exhausted.
#if SEGFIT_THREADS
PORT_THREAD_WORD(asked)
#else
static uintptr_t process_asked;

static inline uintptr_t port_asked(void)
{
    return process_asked;
}

static inline void port_set_asked(uintptr_t asked)
{
    process_asked = asked;
}
#endif

/// Asks the program to free memory for a request that failed. Returns whether to try the request
/// again. The program is not asked for a size that no heap could serve, nor from inside its own
/// function.
static SEGFIT_COLD bool process_try_again(size_t size)
{
    if (port_asked() != 0 || segfit__wanted(&process_storage.heap, size) == 0) {
        return false;
    }
    port_set_asked(1);
    const bool again = segfit_malloc_exhausted(size);
    port_set_asked(0);
    return again;
}
#else
static inline bool process_try_again(size_t size)
{
    (void)size;
    return false;
}
#endif

#endif
