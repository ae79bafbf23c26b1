// SPDX-License-Identifier: MIT
/// An oracle: what a heap must hold, kept as a plain list of live ranges and the bytes in them. After
/// every call it compares the whole heap with that list.
#ifndef SEGFIT_TEST_ORACLE_H
#define SEGFIT_TEST_ORACLE_H

#include "../api/heap_fixture.h"

enum {
    ORACLE_POOLS = 4,
    ORACLE_POOL_SPACE = 6000,
    ORACLE_LIVE = 160,
    ORACLE_CONTROL = 20000,
    ORACLE_MEMORY = ORACLE_CONTROL + ORACLE_POOLS * ORACLE_POOL_SPACE
};

typedef struct live_block {
    unsigned char *ptr;
    size_t size;
    unsigned seed;
} live_block;

/// A pool's place: the bytes from `memory` up to `taken` belong to the heap, the rest to nobody.
typedef struct pool_place {
    unsigned char *space;
    unsigned char *memory;
    size_t taken;
} pool_place;

typedef struct oracle {
    segfit_t *heap;
    segfit_policy_t policy;
    region memory;
    unsigned char *before;
    pool_place pools[ORACLE_POOLS];
    live_block live[ORACLE_LIVE];
    size_t live_count;
    unsigned next_seed;
} oracle;

/// A heap of the geometry with no pool. False if the geometry cannot be.
static inline bool oracle_make(oracle *o, const segfit_options_t *options)
{
    memset(o, 0, sizeof *o);
    o->policy = options->policy;
    o->memory = region_make(ORACLE_MEMORY, 0);
    o->before = malloc(ORACLE_MEMORY);
    o->heap = segfit_init_empty(o->memory.memory, ORACLE_CONTROL, options);
    for (size_t i = 0; i < ORACLE_POOLS; i++) {
        o->pools[i].space = o->memory.memory + ORACLE_CONTROL + i * ORACLE_POOL_SPACE;
    }
    return o->heap != NULL && o->before != NULL;
}

static inline void oracle_free(oracle *o)
{
    region_free(&o->memory);
    free(o->before);
}

/// Remembers all bytes, for oracle_unchanged.
static inline void oracle_remember(oracle *o)
{
    memcpy(o->before, o->memory.memory, ORACLE_MEMORY);
}

/// True if no byte changed since oracle_remember, but the count of failures and the largest request.
static inline bool oracle_unchanged(const oracle *o)
{
    const image taken = {o->memory.memory, ORACLE_MEMORY, o->before};
    return image_holds_but_failures(&taken, o->heap);
}

/// The place of the pool that `ptr` lies in, or NULL.
static inline const pool_place *oracle_pool_of(const oracle *o, const unsigned char *ptr)
{
    for (size_t i = 0; i < ORACLE_POOLS; i++) {
        const pool_place *const place = &o->pools[i];
        if (place->memory != NULL && ptr >= place->memory && ptr < place->memory + place->taken) {
            return place;
        }
    }
    return NULL;
}

static inline size_t oracle_pool_count(const oracle *o)
{
    size_t count = 0;
    for (size_t i = 0; i < ORACLE_POOLS; i++) {
        count += o->pools[i].memory != NULL;
    }
    return count;
}

static inline size_t oracle_live_in(const oracle *o, const pool_place *place)
{
    size_t count = 0;
    for (size_t i = 0; i < o->live_count; i++) {
        count += oracle_pool_of(o, o->live[i].ptr) == place;
    }
    return count;
}

static inline bool live_holds(const live_block *block)
{
    return pattern_holds(block->ptr, block->size, block->seed);
}

/// Notes a new block and fills it. False if it is not as it should be.
static inline bool oracle_add(oracle *o, void *ptr, size_t size, size_t alignment)
{
    const bool good = is_aligned(ptr, alignment) && is_aligned(ptr, SEGFIT_ALIGN) &&
                      segfit_usable_size(o->heap, ptr) >= size && oracle_pool_of(o, ptr) != NULL;
    live_block *const block = &o->live[o->live_count++];
    *block = (live_block){ptr, size, o->next_seed++};
    pattern_fill(ptr, size, block->seed);
    return good;
}

static inline void oracle_remove(oracle *o, size_t index)
{
    o->live[index] = o->live[--o->live_count];
}

/// The live block at `ptr`, or NULL.
static inline const live_block *oracle_find(const oracle *o, const void *ptr)
{
    for (size_t i = 0; i < o->live_count; i++) {
        if (o->live[i].ptr == ptr) {
            return &o->live[i];
        }
    }
    return NULL;
}

