// SPDX-License-Identifier: MIT
/// The functions that Emscripten's dlmalloc adds to the C library's. If they were missing, a
/// program that calls one would link that malloc too, and use two heaps.
#ifndef SEGFIT_MALLOC_DLMALLOC_H
#define SEGFIT_MALLOC_DLMALLOC_H

#include "errors.h"
#include "functions.h"
#include "policy.h"

#if SEGFIT_NAMES_EMSCRIPTEN && !defined(SEGFIT_MALLOC_PREFIX)
PROCESS_OFFERED size_t process_malloc_footprint(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.capacity + stats.overhead;
}

/// There is no limit, and none can be set.
PROCESS_OFFERED size_t process_malloc_footprint_limit(void)
{
    return SIZE_MAX;
}

PROCESS_OFFERED size_t process_malloc_set_footprint_limit(size_t bytes)
{
    (void)bytes;
    return SIZE_MAX;
}

/// Returns `ptr` if the block could be resized in place; NULL if not, and then nothing changed.
PROCESS_OFFERED void *process_realloc_in_place(void *ptr, size_t size)
{
    // process_usable_size reports a pointer to no live block, and returns 0 if segfit_panic
    // returns.
    const bool sound = ptr != NULL && process_usable_size(ptr) != 0;
    policy_enter();
    const bool resized = sound && segfit_resize(&process_storage.heap, ptr, size);
    policy_leave();
    return process_result(resized ? ptr : NULL);
}

PROCESS_OFFERED size_t process_bulk_free(void **ptrs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        process_free(ptrs[i]);
        ptrs[i] = NULL;
    }
    return 0;
}

/// Fills `ptrs`, or an array that it allocates, with `count` blocks of `sizes[i]` bytes, or of
/// `size` zeros if `sizes` is NULL. If one of them fails, frees the others and returns NULL.
static void **process_independent(size_t count, const size_t *sizes, size_t size, void **ptrs)
{
    void **const all = ptrs != NULL ? ptrs : (void **)process_calloc(count, sizeof *ptrs);
    if (all == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        all[i] = sizes == NULL ? process_calloc(1, size) : process_alloc(sizes[i]);
        if (all[i] == NULL) {
            process_bulk_free(all, i);
            process_free(ptrs == NULL ? all : NULL);
            return (void **)process_result(NULL);
        }
    }
    return all;
}

PROCESS_OFFERED void **process_independent_calloc(size_t count, size_t size, void **ptrs)
{
    return process_independent(count, NULL, size, ptrs);
}

PROCESS_OFFERED void **process_independent_comalloc(size_t count, const size_t *sizes, void **ptrs)
{
    return process_independent(count, sizes, 0, ptrs);
}
#endif

#endif
