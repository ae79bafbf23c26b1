// SPDX-License-Identifier: MIT
/// Allocation: finding a free block, cutting it, merging it back, changing its size.
#include "link.h"

#include "../../include/segfit.h"
#include "bytes.h"
#include "alloc.h"
#include "pointer.h"

// --------------------------------------------------------------------------------------- search

/// True if a listed block has `size` bytes; or if this build sees that none lies there, for whoever takes it to
/// tell.
static inline bool heap_listed_fits(const segfit_t *heap, const block_t *block, size_t size)
{
    return (SEGFIT_CHECK >= 3 && !link_leads_to_block(heap, block)) || free_block_fits(block, size);
}

/// Looks a few blocks further in a list whose head was too small. Only where nothing else is left.
static inline block_t *heap_probe_list(const segfit_t *heap, const block_t *head, size_t size)
{
    block_t *block = head->next_free;
#if SEGFIT_PROBES > 0
    SEGFIT_UNROLL(SEGFIT_PROBES)
#endif
    for (int probes = 0; probes < SEGFIT_PROBES; probes++) {
        if (block == NULL || heap_listed_fits(heap, block, size)) {
            return block;
        }
        block = block->next_free;
    }
    return NULL;
}

/// The class whose first block serves `size`; the number of classes if none is found.
static SEGFIT_FAST_INLINE size_t heap_class_for(const segfit_t *heap, size_t size)
{
    const size_t classes = free_index_classes(heap);
    const size_t floor = free_index_class(heap, size);
    if (!free_index_has_all(heap) && SEGFIT_UNLIKELY(floor >= classes)) {
        return classes;
    }
    size_t from = floor + 1U;
    if (free_index_policy(heap) == SEGFIT_POLICY_PROBE) {
        // All blocks of a class fit its smallest size, so past the head only larger classes are left.
        const block_t *const head = free_index_head(heap, floor);
        const bool fits = head != NULL && heap_listed_fits(heap, head, size);
        SEGFIT_EVENT(heap, probe, head, floor, fits);
        if (fits) {
            return floor;
        }
    } else {
        from = size_class_ceil(size, free_index_columns_log2(heap));
    }
    const size_t found = free_index_search(heap, from);
    SEGFIT_EVENT(heap, search, NULL, from, found);
    return found;
}

/// A block deeper in list `floor`, the request's own class, where heap_class_for found none; or NULL.
static inline block_t *heap_probe(const segfit_t *heap, size_t size, size_t floor)
{
    if (free_index_policy(heap) != SEGFIT_POLICY_PROBE) {
        return NULL;
    }
    const block_t *const head = free_index_head(heap, floor);
    return head == NULL ? NULL : heap_probe_list(heap, head, size);
}

/// A free block of at least `size` bytes, or NULL.
static SEGFIT_APART block_t *heap_find(const segfit_t *heap, size_t size)
{
    const size_t index = heap_class_for(heap, size);
    if (index < free_index_classes(heap)) {
        return free_index_head(heap, index);
    }
    const size_t floor = free_index_class(heap, size);
    return floor < free_index_classes(heap) ? heap_probe(heap, size, floor) : NULL;
}

// ------------------------------------------------------------------------------ using and freeing

/// I3 to I6: of the `all` bytes at `block`, which is in no list and whose next neighbour is used, uses
/// the first `size` and frees the rest where it makes a block. Returns how many are used. `taken`: 1 if a
/// free block has just come out of the index there and the next neighbour still knows of it, else 0.
/// `prev_free`: the header's bit.
static SEGFIT_FAST_INLINE size_t heap_cut(segfit_t *heap, block_t *block, size_t all, size_t size,
                                          size_t taken, size_t prev_free)
{
    const size_t rest = all - size;
    if (rest < MIN_BLOCK) {
        block_set_header(block, all | prev_free);
        block_clear_prev_free(block_behind(block, all));
        SEGFIT_FIGURE(heap->free_blocks -= taken);
        return all;
    }
    block_t *const behind = block_behind(block, size);
    block_set_header(block, size | prev_free);
    block_set_free(behind, rest);
    if (taken == 0) {
        block_set_prev_free(block_behind(block, all));
        SEGFIT_FIGURE(heap->free_blocks++);
    }
    SEGFIT_EVENT(heap, split, block, size, rest);
    free_index_insert(heap, behind, rest);
    return size;
}

/// Takes note that `block` uses `size` bytes, `before` of which were in use already.
static inline void heap_note_used(segfit_t *heap, const block_t *block, size_t size, size_t before)
{
    const uintptr_t end = address_of(block) + size;
    if (SEGFIT_CHECK < 3 && end > heap->fresh_begin) {
        heap->fresh_begin = end;
    }
    (void)before;
#if SEGFIT_STATS
    const size_t used = heap->used + size - before;
    heap->used = used;
    if (SEGFIT_UNLIKELY(used > heap->peak_used)) {
        heap->peak_used = used;
    }
#endif
    SEGFIT_EVENT(heap, use, block, size, 0);
}

