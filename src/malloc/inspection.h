// SPDX-License-Identifier: MIT
/// Lets the library's functions, in the same program, look into malloc's heap: see
/// core/inspection.h.
///
/// A linker for wasm leaves it out of a program that does not ask for the heap.
#ifndef SEGFIT_MALLOC_INSPECTION_H
#define SEGFIT_MALLOC_INSPECTION_H

#include "core.h"
#include "names.h"

#include "../core/inspection.h"

// Each function ignores the caller's heap and uses the constant: so the compiler still knows that
// the core has one heap, and leaves the argument out.

static void inspection_stats(const segfit_t *heap, segfit_stats_t *stats)
{
    (void)heap;
    segfit_stats(&process_storage.heap, stats);
}

static void inspection_reset_peaks(segfit_t *heap)
{
    (void)heap;
    segfit_reset_peaks(&process_storage.heap);
}

static size_t inspection_max_request(const segfit_t *heap)
{
    (void)heap;
    return segfit_max_request(&process_storage.heap);
}

static size_t inspection_max_alloc(const segfit_t *heap)
{
    (void)heap;
    return segfit_max_alloc(&process_storage.heap);
}

static size_t inspection_pool_size_to_contain(const segfit_t *heap, size_t size, size_t alignment)
{
    (void)heap;
    return segfit_pool_size_to_contain(&process_storage.heap, size, alignment);
}

/// Repeats segfit_usable_size, so that its one call in malloc stays the only one, which the
/// compiler then inlines.
static size_t inspection_usable_size(const segfit_t *heap, const void *ptr)
{
    (void)heap;
    return ptr != NULL && pointer_is_sound(&process_storage.heap, ptr) ? guard_bytes(block_of(ptr))
                                                                       : 0;
}

/// Defines a function with the heap and one more parameter.
#define INSPECTION_OF(type, name, parameter, argument)             \
    static type inspection_##name(const segfit_t *heap, parameter) \
    {                                                              \
        (void)heap;                                                \
        return segfit_##name(&process_storage.heap, argument);     \
    }

// clang-format off
INSPECTION_OF(segfit_fault_code_t, pointer_fault, const void *ptr, ptr)
INSPECTION_OF(size_t, block_size_for, size_t size, size)
INSPECTION_OF(size_t, class_of, size_t block_size, block_size)
INSPECTION_OF(size_t, class_size, size_t index, index)
INSPECTION_OF(bool, walk_next, segfit_walk_t *walk, walk)
INSPECTION_OF(bool, check, segfit_fault_t *fault, fault)
INSPECTION_OF(bool, pool_is_empty, const void *memory, memory)
// clang-format on

const inspection_t INSPECTION_OF_MALLOC = {
    .heap = &process_storage.heap,
    .stats = inspection_stats,
    .reset_peaks = inspection_reset_peaks,
    .walk_next = inspection_walk_next,
    .pointer_fault = inspection_pointer_fault,
    .block_size_for = inspection_block_size_for,
    .class_of = inspection_class_of,
    .class_size = inspection_class_size,
    .check = inspection_check,
    .usable_size = inspection_usable_size,
    .max_request = inspection_max_request,
    .max_alloc = inspection_max_alloc,
    .pool_is_empty = inspection_pool_is_empty,
    .pool_size_to_contain = inspection_pool_size_to_contain,
};

const segfit_layout_t *segfit_malloc_layout(void)
{
    return &segfit_layout;
}

/// Strong on every platform: two mallocs of this kind in one program, compiled with different
/// settings or prefixes, do not link, and this name is in the linker's message.
extern __typeof__(segfit_malloc_layout)
    segfit__only_one_malloc_in_a_program PROCESS_STRONG_ALIAS(segfit_malloc_layout);

// clang-format off
SEGFIT_PUBLISH_MALLOC(segfit_malloc_heap) SEGFIT_PUBLISH_MALLOC(segfit_malloc_layout)
SEGFIT_PUBLISH_MALLOC(segfit_malloc_stats) SEGFIT_PUBLISH_MALLOC(segfit_malloc_check)
SEGFIT_PUBLISH_MALLOC(segfit_malloc_reserve) SEGFIT_PUBLISH_MALLOC(segfit_malloc_flush)
// clang-format on

#endif
