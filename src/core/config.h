// SPDX-License-Identifier: MIT
/// Everything that can be set at compile time (beside SEGFIT_ALIGN, which segfit.h needs), and all
/// that depends on the compiler.
#ifndef SEGFIT_CONFIG_H
#define SEGFIT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

// ----------------------------------------------------------------------------------------- knobs

/// What is looked for before anything changes. 0: nothing, for size and benchmarks. 1: a pointer that is
/// given lies in a pool, is aligned, its block is used and both neighbours agree; about 8 % of the time of
/// a free, no memory. 2: also, each free block that is taken out of a list is as its header, footer,
/// neighbours, class and links say (safe unlink). 3: also, headers are encoded under a key, and the control
/// structure is compared with a seal and with the lists, so that what was overwritten is told, whatever was
/// written. 4, for finding mistakes: also, bytes behind what was asked for are watched, freed blocks are held
/// back and watched, and every call looks at the whole heap, which then takes no constant time.
/// docs/security.md has what each finds and costs.
#ifndef SEGFIT_CHECK
#define SEGFIT_CHECK 1
#endif

/// At level 4, how many freed blocks are held back before they are used again: 1 to 65535. A step up is up to
/// SEGFIT_QUARANTINE_LARGEST bytes more that wait; all of it is used before a request fails or the heap grows.
#ifndef SEGFIT_QUARANTINE
#define SEGFIT_QUARANTINE 64
#endif

/// At level 4, the largest block, header included, that is held back: 0 (none) to 2^30.
#ifndef SEGFIT_QUARANTINE_LARGEST
#define SEGFIT_QUARANTINE_LARGEST 4096
#endif

/// At level 4, the whole heap is looked at in every call that finds so many allocations and frees behind it or
/// a multiple of them: 0 (never) to 65535. A step up makes a program with many blocks faster, and mistakes
/// known later.
#ifndef SEGFIT_WALK
#define SEGFIT_WALK 1
#endif

/// 0 or 1: keep the figures of segfit_stats. 0 saves some ten instructions a call; the figures are
/// then 0, except capacity, overhead and the largest free block.
#ifndef SEGFIT_STATS
#define SEGFIT_STATS 1
#endif

/// 0 or 1: the functions that look into a heap serve malloc's as well, by the functions that it brings. 0 saves
/// a comparison in each, and the indirect call; for programs without this malloc.
#ifndef SEGFIT_SERVES_MALLOC
#define SEGFIT_SERVES_MALLOC 1
#endif

/// 0 or 1: call segfit_event at each named moment. For teaching and debugging.
#ifndef SEGFIT_EVENTS
#define SEGFIT_EVENTS 0
#endif

/// How many blocks of the request's own class, beyond its head, are looked at before a request fails:
/// 0 to 64. Each costs at most six instructions, and only where nothing else was found. With 0, a full
/// heap whose free blocks fit only deep in their lists fails earlier.
#ifndef SEGFIT_PROBES
#define SEGFIT_PROBES 4
#endif

/// A geometry folded into constants instead of read from the heap, for a program whose heaps all have
/// it (the malloc build has one): rows (1 to the pointer's bits; 0: all three are read), log2 of columns
/// (0 to 5), policy. segfit_init makes such heaps and refuses options that ask for another one;
/// segfit_add_pool takes nothing for a static heap of another one. Saves a fifth of the instructions of a call.
#ifndef SEGFIT_FIXED_ROWS
#define SEGFIT_FIXED_ROWS 0
#endif
#ifndef SEGFIT_FIXED_COLUMNS_LOG2
#define SEGFIT_FIXED_COLUMNS_LOG2 4
#endif
#ifndef SEGFIT_FIXED_POLICY
#define SEGFIT_FIXED_POLICY SEGFIT_POLICY_PROBE
#endif

/// 0 or 1: fold columns and policy alone and read the rows, for a program whose heaps differ in size only.
/// They are to be made with the values above. Saves 6 % of the time of a call in wasm.
#ifndef SEGFIT_FIXED_SEARCH
#define SEGFIT_FIXED_SEARCH 0
#endif

/// Blocks that malloc keeps of each small size when they are freed, so that the next malloc of that size
/// need not search: 0 to 255. 0: none, and no code for it. A step up costs a block a size, which the
/// heap cannot merge until it has to grow, and saves a heap operation where more blocks than before are
/// freed in a row and wanted again. Level 4 holds blocks back itself: it has none.
#ifndef SEGFIT_CACHE
#if SEGFIT_CHECK >= 4
#define SEGFIT_CACHE 0
#else
#define SEGFIT_CACHE 128
#endif
#endif

/// The largest block, header included, that is kept: 64 to 4096, a multiple of 16. Each SEGFIT_ALIGN more is a bin more,
/// two words.
#ifndef SEGFIT_CACHE_LARGEST
#define SEGFIT_CACHE_LARGEST 512
#endif

/// Bytes that are kept of each size at most, but always one block: 64 to 1048576. Binds where blocks
/// are larger than this by SEGFIT_CACHE; a step up is so many bytes a size that may lie idle.
#ifndef SEGFIT_CACHE_BYTES
#define SEGFIT_CACHE_BYTES 8192
#endif

/// 0 or 1: the heap belongs to several threads, which lock it where they change it. malloc's own default is
/// in port/config.h; the library does not lock.
#ifndef SEGFIT_THREADS
#define SEGFIT_THREADS 0
#endif