/// heap_cut and heap_note_used, for all but the fast path.
static SEGFIT_APART void heap_recut(segfit_t *heap, block_t *block, size_t all, size_t size,
                                    size_t before, size_t taken)
{
    const size_t prev_free = block_header(block) & BLOCK_PREV_FREE;
    heap_note_used(heap, block, heap_cut(heap, block, all, size, taken, prev_free), before);
}

/// Uses `size` bytes of a free block that has just come out of the index.
static SEGFIT_FAST_INLINE void *heap_use_taken(segfit_t *heap, block_t *block, size_t size)
{
    // I4: no free block lies before a free one.
    heap_note_used(heap, block, heap_cut(heap, block, block_size(block), size, 1, 0), 0);
    SEGFIT_FIGURE(heap->allocs++);
    return block_payload(block);
}

/// Uses `size` bytes of the first block of class `index`. NULL if that was overwritten.
static SEGFIT_FAST_INLINE void *heap_use_first(segfit_t *heap, size_t index, size_t size)
{
    if (!listed_block_is_sound(heap, free_index_head(heap, index), index)) {
        return NULL;
    }
    return heap_use_taken(heap, free_index_pop(heap, index), size);
}

/// Uses `size` bytes of a block deeper in list `floor`, the request's own class, where heap_class_for found
/// none. NULL if there is none or it was overwritten.
static SEGFIT_APART void *heap_alloc_probed(segfit_t *heap, size_t size, size_t floor)
{
    block_t *const block = heap_probe(heap, size, floor);
    if (block == NULL || !listed_block_is_sound(heap, block, floor)) {
        return NULL;
    }
    free_index_unlink_inner(heap, block, floor);
    return heap_use_taken(heap, block, size);
}

/// False, after telling segfit_panic, if this build checks free blocks and one beside `block`, which is
/// used, was overwritten.
/// `prev_agrees`: pointer_is_sound was asked, which sees that a free block ends there.
static SEGFIT_ALWAYS_INLINE bool heap_neighbours_are_sound(const segfit_t *heap,
                                                           const block_t *block, bool prev_agrees)
{
#if SEGFIT_CHECK >= 2
    const block_t *const next = block_next(block);
    if (block_is_free(next)) {
        const size_t index = free_index_class(heap, block_size(next));
        if (!free_block_is_sound(heap, next, index, free_block_is_whole(heap, next))) {
            return false;
        }
    } else if (!used_block_is_whole(heap, next)) {
        SEGFIT_TELL(SEGFIT_NEIGHBOUR, heap, block_payload(block));
        return false;
    }
    if (block_is_prev_free(block)) {
        const block_t *const prev = block_prev(block);
        const size_t size = block_prev_size(block);
        return free_block_is_sound(
            heap, prev, free_index_class(heap, size),
            prev_agrees || (free_block_is_whole(heap, prev) && block_size(prev) == size));
    }
#else
    (void)heap;
    (void)block;
    (void)prev_agrees;
#endif
    return true;
}

/// I4: puts `block`, which its neighbours take for used, into the index, merged with those that are free.
static SEGFIT_FAST_INLINE void heap_merge(segfit_t *heap, block_t *block)
{
    size_t size = block_size(block);
    block_t *const next = block_behind(block, size);
    size_t merged = 0;
    if (block_is_prev_free(block)) {
        block_t *const prev = block_prev(block);
        const size_t prev_size = block_size(prev);
        // The header that disappears inside keeps saying "free", for pointer_fault.
        block_set_header(block, block_header(block) | BLOCK_FREE);
        free_index_remove(heap, prev, prev_size);
        SEGFIT_EVENT(heap, merge, prev, prev_size, size);
        block = prev;
        size += prev_size;
        merged++;
    }
    if (block_is_free(next)) {
        const size_t next_size = block_size(next);
        free_index_remove(heap, next, next_size);
        SEGFIT_EVENT(heap, merge, block, size, next_size);
        size += next_size;
        merged++;
    } else {
        block_set_prev_free(next);
    }
    (void)merged;
    SEGFIT_FIGURE(heap->free_blocks += 1U - merged);
    block_set_free(block, size);
    free_index_insert(heap, block, size);
}

void segfit__merge(segfit_t *heap, block_t *block)
{
    heap_merge(heap, block);
}

/// Gives a used block whose neighbours are sound to the index.
static SEGFIT_FAST_INLINE void heap_give(segfit_t *heap, block_t *block)
{
    SEGFIT_EVENT(heap, release, block, block_size(block), 0);
    SEGFIT_FIGURE(heap->used -= block_size(block));
    SEGFIT_FIGURE(heap->frees++);
    heap_merge(heap, block);
}

