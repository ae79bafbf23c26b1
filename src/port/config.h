// SPDX-License-Identifier: MIT
/// The knobs of malloc and of its ports, each with its default, range and cost.
///
/// Include it before core/config.h, whose defaults are those of the library: this malloc has
/// another alignment, and may have threads. malloc/core.h checks the ranges.
#ifndef SEGFIT_PORT_CONFIG_H
#define SEGFIT_PORT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/// 1 where there is a C library. A target of wasm that names neither WASI nor Emscripten, such as
/// wasm32-unknown-unknown, has none, although compilers call it hosted without -ffreestanding.
#if __STDC_HOSTED__ && (!defined(__wasm__) || defined(__wasi__) || defined(__EMSCRIPTEN__))
#define SEGFIT_PORT_HOSTED 1
#else
#define SEGFIT_PORT_HOSTED 0
#endif

/// 1 compiles src/malloc/malloc.c to a malloc; 0, the default, to nothing.
#ifndef SEGFIT_MALLOC
#define SEGFIT_MALLOC 0
#endif

/// 0 or 1: for programs with several threads. Default 1 where memory is shared (wasm with atomics)
/// and on POSIX systems, where it costs a program with one thread little; 0 leaves no code.
#ifndef SEGFIT_THREADS
#if defined(__wasm_atomics__) || (!defined(__wasm__) && (defined(__unix__) || defined(__APPLE__)))
#define SEGFIT_THREADS 1
#else
#define SEGFIT_THREADS 0
#endif
#endif

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

/// Payload alignment of this malloc, 8 or 16: the platform's ABI decides. Emscripten aligns long
/// double, and so max_align_t, to 8 although the hardware's widest type is 16.
#ifndef SEGFIT_ALIGN
#if defined(__EMSCRIPTEN__) || __BIGGEST_ALIGNMENT__ < 16
#define SEGFIT_ALIGN 8
#else
#define SEGFIT_ALIGN 16
#endif
#endif

#endif
