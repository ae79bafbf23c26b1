// SPDX-License-Identifier: MIT
/// The port to Emscripten: takes memory by sbrk, which others may call as well.
///
/// It never executes memory.grow, since only sbrk makes JavaScript renew its views of memory. It
/// asks for memory up to the end of a page, which exists anyway, and no further: JavaScript's own
/// growth step is generous already.
#include "port.h"

#if SEGFIT_PORT_EMSCRIPTEN && defined(SEGFIT_MALLOC_UNIT)

#include "../../include/segfit/growable.h"
#include "sbrk.h"

enum {
    PORT_PAGE = 65536,
};

/// Raises the break from `start`, where it is, by at least `min_size` bytes to a page's end.
/// Returns by how many, or 0.
static size_t port_raise(uintptr_t start, size_t min_size)
{
    // The break cannot be 4 GB; an increment beyond the address space would act as a negative one.
    const uintptr_t highest = UINTPTR_MAX - (PORT_PAGE - 1U);
    if (start > highest || min_size > highest - start) {
        return 0;
    }
    const uintptr_t end = (start + min_size + (PORT_PAGE - 1U)) & ~(uintptr_t)(PORT_PAGE - 1U);
    const size_t size = end - start;
    return end < start || (uintptr_t)sbrk((intptr_t)size) != start ? 0 : size;
}

static void *port_grow(void *context, size_t min_size, size_t *size)
{
    (void)context;
    char *const start = (char *)sbrk(0);
    *size = port_raise((uintptr_t)start, min_size);
    return *size != 0 ? start : NULL;
}

static size_t port_extend(void *context, void *end, size_t min_size)
{
    (void)context;
    return sbrk(0) == end ? port_raise((uintptr_t)end, min_size) : 0;
}

static const segfit_source_t port_source = {
    .grow = port_grow,
    .extend = port_extend,
    .growth_shift = SEGFIT_MALLOC_GROWTH_SHIFT,
    .zeroed = SEGFIT_MALLOC_SBRK_ZEROED,
};

#endif
