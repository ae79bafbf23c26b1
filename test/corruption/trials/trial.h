// SPDX-License-Identifier: MIT
/// One trial: a random heap, one injection, random operations that an oracle watches.
///
/// The oracle keeps which bytes live blocks hold and what is in them. It looks at each block that
/// is given before it writes there, at each block's contents before it is freed or moved, and in
/// the end at the zones around the heap and at what is left when all is free. Everything it knows
/// is made anew for each trial.
#ifndef SEGFIT_CORRUPTION_TRIAL_H
#define SEGFIT_CORRUPTION_TRIAL_H

#include "kinds.h"

#include "../../../include/segfit/inspect.h"
#include "../../../src/core/free_index.h"
#include "../../../src/core/quarantine.h"

enum {
    REGION = 64 << 10,
    ZONE = 4 << 10,
    /// Regions that take turns, so that no trial meets only what the last one left.
    REGIONS = 8,
    OTHER = 4 << 10,
    SLOTS = 512,
    UNIT = 8,
    /// Level 4 walks through the whole heap in each call.
    SETUP_OPERATIONS = SEGFIT_CHECK >= 4 ? 100 : 600,
    OPERATIONS = SEGFIT_CHECK >= 4 ? 100 : 1500,
    ZONE_BYTE = 0xA5,
    STATIC_WORDS = 64,
};

typedef struct slot {
    unsigned char *ptr;
    uint32_t size;
    uint32_t seed;
    /// The injection itself wrote to it.
    bool spoilt;
} slot_t;

typedef struct trial {
    segfit_t *heap;
    segfit_t *other;
    unsigned char *region;
    uint64_t random;
    size_t largest;
    bool in_call;
    slot_t slots[SLOTS];
    uint8_t units[REGION / UNIT];
} trial_t;

/// Ends the trial; does not come back.
_Noreturn void trial_end(unsigned result);

/// True from the injection on. Kept where no stray write reaches it, in wasm in a global: what
/// happens before is a mistake of ours.
bool trial_is_injected(void);
void trial_set_injected(bool injected);

/// Runs trial `seed` of `kind`. Returns its result where trial_end was not called.
unsigned trial_run(kind_t kind, uint32_t seed);

/// Flips each bit of each word of metadata of a random heap and asks segfit_check each time; tells
/// `flips_note`.
void flips_run(uint32_t seed);

/// Hears that `bits` bits of `what` were flipped, of which `missed` were not found.
void flips_note(const char *what, unsigned bits, unsigned missed);

extern trial_t trial;

// --------------------------------------------------------------------------------------- random

static inline uint32_t draw(uint32_t below)
{
    trial.random ^= trial.random << 13;
    trial.random ^= trial.random >> 7;
    trial.random ^= trial.random << 17;
    return (uint32_t)((trial.random >> 32) * below >> 32);
}

static inline size_t draw_word(void)
{
    const uint32_t low = draw(UINT32_MAX);
    return sizeof(size_t) > 4 ? (size_t)((uint64_t)draw(UINT32_MAX) << 32 | low) : low;
}

static inline uint32_t draw_size(void)
{
    const uint32_t kind = draw(16);
    return 1U + draw(kind == 0 ? 4000U : kind < 4 ? 500U : 120U);
}

// --------------------------------------------------------------------------------------- oracle

static inline _Noreturn void harm(harm_t how)
{
    trial_end(RESULT(trial_is_injected() ? END_harmful : END_broken, how));
}

static inline uint32_t pattern(uint32_t seed, uint32_t i)
{
    const uint32_t word = (seed + i) * 0x9E3779B9U;
    return word ^ word >> 15;
}

/// The byte at `at` of a block's contents, in whose words patterns lie in little-endian order.
static inline unsigned char pattern_byte(uint32_t seed, uint32_t at)
{
    return (unsigned char)(pattern(seed, at & ~3U) >> (at & 3U) * 8U);
}

