// SPDX-License-Identifier: MIT
/// Looking into a heap that other code manages: malloc's, which has settings of its own.
///
/// A malloc and a library in one program may differ in alignment, checks and all else, and the key under which
/// level 3 writes headers is each one's own. So the object that is the malloc brings the functions that read its
/// heap, and the library's functions of that name hand that heap over to them.
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

/// malloc.c defines it, and the library has a weak reference. Seen outside, since a shared library with a
/// libsegfit.a of its own may ask for the heap of the program's malloc.
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
