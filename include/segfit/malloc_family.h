// SPDX-License-Identifier: MIT
/// Declarations of malloc and its family that the platform's own headers lack, and of all of it under
/// the prefix of a malloc that stands beside the C library's.
///
/// With SEGFIT_MALLOC_PREFIX defined as for the malloc, -DSEGFIT_MALLOC_PREFIX=my_, this header declares
/// my_malloc and all the others, for C and C++. Without it, what a program gets beyond <stdlib.h> and <malloc.h>:
/// on WASI `memalign` and the names of glibc, on Emscripten the newer ones of those, everywhere in C the
/// C23 names; on wasm without a C library all of them. docs/malloc.md says what each answers.
#ifndef SEGFIT_MALLOC_FAMILY_H
#define SEGFIT_MALLOC_FAMILY_H

#include <stddef.h>

// A target of wasm that names no C library has none, and no header of it.
#if defined(__wasm__) && !defined(__wasi__) && !defined(__EMSCRIPTEN__)
#define SEGFIT_FAMILY_HAS_LIBRARY 0
#else
#define SEGFIT_FAMILY_HAS_LIBRARY 1
#include <stdlib.h>
#endif

#if !defined(SEGFIT_MALLOC_PREFIX) && SEGFIT_FAMILY_HAS_LIBRARY && \
    (defined(__wasm__) || defined(__linux__))
#include <malloc.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(SEGFIT_MALLOC_PREFIX)
#define SEGFIT_FAMILY_PASTE(prefix, name) prefix##name
#define SEGFIT_FAMILY_PASTE_EXPANDED(prefix, name) SEGFIT_FAMILY_PASTE(prefix, name)
#define SEGFIT_FAMILY(name) SEGFIT_FAMILY_PASTE_EXPANDED(SEGFIT_MALLOC_PREFIX, name)
#else
#define SEGFIT_FAMILY(name) name
#endif

/// The figures of mallinfo. With a prefix the structures have it too.
#define SEGFIT_FAMILY_FIGURES(type)                           \
    {                                                         \
        /* all blocks */                                      \
        type arena;                                           \
        /* free blocks */                                     \
        type ordblks;                                         \
        /* always 0 */                                        \
        type smblks;                                          \
        type hblks;                                           \
        type hblkhd;                                          \
        /* the most bytes ever in use */                      \
        type usmblks;                                         \
        /* always 0 */                                        \
        type fsmblks;                                         \
        /* bytes in use, and free */                          \
        type uordblks;                                        \
        type fordblks;                                        \
        /* bytes that malloc_trim can give back at the end */ \
        type keepcost;                                        \
    }

#if defined(SEGFIT_MALLOC_PREFIX) || (defined(__wasm__) && !defined(__EMSCRIPTEN__))
struct SEGFIT_FAMILY(mallinfo) SEGFIT_FAMILY_FIGURES(int);
#endif
#if defined(SEGFIT_MALLOC_PREFIX) || defined(__wasm__)
struct SEGFIT_FAMILY(mallinfo2) SEGFIT_FAMILY_FIGURES(size_t);
#endif

#if defined(SEGFIT_MALLOC_PREFIX) || !SEGFIT_FAMILY_HAS_LIBRARY
void *SEGFIT_FAMILY(malloc)(size_t size);
void SEGFIT_FAMILY(free)(void *ptr);
void *SEGFIT_FAMILY(calloc)(size_t count, size_t size);
void *SEGFIT_FAMILY(realloc)(void *ptr, size_t size);
int SEGFIT_FAMILY(posix_memalign)(void **memory, size_t alignment, size_t size);
void *SEGFIT_FAMILY(aligned_alloc)(size_t alignment, size_t size);
size_t SEGFIT_FAMILY(malloc_usable_size)(void *ptr);
#endif

#if defined(SEGFIT_MALLOC_PREFIX) || defined(__wasm__)
void *SEGFIT_FAMILY(memalign)(size_t alignment, size_t size);
void *SEGFIT_FAMILY(reallocarray)(void *ptr, size_t count, size_t size);
void *SEGFIT_FAMILY(valloc)(size_t size);
void *SEGFIT_FAMILY(pvalloc)(size_t size);
struct SEGFIT_FAMILY(mallinfo) SEGFIT_FAMILY(mallinfo)(void);
struct SEGFIT_FAMILY(mallinfo2) SEGFIT_FAMILY(mallinfo2)(void);
int SEGFIT_FAMILY(malloc_trim)(size_t pad);
void SEGFIT_FAMILY(malloc_stats)(void);
int SEGFIT_FAMILY(mallopt)(int parameter, int value);
#endif

// In C++ a newer C library's own declaration may say noexcept, which another one must not leave out.
#if defined(SEGFIT_MALLOC_PREFIX) || !defined(__cplusplus) || !SEGFIT_FAMILY_HAS_LIBRARY
void SEGFIT_FAMILY(free_sized)(void *ptr, size_t size);
void SEGFIT_FAMILY(free_aligned_sized)(void *ptr, size_t alignment, size_t size);
#endif

#ifdef __cplusplus
}
#endif

#endif
