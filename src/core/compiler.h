// SPDX-License-Identifier: MIT
/// Everything that depends on the compiler: attributes, hints, assertions, reads of shared words.
#ifndef SEGFIT_COMPILER_H
#define SEGFIT_COMPILER_H

#include "config.h"

#if defined(__GNUC__)
#define SEGFIT_WEAK __attribute__((weak))
#define SEGFIT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define SEGFIT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define SEGFIT_TRAP() __builtin_trap()
/// Lets the compiler assume `condition`.
#define SEGFIT_ASSUME(condition) ((condition) ? (void)0 : __builtin_unreachable())
/// For functions that several places call off the fast path.
#define SEGFIT_APART __attribute__((noinline))
/// For growth and failure: not inlined, and compiled for size.
#define SEGFIT_COLD __attribute__((cold, noinline))
/// 1 where an instruction finds the highest set bit. Elsewhere an instruction counts the zeros
/// above it.
#if defined(__i386__) || defined(__x86_64__)
#define SEGFIT_FINDS_HIGHEST_BIT 1
#else
#define SEGFIT_FINDS_HIGHEST_BIT 0
#endif
/// Before a loop of at most `times` rounds: unrolls it into code without a backward branch, except
/// in builds for size.
#if defined(__OPTIMIZE_SIZE__)
#define SEGFIT_UNROLL(times)
#else
#define SEGFIT_UNROLL(times) SEGFIT_PRAGMA(GCC unroll times)
#define SEGFIT_PRAGMA(words) _Pragma(#words)
#endif
/// For functions with a second result, which would otherwise need the shadow stack of a wasm
/// module.
#define SEGFIT_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#error "segfit is compiled with GCC or Clang"
#endif

#if defined(__has_feature)
#define SEGFIT_HAS_FEATURE(feature) __has_feature(feature)
#else
#define SEGFIT_HAS_FEATURE(feature) 0
#endif

/// For the parts of allocation and release: malloc and free then contain no call, unless the build
/// is for size. In the library, the compiler decides.
#if defined(SEGFIT_MALLOC_UNIT) && !defined(__OPTIMIZE_SIZE__)
#define SEGFIT_FAST_INLINE SEGFIT_ALWAYS_INLINE
#else
#define SEGFIT_FAST_INLINE inline
#endif

/// For checks of a pointer. In the npm package's modules, which must be small, many functions call
/// them.
#if defined(__wasm__) && !defined(SEGFIT_MALLOC_UNIT)
#define SEGFIT_FAULT_INLINE SEGFIT_APART
#else
#define SEGFIT_FAULT_INLINE inline
#endif

/// For malloc and free where the cache does not serve. A call in V8 writes its frame, and these
/// stores wait behind stores that miss the processor's cache, so that inlining is faster. Natively,
/// malloc would save registers for the inlined code.
#if defined(__wasm__)
#define SEGFIT_FAST_APART SEGFIT_FAST_INLINE
#else
#define SEGFIT_FAST_APART SEGFIT_APART
#endif

/// Declares functions that cross files inside the library. The malloc build makes them static.
#ifndef SEGFIT_INTERNAL
#define SEGFIT_INTERNAL __attribute__((visibility("hidden"))) extern
#endif

/// Defines public constants. The malloc build makes them static.
#ifndef SEGFIT_CONSTANT
#define SEGFIT_CONSTANT const
#endif

#if SEGFIT_DEBUG
#define SEGFIT_ASSERT(condition) ((condition) ? (void)0 : SEGFIT_TRAP())
#else
#define SEGFIT_ASSERT(condition) ((void)0)
#endif

/// Reads a word that other threads may write, each time whole. The heap writes its words under its
/// lock with plain stores. ThreadSanitizer takes that for a race with any kind of read, so that in
/// its builds the read is hidden from it.
#if SEGFIT_THREADS && (defined(__SANITIZE_THREAD__) || SEGFIT_HAS_FEATURE(thread_sanitizer))
static __attribute__((no_sanitize("thread"), noinline, unused)) size_t
compiler_read_word(const size_t *word)
{
    return *(const volatile size_t *)word;
}
#define SEGFIT_READ_SHARED(word) compiler_read_word(&(word))
#elif SEGFIT_THREADS
#define SEGFIT_READ_SHARED(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#else
#define SEGFIT_READ_SHARED(word) (word)
#endif

#endif
