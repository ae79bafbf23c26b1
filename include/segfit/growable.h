// SPDX-License-Identifier: MIT
/// A heap that takes more memory from a source when a request does not fit.
///
///     SEGFIT_STATIC_HEAP(storage, 24, 16);
///     static const segfit_source_t source = {.grow = take_pages};
///     static segfit_growable_t heap = SEGFIT_GROWABLE_INITIALIZER(&storage.heap, &source);
///
///     void *bytes = segfit_growable_alloc(&heap, 100);
///     segfit_growable_free(&heap, bytes);
///
/// If the last pool ends in a free block, the heap asks only for the bytes that this block lacks,
/// not for the whole request. It extends the last pool if the new memory follows it. Otherwise it
/// adds another pool, for instance because other code took memory from the same source in between.
#ifndef SEGFIT_GROWABLE_H
#define SEGFIT_GROWABLE_H

#include "../segfit.h"

#ifdef __cplusplus
extern "C" {
#endif

// clang-format off
SEGFIT_LINK(segfit_growable_alloc) SEGFIT_LINK(segfit_growable_alloc_aligned)
SEGFIT_LINK(segfit_growable_calloc) SEGFIT_LINK(segfit_growable_realloc)
SEGFIT_LINK(segfit_growable_realloc_aligned) SEGFIT_LINK(segfit_growable_free)
SEGFIT_LINK(segfit_growable_reserve) SEGFIT_LINK(segfit_growable_trim)
SEGFIT_LINK(segfit_growable_destroy)
// clang-format on

/// The functions that a heap takes its memory from. Every member except `grow` may be 0 or NULL.
///
/// Regions should begin and end at multiples of SEGFIT_ALIGN. A region that does not still works,
/// but up to SEGFIT_ALIGN − 1 bytes at its end stay unused, and it cannot be extended or joined
/// with the region behind it.
typedef struct segfit_source {
    /// Returns a region of at least `min_size` bytes and stores its length in `*size`, or returns
    /// NULL. If the region begins where the last one ended, the heap joins the two into one pool.
    void *(*grow)(void *context, size_t min_size, size_t *size);
    /// Adds at least `min_size` bytes at `end`, the end of the last region. Returns how many bytes
    /// it added, or 0 if it cannot.
    size_t (*extend)(void *context, void *end, size_t min_size);
    /// Takes a pool back: a region from `grow` together with all bytes that `extend` added, except
    /// unused bytes at its end.
    ///
    /// Joined regions come back as one pool. A region larger than the heap's largest block was
    /// divided into several pools, and each comes back by itself. To avoid that, let `grow` return
    /// no more than it was asked for.
    void (*release)(void *context, void *memory, size_t size);
    /// The first argument of each function.
    void *context;
    /// The step of growth: at least the heap's capacity, shifted right by this number (2: a
    /// quarter). If the source refuses such a step, the heap asks for exactly what it needs. With 0
    /// it always does. Less than the number of bits in a word.
    unsigned growth_shift;
    /// True if the source's memory is all zero, so that segfit_growable_calloc need not clear it.
    bool zeroed;
} segfit_source_t;

/// A heap and its source. The members are private.
typedef struct segfit_growable {
    segfit_t *heap;
    const segfit_source_t *source;
    /// The address of the pool that grew last, or NULL.
    void *last;
} segfit_growable_t;

/// The initialiser of a growable heap, over a heap from SEGFIT_STATIC_HEAP or segfit_init_empty.
#define SEGFIT_GROWABLE_INITIALIZER(heap, source) \
    {                                             \
        (heap), (source), NULL                    \
    }

/// Like segfit_alloc, but takes more memory from the source if nothing fits. NULL means that the
/// source had no more either. Constant time, unless the heap grows.
SEGFIT_API void *segfit_growable_alloc(segfit_growable_t *growable, size_t size);

/// Like segfit_alloc_aligned, and grows like segfit_growable_alloc.
SEGFIT_API void *segfit_growable_alloc_aligned(segfit_growable_t *growable, size_t alignment,
                                               size_t size);

/// Like segfit_calloc, and grows like segfit_growable_alloc.
SEGFIT_API void *segfit_growable_calloc(segfit_growable_t *growable, size_t count, size_t size);

/// Like segfit_realloc, and grows like segfit_growable_alloc. If the source can extend the last
/// pool, the block at its end grows in place.
SEGFIT_API void *segfit_growable_realloc(segfit_growable_t *growable, void *ptr, size_t size);

/// Like segfit_realloc_aligned, and grows like segfit_growable_realloc.
SEGFIT_API void *segfit_growable_realloc_aligned(segfit_growable_t *growable, void *ptr,
                                                 size_t alignment, size_t size);

/// Like segfit_free. The memory stays with the heap until segfit_growable_trim.
SEGFIT_API void segfit_growable_free(segfit_growable_t *growable, void *ptr);

/// Grows the heap, if necessary, until an allocation of `size` bytes is guaranteed to succeed.
/// Returns false if the source has no more memory.
SEGFIT_API bool segfit_growable_reserve(segfit_growable_t *growable, size_t size);

/// Gives every pool without a used block back to the source. Returns how many bytes it gave back; 0
/// if the source has no `release`. Quadratic in pools.
SEGFIT_API size_t segfit_growable_trim(segfit_growable_t *growable);

/// Frees all blocks and gives all pools back to the source. Afterwards the heap is empty and
/// usable.
SEGFIT_API void segfit_growable_destroy(segfit_growable_t *growable);

#ifdef __cplusplus
}
#endif

#endif
