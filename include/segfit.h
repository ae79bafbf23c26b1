// SPDX-License-Identifier: MIT
/// segfit: a constant-time memory allocator over memory that you provide.
///
/// The algorithm is TLSF, two-level segregated fit (Masmano, Ripoll, Crespo and Real, ECRTS 2004).
/// A *heap* is a control structure plus *pools*. A pool is a contiguous region that you give to the
/// heap. It holds a sequence of *blocks*, used or free, and each block has one header word before
/// its payload:
///
///     pool  ┌──────┬───┬─────────────┬───┬──────────────────────┬───┬────────┬───┐
///           │record│hdr│   payload   │hdr│ next prev  (free)  sz│hdr│payload │end│
///           └──────┴───┴─────────────┴───┴──────────────────────┴───┴────────┴───┘
///
/// Free blocks are in lists, one list for each *class* of sizes. The classes form a matrix, the
/// heap's *geometry*: a row for each power of two, and each row is divided evenly into columns. Two
/// levels of bitmaps record which lists are not empty. The search for a fitting block therefore
/// takes a few instructions, however large the heap is.
///
/// The library needs no operating system, no C library and no start-up code. All state of a heap is
/// in the memory that you gave it; the only other state is the key of segfit_set_key. The library
/// does not lock: two threads must not use one heap at the same time.
///
///     static max_align_t memory[4096];
///
///     segfit_t *heap = segfit_init(memory, sizeof memory, NULL);
///     char *text = segfit_alloc(heap, 100);
///     text = segfit_realloc(heap, text, 200);
///     segfit_free(heap, text);
///
/// **Costs.** "Constant time" means that the number of instructions depends neither on the heap's
/// size nor on its history, even when the call fails. Functions that also copy or clear bytes
/// mention it.
///
/// **Levels.** The library is built with a level of checks, SEGFIT_CHECK, from 0 to 4. Level 1 is
/// the default. Level 4 is for debugging: it adds guards behind allocations, quarantines freed
/// blocks and checks the whole heap in each call, which then does not take constant time.
/// docs/security.md compares the levels.
///
/// **Failures.** A call that finds no memory leaves all blocks and their bytes unchanged. The
/// statistics count it in `failures`, and `peak_request` includes it. At level 4, a request that
/// finds no block first frees the quarantined blocks and tries again.
#ifndef SEGFIT_H
#define SEGFIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGFIT_VERSION_MAJOR 0
#define SEGFIT_VERSION_MINOR 1
#define SEGFIT_VERSION_PATCH 0

/// The alignment of every payload in bytes: 8 or 16.
///
/// It is part of the binary interface: a program and a library that were compiled with different
/// values do not link. With 16, a block wastes up to 8 bytes more than with 8. The default is two
/// words, and 16 under WASI, where malloc must align to 16.
#ifndef SEGFIT_ALIGN
#if UINTPTR_MAX > 0xFFFFFFFFU || defined(__wasi__)
#define SEGFIT_ALIGN 16
#else
#define SEGFIT_ALIGN 8
#endif
#endif

#include "segfit/settings.h"

/// The bytes of a block beside its payload: one word. At level 4 a guard takes another word.
#define SEGFIT_BLOCK_OVERHEAD sizeof(size_t)

/// The smallest block, header included, in bytes: four words.
#define SEGFIT_MIN_BLOCK (4U * sizeof(size_t))

/// The most bytes of a pool that are not blocks, for memory of any alignment.
#define SEGFIT_POOL_OVERHEAD (4U * sizeof(size_t) + 2U * SEGFIT_ALIGN)

/// The default number of columns. With 16 columns, the sizes within a class differ by at most 1/16.
#define SEGFIT_DEFAULT_COLUMNS 16U

/// The linkage of public functions.
#ifndef SEGFIT_API
#ifdef __cplusplus
#define SEGFIT_API extern "C"
#else
#define SEGFIT_API extern
#endif
#endif

/// The linkage of hooks, the functions that a program may define. Hooks keep external linkage where
/// a single-file build makes all other functions static.
#ifndef SEGFIT_HOOK_API
#define SEGFIT_HOOK_API SEGFIT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

