// SPDX-License-Identifier: MIT
/// The WebAssembly module that is inlined into the npm package: the arenas only.
///
/// Like module.c it has no state, no data segment and no shadow stack, so that any number of
/// instances, in any number of threads, can work on one memory. Compiled for size, except the fast
/// path at the end of arena.c.
#include "arena_exports.h"

extern __typeof__(segfit_panic) segfit_panic
    __attribute__((import_module("env"), import_name("segfit_panic")));

static void arena_report_damage(segfit_fault_code_t code, const segfit_t *heap, const void *ptr);

/// The core finds damage while it holds the lock. The host's segfit_panic throws, and no code runs
/// here after that.
#define SEGFIT_REPORT(code, heap, ptr) arena_report_damage((code), (heap), (ptr))

#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#include "../core/alloc.c"
#include "../core/limits.c"
#include "../core/init.c"
#include "../core/pools.c"
#include "../core/check.c"
#pragma clang attribute pop
#include "arena.c"

/// Leaves the arena of `heap`, then reports what is damaged there.
static SEGFIT_APART void arena_report_damage(segfit_fault_code_t code, const segfit_t *heap,
                                             const void *ptr)
{
    arena_leave((arena_t *)((uintptr_t)heap - ARENA_SIZE));
    segfit_panic(code, heap, ptr);
}

__attribute__((noinline)) segfit_t *module_make(void *memory, size_t size, unsigned rows,
                                                unsigned columns, size_t largest,
                                                segfit_policy_t policy, bool clean)
{
    const segfit_options_t options = {rows, columns, largest, policy, false};
    return segfit__init(memory, size, &options, false, !clean);
}
