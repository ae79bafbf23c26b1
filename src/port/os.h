// SPDX-License-Identifier: MIT
/// Where the process-wide malloc gets its memory: picks one port, and says what a port is.
///
/// A port is one file, os_*.c, that malloc.c includes; compiled on its own it is empty. It defines
/// `os_source`, a segfit_source_t (segfit/growable.h). A port never moves or shrinks what it gave,
/// calls nothing that could call malloc, and needs no start-up code. What threads need of a system is in
/// os_threads.c.
#ifndef SEGFIT_OS_H
#define SEGFIT_OS_H

// Anonymous memory is beyond what -std=c11 shows.
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE 1
#endif

#include <stddef.h>
#include <stdint.h>

/// 1 where there is a C library. A target of wasm that names neither WASI nor Emscripten, such as
/// wasm32-unknown-unknown, has none, although compilers call it hosted without -ffreestanding.
#if __STDC_HOSTED__ && (!defined(__wasm__) || defined(__wasi__) || defined(__EMSCRIPTEN__))
#define SEGFIT_OS_HOSTED 1
#else
#define SEGFIT_OS_HOSTED 0
#endif

// ----------------------------------------------------------------------------------------- knobs

/// 1 compiles src/malloc/malloc.c to a malloc; 0, the default, to nothing.
#ifndef SEGFIT_MALLOC
#define SEGFIT_MALLOC 0
#endif

#include "../../include/segfit/malloc_config.h"

/// Bytes of a static array that is all the memory malloc ever has. 0, the default: the system's.
#ifndef SEGFIT_MALLOC_STATIC_SIZE
#define SEGFIT_MALLOC_STATIC_SIZE 0
#endif

/// Asks the system for at least the heap's capacity shifted right by this, 1 to 63; 0: for whole
/// pages, as many as are missing. Default 0 on wasm, where each page counts; 4 on POSIX systems.
#ifndef SEGFIT_MALLOC_GROWTH_SHIFT
#if defined(__wasm__)
#define SEGFIT_MALLOC_GROWTH_SHIFT 0
#else
#define SEGFIT_MALLOC_GROWTH_SHIFT 4
#endif
#endif

/// Emscripten: 1 lets calloc trust that what sbrk gives is zero. That holds as long as nothing in
/// the program lowers the break; the default, 0, clears.
#ifndef SEGFIT_MALLOC_SBRK_ZEROED
#define SEGFIT_MALLOC_SBRK_ZEROED 0
#endif

/// POSIX: how large a gap of free addresses the heap begins in, in bytes. Nothing of it is held, so it costs
/// neither memory nor addresses; in a larger one the heap stays one pool for longer.
#ifndef SEGFIT_MALLOC_RESERVE
#if UINTPTR_MAX > 0xFFFFFFFFU
#define SEGFIT_MALLOC_RESERVE ((size_t)1 << 36)
#else
#define SEGFIT_MALLOC_RESERVE ((size_t)1 << 28)
#endif
#endif

/// 0 or 1: set errno as the C library's own malloc does. Default: 1 where there is a C library.
#ifndef SEGFIT_MALLOC_ERRNO
#define SEGFIT_MALLOC_ERRNO SEGFIT_OS_HOSTED
#endif

/// Payload alignment of this malloc: what the platform's ABI promises. Emscripten's long double,
/// and so its max_align_t, is aligned to 8 although the hardware's widest type is 16.
#ifndef SEGFIT_ALIGN
#if defined(__EMSCRIPTEN__) || __BIGGEST_ALIGNMENT__ < 16
#define SEGFIT_ALIGN 8
#else
#define SEGFIT_ALIGN 16
#endif
#endif

// -------------------------------------------------------------------------------- names and port

/// Which C library's set of names malloc.c defines, whatever the port.
#define SEGFIT_NAMES_EMSCRIPTEN 0
#define SEGFIT_NAMES_WASI 0
#define SEGFIT_NAMES_POSIX 0

#if defined(__EMSCRIPTEN__)
#undef SEGFIT_NAMES_EMSCRIPTEN
#define SEGFIT_NAMES_EMSCRIPTEN 1
#elif defined(__wasm__)
#undef SEGFIT_NAMES_WASI
#define SEGFIT_NAMES_WASI 1
#elif defined(__unix__) || defined(__APPLE__)
#undef SEGFIT_NAMES_POSIX
#define SEGFIT_NAMES_POSIX 1
#endif

#define SEGFIT_OS_STATIC 0
#define SEGFIT_OS_EMSCRIPTEN 0
#define SEGFIT_OS_WASI 0
#define SEGFIT_OS_POSIX 0

#if SEGFIT_MALLOC && SEGFIT_MALLOC_STATIC_SIZE > 0
#undef SEGFIT_OS_STATIC
#define SEGFIT_OS_STATIC 1
#elif SEGFIT_MALLOC && SEGFIT_NAMES_EMSCRIPTEN
#undef SEGFIT_OS_EMSCRIPTEN
#define SEGFIT_OS_EMSCRIPTEN 1
#elif SEGFIT_MALLOC && SEGFIT_NAMES_WASI
#undef SEGFIT_OS_WASI
#define SEGFIT_OS_WASI 1
#elif SEGFIT_MALLOC && SEGFIT_NAMES_POSIX
#undef SEGFIT_OS_POSIX
#define SEGFIT_OS_POSIX 1
#elif SEGFIT_MALLOC
#error "no port for this system: give SEGFIT_MALLOC_STATIC_SIZE"
#endif

#endif
