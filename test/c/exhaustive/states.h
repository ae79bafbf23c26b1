// SPDX-License-Identifier: MIT
/// The states of a small heap, found one from another. A state is an image of the heap's whole
/// memory; two are the same if their pools, blocks and the order of their free lists are.
#ifndef SEGFIT_TEST_STATES_H
#define SEGFIT_TEST_STATES_H

#include "../api/heap_fixture.h"

typedef struct states {
    segfit_t *heap;
    /// The heap's memory, which lies in here whole.
    unsigned char *memory;
    size_t size;
    unsigned char *images;
    /// A hash table of the states' keys.
    uint64_t *keys;
    size_t most;
    size_t count;
    /// The first word of a used block's payload is part of the state.
    bool with_payload;
} states;

/// For up to `most` states of `heap` in `size` bytes at `memory`.
static inline bool states_make(states *s, segfit_t *heap, void *memory, size_t size, size_t most)
{
    *s = (states){.heap = heap, .memory = memory, .size = size, .most = most};
    s->images = malloc(most * size);
    s->keys = calloc(most * 4, sizeof *s->keys);
    return heap != NULL && s->images != NULL && s->keys != NULL;
}

static inline void states_free(states *s)
{
    free(s->images);
    free(s->keys);
}

static inline unsigned char *states_image(const states *s, size_t state)
{
    return s->images + state * s->size;
}

static inline void states_restore(states *s, size_t state)
{
    memcpy(s->memory, states_image(s, state), s->size);
}

static inline size_t states_word(const states *s, uintptr_t address)
{
    size_t word = 0;
    memcpy(&word, s->memory + (address - (uintptr_t)s->memory), sizeof word);
    return word;
}

static inline uint64_t states_mix(uint64_t hash, size_t value)
{
    return (hash ^ value) * UINT64_C(1099511628211) ^ hash >> 29;
}

/// A key of the present state: pools, block sizes and uses, then the blocks of each list in order.
static inline uint64_t states_key(const states *s)
{
    uint64_t key = UINT64_C(14695981039346656037);
    for (segfit_walk_t walk = {0}; segfit_walk_next(s->heap, &walk);) {
        key = states_mix(key, (size_t)((unsigned char *)walk.ptr - s->memory));
        key = states_mix(key, walk.size * 2 + walk.used);
        if (s->with_payload && walk.used) {
            key = states_mix(key, states_word(s, (uintptr_t)walk.ptr));
        }
    }
    const size_t classes = (size_t)s->heap->rows << s->heap->columns_log2;
    for (size_t index = 0; index < classes; index++) {
        const uintptr_t heads = (uintptr_t)s->heap + s->heap->heads_offset;
        uintptr_t block = states_word(s, heads + index * sizeof(size_t));
        for (key = states_mix(key, 1); block != 0;
             block = states_word(s, block + segfit_layout.block_next_free)) {
            key = states_mix(key, block - (uintptr_t)s->memory);
        }
    }
    return key == 0 ? 1 : key;
}

/// Keeps the present state if it was not seen before. False if there is no room for it.
static inline bool states_keep(states *s)
{
    const uint64_t key = states_key(s);
    const size_t slots = s->most * 4;
    size_t slot = (size_t)(key % slots);
    while (s->keys[slot] != 0 && s->keys[slot] != key) {
        slot = (slot + 1) % slots;
    }
    if (s->keys[slot] != 0) {
        return true;
    }
    if (s->count == s->most) {
        return false;
    }
    s->keys[slot] = key;
    memcpy(states_image(s, s->count++), s->memory, s->size);
    return true;
}

/// True if the memory is that of `state`, but for what a failed request is counted in.
static inline bool states_is(const states *s, size_t state)
{
    const image taken = {s->memory, s->size, states_image(s, state)};
    return image_holds_but_failures(&taken, s->heap);
}

/// The used blocks of the present state, at most `most`; returns how many.
static inline size_t states_used(const states *s, void **used, size_t most)
{
    size_t count = 0;
    for (segfit_walk_t walk = {0}; segfit_walk_next(s->heap, &walk);) {
        if (walk.used && count < most) {
            used[count++] = walk.ptr;
        }
    }
    return count;
}

#endif
