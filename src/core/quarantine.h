// SPDX-License-Identifier: MIT
/// The quarantine, at level 4: freed blocks that are not used again for a while.
///
///     held  │ size · HELD  │ next held │ count │ pattern …                           │
///
/// A byte that is written to a block after it was freed is found while it is quarantined. Such blocks are used
/// to their neighbours and form a ring; the heap knows the newest, which leads to the oldest and counts
/// them. Below level 4 there is no quarantine.
#ifndef SEGFIT_QUARANTINE_H
#define SEGFIT_QUARANTINE_H

#include "bounds.h"
#include "guard.h"
#include "report.h"

#if SEGFIT_CHECK >= 4

enum {
    /// Bytes of a block that is held.
    GUARD_HELD = 0xDD,
};

/// A used block that was freed.
#define BLOCK_HELD BLOCK_SPARE

/// What stands in a held block's payload, under the key and its address, as headers do.
typedef struct held {
    uintptr_t coded_next;
    /// Of the newest block: how many there are.
    size_t coded_count;
} held_t;

_Static_assert(sizeof(held_t) + WORD <= SEGFIT_MIN_BLOCK, "a smallest block holds link and count");

static inline bool block_is_held(const block_t *block)
{
    return (block_header(block) & (BLOCK_HELD | BLOCK_FREE)) == BLOCK_HELD;
}

static inline held_t *held_of(const block_t *block)
{
    return (held_t *)block_payload(block);
}

static inline block_t *held_next(const block_t *block)
{
    const held_t *const held = held_of(block);
    return block_at(key_decode(held->coded_next, address_of(&held->coded_next)));
}

static inline size_t held_count_at(const block_t *block)
{
    const held_t *const held = held_of(block);
    return key_decode(held->coded_count, address_of(&held->coded_count));
}

static inline void held_set(const block_t *block, const block_t *next, size_t count)
{
    held_t *const held = held_of(block);
    held->coded_next = key_encode(address_of(next), address_of(&held->coded_next));
    held->coded_count = key_encode(count, address_of(&held->coded_count));
}

/// The block that was freed last of those that are held, or NULL.
static inline block_t *held_newest(const segfit_t *heap)
{
    return block_at(heap->held);
}

/// True if `block` is one that is held and can be read.
static inline bool held_is_plausible(const segfit_t *heap, const block_t *block)
{
    return link_leads_to_block(heap, block) && block_is_held(block) &&
           block_size(block) >= MIN_BLOCK && block_size(block) <= heap->high - address_of(block);
}

/// True if what a held block was filled with is still there.
static inline bool held_is_filled(const block_t *block)
{
    const unsigned char *const bytes = (const unsigned char *)block_payload(block);
    return guard_is_filled(bytes + sizeof(held_t), bytes + block_size(block) - WORD, GUARD_HELD);
}

/// True if nothing was written to a held block.
static inline bool held_is_sound(const segfit_t *heap, const block_t *block)
{
    return held_is_plausible(heap, block) && held_is_plausible(heap, held_next(block)) &&
           held_count_at(block) <= SEGFIT_QUARANTINE && held_is_filled(block);
}

/// How many blocks are held. 0 if the heap's word for it was overwritten.
static inline size_t held_count(const segfit_t *heap)
{
    const block_t *const newest = held_newest(heap);
    return newest == NULL || !held_is_plausible(heap, newest) ? 0 : held_count_at(newest);
}

/// How many bytes the blocks that are held have.
static inline size_t held_bytes(const segfit_t *heap)
{
    const block_t *block = held_newest(heap);
    size_t bytes = 0;
    for (size_t left = held_count(heap); left > 0 && held_is_plausible(heap, block); left--) {
        bytes += block_size(block);
        block = held_next(block);
    }
    return bytes;
}

/// Holds a used block.
static inline void held_push(segfit_t *heap, block_t *block)
{
    const block_t *const newest = held_newest(heap);
    unsigned char *const bytes = (unsigned char *)block_payload(block);
    __builtin_memset(bytes, GUARD_HELD, block_size(block) - WORD);
    block_set_header(block, block_header(block) | BLOCK_HELD);
    if (newest == NULL) {
        held_set(block, block, 1);
    } else {
        held_set(block, held_next(newest), held_count_at(newest) + 1U);
        held_set(newest, block, 0);
    }
    heap->held = address_of(block);
}

/// Takes the oldest block that is held, a used one from here on, or NULL if none is. One that was written to
/// is told, and used forever; with its link all others.
static inline block_t *held_pop(segfit_t *heap)
{
    block_t *const newest = held_newest(heap);
    if (newest == NULL) {
        return NULL;
    }
    if (!held_is_sound(heap, newest) || !held_is_sound(heap, held_next(newest))) {
        const bool known = held_is_plausible(heap, newest);
        const bool linked = known && held_is_sound(heap, newest);
        heap->held = 0;
        SEGFIT_TELL(known ? SEGFIT_USED_AFTER_FREE : SEGFIT_CONTROL, heap,
                    linked  ? block_payload(held_next(newest))
                    : known ? block_payload(newest)
                            : (const void *)heap);
        return NULL;
    }
    block_t *const oldest = held_next(newest);
    if (oldest == newest) {
        heap->held = 0;
    } else {
        held_set(newest, held_next(oldest), held_count_at(newest) - 1U);
    }
    block_set_header(oldest, block_header(oldest) & ~BLOCK_HELD);
    return oldest;
}

#else

static inline bool block_is_held(const block_t *block)
{
    (void)block;
    return false;
}

#endif

#endif
