// SPDX-License-Identifier: MIT
/// Looking inside a heap: figures, blocks, invariants, the layout of its bytes, events.
///
/// Nothing here changes a heap. Readers in other languages, or of a memory dump, need only the heap's
/// address and `segfit_layout`: it says where every field lies.
///
/// The functions serve the heaps of the library that they belong to, and the heap behind malloc
/// (segfit/malloc.h), whatever settings that malloc was compiled with.
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

/// All sizes in bytes. `capacity` equals `used` plus `free`. A library that was built with SEGFIT_STATS 0
/// knows `capacity`, `overhead`, `largest_free` and `largest_alloc`; the others are 0.
typedef struct segfit_stats {
    /// All blocks, headers included.
    size_t capacity;
    /// Used blocks, headers included.
    size_t used;
    /// Free blocks, headers included.
    size_t free;
    /// The most that `used` ever was. At level 4, quarantined blocks count here, and in `used` they do not.
    size_t peak_used;
    /// The largest request ever made, also if it failed. A product that overflows is one of SIZE_MAX.
    size_t peak_request;
    size_t used_blocks;
    size_t free_blocks;
    /// Successful allocations, and blocks given back. Their difference is `used_blocks`.
    size_t allocs;
    size_t frees;
    /// Requests that were answered by NULL (or false), those for more than can ever be included.
    size_t failures;
    /// Pools added or extended after the first.
    size_t grows;
    /// What is neither: control structure, pool records and ends, bytes lost to alignment.
    size_t overhead;
    /// Payload of the first block of the largest class that holds any: within one class of the
    /// largest free block; 0 if nothing is free.
    size_t largest_free;
    /// As segfit_max_alloc.
    size_t largest_alloc;
} segfit_stats_t;

/// Fills `*stats`. Constant time.
SEGFIT_API void segfit_stats(const segfit_t *heap, segfit_stats_t *stats);

/// Makes the present use the peak and forgets the largest request. Constant time.
SEGFIT_API void segfit_reset_peaks(segfit_t *heap);

// --------------------------------------------------------------------------------------- blocks

/// A position in a walk over all blocks, pool by pool, in address order within a pool. Starts zeroed.
typedef struct segfit_walk {
    /// The block's payload, as segfit_alloc returned it if it is used.
    void *ptr;
    /// The block's size, header included.
    size_t size;
    bool used;
    /// The pool's memory as given to segfit_add_pool.
    void *pool;
    /// Private.
    const void *record;
} segfit_walk_t;

/// Moves to the next block, or to the first one when `*walk` is all zero. False at the end. The heap
/// must not change during a walk. Constant time for each step.
///
///     for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
///         use(walk.ptr, walk.size, walk.used);
///     }
SEGFIT_API bool segfit_walk_next(const segfit_t *heap, segfit_walk_t *walk);

/// What segfit_free would find wrong with `ptr`; SEGFIT_OK if it looks like a used block of this heap.
/// It judges by header, neighbours and bounds, so bytes made to look like a header can deceive it.
/// Constant time.
SEGFIT_API segfit_fault_code_t segfit_pointer_fault(const segfit_t *heap, const void *ptr);

// -------------------------------------------------------------------------------------- classes

/// The block size, header included, that a request for `size` bytes needs; 0 if `size` is more than
/// segfit_max_request. Constant time.
SEGFIT_API size_t segfit_block_size_for(const segfit_t *heap, size_t size);

/// The class in which a free block of `block_size` is kept: row * columns + column. `block_size` is at
/// least SEGFIT_MIN_BLOCK and at most the heap's largest block. Constant time.
SEGFIT_API size_t segfit_class_of(const segfit_t *heap, size_t block_size);

/// The smallest block size of class `index`, below rows * columns. Constant time.
SEGFIT_API size_t segfit_class_size(const segfit_t *heap, size_t index);

// ----------------------------------------------------------------------------------- invariants

/// The invariants that hold between two calls: number, name for programs, what it says.
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

/// A broken invariant and where: a block's payload, a pool's record, or the heap itself.
typedef struct segfit_fault {
    unsigned invariant;
    const void *where;
} segfit_fault_t;

/// True if every invariant holds. Otherwise stores the first broken one in `*fault`, which may be NULL.
/// Whatever the bytes are, it reads only the control structure and what lies between the lowest and
/// the highest pool; with one pool, nothing else. It takes four members' word for where that is:
/// rows, columns and both bounds. Linear in blocks, times pools for links.
SEGFIT_API bool segfit_check(const segfit_t *heap, segfit_fault_t *fault);

/// What an invariant says, in English; "" for a number that is none.
SEGFIT_API const char *segfit_invariant_text(unsigned invariant);

// --------------------------------------------------------------------------------------- layout

/// The fields of `segfit_layout`, each a uint32_t. Offsets are in bytes; those of control count from
/// the heap's address, those of pool from the pool's record, those of block from its header.
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

/// Where everything lies, for readers that are not compiled with the library.
typedef struct segfit_layout {
#define X(name, text) uint32_t name;
    SEGFIT_LAYOUT_FIELDS(X)
#undef X
} segfit_layout_t;

#if !defined(SEGFIT_MALLOC_UNIT)
/// This library's layout: valid for every heap that it manages. That of malloc's heap is
/// segfit_malloc_layout.
SEGFIT_API const segfit_layout_t segfit_layout;
#endif

// --------------------------------------------------------------------------------------- events

/// The named moments inside an operation: number, name, then what `block`, `a` and `b` are. Addresses
/// of blocks are those of their headers; sizes are in bytes, headers included, unless said otherwise.
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

/// Called at each event in a library compiled with -DSEGFIT_EVENTS=1, and then to be defined by the
/// program; otherwise the library neither calls nor needs it. The heap is as it is at that moment; it
/// must not be changed. A library with events leaves every heap byte for byte as one without.
SEGFIT_HOOK_API void segfit_event(const segfit_t *heap, segfit_event_kind_t kind, const void *block,
                                  size_t a, size_t b);

#ifdef __cplusplus
}
#endif

#endif
