// SPDX-License-Identifier: MIT
/// Growth: how much to request from a source, where the memory goes, and what follows a refusal.
#include "link.h"

#include "../../include/segfit/growable.h"
#include "alloc.h"
#include "free_index.h"
#include "limits.h"
#include "pools.h"

/// The heap and its source: read from `growable`, or constants of the malloc build.
#ifdef SEGFIT_FIXED_HEAP
static inline segfit_t *growable_heap(const segfit_growable_t *growable)
{
    (void)growable;
    return SEGFIT_FIXED_HEAP;
}

static inline const segfit_source_t *growable_source(const segfit_growable_t *growable)
{
    (void)growable;
    return SEGFIT_FIXED_SOURCE;
}
#else
static inline segfit_t *growable_heap(const segfit_growable_t *growable)
{
    return growable->heap;
}

static inline const segfit_source_t *growable_source(const segfit_growable_t *growable)
{
    return growable->source;
}
#endif

/// True if memory from the source may hold headers of an earlier heap's blocks. The source of
/// malloc never returns memory that was a heap's before.
static inline bool growable_old(const segfit_growable_t *growable)
{
#ifdef SEGFIT_FIXED_SOURCE
    (void)growable;
    return false;
#else
    return !growable_source(growable)->zeroed;
#endif
}

/// The pool that the source gave last, or NULL. A program may remove that pool from its heap;
/// malloc never does.
static inline pool_t *growable_last(const segfit_growable_t *growable)
{
#ifdef SEGFIT_FIXED_HEAP
    return growable->last == NULL ? NULL : pool_at(growable->last);
#else
    return growable->last == NULL ? NULL : segfit__pool_of(growable_heap(growable), growable->last);
#endif
}

/// The free bytes before a pool's end.
static size_t growable_tail(const pool_t *pool)
{
    return block_is_prev_free(pool->end) ? block_size(block_prev(pool->end)) : 0;
}

/// How many bytes to request where `missing` bytes would do: a fraction of the capacity if the
/// source asks for steps, but at most `most`, which is at least `missing`.
static size_t growable_step(const segfit_growable_t *growable, size_t missing, size_t most)
{
    const unsigned shift = growable_source(growable)->growth_shift;
    if (shift == 0) {
        return missing;
    }
    const size_t step = round_down(growable_heap(growable)->capacity >> shift, SEGFIT_ALIGN);
    const size_t ask = step > missing ? step : missing;
    SEGFIT_ASSERT(missing <= most);
    return ask > most ? most : ask;
}

/// Extends the last pool in place until it ends in `needed` free bytes. With `ending`, extends
/// until that block can have `needed` bytes; this fails if another used block lies behind it.
static SEGFIT_COLD bool growable_extend(segfit_growable_t *growable, size_t needed,
                                        const block_t *ending)
{
    const segfit_source_t *const source = growable_source(growable);
    pool_t *const pool = growable_last(growable);
    if (source->extend == NULL || pool == NULL) {
        return false;
    }
    const size_t free_tail = growable_tail(pool);
    if (ending != NULL && block_before(pool->end, free_tail) != block_next(ending)) {
        return false;
    }
    const size_t tail = free_tail + (ending == NULL ? 0 : block_size(ending));
    const size_t blocks = address_of(pool->end) - address_of(pool_first(pool));
    const size_t most = segfit__largest(growable_heap(growable)) - blocks;
    const size_t missing = needed > tail + MIN_BLOCK ? needed - tail : MIN_BLOCK;
    if (missing > most) {
        return false;
    }
    SEGFIT_ASSERT(missing >= MIN_BLOCK && missing % SEGFIT_ALIGN == 0);
    void *const end = (char *)pool->end + WORD;
    const size_t step = growable_step(growable, missing, most);
    size_t got = source->extend(source->context, end, step);
    if (got == 0 && step > missing) {
        got = source->extend(source->context, end, missing);
    }
    return got != 0 && segfit__extend(growable_heap(growable), pool, got, source->zeroed,
                                      growable_old(growable)) >= missing;
}

