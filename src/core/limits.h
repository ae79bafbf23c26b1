// SPDX-License-Identifier: MIT
/// How large blocks can and must be, for the library's other files.
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

/// The size of a free block that is found and surely holds a request; 0 as segfit__wanted.
SEGFIT_INTERNAL size_t segfit__sure(const segfit_t *heap, size_t alignment, size_t size);

/// The most block bytes that one pool can have.
SEGFIT_INTERNAL size_t segfit__largest(const segfit_t *heap);

#endif