/// Blocks that a free which finds its bin full gives back to the heap, its own included: 1 to 255. With
/// threads also how many blocks of any sizes wait until the heap is locked for them, and how many an
/// empty bin is filled with at least, as far as SEGFIT_CACHE_REFILL allows. A step up spreads the cost of
/// taking the lock over one block more, and holds it for one heap operation longer; without threads there
/// is nothing to spread.
#ifndef SEGFIT_CACHE_BATCH
#if SEGFIT_THREADS
#define SEGFIT_CACHE_BATCH 32
#else
#define SEGFIT_CACHE_BATCH 1
#endif
#endif

/// Bytes up to which a malloc that finds its bin empty takes blocks of its size at once, side by side,
/// from the free block it found: 0 (only its own) to 65536. A step up is a heap operation less, with
/// threads a little less waiting for the lock, and as many bytes a size that may lie idle.
#ifndef SEGFIT_CACHE_REFILL
#if SEGFIT_THREADS
#define SEGFIT_CACHE_REFILL 2048
#else
#define SEGFIT_CACHE_REFILL 512
#endif
#endif

/// How large a free block may be before one that is kept, header included: 0 to 65536. Behind a larger one
/// a kept block would be an island in what could be one large block. A step up keeps more of what aligned
/// requests leave, a small gap before each block.
#ifndef SEGFIT_CACHE_ISLAND
#define SEGFIT_CACHE_ISLAND 64
#endif

/// How many blocks of a bin an aligned request looks at, each as likely to have its alignment as any: 1 to
/// 64. A step up is a load more at worst, and fewer searches for a block with a gap.
#ifndef SEGFIT_CACHE_LOOKS
#define SEGFIT_CACHE_LOOKS 8
#endif

/// Bytes up to which realloc copies a block word by word: 0 to 1024. Engines call out of the module for
/// wasm's own instruction, which costs as much as some ten words.
#ifndef SEGFIT_WORDWISE
#if defined(__wasm__) && !defined(__OPTIMIZE_SIZE__)
#define SEGFIT_WORDWISE 128
#else
#define SEGFIT_WORDWISE 0
#endif
#endif

/// 0 or 1: assert what must hold inside the library; a failed assertion traps. For its own tests.
#ifndef SEGFIT_DEBUG
#define SEGFIT_DEBUG 0
#endif

#if SEGFIT_ALIGN != 8 && SEGFIT_ALIGN != 16
#error "SEGFIT_ALIGN is 8 or 16"
#endif
#if SEGFIT_CHECK < 0 || SEGFIT_CHECK > 4
#error "SEGFIT_CHECK is 0 to 4"
#endif
#if SEGFIT_CHECK >= 4 && SEGFIT_CACHE > 0
#error "SEGFIT_CACHE is 0 at level 4"
#endif

/// Refuses a value out of range, and a word, which #if takes for 0.
#define SEGFIT_KNOB(knob, least, most)                                \
    _Static_assert((knob) + 0LL >= (least) && (knob) + 0LL <= (most), \
                   #knob " is a number from " #least " to " #most)

SEGFIT_KNOB(SEGFIT_ALIGN, 8, 16);
SEGFIT_KNOB(SEGFIT_CHECK, 0, 4);
SEGFIT_KNOB(SEGFIT_QUARANTINE, 1, 65535);
SEGFIT_KNOB(SEGFIT_QUARANTINE_LARGEST, 0, 1073741824);
SEGFIT_KNOB(SEGFIT_WALK, 0, 65535);
SEGFIT_KNOB(SEGFIT_STATS, 0, 1);
SEGFIT_KNOB(SEGFIT_EVENTS, 0, 1);
SEGFIT_KNOB(SEGFIT_PROBES, 0, 64);
SEGFIT_KNOB(SEGFIT_FIXED_ROWS, 0, 8 * (int)sizeof(void *));
SEGFIT_KNOB(SEGFIT_FIXED_COLUMNS_LOG2, 0, 5);
SEGFIT_KNOB(SEGFIT_FIXED_SEARCH, 0, 1);
SEGFIT_KNOB(SEGFIT_CACHE, 0, 255);
SEGFIT_KNOB(SEGFIT_CACHE_LARGEST, 64, 4096);
_Static_assert(SEGFIT_CACHE_LARGEST % 16 == 0, "SEGFIT_CACHE_LARGEST is a multiple of 16");
SEGFIT_KNOB(SEGFIT_CACHE_BYTES, 64, 1048576);
SEGFIT_KNOB(SEGFIT_THREADS, 0, 1);
SEGFIT_KNOB(SEGFIT_CACHE_BATCH, 1, 255);
SEGFIT_KNOB(SEGFIT_CACHE_REFILL, 0, 65536);
SEGFIT_KNOB(SEGFIT_CACHE_ISLAND, 0, 65536);
SEGFIT_KNOB(SEGFIT_CACHE_LOOKS, 1, 64);
SEGFIT_KNOB(SEGFIT_WORDWISE, 0, 1024);
SEGFIT_KNOB(SEGFIT_DEBUG, 0, 1);

// -------------------------------------------------------------------------------------- compiler

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

/// How a damaged heap is told: at once; or by a malloc with threads when it has given back its lock, since
/// segfit_panic may call malloc.
#ifndef SEGFIT_TELL
#define SEGFIT_TELL(code, heap, ptr) segfit_panic((code), (heap), (ptr))
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

#if SEGFIT_EVENTS
#define SEGFIT_EVENT(heap, kind, block, a, b) \
    segfit_event((heap), segfit_event_##kind, (block), (a), (b))
#else
#define SEGFIT_EVENT(heap, kind, block, a, b) ((void)0)
#endif

/// Does `statement` where figures are kept.
#if SEGFIT_STATS
#define SEGFIT_FIGURE(statement) \
    do {                         \
        statement;               \
    } while (0)
#else
#define SEGFIT_FIGURE(statement) ((void)0)
#endif

#endif
