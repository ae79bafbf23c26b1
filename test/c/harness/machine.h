// SPDX-License-Identifier: MIT
/// Runs a script on a heap and judges each operation by the oracle. It answers what is wrong first,
/// or NULL, and reports nothing itself: a random test, a fuzzer and the search for a shorter script
/// use it.
#ifndef SEGFIT_TEST_MACHINE_H
#define SEGFIT_TEST_MACHINE_H

#include "oracle_source.h"

/// The function that is called. A test of the machine itself defines a broken one.
#ifndef MACHINE_ALLOC
#define MACHINE_ALLOC segfit_alloc
#endif
#ifndef MACHINE_FREE
#define MACHINE_FREE segfit_free
#endif
#ifndef MACHINE_REALLOC
#define MACHINE_REALLOC segfit_realloc_aligned
#endif
#ifndef MACHINE_RESET
#define MACHINE_RESET segfit_reset
#endif

typedef struct machine {
    setup heap;
    oracle o;
    oracle_source source;
    segfit_growable_t growable;
    /// Source calls before the operation.
    size_t calls_before;
    segfit_growable_t growable_before;
} machine;

/// Set when the library found fault with a pointer that was right.
static unsigned machine_panics;

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)heap;
    (void)ptr;
    machine_panics += code != SEGFIT_OK;
}

static inline segfit_options_t setup_options(const setup *heap)
{
    return (segfit_options_t){.rows = heap->rows,
                              .columns = 1U << heap->columns_log2,
                              .policy = (segfit_policy_t)heap->policy};
}

static inline bool machine_start(machine *m, const setup *heap)
{
    const segfit_options_t options = setup_options(heap);
    m->heap = *heap;
    machine_panics = 0;
    if (!oracle_make(&m->o, &options)) {
        oracle_free(&m->o);
        return false;
    }
    oracle_source_make(&m->source, &m->o, heap);
    m->growable = (segfit_growable_t)SEGFIT_GROWABLE_INITIALIZER(m->o.heap, &m->source.source);
    return true;
}

// ---------------------------------------------------------------------------------------- calls

static inline void *machine_alloc(machine *m, size_t size)
{
    return m->heap.source ? segfit_growable_alloc(&m->growable, size)
                          : MACHINE_ALLOC(m->o.heap, size);
}

static inline void *machine_aligned(machine *m, size_t alignment, size_t size)
{
    return m->heap.source ? segfit_growable_alloc_aligned(&m->growable, alignment, size)
                          : segfit_alloc_aligned(m->o.heap, alignment, size);
}

static inline void *machine_calloc(machine *m, size_t count, size_t size)
{
    return m->heap.source ? segfit_growable_calloc(&m->growable, count, size)
                          : segfit_calloc(m->o.heap, count, size);
}

static inline void *machine_realloc(machine *m, void *ptr, size_t alignment, size_t size)
{
    return m->heap.source ? segfit_growable_realloc_aligned(&m->growable, ptr, alignment, size)
                          : MACHINE_REALLOC(m->o.heap, ptr, alignment, size);
}

// -------------------------------------------------------------------------------------- promises

static inline size_t machine_size(const machine *m, const operation *op)
{
    switch (op->form) {
    case SIZE_LIMIT:
        return segfit_max_alloc(m->o.heap) + op->number % 101U - 50U;
    case SIZE_TOP:
        return SIZE_MAX - op->number;
    case SIZE_POWER:
        return (size_t)1 << op->number % (sizeof(size_t) * 8);
    default:
        return op->number;
    }
}

/// As oracle_promise, for a request that may make the heap grow.
static inline int machine_promise(const machine *m, size_t size, size_t alignment)
{
    const size_t needed = segfit_pool_size_to_contain(m->o.heap, size, alignment);
    const int plain = oracle_promise(&m->o, size);
    if (m->heap.source != 0 && plain <= 0) {
        return oracle_source_can(&m->source, needed) ? 1 : 0;
    }
    return alignment <= SEGFIT_ALIGN || plain < 0 ? plain : 0;
}

/// A failed call changed nothing.
static inline bool machine_unchanged(const machine *m)
{
    return oracle_unchanged(&m->o) && m->growable.last == m->growable_before.last;
}

static inline const char *machine_judge_new(machine *m, const operation *op, void *block,
                                            size_t size, size_t alignment, int promise)
{
    if (block == NULL) {
        EXPECT(promise <= 0);
        EXPECT(machine_unchanged(m));
        return NULL;
    }
    EXPECT(promise >= 0);
    return oracle_add(&m->o, op->slot, block, size, alignment);
}

// ------------------------------------------------------------------------------------ operations

