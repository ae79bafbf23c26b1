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

/// As segfit_init, for memory that exists and is not in use. `old`: the memory may hold headers of
/// an earlier heap's blocks. `zeroed`: it is all zero. A module that never passes true for one of
/// the two contains no code for it.
SEGFIT_INTERNAL segfit_t *segfit__init(void *memory, size_t size, const segfit_options_t *options,
                                       bool zeroed, bool old);

#endif
