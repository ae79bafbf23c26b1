// SPDX-License-Identifier: MIT
/// Whether a thread of wasm may sleep.
#ifndef SEGFIT_PORT_MAY_WAIT_H
#define SEGFIT_PORT_MAY_WAIT_H

#include "port.h"

#include "../../include/segfit/malloc.h"
#include "../core/compiler.h"

#if SEGFIT_THREADS
#if defined(__EMSCRIPTEN__)
int _emscripten_thread_supports_atomics_wait(void);

#define SEGFIT_LOCK_MAY_WAIT() (_emscripten_thread_supports_atomics_wait() != 0)
#elif defined(__wasm__)
SEGFIT_HOOK_API SEGFIT_WEAK bool segfit_malloc_may_wait(void)
{
#if defined(__wasi__)
    // The C library's own locks sleep as well.
    return true;
#else
    return false;
#endif
}

#define SEGFIT_LOCK_MAY_WAIT() segfit_malloc_may_wait()
#endif
#endif

#endif
