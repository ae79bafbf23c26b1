// SPDX-License-Identifier: MIT
/// segfit: a constant-time memory allocator over memory that you provide.
///
/// The algorithm is TLSF, two-level segregated fit (Masmano, Ripoll, Crespo and Real, ECRTS 2004).
/// A *heap* is a control structure plus *pools*, contiguous regions that you give it. Each pool is a
/// row of *blocks*; each block has one header word before its payload:
///
///     pool  ┌──────┬───┬─────────────┬───┬──────────────────────┬───┬────────┬───┐
///           │record│hdr│   payload   │hdr│ next prev  (free)  sz│hdr│payload │end│
///           └──────┴───┴─────────────┴───┴──────────────────────┴───┴────────┴───┘
///
/// Free blocks are kept in lists, one list for each *class* of sizes. Classes form a matrix: a row
/// for each power of two, each row cut evenly into columns. Two bitmaps say which lists hold
/// something, so that the search for a fitting block is a few instructions, however big the heap.
///
/// The library needs no operating system, no C library and no start-up code. A heap is whole in the
/// memory you gave it; the only other state is the key of segfit_set_key. It does not lock: two threads
/// must not use one heap at once.
///
///     static max_align_t memory[4096];
///
///     segfit_t *heap = segfit_init(memory, sizeof memory, NULL);
///     char *text = segfit_alloc(heap, 100);
///     text = segfit_realloc(heap, text, 200);
///     segfit_free(heap, text);
///
/// **Costs.** "Constant time" means a number of instructions that depends on neither the heap's size
/// nor its history, in the call that fails as well. A function that copies or clears bytes says so. A
/// library that was built with SEGFIT_CHECK 4 looks at the whole heap in each call.
///
/// **Failures.** A call that finds no memory leaves the blocks and their bytes as they were. Two statistics
/// count it: `failures`, and `peak_request` if no request was larger. At level 4 it first frees the
/// quarantined blocks.
#ifndef SEGFIT_H
#define SEGFIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGFIT_VERSION_MAJOR 0
#define SEGFIT_VERSION_MINOR 1
#define SEGFIT_VERSION_PATCH 0

/// Every payload's alignment in bytes: 8 or 16. It is part of the binary interface: the library and
/// the programs that use it are compiled with the same value, and do not link otherwise.
/// 16 wastes up to 8 more bytes a block. Default: two words, and 16 under WASI, where malloc has to
/// align so.
#ifndef SEGFIT_ALIGN
#if UINTPTR_MAX > 0xFFFFFFFFU || defined(__wasi__)
#define SEGFIT_ALIGN 16
#else
#define SEGFIT_ALIGN 8
#endif
#endif

#include "segfit/settings.h"

/// What a block costs beside its payload, in bytes: one word. With SEGFIT_CHECK 4 a guard costs another.
#define SEGFIT_BLOCK_OVERHEAD sizeof(size_t)

/// The smallest block, header included, in bytes: four words.
#define SEGFIT_MIN_BLOCK (4U * sizeof(size_t))

/// The most that a pool costs beside its blocks, in bytes, however its memory is aligned.
#define SEGFIT_POOL_OVERHEAD (4U * sizeof(size_t) + 2U * SEGFIT_ALIGN)

/// The second-level columns of a heap whose options do not say: sizes that a block of the right
/// class can have differ by at most 1/16.
#define SEGFIT_DEFAULT_COLUMNS 16U

/// How public functions are declared.
#ifndef SEGFIT_API
#ifdef __cplusplus
#define SEGFIT_API extern "C"
#else
#define SEGFIT_API extern
#endif
#endif

/// How the functions are declared that a program may define: they stay outside names where the
/// library's own functions become static.
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

/// How a block is searched.
typedef enum segfit_policy {
    /// Looks at the head of the request's own class before the larger classes, and a few blocks
    /// further before it gives up. A block that was just freed serves its size again, always.
    SEGFIT_POLICY_PROBE = 0,
    /// As published: only classes all of whose blocks fit. In a full heap, freeing a block and
    /// asking for the same size again can fail.
    SEGFIT_POLICY_STOCK = 1
} segfit_policy_t;

