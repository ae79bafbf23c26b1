// SPDX-License-Identifier: MIT
/// Allocation: the requests of segfit.h, and the same requests for the library's other files.
#include "link.h"

#include "alloc.h"
#include "aligned.h"
#include "bytes.h"
#include "entry.h"
#include "release.h"
#include "resize.h"

// -------------------------------------------------------------------------------------- requests

/// Notes the size of the largest request.
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

/// Notes a request and returns the block size for it; 0 if that overflows or the heap was
/// overwritten.
static inline size_t heap_request(segfit_t *heap, const block_t *block, size_t size)
{
    const size_t wanted = control_is_kept(heap) ? block_size_for(size) : 0;
    heap_note_request(heap, size);
    SEGFIT_EVENT(heap, map, block, size, wanted);
    (void)heap;
    (void)block;
    SEGFIT_ASSERT(wanted == 0 || (is_block_size(wanted) && wanted - BLOCK_AROUND >= size));
    return wanted;
}

#if SEGFIT_DEBUG
/// The postcondition of a request: `ptr` is the aligned payload of a used block with room for
/// `size` bytes.
static inline bool alloc_holds(const void *ptr, size_t alignment, size_t size)
{
    const block_t *const block = block_of(ptr);
    return address_of(ptr) % alignment == 0 && is_block_size(block_size(block)) &&
           guard_bytes(block) >= size && !block_is_free(block) && !block_is_quarantined(block);
}
#endif

/// As heap_alloc, but sets no guard and frees no quarantined blocks.
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

/// As segfit_alloc, but does not count a failure.
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
    SEGFIT_ASSERT(ptr == NULL || alloc_holds(ptr, SEGFIT_ALIGN, size));
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
    SEGFIT_ASSERT(is_power_of_two(alignment));
    const size_t wanted = heap_request(heap, NULL, size);
    if (wanted == 0 || !heap_is_whole(heap)) {
        return NULL;
    }
    void *ptr = heap_alloc_aligned(heap, alignment, wanted);
    if (SEGFIT_CHECK >= 4 && ptr == NULL && segfit_flush(heap)) {
        ptr = heap_alloc_aligned(heap, alignment, wanted);
    }
    guard_set(ptr, size, 0);
    SEGFIT_ASSERT(ptr == NULL || alloc_holds(ptr, alignment, size));
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

void *segfit__try_realloc(segfit_t *heap, void *ptr, size_t alignment, size_t size)
{
    block_t *const block = block_of(ptr);
    const size_t before = block_size(block);
    const size_t kept = guard_bytes(block);
    SEGFIT_ASSERT(is_power_of_two(alignment));
    const size_t wanted = heap_request(heap, block, size);
    if (wanted == 0) {
        return NULL;
    }
    if (!heap_neighbours_are_sound(heap, block, false)) {
        return NULL;
    }
    if (heap_refit(heap, &ptr, alignment, wanted)) {
        guard_set(ptr, size, kept);
        SEGFIT_ASSERT(alloc_holds(ptr, alignment, size));
        return ptr;
    }
    void *const moved = segfit__try_alloc_aligned(heap, alignment, size);
    if (moved != NULL) {
        // Without a guard, the block is copied in whole words.
        const size_t bytes = SEGFIT_CHECK >= 4 ? (kept < size ? kept : size)
                             : before < wanted ? before - WORD
                                               : wanted - WORD;
        SEGFIT_ASSERT(moved != ptr && bytes <= guard_bytes(block_of(moved)));
        __builtin_memcpy(moved, ptr, bytes);
        SEGFIT_EVENT(heap, move, block_of(moved), address_of(block), bytes);
        segfit__release(heap, block);
    }
    return moved;
}

void segfit__merge(segfit_t *heap, block_t *block)
{
    heap_merge(heap, block);
}

void segfit__release(segfit_t *heap, block_t *block)
{
    heap_release(heap, block);
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
    SEGFIT_ASSERT(alloc_holds(ptr, SEGFIT_ALIGN, size));
    return true;
}

SEGFIT_API void segfit_free(segfit_t *heap, void *ptr)
{
    if (ptr != NULL && pointer_is_sound(heap, ptr) &&
        heap_neighbours_are_sound(heap, block_of(ptr), true)) {
        heap_release_sound(heap, block_of(ptr));
    }
}

SEGFIT_API bool segfit_flush(segfit_t *heap)
{
    bool any = false;
#if SEGFIT_CHECK >= 4
    for (block_t *block = quarantine_pop(heap); block != NULL; block = quarantine_pop(heap)) {
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

// ----------------------------------------------------------------------------------------- names

// clang-format off
SEGFIT_PUBLISH(segfit_flush) SEGFIT_PUBLISH(segfit_alloc) SEGFIT_PUBLISH(segfit_alloc_aligned)
SEGFIT_PUBLISH(segfit_calloc) SEGFIT_PUBLISH(segfit_realloc_aligned) SEGFIT_PUBLISH(segfit_realloc)
SEGFIT_PUBLISH(segfit_resize) SEGFIT_PUBLISH(segfit_free)
// clang-format on
