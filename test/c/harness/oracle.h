// SPDX-License-Identifier: MIT
/// The oracle: a naive reference of what a heap must hold. It keeps whose each byte is, the live
/// blocks and a pattern in each of them, and compares the whole heap with that after every call.
#ifndef SEGFIT_TEST_ORACLE_H
#define SEGFIT_TEST_ORACLE_H

#include "../api/heap_fixture.h"
#include "operation.h"
#include "segfit/growable.h"

enum {
    ORACLE_POOLS = 4,
    ORACLE_POOL_SPACE = 8192,
    ORACLE_SPACE = ORACLE_POOLS * ORACLE_POOL_SPACE,
    ORACLE_CONTROL = 20480,
    ORACLE_MEMORY = ORACLE_CONTROL + ORACLE_SPACE,
    ORACLE_PAGE = 512,
    ORACLE_UNIT = 8,
    ORACLE_UNITS = ORACLE_SPACE / ORACLE_UNIT,
    /// The alignment of the memory. It makes every requested alignment fall alike in each run.
    ORACLE_ALIGN = 1024
};

/// Whose a byte of the space is.
enum owner {
    OWNER_NOBODY,
    OWNER_HEAP,
    OWNER_STRANGER
};

typedef struct live_block {
    unsigned char *ptr;
    size_t size;
    unsigned seed;
} live_block;

/// A pool given by hand: the bytes from `memory` up to `taken` belong to the heap.
typedef struct pool_place {
    unsigned char *memory;
    size_t taken;
} pool_place;

typedef struct oracle {
    segfit_t *heap;
    segfit_policy_t policy;
    region memory;
    /// The heap's control structure lies here, and all pools in the space behind it.
    unsigned char *begin;
    unsigned char *space;
    unsigned char *before;
    unsigned char owner[ORACLE_SPACE];
    /// 1 where a live block lies, header included.
    unsigned char occupied[ORACLE_SPACE];
    /// The expected bytes of live payloads.
    unsigned char expected[ORACLE_SPACE];
    /// The slot, counted from 1, whose payload begins in each unit.
    uint8_t slot_at[ORACLE_UNITS];
    /// 1 where the payload of a block began that lives no more, if its header was in no live block
    /// since.
    uint8_t stale[ORACLE_UNITS + 1];
    /// The bytes that were there when memory became somebody else's than the heap's.
    unsigned char left[ORACLE_SPACE];
    pool_place pools[ORACLE_POOLS];
    live_block live[OPERATION_SLOTS];
    size_t live_count;
    unsigned next_seed;
} oracle;

/// The text of an expectation that fails.
#define ORACLE_TEXT(x) #x
#define ORACLE_LINE(x) ORACLE_TEXT(x)

/// Returns from the function with what is wrong, if the condition does not hold.
#define EXPECT(...)                                                      \
    do {                                                                 \
        if (!(__VA_ARGS__)) {                                            \
            return __FILE__ ":" ORACLE_LINE(__LINE__) ": " #__VA_ARGS__; \
        }                                                                \
    } while (0)

/// Returns what `call` finds wrong, if anything.
#define EXPECT_RIGHT(call)                 \
    do {                                   \
        const char *const wrong_ = (call); \
        if (wrong_ != NULL) {              \
            return wrong_;                 \
        }                                  \
    } while (0)

/// A heap of the geometry with no pool. False if the geometry cannot be.
static inline bool oracle_make(oracle *o, const segfit_options_t *options)
{
    memset(o, 0, sizeof *o);
    o->policy = options->policy;
    o->memory = region_make(ORACLE_MEMORY + ORACLE_ALIGN, 0);
    o->before = malloc(ORACLE_MEMORY);
    o->begin = o->memory.memory + (ORACLE_ALIGN - (uintptr_t)o->memory.memory % ORACLE_ALIGN);
    o->heap = segfit_init_empty(o->begin, ORACLE_CONTROL, options);
    o->space = o->begin + ORACLE_CONTROL;
    memcpy(o->left, o->space, ORACLE_SPACE);
    return o->heap != NULL && o->before != NULL;
}

static inline void oracle_free(oracle *o)
{
    region_free(&o->memory);
    free(o->before);
    o->before = NULL;
}

/// Remembers all bytes, for oracle_unchanged.
static inline void oracle_remember(oracle *o)
{
    memcpy(o->before, o->begin, ORACLE_MEMORY);
}