SEGFIT_API bool segfit_flush(segfit_t *heap)
{
    bool any = false;
#if SEGFIT_CHECK >= 4
    for (block_t *block = held_pop(heap); block != NULL; block = held_pop(heap)) {
        any = true;
        if (heap_neighbours_are_sound(heap, block, false)) {
            heap_give(heap, block);
        }
    }
#else
    (void)heap;
#endif
    return any;
}

/// Frees a used block whose neighbours are sound, or holds it and frees another.
static SEGFIT_FAST_INLINE void heap_release_sound(segfit_t *heap, block_t *block)
{
#if SEGFIT_CHECK >= 4
    if (block_size(block) <= SEGFIT_QUARANTINE_LARGEST) {
        block_t *const oldest = held_count(heap) < SEGFIT_QUARANTINE ? NULL : held_pop(heap);
        held_push(heap, block);
        if (oldest != NULL && heap_neighbours_are_sound(heap, oldest, false)) {
            heap_give(heap, oldest);
        }
        return;
    }
#endif
    heap_give(heap, block);
}

/// Frees a used block; nothing is done if one beside it was overwritten.
static SEGFIT_FAST_INLINE void heap_release(segfit_t *heap, block_t *block)
{
    if (heap_neighbours_are_sound(heap, block, false)) {
        heap_release_sound(heap, block);
    }
}

void segfit__release(segfit_t *heap, block_t *block)
{
    heap_release(heap, block);
}

#include "aligned.h"

// -------------------------------------------------------------------------------------- requests

/// Keeps the largest request.
static inline void heap_note_request(segfit_t *heap, size_t size)
{
#if SEGFIT_STATS
    if (SEGFIT_UNLIKELY(size > heap->peak_request)) {
        heap->peak_request = size;
    }
#else
    (void)heap;
    (void)size;
#endif
}

/// The block size for a request, which is noted; 0 if that overflows or the heap was overwritten.
static inline size_t heap_request(segfit_t *heap, const block_t *block, size_t size)
{
    const size_t wanted = control_is_kept(heap) ? block_size_for(size) : 0;
    heap_note_request(heap, size);
    SEGFIT_EVENT(heap, map, block, size, wanted);
    (void)heap;
    (void)block;
    return wanted;
}

/// As heap_alloc, without a guard, and nothing that is held is freed for it.
static SEGFIT_FAST_INLINE void *heap_alloc_block(segfit_t *heap, size_t size)
{
    const size_t wanted = heap_request(heap, NULL, size);
    if (SEGFIT_UNLIKELY(wanted == 0)) {
        return NULL;
    }
    const size_t index = heap_class_for(heap, wanted);
    if (SEGFIT_UNLIKELY(index >= free_index_classes(heap))) {
        const size_t floor = free_index_class(heap, wanted);
        return floor < free_index_classes(heap) ? heap_alloc_probed(heap, wanted, floor) : NULL;
    }
    return heap_use_first(heap, index, wanted);
}

/// As segfit_alloc, but a failure is not counted.
static SEGFIT_FAST_INLINE void *heap_alloc(segfit_t *heap, size_t size)
{
    if (!heap_is_whole(heap)) {
        return NULL;
    }
    void *ptr = heap_alloc_block(heap, size);
    if (SEGFIT_CHECK >= 4 && ptr == NULL && segfit_flush(heap)) {
        ptr = heap_alloc_block(heap, size);
    }
    guard_set(ptr, size, 0);
    return ptr;
}

void *segfit__try_alloc(segfit_t *heap, size_t size)
{
    return heap_alloc(heap, size);
}

void *segfit__try_alloc_aligned(segfit_t *heap, size_t alignment, size_t size)
{
    if (alignment <= SEGFIT_ALIGN) {
        return segfit__try_alloc(heap, size);
    }
    const size_t wanted = heap_request(heap, NULL, size);
    if (wanted == 0 || !heap_is_whole(heap)) {
        return NULL;
    }
    void *ptr = heap_alloc_aligned(heap, alignment, wanted);
    if (SEGFIT_CHECK >= 4 && ptr == NULL && segfit_flush(heap)) {
        ptr = heap_alloc_aligned(heap, alignment, wanted);
    }
    guard_set(ptr, size, 0);
    return ptr;
}

void *segfit__try_calloc(segfit_t *heap, size_t bytes)
{
    const uintptr_t fresh_begin = heap->fresh_begin;
    const uintptr_t fresh_end = heap->fresh_end;
    void *const ptr = segfit__try_alloc(heap, bytes);
    if (ptr != NULL) {
        bytes_clear(ptr, address_of(block_next(block_of(ptr))), bytes, fresh_begin, fresh_end);
    }
    return ptr;
}

