// SPDX-License-Identifier: MIT
/// Memory that another thread has grown.
#ifndef SEGFIT_PORT_REACH_H
#define SEGFIT_PORT_REACH_H

#include "thread_word.h"

#if SEGFIT_THREADS
#if defined(__wasm__)
/// How far up the thread is known to see memory.
PORT_THREAD_WORD(reached)

/// Sees to it that the thread can use memory up to `high`, which another may have grown. V8 traps a
/// memory.fill or memory.copy there, until the thread has itself executed memory.grow.
static SEGFIT_ALWAYS_INLINE void port_reach(uintptr_t high)
{
    if (SEGFIT_UNLIKELY(high > port_reached())) {
        (void)__builtin_wasm_memory_grow(0, 0);
        port_set_reached(high);
    }
}
#else
static inline void port_reach(uintptr_t high)
{
    (void)high;
}
#endif
#endif

#endif