/// True if no byte changed since oracle_remember, but the count of failures and the largest
/// request.
static inline bool oracle_unchanged(const oracle *o)
{
    const image taken = {o->begin, ORACLE_MEMORY, o->before};
    return image_holds_but_failures(&taken, o->heap);
}

// ----------------------------------------------------------------------------------- whose it is

static inline size_t oracle_offset(const oracle *o, const void *ptr)
{
    return (size_t)((uintptr_t)ptr - (uintptr_t)o->space);
}

/// True if `size` bytes at `ptr` are all `owner`'s.
static inline bool oracle_owns(const oracle *o, const void *ptr, size_t size, enum owner owner)
{
    const size_t at = oracle_offset(o, ptr);
    if (at >= ORACLE_SPACE || size > ORACLE_SPACE - at) {
        return false;
    }
    // Every byte equals the one before it. memcmp, since unoptimised loops are most of a run's
    // time.
    return size == 0 ||
           (o->owner[at] == owner && memcmp(o->owner + at, o->owner + at + 1, size - 1) == 0);
}

/// Notes that no pointer to a block whose header lay in the `size` bytes at `memory` need be
/// reported any more.
static inline void oracle_overwrite(oracle *o, const void *memory, size_t size)
{
    const size_t at = oracle_offset(o, memory);
    memset(o->stale + at / ORACLE_UNIT, 0, (at + size) / ORACLE_UNIT - at / ORACLE_UNIT + 1);
}

/// Notes that `size` bytes at `memory` are `owner`'s from here on. Strangers write to theirs.
/// Nobody changes what is not the heap's then.
static inline void oracle_give(oracle *o, void *memory, size_t size, enum owner owner)
{
    const size_t at = oracle_offset(o, memory);
    memset(o->owner + at, (int)owner, size);
    if (owner == OWNER_STRANGER) {
        memset(memory, REGION_GUARD_BYTE, size);
        oracle_overwrite(o, memory, size);
    }
    memcpy(o->left + at, memory, size);
}

/// True if bytes that are not the heap's were never written.
static inline bool oracle_gaps_hold(const oracle *o)
{
    bool untouched = region_is_guarded(&o->memory);
    for (size_t at = 0; at < ORACLE_SPACE; at++) {
        untouched &= o->owner[at] == OWNER_HEAP || o->space[at] == o->left[at];
    }
    return untouched;
}

static inline size_t oracle_pool_count(const oracle *o)
{
    size_t count = 0;
    const void *pool = NULL;
    for (segfit_walk_t walk = {0}; segfit_walk_next(o->heap, &walk);) {
        count += walk.pool != pool;
        pool = walk.pool;
    }
    return count;
}

static inline bool oracle_pool_is_empty(const oracle *o, const pool_place *place)
{
    for (size_t slot = 0; slot < OPERATION_SLOTS; slot++) {
        const unsigned char *const ptr = o->live[slot].ptr;
        if (ptr != NULL && ptr >= place->memory && ptr < place->memory + place->taken) {
            return false;
        }
    }
    return true;
}

// ---------------------------------------------------------------------------------- live blocks

static inline bool oracle_block_holds(const oracle *o, const live_block *block)
{
    return memcmp(block->ptr, o->expected + oracle_offset(o, block->ptr), block->size) == 0;
}

/// The bytes that a live block keeps from others, header included.
static inline unsigned char *oracle_extent(oracle *o, const live_block *block)
{
    return o->occupied + oracle_offset(o, block->ptr) - SEGFIT_BLOCK_OVERHEAD;
}

/// Notes a new block and fills it.
static inline const char *oracle_add(oracle *o, size_t slot, void *ptr, size_t size,
                                     size_t alignment)
{
    live_block *const block = &o->live[slot];
    const size_t extent = size + SEGFIT_BLOCK_OVERHEAD;
    EXPECT(is_aligned(ptr, alignment) && is_aligned(ptr, SEGFIT_ALIGN));
    EXPECT(oracle_owns(o, (unsigned char *)ptr - SEGFIT_BLOCK_OVERHEAD, extent, OWNER_HEAP));
    EXPECT(segfit_usable_size(o->heap, ptr) >= size);
    *block = (live_block){ptr, size, o->next_seed++};
    EXPECT(memchr(oracle_extent(o, block), 1, extent) == NULL);
    memset(oracle_extent(o, block), 1, extent);
    o->slot_at[oracle_offset(o, ptr) / ORACLE_UNIT] = (uint8_t)(slot + 1);
    o->live_count++;
    pattern_fill(ptr, size, block->seed);
    memcpy(o->expected + oracle_offset(o, ptr), ptr, size);
    return NULL;
}

