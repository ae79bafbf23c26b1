// SPDX-License-Identifier: MIT
/// The process-wide malloc as a module of its own, for the visualizer. The calls of a program run
/// through it, with its cache or, with -DSEGFIT_CACHE=0, without. The page decodes its heap in
/// place.
///
/// It has static memory, so that a memory holds one instance. Each run makes a new one.
#define SEGFIT_MALLOC 1

#include "../malloc/malloc.c"

#define EXPORT_AS(name) __attribute__((export_name(#name)))

/// The address of malloc's heap, for the page to decode.
EXPORT_AS(watched_heap) uintptr_t watched_heap(void)
{
    return (uintptr_t)segfit_malloc_heap();
}

/// Writes `segfit_layout` to `out`: field by field, so that it is code and not data.
EXPORT_AS(watched_layout) void watched_layout(uint32_t *out)
{
#define X(name, text) *out++ = segfit_layout.name;
    SEGFIT_LAYOUT_FIELDS(X)
#undef X
}

/// The payload of the cached block behind `ptr`, or of the first cached block for NULL; NULL behind
/// the last. To the heap, cached blocks are in use.
EXPORT_AS(watched_cached) void *watched_cached(const void *ptr)
{
#if SEGFIT_CACHE > 0
    size_t index = CACHE_FIRST_BIN;
    if (ptr != NULL) {
        const cached_t *const cached = ptr;
        if (cached->next != NULL) {
            return cached->next;
        }
        index = (block_size(block_of((void *)(uintptr_t)ptr)) >> ALIGN_LOG2) + 1U;
    }
    for (; index < CACHE_BINS; index++) {
        if (own_cache()->bins[index].first != NULL) {
            return own_cache()->bins[index].first;
        }
    }
#else
    (void)ptr;
#endif
    return NULL;
}
