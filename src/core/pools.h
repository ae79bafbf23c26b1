// SPDX-License-Identifier: MIT
/// Pools by their record, for the library's other files.
#ifndef SEGFIT_POOLS_H
#define SEGFIT_POOLS_H

#include "compiler.h"
#include "link.h"
#include "pool.h"

// clang-format off
SEGFIT_LINK_INTERNAL(segfit__add_pool) SEGFIT_LINK_INTERNAL(segfit__extend)
SEGFIT_LINK_INTERNAL(segfit__pool_of) SEGFIT_LINK_INTERNAL(segfit__clear)
// clang-format on

/// As segfit_add_pool, for memory that exists and is not in use. `old`: the memory may hold headers
/// of an earlier heap's blocks. `zeroed`: it is all zero.
SEGFIT_INTERNAL size_t segfit__add_pool(segfit_t *heap, void *memory, size_t size, bool zeroed,
                                        bool old);

/// As segfit_extend_pool, with the same conditions.
SEGFIT_INTERNAL size_t segfit__extend(segfit_t *heap, pool_t *pool, size_t size, bool zeroed,
                                      bool old);

/// The record of the pool that was added at `memory`, or NULL.
SEGFIT_INTERNAL pool_t *segfit__pool_of(const segfit_t *heap, const void *memory);

/// Empties the free index.
SEGFIT_INTERNAL void segfit__clear(segfit_t *heap);

#endif
