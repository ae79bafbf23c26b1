// SPDX-License-Identifier: MIT
/// Blocks: one header word, flags in its low bits, neighbours found by address.
///
///     used  │ size · flags │ payload …                                  │
///     free  │ size · flags │ next_free │ prev_free │ …           │ size │
///
/// Headers lie one word below a multiple of SEGFIT_ALIGN, so that payloads are aligned and a used
/// block costs one word. A free block repeats its size in its last word, its *footer*. The
/// PREV_FREE bit of the next header says that the footer is there, so that the next block finds the
/// free block's header. A pool ends in a header of size 0 that is never free. All pointer casts of
/// the library stand here and in pool.h.
#ifndef SEGFIT_BLOCK_H
#define SEGFIT_BLOCK_H

#include "key.h"
#include "size_class.h"

typedef struct block {
    /// Size and flags, encoded: block_header reads it and block_set_header writes it.
    size_t coded_header;
    /// The links exist only while the block is free.
    struct block *next_free;
    struct block *prev_free;
} block_t;

#define BLOCK_FREE ((size_t)1)
#define BLOCK_PREV_FREE ((size_t)2)
/// I12: 0, except that at level 4 it marks quarantined blocks.
#define BLOCK_SPARE ((size_t)4)
/// Three bits on every platform, so that the header reads the same for both alignments.
#define BLOCK_FLAGS ((size_t)7)
/// The flags that a header can have at this level. A free block may have a link where a header was
/// before; a link has other bits below the alignment.
#define BLOCK_KNOWN_FLAGS (SEGFIT_CHECK >= 4 ? BLOCK_FLAGS : BLOCK_FREE | BLOCK_PREV_FREE)

enum {
    WORD = sizeof(size_t),
    PAYLOAD = offsetof(block_t, next_free),
    /// The bytes of a used block beside its payload: its header, and at level 4 a guard.
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

/// Size and flags of a block whose header another thread may be writing.
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

/// True if a free block has at least `size` bytes. A free block has one flag, which is smaller than
/// the alignment, so that the header can be compared as it is.
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

/// The word before a header: the footer of the block before, if that is free.
static inline size_t *block_footer_before(const block_t *block)
{
    return (size_t *)((uintptr_t)block - WORD);
}

/// The footer of a free block of `size` bytes. Where every word can hold a header, a footer may lie
/// where a header was before; it then has the FREE bit as well.
static inline size_t footer_of(size_t size)
{
    return SEGFIT_ALIGN == WORD ? size | BLOCK_FREE : size;
}

/// The size of the free block before `block`, read from its footer.
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

/// I6: makes `block` free with `size` bytes. The block before it is used (I4), and the header
/// behind it has PREV_FREE already.
static inline void block_set_free(block_t *block, size_t size)
{
    SEGFIT_ASSERT(is_block_size(size));
    block_set_header(block, size | BLOCK_FREE);
    *block_footer_before(block_behind(block, size)) = footer_of(size);
}

/// I5: notes in a header that the block before it is free.
static inline void block_set_prev_free(block_t *block)
{
    block_set_header(block, block_header(block) | BLOCK_PREV_FREE);
}

/// I5: notes in a header that the block before it is used.
static inline void block_clear_prev_free(block_t *block)
{
    block_set_header(block, block_header(block) & ~BLOCK_PREV_FREE);
}

/// The block size of an empty request. Where it is MIN_BLOCK or more, no size needs a comparison
/// with MIN_BLOCK.
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

/// The block size in which a block of `size` fits at any `alignment`: `size` and the widest gap of
/// heap_gap. 0 if that overflows.
static inline size_t block_size_for_any_gap(size_t size, size_t alignment)
{
    SEGFIT_ASSERT(is_power_of_two(alignment) && alignment > SEGFIT_ALIGN);
    const size_t gap = alignment - SEGFIT_ALIGN + MIN_BLOCK;
    return size > MAX_BLOCK - gap ? 0 : size + gap;
}

#endif
