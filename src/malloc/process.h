// SPDX-License-Identifier: MIT
/// The heap behind malloc: one growable heap in static storage, over the memory source of the port.
#ifndef SEGFIT_MALLOC_PROCESS_H
#define SEGFIT_MALLOC_PROCESS_H

#include "settings.h"

#include "../core/link.h"

#include "../../include/segfit/growable.h"
#include "../../include/segfit/malloc.h"
#include "../core/compiler.h"
#include "../core/config.h"
#include "../port/emscripten.c"
#include "../port/posix.c"
#include "../port/static.c"
#include "../port/wasi.c"

/// The heap. It starts as zeros, which take no bytes in the program's file. Zeros and the fixed
/// geometry are an empty heap for every function but those that inspect it; process_heap fills in
/// the fields that these read.
static union {
    segfit_t heap;
    unsigned char control[SEGFIT_CONTROL_SIZE(SEGFIT_FIXED_ROWS, 1U << SEGFIT_FIXED_COLUMNS_LOG2)];
} process_storage;

static segfit_growable_t process = SEGFIT_GROWABLE_INITIALIZER(&process_storage.heap, &port_source);

/// Returns the heap with its geometry filled in, for the functions that inspect a heap.
static inline const segfit_t *process_heap(void)
{
    segfit_t *const heap = &process_storage.heap;
    heap->rows = SEGFIT_FIXED_ROWS;
    heap->columns_log2 = SEGFIT_FIXED_COLUMNS_LOG2;
    heap->policy = SEGFIT_FIXED_POLICY;
    heap->heads_offset = SEGFIT_HEADS_OFFSET(SEGFIT_FIXED_ROWS);
    return heap;
}

#endif
