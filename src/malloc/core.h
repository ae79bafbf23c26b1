// SPDX-License-Identifier: MIT
/// Takes the core into malloc.c, so that the compiler sees malloc and its heap as one.
#ifndef SEGFIT_MALLOC_CORE_H
#define SEGFIT_MALLOC_CORE_H

#include "report.h"

#include "../core/alloc.c"
#include "../core/limits.c"
#include "../core/init.c"
#include "../core/pools.c"
#include "../core/growable.c"
#include "../core/inspect.c"
#include "../core/inspection.c"
#include "../core/check.c"
#include "../core/panic.c"
#include "../core/libcalls.c"

// The ranges of the knobs that malloc alone has.
SEGFIT_KNOB(SEGFIT_MALLOC, 0, 1);
SEGFIT_KNOB(SEGFIT_MALLOC_STATIC_SIZE, 0, PTRDIFF_MAX);
SEGFIT_KNOB(SEGFIT_MALLOC_GROWTH_SHIFT, 0, 63);
SEGFIT_KNOB(SEGFIT_MALLOC_SBRK_ZEROED, 0, 1);
SEGFIT_KNOB(SEGFIT_MALLOC_RESERVE, 65536, PTRDIFF_MAX);
SEGFIT_KNOB(SEGFIT_MALLOC_ERRNO, 0, 1);
SEGFIT_KNOB(SEGFIT_MALLOC_EXHAUSTED, 0, 1);

#endif
