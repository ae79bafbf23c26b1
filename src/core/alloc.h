// SPDX-License-Identifier: MIT
/// What the library's files use of one another: requests that are not counted as failed, since their
/// caller has another way, and pools by their record.
#ifndef SEGFIT_ALLOC_H
#define SEGFIT_ALLOC_H

#include "block.h"
#include "link.h"

// clang-format off
SEGFIT_LINK_INTERNAL(segfit__try_alloc) SEGFIT_LINK_INTERNAL(segfit__try_alloc_aligned)
SEGFIT_LINK_INTERNAL(segfit__try_calloc) SEGFIT_LINK_INTERNAL(segfit__try_realloc)
SEGFIT_LINK_INTERNAL(segfit__release) SEGFIT_LINK_INTERNAL(segfit__merge)
SEGFIT_LINK_INTERNAL(segfit__fail) SEGFIT_LINK_INTERNAL(segfit__wanted)
SEGFIT_LINK_INTERNAL(segfit__sure) SEGFIT_LINK_INTERNAL(segfit__largest)
SEGFIT_LINK_INTERNAL(segfit__add_pool) SEGFIT_LINK_INTERNAL(segfit__extend)
SEGFIT_LINK_INTERNAL(segfit__pool_of) SEGFIT_LINK_INTERNAL(segfit__clear)
// clang-format on

/// As segfit_alloc.
SEGFIT_INTERNAL void *segfit__try_alloc(segfit_t *heap, size_t size);

/// As segfit_alloc_aligned, for an alignment that is a power of two.
SEGFIT_INTERNAL void *segfit__try_alloc_aligned(segfit_t *heap, size_t alignment, size_t size);

/// As segfit_calloc, for a product that does not overflow.
SEGFIT_INTERNAL void *segfit__try_calloc(segfit_t *heap, size_t bytes);

/// As segfit_realloc_aligned, for a live block and an alignment that is a power of two.
SEGFIT_INTERNAL void *segfit__try_realloc(segfit_t *heap, void *ptr, size_t alignment, size_t size);

/// Frees a used block; nothing is done if a free one beside it was overwritten and this build checks that.
SEGFIT_INTERNAL void segfit__release(segfit_t *heap, block_t *block);

/// Puts a block that its neighbours take for used into the index, merged with those that are free.
SEGFIT_INTERNAL void segfit__merge(segfit_t *heap, block_t *block);

/// Makes sense of a request that failed in the end: counts it. Returns NULL.
SEGFIT_INTERNAL void *segfit__fail(segfit_t *heap, size_t size);

/// The block size that a request needs, or 0 if no block of this heap can have it.
SEGFIT_INTERNAL size_t segfit__wanted(const segfit_t *heap, size_t size);

/// The size of a free block that is found and surely holds a request; 0 as segfit__wanted.
SEGFIT_INTERNAL size_t segfit__sure(const segfit_t *heap, size_t alignment, size_t size);

/// The most block bytes that one pool can have.
SEGFIT_INTERNAL size_t segfit__largest(const segfit_t *heap);

/// segfit_init, segfit_add_pool and segfit_extend_pool, the last two for memory that exists and is not in use: its
/// source says so. `old`: the memory may hold headers of an earlier heap's blocks. `zeroed`: it is all zero. A module
/// that never passes one of the two as true has no code for it.
SEGFIT_INTERNAL segfit_t *segfit__init(void *memory, size_t size, const segfit_options_t *options,
                                       bool zeroed, bool old);
SEGFIT_INTERNAL size_t segfit__add_pool(segfit_t *heap, void *memory, size_t size, bool zeroed,
                                        bool old);
SEGFIT_INTERNAL size_t segfit__extend(segfit_t *heap, pool_t *pool, size_t size, bool zeroed,
                                      bool old);

/// The record of the pool that was added at `memory`, or NULL.
SEGFIT_INTERNAL pool_t *segfit__pool_of(const segfit_t *heap, const void *memory);

/// Empties the free index.
SEGFIT_INTERNAL void segfit__clear(segfit_t *heap);

#endif
