// SPDX-License-Identifier: MIT
/// The names of malloc's functions: the C library's public ones, and those that its own parts call.
#ifndef SEGFIT_MALLOC_NAMES_H
#define SEGFIT_MALLOC_NAMES_H

#include "dlmalloc.h"
#include "family.h"
#include "functions.h"
#include "mallinfo.h"
#include "malloc_stats.h"
#include "malloc_trim.h"
#include "mallopt.h"

#include "../port/sanitizers.h"

// Natively, a sanitizer calls malloc before the memory exists that code compiled for it needs, and
// this file may be such code. So the names are left to the sanitizer's malloc. On Emscripten that
// one wins because it is strong.
#if SEGFIT_NAMES_POSIX && SEGFIT_PORT_SANITIZED && !defined(SEGFIT_MALLOC_PREFIX)
#define SEGFIT_MALLOC_PREFIX segfit__sanitized_
#endif

#if defined(SEGFIT_MALLOC_PREFIX)
#define PROCESS_PASTE(prefix, name) prefix##name
#define PROCESS_PASTE_EXPANDED(prefix, name) PROCESS_PASTE(prefix, name)
#define PROCESS_NAME(name) PROCESS_PASTE_EXPANDED(SEGFIT_MALLOC_PREFIX, name)
#else
#define PROCESS_NAME(name) name
#endif

#define PROCESS_STRONG_ALIAS(function) __attribute__((visibility("default"), alias(#function)))
#define PROCESS_WEAK_ALIAS(function) __attribute__((weak, visibility("default"), alias(#function)))
#if SEGFIT_NAMES_EMSCRIPTEN
#define PROCESS_ALIAS(function) PROCESS_WEAK_ALIAS(function)
#else
#define PROCESS_ALIAS(function) PROCESS_STRONG_ALIAS(function)
#endif
#if SEGFIT_NAMES_POSIX
#define PROCESS_POSIX_ALIAS(function) PROCESS_STRONG_ALIAS(function)
#else
#define PROCESS_POSIX_ALIAS(function) PROCESS_WEAK_ALIAS(function)
#endif

/// Defines a public name of the C library, with SEGFIT_MALLOC_PREFIX before it if that is set.
#define PROCESS_PUBLIC(type, name, parameters, function) \
    extern type PROCESS_NAME(name)                       \
    parameters PROCESS_ALIAS(function);

/// The same for a name that POSIX systems have and some C libraries for wasm lack: weak there,
/// since a program may define its own.
#define PROCESS_POSIX(type, name, parameters, function) \
    extern type PROCESS_NAME(name)                      \
    parameters PROCESS_POSIX_ALIAS(function);

/// The same for a name that few C libraries have. Weak.
#define PROCESS_NEW(type, name, parameters, function) \
    extern type PROCESS_NAME(name)                    \
    parameters PROCESS_WEAK_ALIAS(function);

/// Defines a name by which the C library's own parts call a function. Never prefixed.
#define PROCESS_SECOND(type, name, parameters, function) \
    extern type name parameters PROCESS_ALIAS(function);

PROCESS_PUBLIC(void *, malloc, (size_t size), process_alloc)
PROCESS_PUBLIC(void, free, (void *ptr), process_free)
PROCESS_PUBLIC(void *, calloc, (size_t count, size_t size), process_calloc)
PROCESS_PUBLIC(void *, realloc, (void *ptr, size_t size), process_realloc)
PROCESS_PUBLIC(int, posix_memalign, (void **memory, size_t alignment, size_t size),
               process_posix_memalign)
PROCESS_PUBLIC(void *, aligned_alloc, (size_t alignment, size_t size), process_aligned_alloc)
PROCESS_PUBLIC(size_t, malloc_usable_size, (void *ptr), process_usable_size)

PROCESS_POSIX(void *, memalign, (size_t alignment, size_t size), process_aligned_alloc)
PROCESS_POSIX(void *, reallocarray, (void *ptr, size_t count, size_t size), process_reallocarray)
PROCESS_POSIX(void *, valloc, (size_t size), process_valloc)
PROCESS_POSIX(void *, pvalloc, (size_t size), process_pvalloc)
PROCESS_POSIX(process_mallinfo_t, mallinfo, (void), process_mallinfo)
PROCESS_POSIX(process_mallinfo2_t, mallinfo2, (void), process_mallinfo2)
PROCESS_POSIX(int, malloc_trim, (size_t pad), process_malloc_trim)
PROCESS_POSIX(void, malloc_stats, (void), process_malloc_stats)
PROCESS_POSIX(int, mallopt, (int parameter, int value), process_mallopt)

PROCESS_NEW(void, free_sized, (void *ptr, size_t size), process_free_sized)
PROCESS_NEW(void, free_aligned_sized, (void *ptr, size_t alignment, size_t size),
            process_free_aligned_sized)

#if !defined(SEGFIT_MALLOC_PREFIX)
PROCESS_SECOND(void *, __libc_malloc, (size_t size), process_alloc)
PROCESS_SECOND(void, __libc_free, (void *ptr), process_free)
PROCESS_SECOND(void *, __libc_calloc, (size_t count, size_t size), process_calloc)
#if !SEGFIT_NAMES_WASI
PROCESS_SECOND(void *, __libc_realloc, (void *ptr, size_t size), process_realloc)
#endif
#if SEGFIT_NAMES_POSIX
PROCESS_SECOND(void *, __libc_memalign, (size_t alignment, size_t size), process_aligned_alloc)
PROCESS_SECOND(void *, __libc_valloc, (size_t size), process_valloc)
PROCESS_SECOND(void *, __libc_pvalloc, (size_t size), process_pvalloc)
// Programs that were linked with a glibc before 2.26 may call it. If it were missing, they would
// call glibc's free.
PROCESS_NEW(void, cfree, (void *ptr), process_free)
#endif
#endif

#if SEGFIT_NAMES_EMSCRIPTEN && !defined(SEGFIT_MALLOC_PREFIX)
// A program's own malloc calls these to reach this malloc: they name the functions themselves, not
// the weak malloc.
PROCESS_SECOND(void *, emscripten_builtin_malloc, (size_t size), process_alloc)
PROCESS_SECOND(void, emscripten_builtin_free, (void *ptr), process_free)
PROCESS_SECOND(void *, emscripten_builtin_calloc, (size_t count, size_t size), process_calloc)
PROCESS_SECOND(void *, emscripten_builtin_realloc, (void *ptr, size_t size), process_realloc)
PROCESS_SECOND(void *, emscripten_builtin_memalign, (size_t alignment, size_t size),
               process_aligned_alloc)

PROCESS_SECOND(size_t, malloc_footprint, (void), process_malloc_footprint)
PROCESS_SECOND(size_t, malloc_max_footprint, (void), process_malloc_footprint)
PROCESS_SECOND(size_t, malloc_footprint_limit, (void), process_malloc_footprint_limit)
PROCESS_SECOND(size_t, malloc_set_footprint_limit, (size_t bytes),
               process_malloc_set_footprint_limit)
PROCESS_SECOND(void *, realloc_in_place, (void *ptr, size_t size), process_realloc_in_place)
PROCESS_SECOND(size_t, bulk_free, (void **ptrs, size_t count), process_bulk_free)
PROCESS_SECOND(void **, independent_calloc, (size_t count, size_t size, void **ptrs),
               process_independent_calloc)
PROCESS_SECOND(void **, independent_comalloc, (size_t count, const size_t *sizes, void **ptrs),
               process_independent_comalloc)
#endif

#endif
