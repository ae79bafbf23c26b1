// SPDX-License-Identifier: MIT
/// The functions of malloc's family that are made of others.
#ifndef SEGFIT_MALLOC_SURFACE_H
#define SEGFIT_MALLOC_SURFACE_H

#include "core.h"
#include "functions.h"

PROCESS_OFFERED void *process_reallocarray(void *ptr, size_t count, size_t size)
{
    return process_realloc(ptr, size_product(count, size));
}

/// A multiple of every page size in use.
enum {
    PROCESS_PAGE = 65536,
};

PROCESS_OFFERED void *process_valloc(size_t size)
{
    return process_aligned_alloc(PROCESS_PAGE, size);
}

PROCESS_OFFERED void *process_pvalloc(size_t size)
{
    const size_t missing = missing_to(size, PROCESS_PAGE);
    return process_aligned_alloc(PROCESS_PAGE,
                                 missing > SIZE_MAX - size ? SIZE_MAX : size + missing);
}

/// Frees a block for a caller who knows its alignment and size. At level 1 and above, checks them
/// as well.
PROCESS_OFFERED void process_free_aligned_sized(void *ptr, size_t alignment, size_t size)
{
#if SEGFIT_CHECK >= 1
    if (ptr != NULL) {
        const size_t usable = process_usable_size(ptr);
        if (usable == 0) {
            return;
        }
        const bool misaligned = (address_of(ptr) & (alignment - 1U)) != 0;
        if (SEGFIT_UNLIKELY(misaligned || size > usable)) {
            segfit_panic(misaligned ? SEGFIT_MISALIGNED : SEGFIT_NOT_A_BLOCK, &process_storage.heap,
                         ptr);
            return;
        }
    }
#else
    (void)alignment;
    (void)size;
#endif
    process_free(ptr);
}

PROCESS_OFFERED void process_free_sized(void *ptr, size_t size)
{
    process_free_aligned_sized(ptr, 1, size);
}

#endif