/// The last pool, if a region at `memory` continues it and fits into it whole. Of two parts,
/// neither might be large enough. A source with `extend` has already extended the pool if it could.
static pool_t *growable_pool_before(const segfit_growable_t *growable, const char *memory,
                                    size_t size)
{
    pool_t *const last = growable_last(growable);
    if (growable_source(growable)->extend != NULL || last == NULL ||
        (char *)last->end + WORD != memory) {
        return NULL;
    }
    const size_t blocks = address_of(last->end) - address_of(pool_first(last));
    return size <= segfit__largest(growable_heap(growable)) - blocks ? last : NULL;
}

/// Takes a region from the source: into the last pool if it continues that, otherwise as pools of
/// its own. Returns whether it took any bytes.
static bool growable_take(segfit_growable_t *growable, char *memory, size_t size)
{
    segfit_t *const heap = growable_heap(growable);
    const bool zeroed = growable_source(growable)->zeroed;
    const bool old = growable_old(growable);
    pool_t *const last = growable_pool_before(growable, memory, size);
    size_t taken = last == NULL ? 0 : segfit__extend(heap, last, size, zeroed, old);
    for (size_t more = 1; taken < size && more != 0; taken += more) {
        more = segfit__add_pool(heap, memory + taken, size - taken, zeroed, old);
        growable->last = more == 0 ? growable->last : memory + taken;
        if (free_index_has_all(heap)) {
            return taken + more != 0;
        }
    }
    return taken != 0;
}

/// Gets memory for a free block of `needed` bytes, a multiple of the alignment, counting the bytes
/// of `ending` if that is the last block of its pool. `needed` is 0 if no block can be so large.
static SEGFIT_COLD bool growable_grow(segfit_growable_t *growable, size_t needed,
                                      const block_t *ending)
{
    const segfit_source_t *const source = growable_source(growable);
    if (needed == 0) {
        return false;
    }
    if (growable_extend(growable, needed, ending)) {
        return true;
    }
    const size_t largest = segfit__largest(growable_heap(growable));
    const size_t most =
        largest > SIZE_MAX - SEGFIT_POOL_OVERHEAD ? SIZE_MAX : largest + SEGFIT_POOL_OVERHEAD;
    if (needed > SIZE_MAX - SEGFIT_POOL_OVERHEAD) {
        return false;
    }
    const size_t region = needed + SEGFIT_POOL_OVERHEAD;
    const size_t step = growable_step(growable, region, most);
    size_t size = 0;
    void *memory = source->grow(source->context, step, &size);
    if (memory == NULL && step > region) {
        memory = source->grow(source->context, region, &size);
    }
    return memory != NULL && growable_take(growable, (char *)memory, size);
}

SEGFIT_API void *segfit_growable_alloc_aligned(segfit_growable_t *growable, size_t alignment,
                                               size_t size)
{
    segfit_t *const heap = growable_heap(growable);
    if (!is_power_of_two(alignment)) {
        return segfit__fail(heap, size);
    }
    void *ptr = segfit__try_alloc_aligned(heap, alignment, size);
    if (ptr == NULL && growable_grow(growable, segfit__sure(heap, alignment, size), NULL)) {
        ptr = segfit__try_alloc_aligned(heap, alignment, size);
    }
    return ptr != NULL ? ptr : segfit__fail(heap, size);
}

/// As segfit_growable_alloc, for a request that the heap cannot serve.
static void *growable_alloc_more(segfit_growable_t *growable, size_t size)
{
    segfit_t *const heap = growable_heap(growable);
    void *ptr = NULL;
    if (growable_grow(growable, segfit__sure(heap, SEGFIT_ALIGN, size), NULL)) {
        ptr = segfit__try_alloc(heap, size);
    }
    return ptr != NULL ? ptr : segfit__fail(heap, size);
}

SEGFIT_API void *segfit_growable_alloc(segfit_growable_t *growable, size_t size)
{
    void *const ptr = segfit__try_alloc(growable_heap(growable), size);
    return SEGFIT_LIKELY(ptr != NULL) ? ptr : growable_alloc_more(growable, size);
}

