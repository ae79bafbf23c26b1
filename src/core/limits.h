// SPDX-License-Identifier: MIT
/// Sizes of blocks that a request needs and a pool can have, for the library's other files.
#ifndef SEGFIT_LIMITS_H
#define SEGFIT_LIMITS_H

#include "compiler.h"
#include "link.h"
#include "pool.h"

// clang-format off
SEGFIT_LINK_INTERNAL(segfit__wanted) SEGFIT_LINK_INTERNAL(segfit__sure)
SEGFIT_LINK_INTERNAL(segfit__largest)
// clang-format on

/// The block size that a request needs, or 0 if no block of this heap can have it.
SEGFIT_INTERNAL size_t segfit__wanted(const segfit_t *heap, size_t size);

/// The size of a free block that a search surely finds and that holds the request; 0 if no block of
/// this heap can.
SEGFIT_INTERNAL size_t segfit__sure(const segfit_t *heap, size_t alignment, size_t size);

/// The most block bytes that one pool can have.
SEGFIT_INTERNAL size_t segfit__largest(const segfit_t *heap);

#endif