static inline void fill(unsigned char *ptr, uint32_t size, uint32_t seed)
{
    uint32_t at = 0;
    for (; at + 4U <= size; at += 4U) {
        const uint32_t word = pattern(seed, at);
        __builtin_memcpy(ptr + at, &word, 4);
    }
    for (; at < size; at++) {
        ptr[at] = pattern_byte(seed, at);
    }
}

static inline bool is_filled(const unsigned char *ptr, uint32_t size, uint32_t seed)
{
    uint32_t at = 0;
    for (; at + 4U <= size; at += 4U) {
        uint32_t word;
        __builtin_memcpy(&word, ptr + at, 4);
        if (word != pattern(seed, at)) {
            return false;
        }
    }
    for (; at < size; at++) {
        if (ptr[at] != pattern_byte(seed, at)) {
            return false;
        }
    }
    return true;
}

/// Says that the units of `size` bytes at `ptr` are taken or not. False if one was that already.
static inline bool units_set(const unsigned char *ptr, size_t size, uint8_t taken)
{
    const size_t from = (size_t)(ptr - trial.region) / UNIT;
    const size_t end = ((size_t)(ptr - trial.region) + size + UNIT - 1U) / UNIT;
    uint8_t same = 0;
    for (size_t unit = from; unit < end; unit++) {
        same |= (uint8_t)(trial.units[unit] == taken);
        trial.units[unit] = taken;
    }
    return same == 0;
}

/// Looks at where a block was given, before anything is written there.
static inline void place_check(const unsigned char *ptr, size_t size, size_t alignment)
{
    const size_t offset = address_of(ptr) - address_of(trial.region);
    if (offset >= REGION || size > REGION - offset) {
        harm(HARM_outside);
    }
    if (address_of(ptr) % alignment != 0) {
        harm(HARM_misaligned);
    }
    if (!units_set(ptr, size, 1)) {
        harm(HARM_overlap);
    }
}

static inline void slot_fill(slot_t *slot, void *ptr, uint32_t size)
{
    slot->ptr = ptr;
    slot->size = size;
    slot->seed = draw(UINT32_MAX);
    slot->spoilt = false;
    fill(ptr, size, slot->seed);
}

static inline void slot_check(const slot_t *slot, uint32_t size)
{
    if (!slot->spoilt && !is_filled(slot->ptr, size, slot->seed)) {
        harm(HARM_contents);
    }
}

// ----------------------------------------------------------------------------------- operations

static inline void slot_alloc(slot_t *slot, uint32_t size, size_t alignment)
{
    void *const ptr = alignment <= SEGFIT_ALIGN ? segfit_alloc(trial.heap, size)
                                                : segfit_alloc_aligned(trial.heap, alignment, size);
    if (ptr != NULL) {
        place_check(ptr, size, alignment);
        slot_fill(slot, ptr, size);
    }
}

static inline void slot_free(slot_t *slot)
{
    slot_check(slot, slot->size);
    segfit_free(trial.heap, slot->ptr);
    units_set(slot->ptr, slot->size, 0);
    slot->ptr = NULL;
}

static inline void slot_realloc(slot_t *slot, uint32_t size)
{
    void *const ptr = segfit_realloc(trial.heap, slot->ptr, size);
    if (ptr == NULL) {
        return;
    }
    units_set(slot->ptr, slot->size, 0);
    place_check(ptr, size, SEGFIT_ALIGN);
    slot->ptr = ptr;
    slot_check(slot, size < slot->size ? size : slot->size);
    slot_fill(slot, ptr, size);
}

static inline void operate(void)
{
    slot_t *const slot = &trial.slots[draw(SLOTS)];
    if (slot->ptr == NULL) {
        slot_alloc(slot, draw_size(), draw(12) == 0 ? (size_t)32 << draw(4) : SEGFIT_ALIGN);
    } else if (draw(4) == 0) {
        slot_realloc(slot, draw_size());
    } else {
        slot_free(slot);
    }
}

#endif
