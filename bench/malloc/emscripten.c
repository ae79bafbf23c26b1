// SPDX-License-Identifier: MIT
/// What Emscripten's allocators need of its run time, without its JavaScript.
///
/// sbrk grows memory by the pages that are missing and no more. Emscripten's JavaScript grows a
/// fifth beyond; what an allocator asks for would not show there.
#include <stddef.h>
#include <stdint.h>

enum {
    PAGE = 65536,
};

extern unsigned char __heap_base;

void *sbrk(intptr_t increment);
int *__errno_location(void);

void *sbrk(intptr_t increment)
{
    static uintptr_t end;
    if (end == 0) {
        end = (uintptr_t)&__heap_base;
    }
    const uintptr_t before = end;
    const uintptr_t after = before + (uintptr_t)increment;
    const uintptr_t have = __builtin_wasm_memory_size(0) * (uintptr_t)PAGE;
    if (increment > 0 && after > have) {
        const size_t pages = (after - have + PAGE - 1U) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) {
            return (void *)UINTPTR_MAX;
        }
    }
    end = after;
    return (void *)before;
}

int *__errno_location(void)
{
    static int number;
    return &number;
}
