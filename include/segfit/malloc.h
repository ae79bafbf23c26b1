// SPDX-License-Identifier: MIT
/// The process-wide malloc: functions beside malloc and free for programs that are linked with it.
///
/// Link libsegfit-malloc.a, or compile segfit_malloc.c into the program. Then every malloc, free,
/// new and delete uses one segfit heap. No call is needed first. docs/malloc.md explains how to
/// link it and what each function returns in which case.
///
/// On Linux, LD_PRELOAD makes existing programs use it. Only then does it read SEGFIT_OPTIONS from
/// the environment, a list `name=value,name=value` of these options: panic=abort or panic=continue,
/// reserve=SIZE, stats=exit, help.
#ifndef SEGFIT_MALLOC_H
#define SEGFIT_MALLOC_H

#include "inspect.h"

/// The linkage of the functions below.
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

/// Returns the heap behind malloc, for the functions of segfit/inspect.h. Never NULL.
///
/// Before the first malloc it is a valid heap without a pool. The heap counts cached blocks as
/// used; call segfit_malloc_flush first to see them free. Link libsegfit for the functions that
/// inspect the heap; its settings may differ from malloc's. Do not change the heap, except by
/// segfit_reset_peaks.
SEGFIT_MALLOC_API const segfit_t *segfit_malloc_heap(void);

/// Returns the layout of the heap behind malloc, for readers of memory. It may differ from
/// `segfit_layout`, the layout of libsegfit's heaps.
SEGFIT_MALLOC_API const segfit_layout_t *segfit_malloc_layout(void);

/// Fills `*stats` with the statistics of the heap behind malloc, and counts cached blocks as free.
///
/// The cache affects `used`, `free`, `used_blocks`, `free_blocks`, `allocs` and `frees`. The peaks
/// and the largest free block are the heap's own. Constant time.
SEGFIT_MALLOC_API void segfit_malloc_stats(segfit_stats_t *stats);

/// Checks the heap behind malloc as segfit_check does, and the cached blocks. Returns true if all
/// is sound.
///
/// Otherwise stores the first fault in `*fault`, which may be NULL. For a damaged cached block,
/// `invariant` is 0 and `where` is the block. Linear in blocks.
SEGFIT_MALLOC_API bool segfit_malloc_check(segfit_fault_t *fault);

/// Takes memory from the system, if necessary, until a malloc of `size` bytes is guaranteed to
/// succeed without growth. For code in which the heap must not grow, such as an audio callback.
///
/// Returns false and sets errno to ENOMEM if the system has no more memory.
SEGFIT_MALLOC_API bool segfit_malloc_reserve(size_t size);

/// Hook: malloc and its family call it when a request for `size` bytes finds no memory. Return true
/// to try the request again, or false to let it return NULL. Each failed attempt calls the hook
/// again.
///
/// The library's own version is weak and returns false. Define yours to free memory that the
/// program can do without, such as a cache or a reserve, or to report the problem. It may call any
/// function of this malloc; a request that fails inside the hook returns NULL at once. The hook
/// must return: it must not throw or jump out.
///
/// The hook is not called for a request that no amount of memory could serve. On Emscripten it is
/// called only in programs whose malloc may fail: with -sABORTING_MALLOC=0, or with
/// -sALLOW_MEMORY_GROWTH, which implies it. For an aligned request, `size` does not include the
/// alignment.
SEGFIT_MALLOC_API bool segfit_malloc_exhausted(size_t size);

/// Empties the cache: gives every cached block back to the heap, where it merges with its
/// neighbours.
///
/// malloc does this by itself before it asks the system for memory. Takes one heap operation for
/// each cached block; docs/malloc.md bounds their number.
SEGFIT_MALLOC_API void segfit_malloc_flush(void);

/// Hook, for wasm programs with threads and without Emscripten: returns whether the calling thread
/// may sleep while it waits for the heap's lock. If false, it spins.
///
/// A browser's main thread and its worklets must not sleep: the instruction traps there. The
/// library's own version is weak. It returns true under WASI, whose C library sleeps as well, and
/// false elsewhere.
SEGFIT_MALLOC_API bool segfit_malloc_may_wait(void);

#ifdef __cplusplus
}
#endif

#endif
