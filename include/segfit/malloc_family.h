// SPDX-License-Identifier: MIT
/// Declarations of malloc and its family: those that the platform's headers lack, or all of them
/// under a prefix.
///
/// A malloc that was compiled with a prefix, -DSEGFIT_MALLOC_PREFIX=my_, stands beside that of the
/// C library. Define the same prefix before you include this header. It then declares my_malloc and
/// all other functions, for C and C++.
///
/// Without a prefix, this header declares the functions that <stdlib.h> and <malloc.h> lack: on
/// WASI `memalign` and glibc's extensions, on Emscripten the newer ones of those, in C on every
/// platform the C23 functions, and on wasm without a C library all functions. docs/malloc.md states
/// what each returns.
#ifndef SEGFIT_MALLOC_FAMILY_H
#define SEGFIT_MALLOC_FAMILY_H

#include <stddef.h>

// A wasm target that is neither WASI nor Emscripten has no C library and no <stdlib.h>.
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

/// The members of mallinfo and mallinfo2. With a prefix, these structures have it in their names,
/// too.
#define SEGFIT_FAMILY_FIGURES(type)                           \
    {                                                         \
        /* bytes in all blocks */                             \
        type arena;                                           \
        /* number of free blocks */                           \
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

// Not in C++ if there is a C library: its own declarations may be noexcept, and these would
// conflict.
#if defined(SEGFIT_MALLOC_PREFIX) || !defined(__cplusplus) || !SEGFIT_FAMILY_HAS_LIBRARY
void SEGFIT_FAMILY(free_sized)(void *ptr, size_t size);
void SEGFIT_FAMILY(free_aligned_sized)(void *ptr, size_t alignment, size_t size);
#endif

#ifdef __cplusplus
}
#endif

#endif
