// SPDX-License-Identifier: MIT
/// The knobs of malloc: for each its default, its range, and the cost of a step.
///
/// A knob is set where malloc is compiled, by -DSEGFIT_CACHE=16 for instance. Programs do not
/// include this file. docs/malloc.md describes the cache.
#ifndef SEGFIT_MALLOC_CONFIG_H
#define SEGFIT_MALLOC_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/// 1 where there is a C library. A target of wasm that names neither WASI nor Emscripten, such as
/// wasm32-unknown-unknown, has none, although compilers call it hosted without -ffreestanding.
#if __STDC_HOSTED__ && (!defined(__wasm__) || defined(__wasi__) || defined(__EMSCRIPTEN__))
#define SEGFIT_PORT_HOSTED 1
#else
#define SEGFIT_PORT_HOSTED 0
#endif

// --------------------------------------------------------------------------------------- memory

/// Bytes of a static array that is all the memory malloc ever has. 0, the default: the system's
/// memory.
#ifndef SEGFIT_MALLOC_STATIC_SIZE
#define SEGFIT_MALLOC_STATIC_SIZE 0
#endif

/// Asks the system for at least the heap's capacity shifted right by this, 1 to 63; 0: for as many
/// whole pages as are missing. Default 0 on wasm, where each page counts; 4 on POSIX systems. A
/// step up halves the memory that may lie idle, and doubles the calls of the system.
#ifndef SEGFIT_MALLOC_GROWTH_SHIFT
#if defined(__wasm__)
#define SEGFIT_MALLOC_GROWTH_SHIFT 0
#else
#define SEGFIT_MALLOC_GROWTH_SHIFT 4
#endif
#endif

/// Emscripten: 1 lets calloc trust that the memory from sbrk is zero. That holds as long as nothing
/// in the program lowers the break; the default, 0, clears.
#ifndef SEGFIT_MALLOC_SBRK_ZEROED
#define SEGFIT_MALLOC_SBRK_ZEROED 0
#endif

/// POSIX: how large a gap of free addresses the heap begins in, in bytes: 65536 or more. The gap
/// stays free, so it costs neither memory nor addresses; in a larger one the heap stays one pool
/// for longer.
#ifndef SEGFIT_MALLOC_RESERVE
#if UINTPTR_MAX > 0xFFFFFFFFU
#define SEGFIT_MALLOC_RESERVE ((size_t)1 << 36)
#else
#define SEGFIT_MALLOC_RESERVE ((size_t)1 << 28)
#endif
#endif

/// 0 or 1: set errno as the C library's own malloc does. Default: 1 where there is a C library.
#ifndef SEGFIT_MALLOC_ERRNO
#define SEGFIT_MALLOC_ERRNO SEGFIT_PORT_HOSTED
#endif

/// 0 or 1: call segfit_malloc_exhausted when there is no memory. Default 1; 0 saves about 100 bytes
/// of code in wasm.
#ifndef SEGFIT_MALLOC_EXHAUSTED
#define SEGFIT_MALLOC_EXHAUSTED 1
#endif

// ---------------------------------------------------------------------------- threads and cache

/// 0 or 1: malloc serves several threads, which lock the heap where they change it. The default of
/// malloc is 1 where memory is shared (wasm with atomics) and on POSIX systems, where a program
/// with one thread hardly pays for it. Everywhere else it is 0, which leaves no code. The functions
/// of segfit.h never lock.
#ifndef SEGFIT_THREADS
#if defined(SEGFIT_MALLOC) && SEGFIT_MALLOC && \
    (defined(__wasm_atomics__) ||              \
     (!defined(__wasm__) && (defined(__unix__) || defined(__APPLE__))))
#define SEGFIT_THREADS 1
#else
#define SEGFIT_THREADS 0
#endif
#endif

/// How many freed blocks of each small size malloc caches, so that the next malloc of that size
/// need not search: 0 (no cache, and no code for it) to 255. One step up keeps one more block of
/// each size from merging until the heap has to grow, and saves a heap operation where more blocks
/// than before are freed in a row and requested again. At level 4 it is 0, since freed blocks are
/// quarantined.
#ifndef SEGFIT_CACHE
#if defined(SEGFIT_CHECK) && SEGFIT_CHECK >= 4
#define SEGFIT_CACHE 0
#else
#define SEGFIT_CACHE 128
#endif
#endif

/// The largest block, header included, that is cached: 64 to 4096, a multiple of 16. Each
/// SEGFIT_ALIGN more is one more bin, two words.
#ifndef SEGFIT_CACHE_LARGEST
#define SEGFIT_CACHE_LARGEST 512
#endif

/// How many bytes of each size are cached at most, but always one block: 64 to 1048576. It limits
/// sizes above this divided by SEGFIT_CACHE. One step up is one more byte of each size that may lie
/// idle.
#ifndef SEGFIT_CACHE_BYTES
#define SEGFIT_CACHE_BYTES 8192
#endif

/// How many blocks an overflowing bin returns to the heap, counting the one being freed: 1 to 255.
/// With threads it is also how many deferred blocks of any size one lock returns, and the least
/// number that fills an empty bin, as far as SEGFIT_CACHE_REFILL allows. One step up spreads the
/// cost of the lock over one more block and holds it for one more heap operation. Without threads
/// there is no cost to spread.
#ifndef SEGFIT_CACHE_BATCH
#if SEGFIT_THREADS
#define SEGFIT_CACHE_BATCH 32
#else
#define SEGFIT_CACHE_BATCH 1
#endif
#endif

/// Up to how many bytes a malloc that finds its bin empty takes at once from the free block it
/// found, as blocks of its size side by side: 0 (its own block only) to 65536. Each further block
/// saves a heap operation, with threads also some waiting for the lock, and may lie idle.
#ifndef SEGFIT_CACHE_REFILL
#if SEGFIT_THREADS
#define SEGFIT_CACHE_REFILL 2048
#else
#define SEGFIT_CACHE_REFILL 512
#endif
#endif

/// How large a free block before a cached one may be, header included: 0 to 65536. Behind a larger
/// one, a cached block would be an island in a large free block. One step up caches more of the
/// blocks that follow the small gaps of aligned requests.
#ifndef SEGFIT_CACHE_ISLAND
#define SEGFIT_CACHE_ISLAND 64
#endif

/// How many blocks of a bin an aligned request tries, each as likely to have its alignment as any:
/// 1 to 64. One step up costs at most one more load, and saves searches for a block with a gap.
#ifndef SEGFIT_CACHE_LOOKS
#define SEGFIT_CACHE_LOOKS 8
#endif

#endif