SEGFIT_API void *segfit_growable_calloc(segfit_growable_t *growable, size_t count, size_t size)
{
    segfit_t *const heap = growable_heap(growable);
    const size_t bytes = size_product(count, size);
    void *ptr = segfit__try_calloc(heap, bytes);
    if (ptr == NULL && growable_grow(growable, segfit__sure(heap, SEGFIT_ALIGN, bytes), NULL)) {
        ptr = segfit__try_calloc(heap, bytes);
    }
    return ptr != NULL ? ptr : segfit__fail(heap, bytes);
}

SEGFIT_API void *segfit_growable_realloc_aligned(segfit_growable_t *growable, void *ptr,
                                                 size_t alignment, size_t size)
{
    segfit_t *const heap = growable_heap(growable);
    if (ptr == NULL) {
        return segfit_growable_alloc_aligned(growable, alignment, size);
    }
    if (segfit_usable_size(heap, ptr) == 0) {
        return NULL;
    }
    if (!is_power_of_two(alignment)) {
        return segfit__fail(heap, size);
    }
    void *moved = segfit__try_realloc(heap, ptr, alignment, size);
    if (moved == NULL) {
        const size_t wanted = segfit__wanted(heap, size);
        const bool in_place = wanted != 0 && missing_to(address_of(ptr), alignment) == 0 &&
                              growable_extend(growable, wanted, block_of(ptr));
        if (in_place || growable_grow(growable, segfit__sure(heap, alignment, size), NULL)) {
            moved = segfit__try_realloc(heap, ptr, alignment, size);
        }
    }
    return moved != NULL ? moved : segfit__fail(heap, size);
}

SEGFIT_API void *segfit_growable_realloc(segfit_growable_t *growable, void *ptr, size_t size)
{
    return segfit_growable_realloc_aligned(growable, ptr, SEGFIT_ALIGN, size);
}

SEGFIT_API void segfit_growable_free(segfit_growable_t *growable, void *ptr)
{
    segfit_free(growable_heap(growable), ptr);
}

SEGFIT_API bool segfit_growable_reserve(segfit_growable_t *growable, size_t size)
{
    segfit_t *const heap = growable_heap(growable);
    // An empty request needs a block as well.
    return segfit_max_alloc(heap) >= size + (size == 0) ||
           growable_grow(growable, segfit__sure(heap, SEGFIT_ALIGN, size), NULL);
}

// -------------------------------------------------------------------------------------- release

SEGFIT_API size_t segfit_growable_trim(segfit_growable_t *growable)
{
    const segfit_source_t *const source = growable_source(growable);
    segfit_t *const heap = growable_heap(growable);
    size_t released = 0;
    if (source->release == NULL) {
        return 0;
    }
    for (pool_t *pool = heap->pools; pool != NULL;) {
        pool_t *const next = pool->next;
        void *const memory = pool->memory;
        const size_t size = address_of(pool->end) + WORD - address_of(memory);
        if (segfit_remove_pool(heap, memory)) {
            growable->last = growable->last == memory ? NULL : growable->last;
            source->release(source->context, memory, size);
            released += size;
        }
        pool = next;
    }
    return released;
}

SEGFIT_API void segfit_growable_destroy(segfit_growable_t *growable)
{
    segfit_reset(growable_heap(growable));
    segfit_growable_trim(growable);
    while (growable_heap(growable)->pools != NULL) {
        segfit_remove_pool(growable_heap(growable), growable_heap(growable)->pools->memory);
    }
    growable->last = NULL;
}

// ----------------------------------------------------------------------------------------- names

// clang-format off
SEGFIT_PUBLISH(segfit_growable_alloc_aligned) SEGFIT_PUBLISH(segfit_growable_alloc)
SEGFIT_PUBLISH(segfit_growable_calloc) SEGFIT_PUBLISH(segfit_growable_realloc_aligned)
SEGFIT_PUBLISH(segfit_growable_realloc) SEGFIT_PUBLISH(segfit_growable_free)
SEGFIT_PUBLISH(segfit_growable_reserve) SEGFIT_PUBLISH(segfit_growable_trim)
SEGFIT_PUBLISH(segfit_growable_destroy)
// clang-format on
