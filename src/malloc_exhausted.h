// SPDX-License-Identifier: MIT
/// What happens when there is no memory: the program may be asked for some of its own.
///
/// A part of malloc.c.
#ifndef SEGFIT_MALLOC_EXHAUSTED_H
#define SEGFIT_MALLOC_EXHAUSTED_H

#include "heap.h"

/// 0 or 1: ask the program for memory when there is none, by segfit_malloc_exhausted. 0 saves about 100
/// bytes of code in wasm.
#ifndef SEGFIT_MALLOC_EXHAUSTED
#define SEGFIT_MALLOC_EXHAUSTED 1
#endif

#if SEGFIT_MALLOC_EXHAUSTED
SEGFIT_WEAK bool segfit_malloc_exhausted(size_t size)
{
    (void)size;
    return false;
}

/// Whether the program says that a request which found no memory is worth another attempt. One that can
/// never be served is not, and one from inside the program's own function is not told to it.
static SEGFIT_COLD bool process_try_again(size_t size)
{
    static bool asked;
    if (asked || segfit__wanted(&process_storage.heap, size) == 0) {
        return false;
    }
    asked = true;
    const bool again = segfit_malloc_exhausted(size);
    asked = false;
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
