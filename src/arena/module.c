// SPDX-License-Identifier: MIT
/// The WebAssembly module of `segfit/core`: the core and its exports, compiled as one unit. Builds
/// without events contain the arenas of Pool as well.
///
/// It has no logic of its own, and no state. Everything lies in the imported memory, so that any
/// number of instances can work on one memory. For the same reason it has no data segment and no
/// shadow stack. Structures that the core takes come in as plain numbers; structures that it
/// returns go to memory of the caller.
#include "../../include/segfit/inspect.h"
#include "../core/compiler.h"
#include "arena_exports.h"

#define IMPORT(name) \
    extern __typeof__(name) name __attribute__((import_module("env"), import_name(#name)))
#define EXPORT_AS(name) __attribute__((export_name(#name)))
#define EXPORT(name) extern __typeof__(name) name EXPORT_AS(name)

/// Throws in JavaScript, so that a call with a bad pointer ends before it changes anything.
IMPORT(segfit_panic);
#if SEGFIT_EVENTS
IMPORT(segfit_event);
#endif

// The compiler takes these attributes only before the definitions.
EXPORT(segfit_add_pool);
EXPORT(segfit_extend_pool);
EXPORT(segfit_pool_is_empty);
EXPORT(segfit_remove_pool);
EXPORT(segfit_pool_size_to_contain);
EXPORT(segfit_reset);

EXPORT(segfit_alloc);
EXPORT(segfit_alloc_aligned);
EXPORT(segfit_calloc);
EXPORT(segfit_realloc);
EXPORT(segfit_realloc_aligned);
EXPORT(segfit_resize);
EXPORT(segfit_free);
EXPORT(segfit_usable_size);

EXPORT(segfit_max_request);
EXPORT(segfit_max_alloc);
EXPORT(segfit_block_size_for);
EXPORT(segfit_class_of);
EXPORT(segfit_class_size);

EXPORT(segfit_stats);
EXPORT(segfit_reset_peaks);
EXPORT(segfit_walk_next);
EXPORT(segfit_pointer_fault);
EXPORT(segfit_check);

/// segfit_init with its options as plain arguments; 0 takes the default.
EXPORT_AS(segfit_init)
segfit_t *module_init(void *memory, size_t size, unsigned rows, unsigned columns, size_t largest,
                      segfit_policy_t policy);

/// Writes `segfit_layout` to `out`: field by field, so that it is code and not data.
EXPORT_AS(segfit_describe)
void module_describe(uint32_t *out);

#include "../core/alloc.c"
// Functions that are called seldom are compiled for size: a third of the module's bytes.
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#include "../core/limits.c"
#include "../core/init.c"
#include "../core/pools.c"
#include "../core/inspect.c"
#include "../core/check.c"
#pragma clang attribute pop

#if !SEGFIT_EVENTS
#include "arena.c"
#endif

__attribute__((noinline)) segfit_t *module_make(void *memory, size_t size, unsigned rows,
                                                unsigned columns, size_t largest,
                                                segfit_policy_t policy, bool clean)
{
    const segfit_options_t options = {rows, columns, largest, policy, false};
    return segfit__init(memory, size, &options, false, !clean);
}

segfit_t *module_init(void *memory, size_t size, unsigned rows, unsigned columns, size_t largest,
                      segfit_policy_t policy)
{
    return module_make(memory, size, rows, columns, largest, policy, false);
}

void module_describe(uint32_t *out)
{
#define X(name, text) *out++ = segfit_layout.name;
    SEGFIT_LAYOUT_FIELDS(X)
#undef X
}