static inline const char *machine_do_free(machine *m, const operation *op)
{
    live_block *const block = &m->o.live[op->slot];
    if (block->ptr != NULL) {
        EXPECT(segfit_pointer_fault(m->o.heap, block->ptr) == SEGFIT_OK);
        MACHINE_FREE(m->o.heap, block->ptr);
        oracle_remove(&m->o, op->slot);
    }
    return NULL;
}

/// A slot that is taken is freed first, so that heaps fill only as far as there are slots.
static inline const char *machine_make_room(machine *m, const operation *op)
{
    if (m->o.live[op->slot].ptr != NULL) {
        EXPECT_RIGHT(machine_do_free(m, op));
        EXPECT_RIGHT(oracle_judge(&m->o));
        segfit_flush(m->o.heap);
        oracle_remember(&m->o);
    }
    return NULL;
}

static inline const char *machine_do_alloc(machine *m, const operation *op)
{
    EXPECT_RIGHT(machine_make_room(m, op));
    const size_t size = machine_size(m, op);
    const int promise = machine_promise(m, size, 1);
    return machine_judge_new(m, op, machine_alloc(m, size), size, 1, promise);
}

static inline const char *machine_do_aligned(machine *m, const operation *op)
{
    EXPECT_RIGHT(machine_make_room(m, op));
    const size_t size = machine_size(m, op);
    const size_t alignment = (size_t)1 << op->align_log2;
    const size_t limit = segfit_max_alloc(m->o.heap);
    const bool sure = size < limit && limit - size >= alignment + 2 * SEGFIT_MIN_BLOCK;
    const int promise = sure ? 1 : machine_promise(m, size, alignment);
    return machine_judge_new(m, op, machine_aligned(m, alignment, size), size, alignment, promise);
}

static inline const char *machine_do_calloc(machine *m, const operation *op)
{
    EXPECT_RIGHT(machine_make_room(m, op));
    if (op->form == SIZE_TOP) {
        const size_t half = (size_t)1 << sizeof(size_t) * 4;
        EXPECT(machine_calloc(m, half, half + op->number) == NULL);
        EXPECT(machine_unchanged(m));
        return NULL;
    }
    const size_t count = op->number % 40U;
    const size_t size = op->number / 40U;
    const int promise = machine_promise(m, count * size, 1);
    void *const block = machine_calloc(m, count, size);
    EXPECT(block == NULL || !oracle_owns(&m->o, block, count * size, OWNER_HEAP) ||
           is_zero(block, count * size));
    return machine_judge_new(m, op, block, count * size, 1, promise);
}

static inline const char *machine_do_refit(machine *m, const operation *op)
{
    const live_block block = m->o.live[op->slot];
    if (block.ptr == NULL) {
        return NULL;
    }
    EXPECT_RIGHT(machine_do_free(m, op));
    segfit_flush(m->o.heap);
    oracle_remember(&m->o);
    const int promise = m->o.policy == SEGFIT_POLICY_PROBE ? 1 : 0;
    return machine_judge_new(m, op, machine_alloc(m, block.size), block.size, 1, promise);
}

/// Where a realloc of `size` bytes must go: in place, into the previous block, elsewhere (NULL).
static inline unsigned char *machine_place(const machine *m, const live_block *block, size_t size,
                                           size_t alignment)
{
    const room around = oracle_room(&m->o, block->ptr);
    const size_t wanted = oracle_wanted(size);
    if (wanted == 0) {
        return NULL;
    }
    if (is_aligned(block->ptr, alignment) && wanted <= around.own + around.behind) {
        return block->ptr;
    }
    const bool back = alignment <= SEGFIT_ALIGN && around.before != 0 &&
                      wanted <= around.own + around.behind + around.before;
    return back ? around.before_ptr : NULL;
}

static inline const char *machine_do_realloc(machine *m, const operation *op, size_t alignment)
{
    const live_block block = m->o.live[op->slot];
    if (block.ptr == NULL) {
        return machine_do_alloc(m, op);
    }
    const size_t size = machine_size(m, op);
    const unsigned char *const place = machine_place(m, &block, size, alignment);
    const bool sure = machine_promise(m, size, alignment) > 0;
    unsigned char *const moved = machine_realloc(m, block.ptr, alignment, size);
    if (moved == NULL) {
        EXPECT(place == NULL && !sure);
        EXPECT(machine_unchanged(m));
        return NULL;
    }
    EXPECT(place == NULL || moved == place);
    const size_t kept = size < block.size ? size : block.size;
    EXPECT(oracle_owns(&m->o, moved, kept, OWNER_HEAP));
    EXPECT(pattern_holds(moved, kept, block.seed));
    oracle_remove(&m->o, op->slot);
    return oracle_add(&m->o, op->slot, moved, size, alignment);
}

