// SPDX-License-Identifier: MIT
/// A trial from its seed, wherever it runs.
#include "attack.h"
#include "flips.h"

trial_t trial;
size_t static_words[STATIC_WORDS];
size_t target_words[16];

static unsigned char arena[REGIONS][ZONE + REGION + ZONE] __attribute__((aligned(64)));
static unsigned char other_memory[OTHER] __attribute__((aligned(16)));

#ifdef __wasm__
#define OUTSIDE_MEMORY __attribute__((address_space(1)))
#else
#define OUTSIDE_MEMORY
#endif
static OUTSIDE_MEMORY int is_injected;

bool trial_is_injected(void)
{
    return is_injected != 0;
}

void trial_set_injected(bool injected)
{
    is_injected = injected;
}

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)heap;
    (void)ptr;
    const unsigned at_call = trial.in_call ? RESULT_AT_CALL : 0;
    trial_end(RESULT(trial_is_injected() ? END_detected : END_broken, code) | at_call);
}

/// Everything anew: after a stray write nothing that lay in memory is believed.
static void trial_make(uint32_t seed)
{
    __builtin_memset(&trial, 0, sizeof trial);
    trial_set_injected(false);
    trial.random = (seed + 1U) * 0x9E3779B97F4A7C15U;
    for (int i = 0; i < 4; i++) {
        (void)draw(2);
    }
    unsigned char *const zone = arena[draw(REGIONS)];
    __builtin_memset(zone, ZONE_BYTE, ZONE);
    __builtin_memset(zone + ZONE, (int)draw(256), REGION);
    __builtin_memset(zone + ZONE + REGION, ZONE_BYTE, ZONE);
    __builtin_memset(target_words, 0, sizeof target_words);
    trial.region = zone + ZONE;
    segfit_set_key(draw_word());
    trial.other = segfit_init(other_memory, OTHER, NULL);
    trial.heap = segfit_init(trial.region, REGION, NULL);
    trial.largest = segfit_max_alloc(trial.heap);
    const pool_t *const pool = trial.heap->pools;
    units_set(trial.region, address_of(pool_first(pool)) - address_of(trial.region), 1);
    for (uint32_t i = 0; i < SETUP_OPERATIONS; i++) {
        operate();
    }
}

static void zone_check(const unsigned char *zone)
{
    for (size_t i = 0; i < ZONE; i++) {
        if (zone[i] != ZONE_BYTE) {
            harm(HARM_zone);
        }
    }
}

/// Frees all that lives, and looks at what is left.
static void trial_finish(void)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (trial.slots[i].ptr != NULL) {
            slot_free(&trial.slots[i]);
        }
    }
    (void)segfit_flush(trial.heap);
    zone_check(trial.region - ZONE);
    zone_check(trial.region + REGION);
    slot_alloc(&trial.slots[0], (uint32_t)trial.largest, SEGFIT_ALIGN);
    if (trial.slots[0].ptr == NULL) {
        harm(HARM_capacity);
    }
    slot_free(&trial.slots[0]);
}

static bool inject(kind_t kind)
{
    switch (kind) {
#define PART_overflow inject_overflow
#define PART_freed inject_freed
#define PART_pointer inject_pointer
#define PART_header inject_header
#define PART_control inject_control
#define PART_attack inject_attack
#define X(name, group, text) \
    case KIND_##name:        \
        return PART_##group(kind);
        KINDS(X)
#undef X
    default:
        return false;
    }
}

unsigned trial_run(kind_t kind, uint32_t seed)
{
    trial_make(seed);
    if (any_live() == NULL) {
        return RESULT(END_skipped, 0);
    }
    trial_set_injected(true);
    if (!inject(kind)) {
        return RESULT(END_skipped, 0);
    }
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        operate();
    }
    trial_finish();
    return RESULT(END_none, 0);
}

void flips_run(uint32_t seed)
{
    trial_make(seed);
    flip_pool(trial.heap);
    flip_control(trial.heap);
}