// clang-format off
SEGFIT_LINK(segfit_set_key) SEGFIT_LINK(segfit_init) SEGFIT_LINK(segfit_init_empty)
SEGFIT_LINK(segfit_reset) SEGFIT_LINK(segfit_add_pool) SEGFIT_LINK(segfit_add_zeroed_pool)
SEGFIT_LINK(segfit_extend_pool)
SEGFIT_LINK(segfit_pool_is_empty) SEGFIT_LINK(segfit_remove_pool)
SEGFIT_LINK(segfit_pool_size_to_contain) SEGFIT_LINK(segfit_alloc) SEGFIT_LINK(segfit_alloc_aligned)
SEGFIT_LINK(segfit_calloc) SEGFIT_LINK(segfit_realloc) SEGFIT_LINK(segfit_realloc_aligned)
SEGFIT_LINK(segfit_resize) SEGFIT_LINK(segfit_free) SEGFIT_LINK(segfit_flush)
SEGFIT_LINK(segfit_usable_size) SEGFIT_LINK(segfit_max_request) SEGFIT_LINK(segfit_max_alloc)
SEGFIT_LINK(segfit_pool_size_for)
// clang-format on

// ---------------------------------------------------------------------------------------- heap

/// How an allocation searches for a free block.
typedef enum segfit_policy {
    /// Tries the first block of the request's own class, then the larger classes, then a few more
    /// blocks of its own class. A block that was just freed always serves the same size again.
    SEGFIT_POLICY_PROBE = 0,
    /// Searches as the TLSF paper does: only in classes all of whose blocks are large enough. In a
    /// full heap, an allocation can fail although a block of that size was just freed.
    SEGFIT_POLICY_STOCK = 1
} segfit_policy_t;

/// The fixed part of the control structure; bitmaps and list heads follow it in memory.
///
/// The members are private. Read them through segfit/inspect.h, or decode them with
/// `segfit_layout`.
typedef struct segfit {
    uint8_t rows;
    uint8_t columns_log2;
    uint8_t policy;
    uint8_t reserved;
    uint32_t heads_offset;
    struct segfit_pool *pools;
    uintptr_t low;
    uintptr_t high;
    /// Below level 3, the bounds of the memory that arrived zeroed and was not written to since. At
    /// level 3 and above, the newest quarantined block (level 4) and a seal, which is a checksum of
    /// the members that rarely change.
    union {
        uintptr_t fresh_begin;
        uintptr_t held;
    };
    union {
        uintptr_t fresh_end;
        uintptr_t seal;
    };
    size_t capacity;
    size_t overhead;
    size_t used;
    size_t peak_used;
    size_t peak_request;
    size_t free_blocks;
    size_t allocs;
    size_t frees;
    size_t failures;
    size_t grows;
    size_t row_bitmap;
} segfit_t;

/// Options of segfit_init. A member that is 0 takes its default.
typedef struct segfit_options {
    /// The rows of the matrix (first level): 1, plus one for each power of two of block sizes. At
    /// most the number of bits in a pointer. Default: as many as `largest` needs.
    unsigned rows;
    /// The columns of the matrix (second level): a power of two from 1 to 32. Each doubling halves
    /// the range of sizes in a class and doubles the control structure's list heads. Default:
    /// SEGFIT_DEFAULT_COLUMNS.
    unsigned columns;
    /// The largest block that the heap must manage, in bytes; ignored if `rows` is not 0. The heap
    /// takes a pool of up to this size in one call. Default: the largest block that fits in the
    /// memory, or a larger one while all rows together cost at most 1/32 of the memory.
    size_t largest;
    /// Default: SEGFIT_POLICY_PROBE.
    segfit_policy_t policy;
    /// True if the memory is all zero, as static memory and fresh pages are. Then segfit_init need
    /// not search it for headers of an earlier heap, and segfit_calloc need not clear it again.
    /// False is always correct.
    bool zeroed;
} segfit_options_t;

/// The size of the control structure in bytes, as a constant expression. `rows` is 1 to the number
/// of bits in a pointer; `columns` is a power of two from 1 to 32.
#define SEGFIT_CONTROL_SIZE(rows, columns) \
    (SEGFIT_HEADS_OFFSET(rows) + (size_t)(rows) * (size_t)(columns) * sizeof(void *))

/// Private: the offset of the list heads in the control structure, for SEGFIT_CONTROL_SIZE.
#define SEGFIT_HEADS_OFFSET(rows)                                                          \
    ((sizeof(segfit_t) + ((size_t)(rows) + 1U) * sizeof(uint32_t) + sizeof(void *) - 1U) / \
     sizeof(void *) * sizeof(void *))

