// SPDX-License-Identifier: MIT
/// The quarantine, at level 4: freed blocks that are not used again for a while.
///
///     quarantined  │ size · SPARE │ next │ count │ pattern …                           │
///
/// A write to a freed block changes its pattern, and the next check of the block reports it. To
/// their neighbours, quarantined blocks are used. They form a ring: the heap knows the newest,
/// which leads to the oldest and counts all of them. Below level 4 there is no quarantine.
#ifndef SEGFIT_QUARANTINE_H
#define SEGFIT_QUARANTINE_H

#include "bounds.h"
#include "guard.h"
#include "report.h"

#if SEGFIT_CHECK >= 4

enum {
    /// Fills a quarantined block.
    QUARANTINE_FILL = 0xDD,
};

/// Marks a used block that was freed.
#define BLOCK_QUARANTINED BLOCK_SPARE

/// The first words of a quarantined payload, encoded under the key and their address, as headers
/// are.
typedef struct quarantine_link {
    uintptr_t coded_next;
    /// In the newest block, the number of quarantined blocks.
    size_t coded_count;
} quarantine_link_t;

_Static_assert(sizeof(quarantine_link_t) + WORD <= SEGFIT_MIN_BLOCK,
               "a smallest block holds link and count");

static inline bool block_is_quarantined(const block_t *block)
{
    return (block_header(block) & (BLOCK_QUARANTINED | BLOCK_FREE)) == BLOCK_QUARANTINED;
}

static inline quarantine_link_t *quarantine_link_of(const block_t *block)
{
    return (quarantine_link_t *)block_payload(block);
}

static inline block_t *quarantine_next(const block_t *block)
{
    const quarantine_link_t *const link = quarantine_link_of(block);
    return block_at(key_decode(link->coded_next, address_of(&link->coded_next)));
}

static inline size_t quarantine_count_at(const block_t *block)
{
    const quarantine_link_t *const link = quarantine_link_of(block);
    return key_decode(link->coded_count, address_of(&link->coded_count));
}

static inline void quarantine_set(const block_t *block, const block_t *next, size_t count)
{
    quarantine_link_t *const link = quarantine_link_of(block);
    link->coded_next = key_encode(address_of(next), address_of(&link->coded_next));
    link->coded_count = key_encode(count, address_of(&link->coded_count));
}

/// The block that was freed last, or NULL if no block is quarantined.
static inline block_t *quarantine_newest(const segfit_t *heap)
{
    return block_at(heap->held);
}

/// True if a quarantined block lies at `block`, so that its words may be read.
static inline bool quarantine_is_plausible(const segfit_t *heap, const block_t *block)
{
    return link_leads_to_block(heap, block) && block_is_quarantined(block) &&
           block_size(block) >= MIN_BLOCK && block_size(block) <= heap->high - address_of(block);
}

/// True if a quarantined block still has its pattern.
static inline bool quarantine_is_filled(const block_t *block)
{
    const unsigned char *const bytes = (const unsigned char *)block_payload(block);
    return guard_is_filled(bytes + sizeof(quarantine_link_t), bytes + block_size(block) - WORD,
                           QUARANTINE_FILL);
}

/// True if nothing was written to a quarantined block.
static inline bool quarantine_is_sound(const segfit_t *heap, const block_t *block)
{
    return quarantine_is_plausible(heap, block) &&
           quarantine_is_plausible(heap, quarantine_next(block)) &&
           quarantine_count_at(block) <= SEGFIT_QUARANTINE && quarantine_is_filled(block);
}

/// The number of quarantined blocks. 0 if the heap's link to them was overwritten.
static inline size_t quarantine_count(const segfit_t *heap)
{
    const block_t *const newest = quarantine_newest(heap);
    return newest == NULL || !quarantine_is_plausible(heap, newest) ? 0
                                                                    : quarantine_count_at(newest);
}

/// The bytes of all quarantined blocks.
static inline size_t quarantine_bytes(const segfit_t *heap)
{
    const block_t *block = quarantine_newest(heap);
    size_t bytes = 0;
    for (size_t left = quarantine_count(heap); left > 0 && quarantine_is_plausible(heap, block);
         left--) {
        bytes += block_size(block);
        block = quarantine_next(block);
    }
    return bytes;
}

/// Quarantines a used block.
static inline void quarantine_push(segfit_t *heap, block_t *block)
{
    const block_t *const newest = quarantine_newest(heap);
    unsigned char *const bytes = (unsigned char *)block_payload(block);
    __builtin_memset(bytes, QUARANTINE_FILL, block_size(block) - WORD);
    block_set_header(block, block_header(block) | BLOCK_QUARANTINED);
    if (newest == NULL) {
        quarantine_set(block, block, 1);
    } else {
        quarantine_set(block, quarantine_next(newest), quarantine_count_at(newest) + 1U);
        quarantine_set(newest, block, 0);
    }
    heap->held = address_of(block);
}

/// Takes the oldest block out of the quarantine, as a used block; NULL if there is no block.
/// Reports a block that was written to, and leaves it used forever. If its link was overwritten,
/// all other quarantined blocks stay used as well.
static inline block_t *quarantine_pop(segfit_t *heap)
{
    block_t *const newest = quarantine_newest(heap);
    if (newest == NULL) {
        return NULL;
    }
    if (!quarantine_is_sound(heap, newest) || !quarantine_is_sound(heap, quarantine_next(newest))) {
        const bool known = quarantine_is_plausible(heap, newest);
        const bool linked = known && quarantine_is_sound(heap, newest);
        heap->held = 0;
        SEGFIT_REPORT(known ? SEGFIT_USED_AFTER_FREE : SEGFIT_CONTROL, heap,
                      linked  ? block_payload(quarantine_next(newest))
                      : known ? block_payload(newest)
                              : (const void *)heap);
        return NULL;
    }
    block_t *const oldest = quarantine_next(newest);
    if (oldest == newest) {
        heap->held = 0;
    } else {
        quarantine_set(newest, quarantine_next(oldest), quarantine_count_at(newest) - 1U);
    }
    block_set_header(oldest, block_header(oldest) & ~BLOCK_QUARANTINED);
    return oldest;
}

#else

static inline bool block_is_quarantined(const block_t *block)
{
    (void)block;
    return false;
}

#endif

#endif
