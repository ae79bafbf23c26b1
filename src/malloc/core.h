// SPDX-License-Identifier: MIT
/// Takes the core into malloc.c, so that the compiler sees malloc and its heap as one.
#ifndef SEGFIT_MALLOC_CORE_H
#define SEGFIT_MALLOC_CORE_H

#include "report.h"

#include "../core/heap.c"
#include "../core/limits.c"
#include "../core/pool.c"
#include "../core/growable.c"
#include "../core/inspect.c"
#include "../core/check.c"
#include "../core/panic.c"
#include "../core/libcalls.c"

#endif