static inline const char *machine_do_resize(machine *m, const operation *op)
{
    const live_block block = m->o.live[op->slot];
    if (block.ptr == NULL) {
        return NULL;
    }
    const size_t size = machine_size(m, op);
    const room around = oracle_room(&m->o, block.ptr);
    const size_t wanted = oracle_wanted(size);
    const bool fits = wanted != 0 && wanted <= around.own + around.behind;
    EXPECT(segfit_resize(m->o.heap, block.ptr, size) == fits);
    EXPECT(fits || machine_unchanged(m));
    if (fits) {
        EXPECT(pattern_holds(block.ptr, size < block.size ? size : block.size, block.seed));
        oracle_remove(&m->o, op->slot);
        return oracle_add(&m->o, op->slot, block.ptr, size, 1);
    }
    return NULL;
}

static inline const char *machine_do_reset(machine *m)
{
    const size_t pools = oracle_pool_count(&m->o);
    MACHINE_RESET(m->o.heap);
    oracle_remove_all(&m->o);
    EXPECT(heap_is_whole(m->o.heap, pools));
    return NULL;
}

// ----------------------------------------------------------------------------------------- pools

static inline const char *machine_do_add_pool(machine *m, const operation *op)
{
    const size_t index = op->slot % ORACLE_POOLS;
    pool_place *const place = &m->o.pools[index];
    if (place->memory != NULL) {
        EXPECT(segfit_add_pool(m->o.heap, place->memory, place->taken) == 0);
        EXPECT(machine_unchanged(m));
        return NULL;
    }
    const size_t lead = (size_t)op->align_log2 * 7 + op->form;
    unsigned char *const memory = m->o.space + index * ORACLE_POOL_SPACE + lead;
    const size_t space = ORACLE_POOL_SPACE - lead;
    const size_t size = op->form == SIZE_LIMIT ? space : op->number % space;
    const size_t taken = segfit_add_pool(m->o.heap, memory, size);
    EXPECT(taken <= size);
    EXPECT(taken != 0 || size < SEGFIT_POOL_OVERHEAD + SEGFIT_MIN_BLOCK);
    EXPECT(taken != 0 || machine_unchanged(m));
    if (taken != 0) {
        *place = (pool_place){memory, taken};
        memset(m->o.owner + oracle_offset(&m->o, memory), OWNER_HEAP, taken);
    }
    return NULL;
}

static inline const char *machine_do_remove_pool(machine *m, const operation *op)
{
    pool_place *const place = &m->o.pools[op->slot % ORACLE_POOLS];
    if (place->memory == NULL) {
        return NULL;
    }
    const bool empty = oracle_pool_is_empty(&m->o, place);
    EXPECT(segfit_pool_is_empty(m->o.heap, place->memory) == empty);
    EXPECT(segfit_remove_pool(m->o.heap, place->memory) == empty);
    EXPECT(empty || machine_unchanged(m));
    if (empty) {
        oracle_give(&m->o, place->memory, place->taken, OWNER_NOBODY);
        place->memory = NULL;
    }
    return NULL;
}

static inline const char *machine_do_extend_pool(machine *m, const operation *op)
{
    const size_t index = op->slot % ORACLE_POOLS;
    pool_place *const place = &m->o.pools[index];
    if (place->memory == NULL) {
        return NULL;
    }
    const size_t end =
        oracle_offset(&m->o, place->memory) - index * ORACLE_POOL_SPACE + place->taken;
    const size_t size = op->number % (ORACLE_POOL_SPACE - end + 1);
    const size_t added = segfit_extend_pool(m->o.heap, place->memory, size);
    EXPECT(added <= size);
    EXPECT(added != 0 || machine_unchanged(m));
    memset(m->o.owner + oracle_offset(&m->o, place->memory) + place->taken, OWNER_HEAP, added);
    place->taken += added;
    return NULL;
}

// ---------------------------------------------------------------------------------------- source

static inline const char *machine_do_reserve(machine *m, const operation *op)
{
    const size_t size = machine_size(m, op);
    const size_t needed = segfit_pool_size_to_contain(m->o.heap, size, 1);
    const bool sure = segfit_max_alloc(m->o.heap) >= (size == 0 ? 1 : size) ||
                      oracle_source_can(&m->source, needed);
    if (!segfit_growable_reserve(&m->growable, size)) {
        EXPECT(!sure && machine_unchanged(m));
        return NULL;
    }
    // Served with no further call of the source.
    const size_t calls = m->source.calls;
    void *const block = segfit_growable_alloc(&m->growable, size);
    EXPECT(block != NULL && m->source.calls == calls);
    oracle_use(&m->o, block, block_size_at(m->o.heap, block));
    m->o.stale[oracle_offset(&m->o, block) / ORACLE_UNIT] = 1;
    segfit_growable_free(&m->growable, block);
    return NULL;
}

