// SPDX-License-Identifier: MIT
/// Making a heap, for the library's other files.
#ifndef SEGFIT_INIT_H
#define SEGFIT_INIT_H

#include "compiler.h"
#include "link.h"
#include "pool.h"

// clang-format off
SEGFIT_LINK_INTERNAL(segfit__init)
// clang-format on

/// segfit_init, segfit_add_pool and segfit_extend_pool, the last two for memory that exists and is not in use: its
/// source says so. `old`: the memory may hold headers of an earlier heap's blocks. `zeroed`: it is all zero. A module
/// that never passes one of the two as true has no code for it.
SEGFIT_INTERNAL segfit_t *segfit__init(void *memory, size_t size, const segfit_options_t *options,
                                       bool zeroed, bool old);

#endif
