// SPDX-License-Identifier: MIT
/// Blocks: one header word, flags in its low bits, neighbours found by address.
///
///     used  │ size · flags │ payload …                                  │
///     free  │ size · flags │ next_free │ prev_free │ …           │ size │
///
/// Headers lie one word below a multiple of SEGFIT_ALIGN, so payloads are aligned and cost one word.
/// A free block repeats its size in its last word, its *footer*: the block behind it, told by its
/// PREV_FREE bit that the footer is there, so finds the free block's header. A pool ends in a header
/// of size 0 that is never free. All pointer casts of the library stand here.
#ifndef SEGFIT_BLOCK_H
#define SEGFIT_BLOCK_H

#include "key.h"
#include "size_class.h"

typedef struct block {
    /// What it says is read by block_header and written by block_set_header.
    size_t coded_header;
    /// From here on only while the block is free.
    struct block *next_free;
    struct block *prev_free;
} block_t;

#define BLOCK_FREE ((size_t)1)
#define BLOCK_PREV_FREE ((size_t)2)
/// I12: 0, or at level 4 of blocks that are held.
#define BLOCK_SPARE ((size_t)4)
/// Three bits on every platform, so that the header reads the same for both alignments.
#define BLOCK_FLAGS ((size_t)7)
/// The flags that a header can have in this build. A link of a free block, where a header was before, has another bit
/// below the alignment.
#define BLOCK_KNOWN_FLAGS (SEGFIT_CHECK >= 4 ? BLOCK_FLAGS : BLOCK_FREE | BLOCK_PREV_FREE)

enum {
    WORD = sizeof(size_t),
    PAYLOAD = offsetof(block_t, next_free),
    /// What a used block has beside its program's bytes: its header, and at level 4 a guard.
    BLOCK_AROUND = SEGFIT_CHECK >= 4 ? 2 * WORD : WORD,
};

static inline uintptr_t address_of(const void *ptr)
{
    return (uintptr_t)ptr;
}

/// Size and flags.
static inline size_t block_header(const block_t *block)
{
    return key_decode(block->coded_header, address_of(block));
}

/// The same where another thread may be writing it.
static inline size_t block_header_shared(const block_t *block)
{
    return key_decode(SEGFIT_READ_SHARED(block->coded_header), address_of(block));
}

static inline void block_set_header(block_t *block, size_t header)
{
    block->coded_header = key_encode(header, address_of(block));
}

static inline size_t block_size(const block_t *block)
{
    return block_header(block) & ~BLOCK_FLAGS;
}

static inline bool block_is_free(const block_t *block)
{
    return (block_header(block) & BLOCK_FREE) != 0;
}

static inline bool block_is_prev_free(const block_t *block)
{
    return (block_header(block) & BLOCK_PREV_FREE) != 0;
}

/// True if a free block has at least `size` bytes. Its only flag stands below any size's units, so the
/// header is compared as it is.
static inline bool free_block_fits(const block_t *block, size_t size)
{
    SEGFIT_ASSERT(size % SEGFIT_ALIGN == 0);
    return block_header(block) >= size;
}

static inline void *block_payload(const block_t *block)
{
    return (char *)(uintptr_t)block + PAYLOAD;
}

static inline block_t *block_of(const void *payload)
{
    return (block_t *)((uintptr_t)payload - PAYLOAD);
}

static inline block_t *block_at(uintptr_t address)
{
    return (block_t *)address;
}

/// The header `bytes` behind that of `block`.
static inline block_t *block_behind(const block_t *block, size_t bytes)
{
    return (block_t *)((uintptr_t)block + bytes);
}

/// The header `bytes` before that of `block`.
static inline block_t *block_before(const block_t *block, size_t bytes)
{
    return (block_t *)((uintptr_t)block - bytes);
}

static inline block_t *block_next(const block_t *block)
{
    return block_behind(block, block_size(block));
}

/// The word before a header: its predecessor's footer if that is free.
static inline size_t *block_footer_before(const block_t *block)
{
    return (size_t *)((uintptr_t)block - WORD);
}

/// The footer of a free block of `size` bytes. Where headers may lie at every word, a footer may lie where a header
/// was before: then it says "free" as well.
static inline size_t footer_of(size_t size)
{
    return SEGFIT_ALIGN == WORD ? size | BLOCK_FREE : size;
}

/// The size of the free block before `block`, by its footer.
static inline size_t block_prev_size(const block_t *block)
{
    const size_t footer = *block_footer_before(block);
    return SEGFIT_ALIGN == WORD ? footer ^ BLOCK_FREE : footer;
}

/// The block before `block`, which is free.
static inline block_t *block_prev(const block_t *block)
{
    SEGFIT_ASSERT(block_is_prev_free(block));
    return block_before(block, block_prev_size(block));
}

static inline bool block_is_sentinel(const block_t *block)
{
    return block_size(block) == 0;
}

/// I6: makes `block` free with `size` bytes. Its predecessor is used (I4), and the block behind it knows
/// already that a free one lies before it.
static inline void block_set_free(block_t *block, size_t size)
{
    SEGFIT_ASSERT(is_block_size(size));
    block_set_header(block, size | BLOCK_FREE);
    *block_footer_before(block_behind(block, size)) = footer_of(size);
}

/// I5: tells a block that the one before it is free.
static inline void block_set_prev_free(block_t *block)
{
    block_set_header(block, block_header(block) | BLOCK_PREV_FREE);
}

/// I5: tells a block that the one before it is used.
static inline void block_clear_prev_free(block_t *block)
{
    block_set_header(block, block_header(block) & ~BLOCK_PREV_FREE);
}

/// What an empty request takes; where that is a block already, sizes need not be compared with the smallest.
#define BLOCK_OF_NOTHING ((BLOCK_AROUND + SEGFIT_ALIGN - 1U) & ~(size_t)(SEGFIT_ALIGN - 1U))

/// The block size for `size` payload bytes; 0 if that overflows.
static inline size_t block_size_for(size_t size)
{
    if (SEGFIT_UNLIKELY(size > MAX_BLOCK - BLOCK_AROUND)) {
        return 0;
    }
    const size_t block = round_down(size + BLOCK_AROUND + SEGFIT_ALIGN - 1U, SEGFIT_ALIGN);
    SEGFIT_ASSERT(block >= size + BLOCK_AROUND);
    return BLOCK_OF_NOTHING < MIN_BLOCK && block < MIN_BLOCK ? MIN_BLOCK : block;
}

/// The block size in which a payload of any `alignment` is sure to find room for a block of `size`: the
/// widest gap of heap_gap more. 0 if that overflows.
static inline size_t block_size_for_any_gap(size_t size, size_t alignment)
{
    SEGFIT_ASSERT(is_power_of_two(alignment) && alignment > SEGFIT_ALIGN);
    const size_t gap = alignment - SEGFIT_ALIGN + MIN_BLOCK;
    return size > MAX_BLOCK - gap ? 0 : size + gap;
}

#endif