static inline const char *machine_do_trim(machine *m)
{
    const size_t before = stats_of(m->o.heap).capacity;
    const size_t released = segfit_growable_trim(&m->growable);
    EXPECT((released != 0) == (stats_of(m->o.heap).capacity != before));
    // No pool without a used block is left.
    bool used = true;
    const void *pool = NULL;
    for (segfit_walk_t walk = {0}; segfit_walk_next(m->o.heap, &walk);) {
        EXPECT(walk.pool == pool || used);
        used = walk.used || (walk.pool == pool && used);
        pool = walk.pool;
    }
    EXPECT(used);
    return NULL;
}

#include "machine_stale.h"

static inline const char *machine_do(machine *m, const operation *op)
{
    switch (op->kind) {
    case OPERATION_ALLOC:
        return machine_do_alloc(m, op);
    case OPERATION_ALIGNED:
        return machine_do_aligned(m, op);
    case OPERATION_CALLOC:
        return machine_do_calloc(m, op);
    case OPERATION_FREE:
        return machine_do_free(m, op);
    case OPERATION_REFIT:
        return machine_do_refit(m, op);
    case OPERATION_REALLOC:
        return machine_do_realloc(m, op, 1);
    case OPERATION_REALLOC_ALIGNED:
        return machine_do_realloc(m, op, (size_t)1 << op->align_log2);
    case OPERATION_RESIZE:
        return machine_do_resize(m, op);
    case OPERATION_RESET:
        return machine_do_reset(m);
    case OPERATION_ADD_POOL:
        return machine_do_add_pool(m, op);
    case OPERATION_REMOVE_POOL:
        return machine_do_remove_pool(m, op);
    case OPERATION_EXTEND_POOL:
        return machine_do_extend_pool(m, op);
    case OPERATION_RESERVE:
        return machine_do_reserve(m, op);
    case OPERATION_TRIM:
        return machine_do_trim(m);
    case OPERATION_STRANGER:
        oracle_stranger(&m->o, op->number);
        return NULL;
    case OPERATION_STALE:
        return machine_do_stale(m, op);
    case OPERATION_MAKE_AGAIN:
        return machine_do_make_again(m);
    default:
        m->source.refuses = op->number % 4U;
        return NULL;
    }
}

/// One operation and all that must hold after it.
static inline const char *machine_step(machine *m, const operation *op)
{
    if (op->kind != OPERATION_FREE) {
        // Before a request fails, the library frees its quarantine, which would change the heap.
        segfit_flush(m->o.heap);
    }
    oracle_remember(&m->o);
    m->growable_before = m->growable;
    EXPECT_RIGHT(machine_do(m, op));
    EXPECT(machine_panics == 0);
    EXPECT(!m->source.abused);
    return oracle_judge(&m->o);
}

/// Frees all that lives; each pool must then be one block, and go.
static inline const char *machine_finish(machine *m)
{
    for (uint8_t slot = 0; slot < OPERATION_SLOTS; slot++) {
        const operation op = {.kind = OPERATION_FREE, .slot = slot};
        EXPECT_RIGHT(machine_do_free(m, &op));
    }
    segfit_flush(m->o.heap);
    EXPECT(heap_is_whole(m->o.heap, oracle_pool_count(&m->o)));
    for (uint8_t slot = 0; slot < ORACLE_POOLS; slot++) {
        const operation op = {.kind = OPERATION_REMOVE_POOL, .slot = slot};
        EXPECT_RIGHT(machine_do_remove_pool(m, &op));
    }
    segfit_growable_trim(&m->growable);
    EXPECT(heap_is_whole(m->o.heap, 0) && stats_of(m->o.heap).capacity == 0);
    EXPECT(oracle_gaps_hold(&m->o));
    EXPECT(machine_panics == 0 && !m->source.abused);
    return NULL;
}

/// Runs a script on a fresh heap. NULL if all is right, or if there is no heap of that geometry;
/// otherwise what is wrong, and `*failed_at` is where.
static inline const char *machine_run(machine *m, const script *s, size_t *failed_at)
{
    const char *wrong = NULL;
    size_t i = 0;
    if (!machine_start(m, &s->heap)) {
        return NULL;
    }
    for (; i < s->count && wrong == NULL; i++) {
        wrong = machine_step(m, &s->operations[i]);
        if (wrong == NULL && i % 32 == 0 && !oracle_gaps_hold(&m->o)) {
            wrong = "bytes were written that are not the heap's";
        }
    }
    wrong = wrong == NULL ? machine_finish(m) : wrong;
    oracle_free(&m->o);
    *failed_at = i;
    return wrong;
}

#endif
