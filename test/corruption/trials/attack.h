// SPDX-License-Identifier: MIT
/// The injections of somebody who knows the library and the heap, writes past a block's end or into
/// it what he likes, and does not know the key: he encodes headers as under the key 0. False if the
/// heap has no blocks that lie as an attack needs.
#ifndef SEGFIT_CORRUPTION_ATTACK_H
#define SEGFIT_CORRUPTION_ATTACK_H

#include "inject.h"

/// Memory of the program that the attacker wants to write.
extern size_t target_words[16];

static inline size_t forged_header(const block_t *at, size_t value)
{
#if SEGFIT_CHECK >= 3
    return (value * KEY_FACTOR) ^ address_of(at);
#else
    (void)at;
    return value;
#endif
}

static inline void forge(block_t *at, size_t value)
{
    write_word(&at->coded_header, forged_header(at, value));
}

static inline void forge_free(block_t *at, size_t size, const void *next, const void *prev)
{
    forge(at, size | BLOCK_FREE);
    write_word(&at->next_free, address_of(next));
    write_word(&at->prev_free, address_of(prev));
}

/// The block whose prev_free is the word at `target`.
static inline const void *block_around(const size_t *target)
{
    return (const char *)target - offsetof(block_t, prev_free);
}

/// A live block of `size` bytes or more whose next neighbour is live as well, as far as the oracle
/// knows.
static inline slot_t *any_pair(size_t size, slot_t **behind)
{
    const uint32_t from = draw(SLOTS);
    for (uint32_t i = 0; i < SLOTS; i++) {
        slot_t *const slot = &trial.slots[(from + i) % SLOTS];
        if (slot->ptr == NULL || slot->size < size) {
            continue;
        }
        const void *const next = block_payload(block_next(block_of(slot->ptr)));
        for (uint32_t j = 0; j < SLOTS; j++) {
            if (trial.slots[j].ptr == next) {
                *behind = &trial.slots[j];
                return slot;
            }
        }
    }
    return NULL;
}

/// Frees `ptr`, and sees whether the word that the attacker chose was written.
static inline bool crime_with_target(void *ptr, const size_t *target)
{
    const volatile size_t *const word = target;
    const size_t before = *word;
    crime(ptr);
    if (*word != before) {
        harm(HARM_target);
    }
    return true;
}

static inline bool attack_unlink(bool inside)
{
    slot_t *behind = NULL;
    slot_t *const slot = any_pair(1, &behind);
    const slot_t *const third = any_live();
    if (slot == NULL || third == slot || third == behind || third->size < 2U * WORD) {
        return false;
    }
    unsigned char *const end = end_of(slot);
    block_t *const block = block_of(behind->ptr);
    const size_t size = block_size(block);
    block_t *const last = block_behind(block, size);
    const size_t last_header = block_header(last);
    size_t *const target = inside ? (size_t *)(void *)third->ptr + 1 : &target_words[9];
    const void *const prev = inside ? (const void *)block_of(slot->ptr) : &target_words[3];
    write_bytes(end, (uint32_t)(address_of(block) - address_of(end)), 0x41);
    forge_free(block, size, block_around(target), prev);
    if (draw(2) == 0) {
        // He writes on to the end of what he forges.
        write_word(block_footer_before(last), size);
        forge(last, last_header | BLOCK_PREV_FREE);
    }
    return crime_with_target(slot->ptr, target);
}

/// Where a header can be forged inside a block, `units` alignments behind its payload.
static inline block_t *inner_block(const slot_t *slot, size_t units)
{
    return block_of(slot->ptr + units * SEGFIT_ALIGN);
}

/// The header of `next` says that the block before is free, and a footer there that it begins at
/// `fake`.
static inline void forge_before(block_t *next, const block_t *fake)
{
    const size_t header = block_header(next);
    write_word(block_footer_before(next), address_of(next) - address_of(fake));
    forge(next, header | BLOCK_PREV_FREE);
}

static inline bool attack_before(void)
{
    slot_t *behind = NULL;
    slot_t *const slot = any_pair(SEGFIT_ALIGN + SEGFIT_MIN_BLOCK, &behind);
    if (slot == NULL) {
        return false;
    }
    block_t *const next = block_of(behind->ptr);
    block_t *const fake = inner_block(slot, 1);
    size_t *const target = &target_words[9];
    forge_free(fake, address_of(next) - address_of(fake), block_around(target), &target_words[3]);
    forge_before(next, fake);
    return crime_with_target(behind->ptr, target);
}

static inline bool attack_list(void)
{
    enum {
        /// Alignments that a smallest block takes.
        STEP = SEGFIT_MIN_BLOCK / SEGFIT_ALIGN
    };
    slot_t *behind = NULL;
    slot_t *const slot = any_pair(SEGFIT_ALIGN + 3U * SEGFIT_MIN_BLOCK, &behind);
    if (slot == NULL) {
        return false;
    }
    block_t *const next = block_of(behind->ptr);
    block_t *const before = inner_block(slot, 1);
    block_t *const after = inner_block(slot, 1 + STEP);
    block_t *const fake = inner_block(slot, 1 + 2 * STEP);
    forge_free(before, SEGFIT_MIN_BLOCK, fake, before);
    forge_free(after, SEGFIT_MIN_BLOCK, NULL, fake);
    forge_free(fake, address_of(next) - address_of(fake), after, before);
    forge_before(next, fake);
    return crime(behind->ptr);
}

static inline bool attack_used(void)
{
    slot_t *behind = NULL;
    slot_t *const slot = any_pair(SEGFIT_ALIGN + SEGFIT_MIN_BLOCK, &behind);
    if (slot == NULL) {
        return false;
    }
    block_t *const fake = inner_block(slot, 1);
    forge(fake, address_of(block_of(behind->ptr)) - address_of(fake));
    return crime(block_payload(fake));
}

static inline bool inject_attack(kind_t kind)
{
    switch (kind) {
    case KIND_unlink_outside:
        return attack_unlink(false);
    case KIND_unlink_inside:
        return attack_unlink(true);
    case KIND_forged_before:
        return attack_before();
    case KIND_forged_list:
        return attack_list();
    default:
        return attack_used();
    }
}

#endif
