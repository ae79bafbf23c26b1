// SPDX-License-Identifier: MIT
/// Requests for the library's other files. These count no failure, since the caller has another
/// way.
#ifndef SEGFIT_ALLOC_H
#define SEGFIT_ALLOC_H

#include "compiler.h"
#include "link.h"
#include "pool.h"

// clang-format off
SEGFIT_LINK_INTERNAL(segfit__try_alloc) SEGFIT_LINK_INTERNAL(segfit__try_alloc_aligned)
SEGFIT_LINK_INTERNAL(segfit__try_calloc) SEGFIT_LINK_INTERNAL(segfit__try_realloc)
SEGFIT_LINK_INTERNAL(segfit__release) SEGFIT_LINK_INTERNAL(segfit__merge)
SEGFIT_LINK_INTERNAL(segfit__fail)
// clang-format on

/// As segfit_alloc.
SEGFIT_INTERNAL void *segfit__try_alloc(segfit_t *heap, size_t size);

/// As segfit_alloc_aligned, for an alignment that is a power of two.
SEGFIT_INTERNAL void *segfit__try_alloc_aligned(segfit_t *heap, size_t alignment, size_t size);

/// As segfit_calloc, for a product that does not overflow.
SEGFIT_INTERNAL void *segfit__try_calloc(segfit_t *heap, size_t bytes);

/// As segfit_realloc_aligned, for a live block and an alignment that is a power of two.
SEGFIT_INTERNAL void *segfit__try_realloc(segfit_t *heap, void *ptr, size_t alignment, size_t size);

/// Frees a used block. At level 2 and above, reports an overwritten neighbour and frees nothing.
SEGFIT_INTERNAL void segfit__release(segfit_t *heap, block_t *block);

/// Merges a block that its neighbours count as used with free neighbours, and puts the result into
/// the index.
SEGFIT_INTERNAL void segfit__merge(segfit_t *heap, block_t *block);

/// Counts a request that failed in the end. Returns NULL.
SEGFIT_INTERNAL void *segfit__fail(segfit_t *heap, size_t size);

#endif
