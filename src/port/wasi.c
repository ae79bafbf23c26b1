// SPDX-License-Identifier: MIT
/// The port to WASI and to wasm without a system: takes the part of the initial memory that the
/// linker left free, then executes memory.grow, as others may.
///
///     0        __heap_base      __heap_end = initial memory's end
///     ┌───────────┬──────────────────┬──────────────┬──────────────
///     │data, stack│ ours, from start │ ours, grown  │ grown by somebody else …
///     └───────────┴──────────────────┴──────────────┴──────────────
///
/// The linker says where the initial memory ends. memory.size would not do: by the first malloc,
/// other code may have grown memory for itself.
#include "port.h"

#if SEGFIT_PORT_WASI && defined(SEGFIT_MALLOC_UNIT)

#include "../../include/segfit/growable.h"

enum {
    PORT_PAGE = 65536,
};

/// With one page more, memory would end at an address that a pointer cannot hold.
#define PORT_MOST_PAGES (SIZE_MAX / PORT_PAGE)

extern unsigned char __heap_base;
/// Linkers before LLVM 15.0.7 do not define this symbol. Then the rest of the initial memory stays
/// unused.
extern unsigned char __heap_end __attribute__((weak));

/// True if the initial memory was given to malloc. With a prefix, the C library's own malloc is in
/// the program too, and owns the initial memory.
#if defined(SEGFIT_MALLOC_PREFIX)
static bool port_initial_taken = true;
#else
static bool port_initial_taken;
#endif

static size_t port_pages(void)
{
    // With threads, memory.size may be the size before another thread grew memory.
    return SEGFIT_THREADS ? __builtin_wasm_memory_grow(0, 0) : __builtin_wasm_memory_size(0);
}

/// Grows memory by at least `size` bytes. Returns how many, or 0.
static size_t port_grow_pages(size_t size)
{
    const size_t before = port_pages();
    const size_t pages = size / PORT_PAGE + (size % PORT_PAGE != 0);
    if (before > PORT_MOST_PAGES || pages > PORT_MOST_PAGES - before) {
        return 0;
    }
    // Other code may have grown memory at this moment, without malloc's lock: then the pages lie
    // elsewhere and stay unused.
    return __builtin_wasm_memory_grow(0, pages) == before ? pages * PORT_PAGE : 0;
}

static void *port_grow(void *context, size_t min_size, size_t *size)
{
    (void)context;
    const uintptr_t base = (uintptr_t)&__heap_base;
    const uintptr_t end = (uintptr_t)&__heap_end;
    const uintptr_t top = port_pages() * PORT_PAGE;
    // Uses the initial memory if it is large enough or if grown memory follows it; otherwise only
    // grown memory.
    const bool initial =
        !port_initial_taken && base < end && (end == top || end - base >= min_size);
    const size_t have = initial ? end - base : 0;
    const size_t grown = have < min_size ? port_grow_pages(min_size - have) : 0;
    *size = have + grown;
    if (*size < min_size) {
        return NULL;
    }
    port_initial_taken |= initial;
    return &__heap_base + (initial ? 0 : top - base);
}

static size_t port_extend(void *context, void *end, size_t min_size)
{
    (void)context;
    return port_pages() * PORT_PAGE == (uintptr_t)end ? port_grow_pages(min_size) : 0;
}

static const segfit_source_t port_source = {
    .grow = port_grow,
    .extend = port_extend,
    .growth_shift = SEGFIT_MALLOC_GROWTH_SHIFT,
    .zeroed = true,
};

#endif
