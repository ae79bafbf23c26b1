// SPDX-License-Identifier: MIT
/// The process-wide malloc: what a program that is linked with it can ask, beside malloc and free.
///
/// Link libsegfit-malloc.a, or compile segfit_malloc.c into the program, and every malloc, free,
/// new and delete uses one segfit heap; nothing need be called first. docs/malloc.md says how, and
/// what each function answers in which case.
///
/// Programs that are built already get it by LD_PRELOAD on Linux, and then read SEGFIT_OPTIONS from the environment,
/// `name=value,name=value`: panic=abort or continue, reserve=SIZE, stats=exit, help. A program that is linked with it
/// does not read that variable.
#ifndef SEGFIT_MALLOC_H
#define SEGFIT_MALLOC_H

#include "inspect.h"

/// How the functions below are declared.
#ifndef SEGFIT_MALLOC_API
#ifdef __cplusplus
#define SEGFIT_MALLOC_API extern "C"
#else
#define SEGFIT_MALLOC_API extern
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

// clang-format off
SEGFIT_LINK_MALLOC(segfit_malloc_heap) SEGFIT_LINK_MALLOC(segfit_malloc_layout)
SEGFIT_LINK_MALLOC(segfit_malloc_stats) SEGFIT_LINK_MALLOC(segfit_malloc_check)
SEGFIT_LINK_MALLOC(segfit_malloc_reserve) SEGFIT_LINK_MALLOC(segfit_malloc_flush)
// clang-format on

/// The heap behind malloc, for the functions of segfit/inspect.h. Before the first malloc it is a
/// valid heap without a pool. Freed blocks that malloc keeps at hand are in use to it:
/// segfit_malloc_flush first shows them free. The program links libsegfit for the functions; its settings may
/// differ from malloc's. The program changes nothing in the heap but by segfit_reset_peaks.
SEGFIT_MALLOC_API const segfit_t *segfit_malloc_heap(void);

/// The layout of the heap behind malloc, for readers of memory. It may differ from `segfit_layout`, which is
/// that of libsegfit's heaps.
SEGFIT_MALLOC_API const segfit_layout_t *segfit_malloc_layout(void);

/// segfit_stats of the heap behind malloc, except that freed blocks which malloc keeps at hand count as
/// free: in used, free, used_blocks, free_blocks, allocs and frees. Peaks (of
/// requests, too) and the largest free block are the heap's own. Constant time.
SEGFIT_MALLOC_API void segfit_malloc_stats(segfit_stats_t *stats);

/// segfit_check of the heap behind malloc, and of the freed blocks that malloc keeps at hand: where one
/// of those is damaged, the fault's invariant is 0 and `where` the block. `fault` may be NULL. Linear
/// in blocks.
SEGFIT_MALLOC_API bool segfit_malloc_check(segfit_fault_t *fault);

/// Takes memory from the system ahead, until a malloc of `size` bytes is sure to succeed without
/// asking for more. False if the system has no more; errno is then ENOMEM. For code that must not
/// meet growth later, such as an audio callback.
SEGFIT_MALLOC_API bool segfit_malloc_reserve(size_t size);

/// Called when a request of malloc or its family for `size` bytes finds no memory, before it is answered
/// by NULL. True has the request tried once more, and again as long as each attempt fails and is
/// answered by true.
///
/// The library's own is weak and returns false. Define yours to free what can be had again, a cache or a
/// reserve, or to say what happened; it may call any function of this malloc. A request that fails
/// inside it is answered by NULL at once. It must return, not throw or jump out. It is not called for
/// a request that no memory could serve, and on Emscripten only where malloc may fail at all: with
/// -sABORTING_MALLOC=0, or with -sALLOW_MEMORY_GROWTH, which implies it. An aligned request says its size without
/// the alignment.
SEGFIT_MALLOC_API bool segfit_malloc_exhausted(size_t size);

/// Gives every freed block that malloc keeps at hand back to the heap, where it merges with its
/// neighbours. Malloc does so itself before it asks the system for memory. As many heap operations as
/// there are such blocks, which docs/malloc.md bounds.
SEGFIT_MALLOC_API void segfit_malloc_flush(void);

/// A hook that a program with threads may define, for wasm without Emscripten: true if the calling thread
/// may wait, false if it must spin for the heap's lock. A browser's main thread and worklets must not wait:
/// there it traps. By default true under WASI, whose C library waits as well, and false elsewhere.
SEGFIT_MALLOC_API bool segfit_malloc_may_wait(void);

#ifdef __cplusplus
}
#endif

#endif
