// SPDX-License-Identifier: MIT
/// Everything that depends on the compiler: attributes, hints, assertions, and reads that other
/// threads' writes do not disturb.
#ifndef SEGFIT_COMPILER_H
#define SEGFIT_COMPILER_H

#include "config.h"

#if defined(__GNUC__)
#define SEGFIT_WEAK __attribute__((weak))
#define SEGFIT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define SEGFIT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define SEGFIT_TRAP() __builtin_trap()
/// Tells the compiler what holds, so that it need not be looked at.
#define SEGFIT_ASSUME(condition) ((condition) ? (void)0 : __builtin_unreachable())
/// For what is called from several places that are not on the fast path.
#define SEGFIT_APART __attribute__((noinline))
/// For growth and failure: kept out of the functions that call it, and compiled for size.
#define SEGFIT_COLD __attribute__((cold, noinline))
/// 1 where an instruction gives the position of the highest bit; elsewhere one counts the zeros above it.
#if defined(__i386__) || defined(__x86_64__)
#define SEGFIT_FINDS_HIGHEST_BIT 1
#else
#define SEGFIT_FINDS_HIGHEST_BIT 0
#endif
/// Before a loop of at most `times` rounds: written out, so that its code has no way back, except in builds
/// for size.
#if defined(__OPTIMIZE_SIZE__)
#define SEGFIT_UNROLL(times)
#else
#define SEGFIT_UNROLL(times) SEGFIT_PRAGMA(GCC unroll times)
#define SEGFIT_PRAGMA(words) _Pragma(#words)
#endif
/// For a result beside the return value, which otherwise costs a wasm module its shadow stack.
#define SEGFIT_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#error "segfit is compiled with GCC or Clang"
#endif

#if defined(__has_feature)
#define SEGFIT_HAS_FEATURE(feature) __has_feature(feature)
#else
#define SEGFIT_HAS_FEATURE(feature) 0
#endif

/// For what allocation and release consist of: no call remains in malloc and free, unless the build
/// is for size. Elsewhere the compiler judges.
#if defined(SEGFIT_MALLOC_UNIT) && !defined(__OPTIMIZE_SIZE__)
#define SEGFIT_FAST_INLINE SEGFIT_ALWAYS_INLINE
#else
#define SEGFIT_FAST_INLINE inline
#endif

/// For what judges a pointer. The npm package's modules call it from many functions and have to be small.
#if defined(__wasm__) && !defined(SEGFIT_MALLOC_UNIT)
#define SEGFIT_FAULT_INLINE SEGFIT_APART
#else
#define SEGFIT_FAULT_INLINE inline
#endif

/// For what malloc and free do where the cache has no part. In V8, a call writes its frame, and such stores
/// wait behind those that miss, so there it is better inside; natively, malloc would save registers for it.
#if defined(__wasm__)
#define SEGFIT_FAST_APART SEGFIT_FAST_INLINE
#else
#define SEGFIT_FAST_APART SEGFIT_APART
#endif

/// How functions that cross files inside the library are declared; the malloc build makes them static.
#ifndef SEGFIT_INTERNAL
#define SEGFIT_INTERNAL __attribute__((visibility("hidden"))) extern
#endif

/// How public constants are defined; the malloc build makes them static.
#ifndef SEGFIT_CONSTANT
#define SEGFIT_CONSTANT const
#endif

#if SEGFIT_DEBUG
#define SEGFIT_ASSERT(condition) ((condition) ? (void)0 : SEGFIT_TRAP())
#else
#define SEGFIT_ASSERT(condition) ((void)0)
#endif

/// A word that other threads may write meanwhile, each time whole. The heap writes its words under its
/// lock with plain stores, which ThreadSanitizer takes for a race with such a read whatever its kind: there
/// it does not see the read.
#if SEGFIT_THREADS && (defined(__SANITIZE_THREAD__) || SEGFIT_HAS_FEATURE(thread_sanitizer))
static __attribute__((no_sanitize("thread"), noinline, unused)) size_t
config_read_word(const size_t *word)
{
    return *(const volatile size_t *)word;
}
#define SEGFIT_READ_SHARED(word) config_read_word(&(word))
#elif SEGFIT_THREADS
#define SEGFIT_READ_SHARED(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#else
#define SEGFIT_READ_SHARED(word) (word)
#endif

#endif
