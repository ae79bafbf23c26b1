// SPDX-License-Identifier: MIT
/// Inspecting a heap: statistics, blocks, invariants, the layout of its bytes, events.
///
/// Nothing here changes a heap's blocks. A reader in another language, or of a memory dump, needs
/// only the heap's address and `segfit_layout`, which states where every field is.
///
/// The functions work on the heaps of their own library and on the heap behind malloc
/// (segfit/malloc.h), even if that malloc was compiled with other settings.
#ifndef SEGFIT_INSPECT_H
#define SEGFIT_INSPECT_H

#include "../segfit.h"

#ifdef __cplusplus
extern "C" {
#endif

// clang-format off
SEGFIT_LINK(segfit_stats) SEGFIT_LINK(segfit_reset_peaks) SEGFIT_LINK(segfit_walk_next)
SEGFIT_LINK(segfit_pointer_fault) SEGFIT_LINK(segfit_block_size_for) SEGFIT_LINK(segfit_class_of)
SEGFIT_LINK(segfit_class_size) SEGFIT_LINK(segfit_check) SEGFIT_LINK(segfit_invariant_text)
SEGFIT_LINK(segfit_layout)
// clang-format on

// ----------------------------------------------------------------------------------- statistics

/// Statistics of a heap. All sizes are in bytes. `capacity` equals `used` plus `free`.
///
/// A library built with SEGFIT_STATS 0 knows only `capacity`, `overhead`, `largest_free` and
/// `largest_alloc`; the other members are 0.
typedef struct segfit_stats {
    /// The size of all blocks, headers included.
    size_t capacity;
    /// The size of the used blocks, headers included. Quarantined blocks count as free.
    size_t used;
    /// The size of the free blocks, headers included.
    size_t free;
    /// The highest value of `used` so far. At level 4 it includes quarantined blocks.
    size_t peak_used;
    /// The largest request so far, including failed ones. A product that overflows counts as
    /// SIZE_MAX.
    size_t peak_request;
    size_t used_blocks;
    size_t free_blocks;
    /// The number of successful allocations.
    size_t allocs;
    /// The number of freed blocks. `allocs` minus `frees` is `used_blocks`.
    size_t frees;
    /// The number of requests that returned NULL or false, including impossible ones.
    size_t failures;
    /// The number of times that a pool was added or extended, not counting the first pool.
    size_t grows;
    /// The bytes that are not part of a block: control structure, pool records and ends, and
    /// padding.
    size_t overhead;
    /// The payload of one of the largest free blocks: the first in the largest class that has any.
    /// The largest free block is in the same class. 0 if nothing is free.
    size_t largest_free;
    /// The result of segfit_max_alloc.
    size_t largest_alloc;
} segfit_stats_t;

/// Fills `*stats`. Constant time.
SEGFIT_API void segfit_stats(const segfit_t *heap, segfit_stats_t *stats);

/// Sets `peak_used` to the present use and `peak_request` to 0. Constant time.
SEGFIT_API void segfit_reset_peaks(segfit_t *heap);

// --------------------------------------------------------------------------------------- blocks

/// A position in a walk over all blocks. The walk goes from pool to pool, and in order of addresses
/// within a pool. A walk starts with all members zero.
typedef struct segfit_walk {
    /// The block's payload. For a used block, this is the address that segfit_alloc returned.
    void *ptr;
    /// The block's size in bytes, header included.
    size_t size;
    /// False for free and for quarantined blocks.
    bool used;
    /// The address at which the block's pool was added.
    void *pool;
    /// Private.
    const void *record;
} segfit_walk_t;

/// Moves to the next block, or to the first one if `*walk` is all zero. Returns false at the end.
///
/// The heap must not change during a walk. Constant time for each step.
///
///     for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
///         use(walk.ptr, walk.size, walk.used);
///     }
SEGFIT_API bool segfit_walk_next(const segfit_t *heap, segfit_walk_t *walk);

/// Returns the fault that segfit_free would report for `ptr`, or SEGFIT_OK if `ptr` looks like a
/// used block of this heap.
///
/// It checks header, neighbours and bounds, so it can mistake bytes that look like a header for
/// one. Constant time.
SEGFIT_API segfit_fault_code_t segfit_pointer_fault(const segfit_t *heap, const void *ptr);

// -------------------------------------------------------------------------------------- classes

/// Returns the size of the block, header included, that a request for `size` bytes needs. Returns 0
/// if `size` is larger than segfit_max_request. Constant time.
SEGFIT_API size_t segfit_block_size_for(const segfit_t *heap, size_t size);

/// Returns the class of a free block of `block_size` bytes: row * columns + column.
///
/// `block_size` must be at least SEGFIT_MIN_BLOCK and at most the heap's largest block. Constant
/// time.
SEGFIT_API size_t segfit_class_of(const segfit_t *heap, size_t block_size);

/// Returns the smallest block size of class `index`, which must be below rows * columns. Constant
/// time.
SEGFIT_API size_t segfit_class_size(const segfit_t *heap, size_t index);

// ----------------------------------------------------------------------------------- invariants

/// The invariants that hold between two calls: number, name for programs, meaning.
#define SEGFIT_INVARIANTS(X)                                                               \
    X(1, geometry, "rows, columns, policy and list heads lie within their limits")         \
    X(2, pools, "pool records form a chain and each pool ends in a used header of size 0") \
    X(3, sizes,                                                                            \
      "a block's size is a multiple of the alignment, at least the minimum, in its pool")  \
    X(4, merged, "no two neighbours are free")                                             \
    X(5, prev_free, "a header says whether the block before it is free")                   \
    X(6, footer, "a free block's last word is its size")                                   \
    X(7, links, "a free block's links lead to free blocks of its class that lead back")    \
    X(8, lists, "the lists hold every free block once")                                    \
    X(9, columns, "a column bit is set where a list holds something")                      \
    X(10, rows, "a row bit is set where a column bit is")                                  \
    X(11, figures, "the statistics agree with the blocks")                                 \
    X(12, flags, "the spare header bit is 0")                                              \
    X(13, seal, "geometry, pools and bounds are as they were set")                         \
    X(14, guard, "nothing was written behind the bytes that were asked for")               \
    X(15, held, "a freed block that is held back is as it was left")

/// A broken invariant and the place: a block's payload, a pool's record, or the heap itself.
typedef struct segfit_fault {
    unsigned invariant;
    const void *where;
} segfit_fault_t;

/// Returns true if every invariant holds. Otherwise stores the first broken one in `*fault`, which
/// may be NULL.
///
/// It is safe on a damaged heap: it reads only the control structure and memory between the lowest
/// and the highest pool. With one pool, that is the heap's own memory. To find the memory it trusts
/// four members of the control structure: rows, columns and both bounds. Linear in blocks; checking
/// the links of free blocks takes time proportional to blocks times pools.
SEGFIT_API bool segfit_check(const segfit_t *heap, segfit_fault_t *fault);

/// Returns the meaning of an invariant in English, or "" if no invariant has that number.
SEGFIT_API const char *segfit_invariant_text(unsigned invariant);

// --------------------------------------------------------------------------------------- layout

/// The fields of `segfit_layout`, each a uint32_t.
///
/// Offsets are in bytes. Those of `control_` fields count from the heap's address, those of `pool_`
/// fields from the pool's record, and those of `block_` fields from the block's header.
#define SEGFIT_LAYOUT_FIELDS(X)                                                          \
    X(magic, "0x54464753, the bytes SGFT in little-endian order")                        \
    X(version, "of this list; a reader refuses one it does not know")                    \
    X(word_size, "bytes of a word, a pointer and a header")                              \
    X(align, "bytes: alignment of payloads, and unit of block sizes")                    \
    X(min_block, "bytes of the smallest block")                                          \
    X(header_free, "header bit: the block is free")                                      \
    X(header_prev_free, "header bit: the block before it is free")                       \
    X(header_flags, "all header bits that do not belong to the size")                    \
    X(control_size, "bytes of the control structure before the column bitmaps")          \
    X(control_rows, "offset of the number of rows, 1 byte")                              \
    X(control_columns_log2, "offset of log2 of the number of columns, 1 byte")           \
    X(control_policy, "offset of the search policy, 1 byte")                             \
    X(control_heads_offset, "offset of the offset of the list heads, 4 bytes")           \
    X(control_row_bitmap, "offset of the row bitmap, a word")                            \
    X(control_column_bitmaps, "offset of the column bitmaps, 4 bytes a row")             \
    X(control_pools, "offset of the address of the last pool's record, a word")          \
    X(control_fresh_begin, "offset of the highest end of a used block, a word")          \
    X(control_fresh_end, "of the end of memory that arrived zeroed; neither if encoded") \
    X(stats_capacity, "offset, a word, and so on for the statistics below")              \
    X(stats_overhead, "without the control structure")                                   \
    X(stats_used, "bytes in used blocks")                                                \
    X(stats_peak_used, "highest stats_used")                                             \
    X(stats_peak_request, "largest request")                                             \
    X(stats_free_blocks, "number of free blocks")                                        \
    X(stats_allocs, "successful allocations")                                            \
    X(stats_frees, "blocks given back")                                                  \
    X(stats_failures, "requests answered by NULL")                                       \
    X(stats_grows, "pools added or extended")                                            \
    X(pool_next, "offset of the address of the next record, 0 at the end, a word")       \
    X(pool_end, "offset of the address of the pool's last header, a word")               \
    X(pool_memory, "offset of the pool's address as it was given, a word")               \
    X(pool_first, "offset of the pool's first header")                                   \
    X(block_payload, "offset of the payload")                                            \
    X(block_next_free, "offset of the link to the next free block's header, a word")     \
    X(block_prev_free, "offset of the link to the previous free block's header, a word") \
    X(block_footer_back, "bytes from a free block's end back to its footer, a word")     \
    X(block_guard, "bytes at a used block's end that are not its program's; or 0")       \
    X(header_inverse, "0: a header reads as it is; or the low half of what a word")      \
    X(header_inverse_high, "xor (address + key) is multiplied by; the high half")

/// The layout of a heap in memory, for readers that are not compiled with the library.
typedef struct segfit_layout {
#define X(name, text) uint32_t name;
    SEGFIT_LAYOUT_FIELDS(X)
#undef X
} segfit_layout_t;

#if !defined(SEGFIT_MALLOC_UNIT)
/// The layout of all heaps of this library. For the heap behind malloc, call segfit_malloc_layout.
SEGFIT_API const segfit_layout_t segfit_layout;
#endif

// --------------------------------------------------------------------------------------- events

/// The events inside an operation: number, name, and the meanings of `block`, `a` and `b`.
///
/// The address of a block is that of its header. Sizes are in bytes and include headers, unless
/// stated otherwise.
#define SEGFIT_EVENT_KINDS(X)                                                                    \
    X(1, map, "-; request in payload bytes; block size wanted")                                  \
    X(2, probe, "block looked at or NULL; its class; 1 if it fits")                              \
    X(3, search, "-; class to begin at; class found, or the number of classes if none")          \
    X(4, take, "block about to leave its list; its size; its class")                             \
    X(5, split, "block that was cut; size kept; size of the rest")                               \
    X(6, merge, "block that takes in its next neighbour; its size before; the neighbour's size") \
    X(7, insert, "block just put into its list; its size; its class")                            \
    X(8, use, "block that is used from here on; its size; 0")                                    \
    X(9, release, "used block about to be freed; its size; 0")                                   \
    X(10, move, "block whose payload was copied here; header it came from; bytes copied")        \
    X(11, grow, "first block of the pool that grew; bytes added; 0")                             \
    X(12, fail, "-; request in payload bytes; 0")

typedef enum segfit_event_kind {
#define X(number, name, text) segfit_event_##name = number,
    SEGFIT_EVENT_KINDS(X)
#undef X
} segfit_event_kind_t;

/// Hook: a library compiled with -DSEGFIT_EVENTS=1 calls it at each event, and the program must
/// define it. Other libraries neither call it nor need it.
///
/// The heap may be in the middle of an operation. The hook may read the heap and must not change
/// it. Events do not change what the library writes into a heap.
SEGFIT_HOOK_API void segfit_event(const segfit_t *heap, segfit_event_kind_t kind, const void *block,
                                  size_t a, size_t b);

#ifdef __cplusplus
}
#endif

#endif