// ---------------------------------------------------------------------------------------- resize

#include "resize.h"

void *segfit__try_realloc(segfit_t *heap, void *ptr, size_t alignment, size_t size)
{
    block_t *const block = block_of(ptr);
    const size_t before = block_size(block);
    const size_t kept = guard_bytes(block);
    const size_t wanted = heap_request(heap, block, size);
    if (wanted == 0) {
        return NULL;
    }
    if (!heap_neighbours_are_sound(heap, block, false)) {
        return NULL;
    }
    if (heap_refit(heap, &ptr, alignment, wanted)) {
        guard_set(ptr, size, kept);
        return ptr;
    }
    void *const moved = segfit__try_alloc_aligned(heap, alignment, size);
    if (moved != NULL) {
        // Whole words, where no guard stands among them.
        const size_t bytes = SEGFIT_CHECK >= 4 ? (kept < size ? kept : size)
                             : before < wanted ? before - WORD
                                               : wanted - WORD;
        __builtin_memcpy(moved, ptr, bytes);
        SEGFIT_EVENT(heap, move, block_of(moved), address_of(block), bytes);
        segfit__release(heap, block);
    }
    return moved;
}

// ---------------------------------------------------------------------------------------- public

SEGFIT_COLD void *segfit__fail(segfit_t *heap, size_t size)
{
    SEGFIT_FIGURE(heap->failures++);
    heap_note_request(heap, size);
    SEGFIT_EVENT(heap, fail, NULL, size, 0);
    return NULL;
}

SEGFIT_API void *segfit_alloc(segfit_t *heap, size_t size)
{
    void *const ptr = segfit__try_alloc(heap, size);
#if SEGFIT_STATS || SEGFIT_EVENTS
    return SEGFIT_LIKELY(ptr != NULL) ? ptr : segfit__fail(heap, size);
#else
    return ptr;
#endif
}

SEGFIT_API void *segfit_alloc_aligned(segfit_t *heap, size_t alignment, size_t size)
{
    void *const ptr =
        is_power_of_two(alignment) ? segfit__try_alloc_aligned(heap, alignment, size) : NULL;
    return ptr != NULL ? ptr : segfit__fail(heap, size);
}

SEGFIT_API void *segfit_calloc(segfit_t *heap, size_t count, size_t size)
{
    const size_t bytes = size_product(count, size);
    void *const ptr = segfit__try_calloc(heap, bytes);
    return ptr != NULL ? ptr : segfit__fail(heap, bytes);
}

SEGFIT_API void *segfit_realloc_aligned(segfit_t *heap, void *ptr, size_t alignment, size_t size)
{
    if (ptr == NULL) {
        return segfit_alloc_aligned(heap, alignment, size);
    }
    if (!pointer_is_sound(heap, ptr)) {
        return NULL;
    }
    void *const moved =
        is_power_of_two(alignment) ? segfit__try_realloc(heap, ptr, alignment, size) : NULL;
    return moved != NULL ? moved : segfit__fail(heap, size);
}

SEGFIT_API void *segfit_realloc(segfit_t *heap, void *ptr, size_t size)
{
    return segfit_realloc_aligned(heap, ptr, SEGFIT_ALIGN, size);
}

SEGFIT_API bool segfit_resize(segfit_t *heap, void *ptr, size_t size)
{
    if (ptr == NULL || !pointer_is_sound(heap, ptr)) {
        return false;
    }
    block_t *const block = block_of(ptr);
    const size_t wanted = block_size_for(size);
    if (!heap_neighbours_are_sound(heap, block, true)) {
        return false;
    }
    if (wanted == 0 || wanted > heap_room(block)) {
        segfit__fail(heap, size);
        return false;
    }
    heap_note_request(heap, size);
    const size_t kept = guard_bytes(block);
    heap_resize(heap, block, wanted);
    guard_set(ptr, size, kept);
    return true;
}

SEGFIT_API void segfit_free(segfit_t *heap, void *ptr)
{
    if (ptr != NULL && pointer_is_sound(heap, ptr) &&
        heap_neighbours_are_sound(heap, block_of(ptr), true)) {
        heap_release_sound(heap, block_of(ptr));
    }
}

// ----------------------------------------------------------------------------------------- names

// clang-format off
SEGFIT_PUBLISH(segfit_flush) SEGFIT_PUBLISH(segfit_alloc) SEGFIT_PUBLISH(segfit_alloc_aligned)
SEGFIT_PUBLISH(segfit_calloc) SEGFIT_PUBLISH(segfit_realloc_aligned) SEGFIT_PUBLISH(segfit_realloc)
SEGFIT_PUBLISH(segfit_resize) SEGFIT_PUBLISH(segfit_free)
// clang-format on
