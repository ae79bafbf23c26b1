// SPDX-License-Identifier: MIT
/// sbrk for Emscripten programs that are linked with -sMALLOC=none: Emscripten's own is in the
/// library of its malloc, and both are left out.
///
/// All three names are weak, and Emscripten's are not: if the linker takes one of Emscripten's, it
/// takes all three, so that a program has one break.
#ifndef SEGFIT_PORT_SBRK_H
#define SEGFIT_PORT_SBRK_H

#include "port.h"

#include <stdbool.h>

#if SEGFIT_MALLOC_ERRNO
#include <errno.h>
#endif

#if SEGFIT_PORT_EMSCRIPTEN
enum {
    PORT_SBRK_ALIGN = 16,
};

#define PORT_SBRK __attribute__((weak, visibility("default")))

extern unsigned char __heap_base;

int emscripten_resize_heap(size_t size);
uintptr_t *emscripten_get_sbrk_ptr(void);
void *sbrk(intptr_t increment);
int brk(void *end);

static uintptr_t port_break = (uintptr_t)&__heap_base;

PORT_SBRK uintptr_t *emscripten_get_sbrk_ptr(void)
{
#if defined(__PIC__)
    // The loader may ask before it has written the address into the initial value.
    if (port_break == 0) {
        port_break = (uintptr_t)&__heap_base;
    }
#endif
    return &port_break;
}

/// Returns true if memory reaches up to `end`, which is not 0.
static bool port_memory_reaches(uintptr_t end)
{
    enum {
        PAGE = 65536,
    };
    // With threads, memory.size may be the size before another thread grew memory.
    const size_t pages =
        SEGFIT_THREADS ? __builtin_wasm_memory_grow(0, 0) : __builtin_wasm_memory_size(0);
    return (end - 1U) / PAGE < pages;
}

/// Moves the break from `before` to `after`. If another thread moved it meanwhile, writes its place
/// to `before`. Returns false if there is no memory.
static bool port_move_break(uintptr_t *before, uintptr_t after, bool *moved)
{
    // JavaScript refuses if another thread has grown memory far enough at this moment.
    if (!port_memory_reaches(after) && emscripten_resize_heap(after) == 0 &&
        !port_memory_reaches(after)) {
        return false;
    }
    *moved = __atomic_compare_exchange_n(emscripten_get_sbrk_ptr(), before, after, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return true;
}

static int port_refuse_break(void)
{
#if SEGFIT_MALLOC_ERRNO
    errno = ENOMEM;
#endif
    return -1;
}

/// Takes `increment` for a positive number, as Emscripten's own does.
PORT_SBRK void *sbrk(intptr_t increment)
{
    const uintptr_t step =
        ((uintptr_t)increment + (PORT_SBRK_ALIGN - 1U)) & ~(uintptr_t)(PORT_SBRK_ALIGN - 1U);
    uintptr_t before = __atomic_load_n(emscripten_get_sbrk_ptr(), __ATOMIC_SEQ_CST);
    bool moved = increment == 0;
    while (!moved) {
        const uintptr_t after = before + step;
        if (after <= before || !port_move_break(&before, after, &moved)) {
            return (void *)(intptr_t)port_refuse_break();
        }
    }
    return (void *)before;
}

PORT_SBRK int brk(void *end)
{
    uintptr_t before = __atomic_load_n(emscripten_get_sbrk_ptr(), __ATOMIC_SEQ_CST);
    bool moved = false;
    while (!moved) {
        if (end == NULL || !port_move_break(&before, (uintptr_t)end, &moved)) {
            return port_refuse_break();
        }
    }
    return 0;
}
#endif

#endif
