// SPDX-License-Identifier: MIT
/// Memory that another thread has grown.
#ifndef SEGFIT_PORT_REACH_H
#define SEGFIT_PORT_REACH_H

#include "thread_word.h"

#if SEGFIT_THREADS
#if defined(__wasm__)
/// The address up to which the thread is known to reach memory.
PORT_THREAD_WORD(reached)

/// Lets the thread use memory up to `high`, which another thread may have grown. In V8, memory.fill
/// and memory.copy trap there until the thread itself has executed memory.grow.
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
