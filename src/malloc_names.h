// SPDX-License-Identifier: MIT
/// The names under which malloc's functions are seen: the C library's, and those of its own parts.
///
/// A part of malloc.c, whose functions are named here; the last thing in it.
#ifndef SEGFIT_MALLOC_NAMES_H
#define SEGFIT_MALLOC_NAMES_H

#if defined(SEGFIT_MALLOC_PREFIX)
#define PROCESS_PASTE(prefix, name) prefix##name
#define PROCESS_PASTE_EXPANDED(prefix, name) PROCESS_PASTE(prefix, name)
#define PROCESS_NAME(name) PROCESS_PASTE_EXPANDED(SEGFIT_MALLOC_PREFIX, name)
#else
#define PROCESS_NAME(name) name
#endif

#if SEGFIT_NAMES_EMSCRIPTEN
#define PROCESS_ALIAS(function) __attribute__((weak, visibility("default"), alias(#function)))
#else
#define PROCESS_ALIAS(function) __attribute__((visibility("default"), alias(#function)))
#endif

/// A name that the C library gives to programs, prefixed if SEGFIT_MALLOC_PREFIX is set; and a
/// second name of the same function, by which the C library's own parts call it.
#define PROCESS_PUBLIC(type, name, parameters, function) \
    extern type PROCESS_NAME(name)                       \
    parameters PROCESS_ALIAS(function);
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

// wasi-libc has no memalign, and its own reallocarray on top of realloc.
#if defined(SEGFIT_MALLOC_PREFIX) || !SEGFIT_NAMES_WASI
static void *process_reallocarray(void *ptr, size_t count, size_t size)
{
    return process_realloc(ptr, size_product(count, size));
}

PROCESS_PUBLIC(void *, memalign, (size_t alignment, size_t size), process_aligned_alloc)
PROCESS_PUBLIC(void *, reallocarray, (void *ptr, size_t count, size_t size), process_reallocarray)
#endif

// glibc's own valloc and pvalloc would serve from its heap what is freed into this one.
#if SEGFIT_NAMES_POSIX
/// A multiple of every page size in use.
enum {
    PROCESS_PAGE = 65536,
};

static void *process_valloc(size_t size)
{
    return process_aligned_alloc(PROCESS_PAGE, size);
}

static void *process_pvalloc(size_t size)
{
    const size_t missing = missing_to(size, PROCESS_PAGE);
    return process_aligned_alloc(PROCESS_PAGE,
                                 missing > SIZE_MAX - size ? SIZE_MAX : size + missing);
}

PROCESS_PUBLIC(void *, valloc, (size_t size), process_valloc)
PROCESS_PUBLIC(void *, pvalloc, (size_t size), process_pvalloc)
#endif

#if defined(__wasm__) && !defined(SEGFIT_MALLOC_PREFIX)
PROCESS_SECOND(void *, __libc_malloc, (size_t size), process_alloc)
PROCESS_SECOND(void, __libc_free, (void *ptr), process_free)
PROCESS_SECOND(void *, __libc_calloc, (size_t count, size_t size), process_calloc)
#endif

// These bypass a program's own malloc where it wraps this one: they are names of the functions
// themselves, not of the weak malloc.
#if SEGFIT_NAMES_EMSCRIPTEN && !defined(SEGFIT_MALLOC_PREFIX)
PROCESS_SECOND(void *, __libc_realloc, (void *ptr, size_t size), process_realloc)
PROCESS_SECOND(void *, emscripten_builtin_malloc, (size_t size), process_alloc)
PROCESS_SECOND(void, emscripten_builtin_free, (void *ptr), process_free)
PROCESS_SECOND(void *, emscripten_builtin_calloc, (size_t count, size_t size), process_calloc)
PROCESS_SECOND(void *, emscripten_builtin_realloc, (void *ptr, size_t size), process_realloc)
PROCESS_SECOND(void *, emscripten_builtin_memalign, (size_t alignment, size_t size),
               process_aligned_alloc)
#endif

#endif
