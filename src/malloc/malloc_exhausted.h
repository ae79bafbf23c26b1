// SPDX-License-Identifier: MIT
/// What happens when there is no memory: the program may be asked for some of its own.
///
/// A part of malloc.c.
#ifndef SEGFIT_MALLOC_EXHAUSTED_H
#define SEGFIT_MALLOC_EXHAUSTED_H

#include "../core/alloc.h"

/// 0 or 1: ask the program for memory when there is none, by segfit_malloc_exhausted. 0 saves about 100
/// bytes of code in wasm.
#ifndef SEGFIT_MALLOC_EXHAUSTED
#define SEGFIT_MALLOC_EXHAUSTED 1
#endif
SEGFIT_KNOB(SEGFIT_MALLOC_EXHAUSTED, 0, 1);

#if SEGFIT_MALLOC_EXHAUSTED
SEGFIT_WEAK bool segfit_malloc_exhausted(size_t size)
{
    (void)size;
    return false;
}

/// 1 while the thread is inside the program's own function.
#if SEGFIT_THREADS
OS_OWN_WORD(asked)
#else
static uintptr_t process_asked;

static inline uintptr_t os_asked(void)
{
    return process_asked;
}

static inline void os_set_asked(uintptr_t asked)
{
    process_asked = asked;
}
#endif

/// Whether the program says that a request which found no memory is worth another attempt. One that can
/// never be served is not, and one from inside the program's own function is not told to it.
static SEGFIT_COLD bool process_try_again(size_t size)
{
    if (os_asked() != 0 || segfit__wanted(&process_storage.heap, size) == 0) {
        return false;
    }
    os_set_asked(1);
    const bool again = segfit_malloc_exhausted(size);
    os_set_asked(0);
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
