// SPDX-License-Identifier: MIT
/// Reading a heap of other code: malloc's, which has settings of its own.
///
/// A malloc and a library in one program may differ in alignment, level of checks and all other
/// settings, and each has its own key for encoded headers. So malloc brings functions that read its
/// heap, and the library's functions of the same names pass that heap on to them.
#ifndef SEGFIT_INSPECTION_H
#define SEGFIT_INSPECTION_H

#include "../../include/segfit/inspect.h"
#include "compiler.h"
#include "link.h"

/// The functions that read the heap behind malloc.
typedef struct inspection {
    const segfit_t *heap;
    void (*stats)(const segfit_t *heap, segfit_stats_t *stats);
    void (*reset_peaks)(segfit_t *heap);
    bool (*walk_next)(const segfit_t *heap, segfit_walk_t *walk);
    segfit_fault_code_t (*pointer_fault)(const segfit_t *heap, const void *ptr);
    size_t (*block_size_for)(const segfit_t *heap, size_t size);
    size_t (*class_of)(const segfit_t *heap, size_t block_size);
    size_t (*class_size)(const segfit_t *heap, size_t index);
    bool (*check)(const segfit_t *heap, segfit_fault_t *fault);
    size_t (*usable_size)(const segfit_t *heap, const void *ptr);
    size_t (*max_request)(const segfit_t *heap);
    size_t (*max_alloc)(const segfit_t *heap);
    bool (*pool_is_empty)(const segfit_t *heap, const void *memory);
    size_t (*pool_size_to_contain)(const segfit_t *heap, size_t size, size_t alignment);
} inspection_t;

/// Defined by malloc.c; the library has a weak reference. It is visible outside of a shared
/// library, which may contain its own libsegfit.a and be given the heap of the program's malloc.
#define INSPECTION_OF_MALLOC SEGFIT_SETTINGS_VERSIONED(segfit__inspection_of_malloc)
extern const inspection_t INSPECTION_OF_MALLOC __attribute__((visibility("default")));

#if SEGFIT_IS_LINKED && SEGFIT_SERVES_MALLOC
SEGFIT_LINK_INTERNAL(segfit__inspection_of)

/// The functions for `heap`, or NULL if this library manages it.
SEGFIT_INTERNAL const inspection_t *segfit__inspection_of(const segfit_t *heap);
#else
static inline const inspection_t *segfit__inspection_of(const segfit_t *heap)
{
    (void)heap;
    return NULL;
}
#endif

#endif