static inline void oracle_remove(oracle *o, size_t slot)
{
    live_block *const block = &o->live[slot];
    memset(oracle_extent(o, block), 0, block->size + SEGFIT_BLOCK_OVERHEAD);
    o->slot_at[oracle_offset(o, block->ptr) / ORACLE_UNIT] = 0;
    o->stale[oracle_offset(o, block->ptr) / ORACLE_UNIT] = 1;
    block->ptr = NULL;
    o->live_count--;
}

static inline void oracle_remove_all(oracle *o)
{
    for (size_t slot = 0; slot < OPERATION_SLOTS; slot++) {
        if (o->live[slot].ptr != NULL) {
            oracle_remove(o, slot);
        }
    }
}

/// The live block at `ptr`, or NULL.
static inline const live_block *oracle_find(const oracle *o, const void *ptr)
{
    const size_t slot = o->slot_at[oracle_offset(o, ptr) / ORACLE_UNIT];
    return slot != 0 && o->live[slot - 1].ptr == ptr ? &o->live[slot - 1] : NULL;
}

// ------------------------------------------------------------------------------------ comparison

/// The block that `size` bytes need where no search is in the way, as in place; 0 if no block can.
/// A heap of the stock policy can grow a block in place beyond its largest request.
static inline size_t oracle_wanted(size_t size)
{
    const size_t least = size + SEGFIT_BLOCK_OVERHEAD + segfit_layout.block_guard;
    if (least > SIZE_MAX - SEGFIT_ALIGN || least < size) {
        return 0;
    }
    const size_t rounded = (least + SEGFIT_ALIGN - 1) / SEGFIT_ALIGN * SEGFIT_ALIGN;
    return rounded < SEGFIT_MIN_BLOCK ? SEGFIT_MIN_BLOCK : rounded;
}

/// The fault of one block of a walk, behind a block that ended at `end`; NULL if it has none.
static inline const char *oracle_judge_block(const oracle *o, const segfit_walk_t *walk,
                                             const unsigned char *end)
{
    const unsigned char *const payload = walk->ptr;
    const size_t size = walk->size;
    EXPECT(end == NULL || payload == end);
    EXPECT(oracle_owns(o, payload - SEGFIT_BLOCK_OVERHEAD, size, OWNER_HEAP));
    const live_block *const block = oracle_find(o, payload);
    EXPECT(walk->used == (block != NULL));
    if (block != NULL) {
        // The waste bound: a used block is smaller than what it needs and a smallest block.
        const size_t needed = oracle_wanted(block->size);
        EXPECT(size >= needed && size - needed < SEGFIT_MIN_BLOCK);
        EXPECT(segfit_usable_size(o->heap, payload) == (segfit_layout.block_guard != 0
                                                            ? block->size + (block->size == 0)
                                                            : size - SEGFIT_BLOCK_OVERHEAD));
        EXPECT(oracle_block_holds(o, block));
    }
    return NULL;
}

/// Notes that a block of `size` bytes, header included, is used at `ptr`.
static inline void oracle_use(oracle *o, const unsigned char *ptr, size_t size)
{
    memset(o->stale + oracle_offset(o, ptr) / ORACLE_UNIT, 0, size / ORACLE_UNIT);
}

/// The fault of the heap, or NULL. Its invariants hold and its statistics agree. Its blocks lie in
/// its own memory without overlap. Its used blocks are the live ones, with their bytes, and hardly
/// larger than necessary. Notes the used memory.
static inline const char *oracle_judge(oracle *o)
{
    size_t used = 0;
    const unsigned char *end = NULL;
    const void *pool = NULL;
    EXPECT(heap_is_sound(o->heap));
    for (segfit_walk_t walk = {0}; segfit_walk_next(o->heap, &walk);) {
        EXPECT_RIGHT(oracle_judge_block(o, &walk, walk.pool == pool ? end : NULL));
        used += walk.used;
        if (walk.used) {
            oracle_use(o, walk.ptr, walk.size);
        }
        pool = walk.pool;
        end = (unsigned char *)walk.ptr + walk.size;
    }
    EXPECT(used == o->live_count);
    return NULL;
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

/// The promise of the policy for a plain request: 1 it is served, -1 it fails, 0 either.
static inline int oracle_promise(const oracle *o, size_t size)
{
    const size_t wanted = segfit_block_size_for(o->heap, size);
    bool fits = false;
    bool found = size <= segfit_max_alloc(o->heap) && segfit_max_alloc(o->heap) != 0;
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
