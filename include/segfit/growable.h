// SPDX-License-Identifier: MIT
/// A heap that asks a source for more memory when nothing fits.
///
///     SEGFIT_STATIC_HEAP(storage, 24, 16);
///     static const segfit_source_t source = {.grow = take_pages};
///     static segfit_growable_t heap = SEGFIT_GROWABLE_INITIALIZER(&storage.heap, &source);
///
///     void *bytes = segfit_growable_alloc(&heap, 100);
///     segfit_growable_free(&heap, bytes);
///
/// Growth asks for what is missing behind the free block at the last pool's end, not for the whole
/// request; it extends that pool where the new memory follows it, and makes another pool where it
/// does not, for instance because somebody else took memory from the same source in between.
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

/// Where memory comes from. Every member but `grow` may be 0 or NULL.
///
/// Regions begin and end at multiples of SEGFIT_ALIGN. If one does not, all still works, but up to
/// SEGFIT_ALIGN − 1 bytes at its end stay unused, and it can be neither extended nor joined.
typedef struct segfit_source {
    /// Returns a region of at least `min_size` bytes and stores its length in `*size`, or returns
    /// NULL. The region may begin where the last one ended: then the two become one.
    void *(*grow)(void *context, size_t min_size, size_t *size);
    /// Makes at least `min_size` bytes available from `end` on, the end of the last region, and
    /// returns how many, or 0 when it cannot.
    size_t (*extend)(void *context, void *end, size_t min_size);
    /// Takes back a pool: a region that `grow` gave, with all that `extend` added, but for bytes at its end
    /// that stayed unused. Regions that became one go back as one. A region larger than the heap's largest
    /// block became several pools, and each goes back by itself; `grow` avoids that by giving at most
    /// what it is asked for.
    void (*release)(void *context, void *memory, size_t size);
    /// Handed to each function.
    void *context;
    /// Asks for at least the heap's capacity shifted right by this, if the source can; when it
    /// cannot, for exactly what is needed. Less than a word has bits. 0: always exactly what is needed.
    unsigned growth_shift;
    /// True if the memory is all zero when it comes: segfit_growable_calloc need not clear it.
    bool zeroed;
} segfit_source_t;

/// A heap and its source. Members are private.
typedef struct segfit_growable {
    segfit_t *heap;
    const segfit_source_t *source;
    /// The pool that grew last, as its address was given to segfit_add_pool.
    void *last;
} segfit_growable_t;

/// A growable heap as an initialiser, over a heap from SEGFIT_STATIC_HEAP or segfit_init_empty.
#define SEGFIT_GROWABLE_INITIALIZER(heap, source) \
    {                                             \
        (heap), (source), NULL                    \
    }

/// As segfit_alloc; NULL means that the source had no more either. Constant time, unless it grows.
SEGFIT_API void *segfit_growable_alloc(segfit_growable_t *growable, size_t size);

/// As segfit_alloc_aligned.
SEGFIT_API void *segfit_growable_alloc_aligned(segfit_growable_t *growable, size_t alignment,
                                               size_t size);

/// As segfit_calloc.
SEGFIT_API void *segfit_growable_calloc(segfit_growable_t *growable, size_t count, size_t size);

/// As segfit_realloc; the block at the heap's end grows in place where the source extends.
SEGFIT_API void *segfit_growable_realloc(segfit_growable_t *growable, void *ptr, size_t size);

/// As segfit_realloc_aligned.
SEGFIT_API void *segfit_growable_realloc_aligned(segfit_growable_t *growable, void *ptr,
                                                 size_t alignment, size_t size);

/// As segfit_free. Memory stays with the heap until segfit_growable_trim.
SEGFIT_API void segfit_growable_free(segfit_growable_t *growable, void *ptr);

/// Grows ahead until a request of `size` bytes is sure to succeed. False if the source cannot.
SEGFIT_API bool segfit_growable_reserve(segfit_growable_t *growable, size_t size);

/// Gives every pool without a used block back to the source; returns how many bytes. 0 if the source
/// has no `release`. Quadratic in pools.
SEGFIT_API size_t segfit_growable_trim(segfit_growable_t *growable);

/// Gives all pools back, whatever is in use: the heap is empty afterwards and can be used again.
SEGFIT_API void segfit_growable_destroy(segfit_growable_t *growable);

#ifdef __cplusplus
}
#endif

#endif