/// The block that `size` bytes need where no search is in the way, as in place; 0 if there is none. A
/// heap of the stock policy can grow a block in place beyond its largest request.
static inline size_t oracle_wanted(size_t size)
{
    const size_t least = size + SEGFIT_BLOCK_OVERHEAD;
    if (least > SIZE_MAX - SEGFIT_ALIGN || least < size) {
        return 0;
    }
    const size_t rounded = (least + SEGFIT_ALIGN - 1) / SEGFIT_ALIGN * SEGFIT_ALIGN;
    return rounded < SEGFIT_MIN_BLOCK ? SEGFIT_MIN_BLOCK : rounded;
}

/// True if the blocks of the heap lie without overlap in its pools, the used ones are the live ones with
/// their bytes, and none is larger than it must be.
static inline bool oracle_blocks_agree(const oracle *o)
{
    size_t used = 0;
    const unsigned char *end = NULL;
    const void *pool = NULL;
    for (segfit_walk_t walk = {0}; segfit_walk_next(o->heap, &walk);) {
        const unsigned char *const payload = walk.ptr;
        const pool_place *const place = oracle_pool_of(o, payload);
        const unsigned char *const last = payload + walk.size - SEGFIT_BLOCK_OVERHEAD - 1;
        const live_block *const block = walk.used ? oracle_find(o, walk.ptr) : NULL;
        if (place == NULL || place->memory != walk.pool || oracle_pool_of(o, last) != place ||
            (walk.pool == pool && payload != end) || walk.used != (block != NULL)) {
            return false;
        }
        if (block != NULL) {
            const size_t needed = oracle_wanted(block->size);
            if (walk.size < needed || walk.size - needed >= SEGFIT_MIN_BLOCK ||
                !live_holds(block)) {
                return false;
            }
        }
        used += walk.used;
        pool = walk.pool;
        end = payload + walk.size;
    }
    return used == o->live_count;
}

/// True if bytes that belong to no pool were never written.
static inline bool oracle_gaps_hold(const oracle *o)
{
    bool untouched = region_is_guarded(&o->memory);
    for (size_t i = 0; i < ORACLE_POOLS; i++) {
        const pool_place *const place = &o->pools[i];
        for (size_t at = 0; at < ORACLE_POOL_SPACE; at++) {
            const unsigned char *const byte = place->space + at;
            const bool ours = place->memory != NULL && byte >= place->memory &&
                              byte < place->memory + place->taken;
            untouched = untouched && (ours || *byte == REGION_GUARD_BYTE);
        }
    }
    return untouched;
}

/// Gives a removed pool's bytes back to nobody.
static inline void oracle_forget_pool(pool_place *place)
{
    memset(place->space, REGION_GUARD_BYTE, ORACLE_POOL_SPACE);
    place->memory = NULL;
    place->taken = 0;
}

// ------------------------------------------------------------------------------------ promises

/// The room around a live block, from a walk: its own size and those of free neighbours.
typedef struct room {
    size_t own;
    size_t before;
    size_t behind;
    unsigned char *before_ptr;
} room;

static inline room oracle_room(const oracle *o, const void *ptr)
{
    room found = {0, 0, 0, NULL};
    segfit_walk_t last = {0};
    for (segfit_walk_t walk = {0}; segfit_walk_next(o->heap, &walk);) {
        const bool joined = last.ptr != NULL && last.pool == walk.pool;
        if (walk.ptr == ptr) {
            found.own = walk.size;
            found.before = joined && !last.used ? last.size : 0;
            found.before_ptr = last.ptr;
        } else if (joined && last.ptr == ptr) {
            found.behind = walk.used ? 0 : walk.size;
        }
        last = walk;
    }
    return found;
}

/// What the policy promises for a plain request: 1 it is served, -1 it fails, 0 either.
static inline int oracle_promise(const oracle *o, size_t size)
{
    const size_t wanted = segfit_block_size_for(o->heap, size);
    bool fits = false;
    bool found = false;
    for (segfit_walk_t walk = {0}; wanted != 0 && segfit_walk_next(o->heap, &walk);) {
        const size_t index = segfit_class_of(o->heap, walk.size);
        if (!walk.used) {
            fits |= walk.size >= wanted;
            found |= o->policy == SEGFIT_POLICY_STOCK ? segfit_class_size(o->heap, index) >= wanted
                                                      : index > segfit_class_of(o->heap, wanted);
        }
    }
    if (found) {
        return 1;
    }
    return !fits || o->policy == SEGFIT_POLICY_STOCK ? -1 : 0;
}

#endif