/// The base-2 logarithm of a power of two from 1 to 32, as a constant expression.
#define SEGFIT_LOG2_COLUMNS(columns) \
    ((columns) >= 32U   ? 5U         \
     : (columns) >= 16U ? 4U         \
     : (columns) >= 8U  ? 3U         \
     : (columns) >= 4U  ? 2U         \
     : (columns) >= 2U  ? 1U         \
                        : 0U)

/// Private: the initialiser of an empty heap, for SEGFIT_STATIC_HEAP.
#define SEGFIT_INITIALIZER(rows, columns)                                                         \
    {                                                                                             \
        (uint8_t)(rows), (uint8_t)SEGFIT_LOG2_COLUMNS(columns), 0, 0,                             \
            (uint32_t)SEGFIT_HEADS_OFFSET(rows), NULL, 0, 0, {0}, {0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
            0, 0                                                                                  \
    }

/// Defines a static heap that needs no code at start-up: `name.heap` is a valid `segfit_t` without
/// a pool. `rows` and `columns` mean the same as in segfit_options_t, and must not be 0.
///
///     SEGFIT_STATIC_HEAP(heap, 12, 16);
///     …
///     segfit_add_pool(&heap.heap, memory, sizeof memory);
#define SEGFIT_STATIC_HEAP(name, rows, columns)                    \
    static union {                                                 \
        segfit_t heap;                                             \
        unsigned char control[SEGFIT_CONTROL_SIZE(rows, columns)]; \
    } name = {SEGFIT_INITIALIZER(rows, columns)}

/// Sets the key that encodes block headers at level 3 and above. Below level 3 it has no effect.
///
/// Without a key (or with 0) the library finds damaged headers. With a secret key it also finds
/// forged ones. Take a word that an attacker cannot guess, such as one from the system's random
/// numbers. Call this before any heap gets its first pool. In wasm, call it with the same key in
/// each instance that shares the memory. Constant time.
SEGFIT_API void segfit_set_key(size_t key);

/// Creates a heap in `memory` and returns it, or NULL. The control structure comes first; the rest
/// of the memory is the first pool.
///
/// Returns NULL, and writes nothing, iff
/// - `memory` is NULL, or the region runs past the end of the address space;
/// - `size` bytes cannot hold the control structure and one block;
/// - `options` describe an impossible geometry, or one that the library was not built for.
///
/// NULL `options` mean all defaults. The memory may have any alignment. It belongs to the heap
/// until you stop using the heap; no call is needed to end that.
///
/// The memory may have belonged to an earlier heap. At level 1 and above, segfit_init reads one
/// word in each SEGFIT_ALIGN bytes and marks the headers of that heap's blocks as freed. A free of
/// such a block is therefore reported until its memory is used again. Linear in bytes; constant
/// time at level 0 or if `options` say `zeroed`. In addition, the control structure is cleared.
SEGFIT_API segfit_t *segfit_init(void *memory, size_t size, const segfit_options_t *options);

/// Creates a heap without a pool in `memory` and returns it, or NULL.
///
/// Like segfit_init, but uses only the bytes of the control structure. SEGFIT_CONTROL_SIZE bytes
/// are enough if `memory` is aligned for a pointer. Clears the control structure.
SEGFIT_API segfit_t *segfit_init_empty(void *memory, size_t size, const segfit_options_t *options);

/// Frees every block at once, so that each pool is one free block.
///
/// Peaks and counts in the statistics stay. A reset also repairs a heap with damaged blocks. At
/// level 1 and above, the header of every block is marked as freed, so a later free of an old
/// pointer is reported until its memory is used again. Linear in classes, pools and blocks, and in
/// the bytes of a damaged pool; at level 0 linear in classes and pools only.
SEGFIT_API void segfit_reset(segfit_t *heap);

// ---------------------------------------------------------------------------------------- pools

/// Gives the heap the `size` bytes at `memory` as a pool. Returns how many bytes the heap took,
/// counted from `memory`, or 0.
///
/// The heap takes less than `size` if the end is not on a block boundary, or if the pool would be
/// larger than the heap's largest block; give it the rest in another call. Returns 0, and changes
/// nothing, if `memory` is NULL, is too small for one block, runs past the end of the address
/// space, or overlaps a pool or the control structure. The memory may have any alignment.
///
/// The geometry limits the size of a block, and so of a pool. segfit_init derives it from its
/// memory unless the options give `largest`. A heap made in 32 KiB on a 64-bit machine therefore
/// needs 256 calls to take 8 MiB, and its largest request stays at 32 KiB. Plan for the pools to
/// come:
///
///     segfit_options_t options = {0};
///     options.largest = 8U << 20;
///     segfit_t *heap = segfit_init(memory, sizeof memory, &options);
///     segfit_add_pool(heap, more, 8U << 20);
///
/// Linear in pools. At level 1 and above also linear in bytes, since the headers of an earlier heap
/// are marked as in segfit_init.
SEGFIT_API size_t segfit_add_pool(segfit_t *heap, void *memory, size_t size);

/// Like segfit_add_pool, for memory that is all zero (see `zeroed` of segfit_options_t). Linear in
/// pools.
SEGFIT_API size_t segfit_add_zeroed_pool(segfit_t *heap, void *memory, size_t size);

/// Extends the pool that was added at `memory` by the `size` bytes behind its end. Returns how many
/// of them the heap took, or 0.
///
/// The pool's end is `memory` plus all bytes taken so far. A free block at the end grows; otherwise
/// a free block appears there. Returns 0 if no pool was added at `memory`, and where
/// segfit_add_pool returns 0. At level 1 and above, reports a free block at the end whose header
/// was overwritten, and returns 0. Linear in pools; at level 1 and above also in bytes.
SEGFIT_API size_t segfit_extend_pool(segfit_t *heap, void *memory, size_t size);

/// Returns true if a pool was added at `memory` and none of its blocks is in use. Linear in pools;
/// at level 4 also in the pool's blocks.
SEGFIT_API bool segfit_pool_is_empty(const segfit_t *heap, const void *memory);

/// Removes the pool at `memory` from the heap and returns true; its memory is yours again.
///
/// Returns false, and changes nothing, if no pool was added there or one of its blocks is in use.
/// At level 4 it first frees all quarantined blocks, in either case. Linear in pools.
SEGFIT_API bool segfit_remove_pool(segfit_t *heap, void *memory);

/// Returns the size in bytes of a pool that guarantees one allocation: after a pool of that size is
/// added, at any address, this heap can serve a request for `size` bytes at `alignment`.
///
/// Returns 0 if no pool can: the block would be larger than the geometry allows, or `alignment` is
/// not a power of two. Constant time.
SEGFIT_API size_t segfit_pool_size_to_contain(const segfit_t *heap, size_t size, size_t alignment);

// ---------------------------------------------------------------------------------------- blocks

/// Returns at least `size` bytes aligned to SEGFIT_ALIGN, or NULL.
///
/// NULL means that no free block was found. The blocks are unchanged, the failure is counted, and a
/// smaller request may succeed. A `size` of 0 is served as 1, so that every success has an address
/// of its own. The bytes are uninitialised. Constant time.
SEGFIT_API void *segfit_alloc(segfit_t *heap, size_t size);

/// Returns at least `size` bytes at a multiple of `alignment`, or NULL.
///
/// NULL means that no free block was found, as in segfit_alloc, or that `alignment` is not a power
/// of two. Unneeded bytes before and behind the payload stay free. An alignment up to SEGFIT_ALIGN
/// costs nothing; a larger one may need a free block of up to `size + alignment + SEGFIT_MIN_BLOCK`
/// bytes. Constant time.
SEGFIT_API void *segfit_alloc_aligned(segfit_t *heap, size_t alignment, size_t size);

/// Returns at least `count * size` bytes, all zero, or NULL.
///
/// NULL means that no free block was found, as in segfit_alloc. A product that overflows counts as
/// a request for SIZE_MAX bytes and fails. Constant time, plus clearing the bytes. Memory that
/// arrived zeroed and was not used since is not cleared again (below level 3).
SEGFIT_API void *segfit_calloc(segfit_t *heap, size_t count, size_t size);

/// Changes the size of the block at `ptr` to `size`, and keeps its content up to the smaller of
/// both sizes. Returns the block's address, which may be another one, or NULL.
///
/// NULL means that no room was found; the block and its bytes are unchanged. A NULL `ptr` acts as
/// segfit_alloc. A `size` of 0 is served as 1 and does not free the block. The function tries in
/// turn to shrink in place, to grow into the next block, to grow into the previous block, and to
/// move elsewhere. An alignment larger than SEGFIT_ALIGN is lost when the block moves; see
/// segfit_realloc_aligned. Constant time, plus copying when the block moves.
SEGFIT_API void *segfit_realloc(segfit_t *heap, void *ptr, size_t size);

/// Like segfit_realloc, but returns an address at a multiple of `alignment`. Also returns NULL if
/// `alignment` is not a power of two.
SEGFIT_API void *segfit_realloc_aligned(segfit_t *heap, void *ptr, size_t alignment, size_t size);

/// Changes the size of the block at `ptr` to `size` without moving it. Returns whether it could.
///
/// False means that the block is unchanged and the failure is counted. A NULL `ptr` returns false
/// and is not counted. Constant time.
SEGFIT_API bool segfit_resize(segfit_t *heap, void *ptr, size_t size);

/// Frees the block at `ptr` and merges it with free neighbours. NULL does nothing. Constant time.
///
/// `ptr` must have come from this heap and must not have been freed since. At level 1 and above,
/// the function checks for violations in constant time and reports them through segfit_panic.
SEGFIT_API void segfit_free(segfit_t *heap, void *ptr);

/// At level 4, frees all quarantined blocks. Returns whether there were any.
///
/// Below level 4 it does nothing and returns false. Allocations call it by themselves before they
/// fail. Linear in quarantined blocks.
SEGFIT_API bool segfit_flush(segfit_t *heap);

/// Returns how many bytes at `ptr` the program may use: at least as many as it requested. Returns 0
/// for NULL. Constant time.
SEGFIT_API size_t segfit_usable_size(const segfit_t *heap, const void *ptr);

// ---------------------------------------------------------------------------------------- limits

/// Returns the largest request that this heap's geometry allows. Constant time.
SEGFIT_API size_t segfit_max_request(const segfit_t *heap);

/// Returns the largest request that segfit_alloc is guaranteed to serve now, or 0 if nothing is
/// free. Larger requests may succeed, too. Constant time.
SEGFIT_API size_t segfit_max_alloc(const segfit_t *heap);

/// Returns how many bytes of memory guarantee every allocation of a program that keeps two limits,
/// or 0 if no memory is enough. Call segfit_init with that much memory, at any address, and NULL
/// options.
///
/// `max_request` is the largest request. A request aligned to more than SEGFIT_ALIGN counts as
/// larger by its alignment and SEGFIT_MIN_BLOCK.
///
/// `max_live` is the most bytes that are ever in use at once. Each block counts as its request plus
/// SEGFIT_BLOCK_OVERHEAD, rounded up to SEGFIT_ALIGN, and as at least SEGFIT_MIN_BLOCK. A realloc
/// counts the old and the new block.
///
/// The result, about `max_live * max_request / SEGFIT_MIN_BLOCK`, holds for the worst program
/// possible and any order of calls; docs/realtime.md derives it. It does not hold at level 4, whose
/// guards and quarantine need more memory. Linear in classes.
SEGFIT_API size_t segfit_pool_size_for(size_t max_live, size_t max_request);

// ---------------------------------------------------------------------------------------- errors

/// The kinds of fault in a pointer, a block or a heap.
typedef enum segfit_fault_code {
    SEGFIT_OK = 0,
    /// The pointer lies outside all pools.
    SEGFIT_OUTSIDE = 1,
    /// The pointer is not a multiple of SEGFIT_ALIGN.
    SEGFIT_MISALIGNED = 2,
    /// The block is free already.
    SEGFIT_FREED = 3,
    /// No block begins there, or its header was overwritten: its size is impossible.
    SEGFIT_NOT_A_BLOCK = 4,
    /// The block and a neighbour contradict each other: one of their headers was overwritten.
    SEGFIT_NEIGHBOUR = 5,
    /// A free block that the call met was overwritten: its links, its class or its size are wrong.
    SEGFIT_FREE_BLOCK = 6,
    /// The heap's control structure was overwritten: bounds, bitmaps or list heads are wrong. The
    /// pointer is the heap's address.
    SEGFIT_CONTROL = 7,
    /// The program wrote behind the bytes that it requested (level 4).
    SEGFIT_OVERRUN = 8,
    /// The program wrote into a quarantined block, which it had freed (level 4).
    SEGFIT_USED_AFTER_FREE = 9
} segfit_fault_code_t;

/// Hook: the library calls it when it finds a fault, before anything changes.
///
/// Faults are pointers that cannot be a used block, and damaged memory that a call meets.
/// SEGFIT_CHECK decides which of them are found. `ptr` is the bad pointer, the payload of the
/// damaged block, or the heap.
///
/// The library's own version is weak and traps. Define yours to report the fault. If yours returns,
/// the call that found the fault has no effect and returns NULL, false or 0, and the damaged block
/// is never used again.
SEGFIT_HOOK_API void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr);

#ifdef __cplusplus
}
#endif

#endif