/// The control structure's fixed part; bitmaps and list heads lie behind it. Its members are
/// private: read them through segfit/inspect.h, or decode them with `segfit_layout`.
typedef struct segfit {
    uint8_t rows;
    uint8_t columns_log2;
    uint8_t policy;
    uint8_t reserved;
    uint32_t heads_offset;
    struct segfit_pool *pools;
    uintptr_t low;
    uintptr_t high;
    /// What was never written to; or, at levels that take no memory for zero, blocks that are held back
    /// and the seal over the members that rarely change.
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

/// How a heap is made. A member that is 0 takes its default.
typedef struct segfit_options {
    /// First-level rows: 1 + one for each power of two of block sizes; at most the pointer's bits.
    /// Default: as many as `largest` needs.
    unsigned rows;
    /// Second-level columns, a power of two from 1 to 32. Each doubling halves the sizes within a
    /// class and doubles the control structure. Default: SEGFIT_DEFAULT_COLUMNS.
    unsigned columns;
    /// The largest block that the heap must manage, in bytes; read when `rows` is 0. A pool of up to this
    /// size is taken in one call. Default: what the memory holds, and more where the rows for it cost at
    /// most 1/32 of the memory.
    size_t largest;
    segfit_policy_t policy;
    /// The memory is all zero, as static memory and fresh pages are: segfit_init does not look through it for
    /// headers of an earlier heap, and segfit_calloc does not clear it again. False is always right.
    bool zeroed;
} segfit_options_t;

/// The control structure's size in bytes, as a constant expression, for `rows` from 1 to the
/// pointer's bits and `columns` a power of two from 1 to 32.
#define SEGFIT_CONTROL_SIZE(rows, columns) \
    (SEGFIT_HEADS_OFFSET(rows) + (size_t)(rows) * (size_t)(columns) * sizeof(void *))

/// Where the list heads begin in the control structure: private, for SEGFIT_CONTROL_SIZE.
#define SEGFIT_HEADS_OFFSET(rows)                                                          \
    ((sizeof(segfit_t) + ((size_t)(rows) + 1U) * sizeof(uint32_t) + sizeof(void *) - 1U) / \
     sizeof(void *) * sizeof(void *))

/// log2 of a power of two from 1 to 32, as a constant expression.
#define SEGFIT_LOG2_COLUMNS(columns) \
    ((columns) >= 32U   ? 5U         \
     : (columns) >= 16U ? 4U         \
     : (columns) >= 8U  ? 3U         \
     : (columns) >= 4U  ? 2U         \
     : (columns) >= 2U  ? 1U         \
                        : 0U)

/// A valid, empty heap as an initialiser, for the first member of SEGFIT_STATIC_HEAP.
#define SEGFIT_INITIALIZER(rows, columns)                                                         \
    {                                                                                             \
        (uint8_t)(rows), (uint8_t)SEGFIT_LOG2_COLUMNS(columns), 0, 0,                             \
            (uint32_t)SEGFIT_HEADS_OFFSET(rows), NULL, 0, 0, {0}, {0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
            0, 0                                                                                  \
    }

/// Defines a static heap that needs no code at start-up: `name.heap` is a valid `segfit_t` with no
/// pool. `rows` and `columns` as in segfit_options_t, neither 0.
///
///     SEGFIT_STATIC_HEAP(heap, 12, 16);
///     …
///     segfit_add_pool(&heap.heap, memory, sizeof memory);
#define SEGFIT_STATIC_HEAP(name, rows, columns)                    \
    static union {                                                 \
        segfit_t heap;                                             \
        unsigned char control[SEGFIT_CONTROL_SIZE(rows, columns)]; \
    } name = {SEGFIT_INITIALIZER(rows, columns)}

/// Sets the word under which builds with SEGFIT_CHECK 3 or 4 write headers; does nothing in others.
///
/// For a program that wants forged headers to be found, not only damaged ones: the word is one that nobody
/// who writes into the heap can know, such as the system's random numbers give. To be called before any
/// pool is added to any heap, and in wasm in each instance that shares the memory, with the same word. It
/// is 0 otherwise. Constant time.
SEGFIT_API void segfit_set_key(size_t key);

/// Makes a heap in `memory`: the control structure first, the rest is its first pool. Returns the
/// heap, or NULL and leaves the memory alone.
///
/// NULL means that `memory` is NULL, that `size` bytes do not hold the control structure and one
/// block, that the region wraps the address space, or that `options` (NULL: all defaults) ask for a
/// geometry that cannot be. The memory may have any alignment; it belongs to the heap until you
/// stop using the heap, for which nothing need be called.
///
/// The memory may have been a heap's before. A pointer to a block of that heap is reported as one that was freed
/// until its memory is used again: from SEGFIT_CHECK 1 on, segfit_init reads one word each SEGFIT_ALIGN bytes and writes
/// where a block's header was. Linear in bytes; with `zeroed`, or SEGFIT_CHECK 0, constant time. Clears the control
/// structure besides.
SEGFIT_API segfit_t *segfit_init(void *memory, size_t size, const segfit_options_t *options);

/// As segfit_init, but all of `memory` that the control structure does not need stays unused: the
/// heap has no pool yet. SEGFIT_CONTROL_SIZE bytes suffice when `memory` is aligned as a pointer.
SEGFIT_API segfit_t *segfit_init_empty(void *memory, size_t size, const segfit_options_t *options);

/// Frees every block at once: each pool is one free block again. Statistics of the past (peaks, counts)
/// stay.
///
/// A pointer from before is reported as freed until its memory is used again: from SEGFIT_CHECK 1 on, a reset marks
/// the header of every block. A damaged heap is whole afterwards. Linear in classes, pools and blocks; in a damaged
/// pool in its bytes; with SEGFIT_CHECK 0 in classes and pools alone.
SEGFIT_API void segfit_reset(segfit_t *heap);

// ---------------------------------------------------------------------------------------- pools

/// Gives the heap `size` bytes at `memory`. Returns how many it took, counted from `memory`, or 0
/// when it took none.
///
/// No block, and so no pool, is larger than the heap's geometry allows, which segfit_init derives from
/// its memory unless the options say `largest`. On 64 bits, a heap made in 32 KiB therefore takes a pool of
/// 8 MiB in 256 calls, and its largest request stays at 32 KiB. Make it for the pools that it will get:
///
///     segfit_options_t options = {0};
///     options.largest = 8U << 20;
///     segfit_t *heap = segfit_init(memory, sizeof memory, &options);
///     segfit_add_pool(heap, more, 8U << 20);
///
/// It takes less than `size` where the end does not fall on a block boundary, or where the pool would
/// be larger than that block (give the rest in another call). It takes 0, and nothing
/// changes, if `memory` is NULL, too small for one block, wraps the address space, or overlaps a pool
/// or the control structure. The memory may have any alignment. Linear in pools and, from SEGFIT_CHECK 1
/// on, in bytes: headers of an earlier heap's blocks are marked as in segfit_init.
SEGFIT_API size_t segfit_add_pool(segfit_t *heap, void *memory, size_t size);

/// As segfit_add_pool, for memory that is all zero, as `zeroed` of segfit_options_t says. Linear in pools.
SEGFIT_API size_t segfit_add_zeroed_pool(segfit_t *heap, void *memory, size_t size);

/// Adds the `size` bytes behind the end of the pool that was added at `memory`. Returns how many of
/// them it took, or 0.
///
/// The end is `memory` plus all that was taken so far. A free block at the pool's end grows; otherwise
/// a new one appears. 0 if no pool was added at `memory`, and as in segfit_add_pool. Linear in pools and, from
/// SEGFIT_CHECK 1 on, in bytes.
SEGFIT_API size_t segfit_extend_pool(segfit_t *heap, void *memory, size_t size);

/// True if a pool was added at `memory` and no block of it is in use. Linear in pools.
SEGFIT_API bool segfit_pool_is_empty(const segfit_t *heap, const void *memory);

/// Takes the pool at `memory` out of the heap; its memory is yours again. False, and nothing changes,
/// if a block of it is in use or no pool was added there. At level 4 it frees the quarantined blocks in
/// any case. Linear in pools.
SEGFIT_API bool segfit_remove_pool(segfit_t *heap, void *memory);

/// The pool size in bytes, at any address, whose addition surely lets this heap serve a request for
/// `size` bytes at `alignment`. 0 if no pool can: more than the geometry's largest block, or an
/// alignment that is not a power of two. Constant time.
SEGFIT_API size_t segfit_pool_size_to_contain(const segfit_t *heap, size_t size, size_t alignment);

// ---------------------------------------------------------------------------------------- blocks

/// Returns at least `size` bytes aligned to SEGFIT_ALIGN, or NULL.
///
/// NULL means that no free block was found; the blocks are as they were, the failure is counted, and a
/// smaller request may succeed. A `size` of 0 is served as 1, so that every success is a distinct address.
/// The bytes are uninitialised. Constant time.
SEGFIT_API void *segfit_alloc(segfit_t *heap, size_t size);

/// As segfit_alloc, with the payload at a multiple of `alignment`, a power of two; NULL if it is none.
///
/// The bytes before and behind the payload stay free. An alignment up to SEGFIT_ALIGN costs nothing; a
/// larger one may need a free block of up to `size + alignment + SEGFIT_MIN_BLOCK`. Constant time.
SEGFIT_API void *segfit_alloc_aligned(segfit_t *heap, size_t alignment, size_t size);

/// Returns `count * size` bytes, all zero, or NULL. A product that overflows gives NULL and counts as a
/// request for SIZE_MAX bytes. Constant time plus clearing, except for memory that is known to be zero
/// since its source gave it.
SEGFIT_API void *segfit_calloc(segfit_t *heap, size_t count, size_t size);

/// Changes the size of `ptr` to `size`, keeping its content up to the smaller size. Returns where the
/// block is afterwards, or NULL.
///
/// NULL means that no room was found; the block and its bytes are as they were. A NULL `ptr` acts as segfit_alloc; a
/// `size` of 0 is served as 1 and keeps the block. It tries in turn: shrinking in place, growing into
/// the next block, growing into the previous one, another place. An alignment beyond SEGFIT_ALIGN is
/// kept only where the block does not move. Constant time, plus copying when the block moves.
SEGFIT_API void *segfit_realloc(segfit_t *heap, void *ptr, size_t size);

/// As segfit_realloc, and the block is aligned to `alignment`, a power of two, afterwards. NULL if
/// it is none.
SEGFIT_API void *segfit_realloc_aligned(segfit_t *heap, void *ptr, size_t alignment, size_t size);

/// Changes the size of `ptr` in place. False if it cannot: the block is as it was, and the failure is
/// counted. A NULL `ptr` gives false and counts as nothing. Constant time.
SEGFIT_API bool segfit_resize(segfit_t *heap, void *ptr, size_t size);

/// Gives a block back and merges it with free neighbours. NULL does nothing. Neither size nor
/// alignment need be known. Constant time.
///
/// `ptr` came from this heap and was not freed since; anything else is an error of the caller. The
/// library looks for such errors in constant time and calls segfit_panic when it finds one.
SEGFIT_API void segfit_free(segfit_t *heap, void *ptr);

/// Frees what a build with SEGFIT_CHECK 4 holds back of the blocks that segfit_free was given, as it does
/// before a request fails. Returns whether there was any: in other builds, false. Linear in what is held.
SEGFIT_API bool segfit_flush(segfit_t *heap);

/// How many bytes at `ptr` may be used: at least what was asked for. 0 for NULL. Constant time.
SEGFIT_API size_t segfit_usable_size(const segfit_t *heap, const void *ptr);

// ---------------------------------------------------------------------------------------- limits

/// The largest request that this heap's geometry can ever serve, given memory enough. Constant time.
SEGFIT_API size_t segfit_max_request(const segfit_t *heap);

/// The largest request that segfit_alloc is sure to serve now; 0 if nothing is free. Larger ones may
/// succeed. Constant time.
SEGFIT_API size_t segfit_max_alloc(const segfit_t *heap);

/// The bytes of memory, at any address, in which segfit_init (with NULL options) makes a heap whose
/// functions never fail in a program that keeps to both limits, in whatever order it calls: 0 if no
/// memory is enough.
///
/// `max_request` is the largest request. `max_live` is the most bytes that are ever in use, where each
/// block counts its request and SEGFIT_BLOCK_OVERHEAD, rounded up to SEGFIT_ALIGN, and no less than
/// SEGFIT_MIN_BLOCK; a realloc counts old and new. A request aligned beyond SEGFIT_ALIGN counts in
/// `max_request` as larger by its alignment and SEGFIT_MIN_BLOCK. This is the bound for the worst
/// program there is, some `max_live * max_request / SEGFIT_MIN_BLOCK`; docs/realtime.md derives it.
/// Not for SEGFIT_CHECK 4, which puts a guard into each block and holds freed ones back. Linear in
/// classes.
SEGFIT_API size_t segfit_pool_size_for(size_t max_live, size_t max_request);

// ---------------------------------------------------------------------------------------- errors

/// What is wrong with a pointer or the block at it.
typedef enum segfit_fault_code {
    SEGFIT_OK = 0,
    /// The pointer lies outside all pools.
    SEGFIT_OUTSIDE = 1,
    /// The pointer is not a multiple of SEGFIT_ALIGN.
    SEGFIT_MISALIGNED = 2,
    /// The block is free already.
    SEGFIT_FREED = 3,
    /// No block begins there, or its header was overwritten: the size cannot be.
    SEGFIT_NOT_A_BLOCK = 4,
    /// The block and a neighbour disagree about where they meet.
    SEGFIT_NEIGHBOUR = 5,
    /// A free block, found on the way, was overwritten: its links, its class or its size do not hold.
    SEGFIT_FREE_BLOCK = 6,
    /// The heap's control structure was overwritten: bounds, bitmaps or list heads do not hold. The pointer
    /// is the heap's address.
    SEGFIT_CONTROL = 7,
    /// Bytes between what was asked for and the block's end were overwritten.
    SEGFIT_OVERRUN = 8,
    /// Bytes of a block that was freed and is held back were overwritten.
    SEGFIT_USED_AFTER_FREE = 9
} segfit_fault_code_t;

/// Called when a function is given a pointer that cannot be a live block, or meets a free block that was
/// overwritten, before anything changes. What is looked for depends on SEGFIT_CHECK. `ptr` is the pointer
/// or that block's payload.
///
/// The library's own is weak and traps. Define yours to report first; if it returns, the call that
/// found the error does nothing (functions that return something return NULL, false or 0), and the block
/// that was met is never used again.
SEGFIT_HOOK_API void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr);

#ifdef __cplusplus
}
#endif

#endif
