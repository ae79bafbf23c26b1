// SPDX-License-Identifier: MIT
/// The fixture of tests of whole heaps: patterns in payloads, guarded memory, heap images, and a
/// check that a heap is sound and its statistics agree with its blocks. Public headers only.
#ifndef SEGFIT_TEST_HEAP_FIXTURE_H
#define SEGFIT_TEST_HEAP_FIXTURE_H

#include "segfit.h"
#include "segfit/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Bytes around a region that nobody may write. None behind it under AddressSanitizer, which then
/// sees reads past the end as well.
#if defined(__SANITIZE_ADDRESS__)
#define REGION_TAIL_GUARD 0U
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REGION_TAIL_GUARD 0U
#endif
#endif
#ifndef REGION_TAIL_GUARD
#define REGION_TAIL_GUARD 64U
#endif
#define REGION_HEAD_GUARD 64U
#define REGION_GUARD_BYTE 0xA5

// ------------------------------------------------------------------------------------ patterns

static inline unsigned char pattern_byte(size_t index, unsigned seed)
{
    return (unsigned char)(index * 31U + (index >> 8) * 7U + seed * 167U + 1U);
}

static inline void pattern_fill(void *ptr, size_t size, unsigned seed)
{
    unsigned char *const bytes = ptr;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = pattern_byte(i, seed);
    }
}

static inline bool pattern_holds(const void *ptr, size_t size, unsigned seed)
{
    const unsigned char *const bytes = ptr;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != pattern_byte(i, seed)) {
            return false;
        }
    }
    return true;
}

static inline bool is_zero(const void *ptr, size_t size)
{
    const unsigned char *const bytes = ptr;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static inline bool is_aligned(const void *ptr, size_t alignment)
{
    return (uintptr_t)ptr % alignment == 0;
}

// ------------------------------------------------------------------------------------- regions

/// `size` bytes at `memory`, `offset` bytes past an address aligned for anything.
typedef struct region {
    unsigned char *base;
    unsigned char *memory;
    size_t size;
    size_t head;
} region;

static inline region region_make(size_t size, size_t offset)
{
    region made = {.size = size, .head = REGION_HEAD_GUARD + offset};
    made.base = malloc(made.head + size + REGION_TAIL_GUARD);
    if (made.base == NULL) {
        printf("the test itself is out of memory\n");
        exit(1);
    }
    memset(made.base, REGION_GUARD_BYTE, made.head + size + REGION_TAIL_GUARD);
    made.memory = made.base + made.head;
    return made;
}

/// True if no byte before or behind the region was written.
static inline bool region_is_guarded(const region *r)
{
    const size_t tail = r->head + r->size;
    bool guarded = true;
    for (size_t i = 0; i < tail + REGION_TAIL_GUARD; i = i + 1 == r->head ? tail : i + 1) {
        guarded = guarded && r->base[i] == REGION_GUARD_BYTE;
    }
    return guarded;
}

static inline void region_free(region *r)
{
    free(r->base);
    r->base = NULL;
}

// -------------------------------------------------------------------------------------- images

/// A copy of memory, to tell whether a call changed it.
typedef struct image {
    const void *memory;
    size_t size;
    unsigned char *copy;
} image;

static inline image image_take(const void *memory, size_t size)
{
    const image taken = {.memory = memory, .size = size, .copy = malloc(size)};
    if (taken.copy == NULL) {
        printf("the test itself is out of memory\n");
        exit(1);
    }
    memcpy(taken.copy, memory, size);
    return taken;
}

static inline bool image_holds(const image *taken)
{
    return memcmp(taken->copy, taken->memory, taken->size) == 0;
}

/// True if nothing changed but what a failed request is counted in. `heap` lies in the memory.
static inline bool image_holds_but_failures(const image *taken, const segfit_t *heap)
{
    const size_t at = (size_t)((const unsigned char *)heap - (const unsigned char *)taken->memory);
    const size_t word = segfit_layout.word_size;
    const size_t fields[] = {at + segfit_layout.stats_failures,
                             at + segfit_layout.stats_peak_request};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        memcpy(taken->copy + fields[i], (const unsigned char *)taken->memory + fields[i], word);
    }
    return image_holds(taken);
}

static inline void image_free(image *taken)
{
    free(taken->copy);
    taken->copy = NULL;
}

// ------------------------------------------------------------------------------------- figures

typedef struct walk_sums {
    size_t used;
    size_t free;
    size_t used_blocks;
    size_t free_blocks;
    size_t largest_free;
    bool free_neighbours;
} walk_sums;

static inline walk_sums walk_sum(const segfit_t *heap)
{
    walk_sums sums = {0};
    const void *pool = NULL;
    bool last_free = false;
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        if (walk.used) {
            sums.used += walk.size;
            sums.used_blocks++;
        } else {
            sums.free += walk.size;
            sums.free_blocks++;
            sums.largest_free = walk.size > sums.largest_free ? walk.size : sums.largest_free;
            sums.free_neighbours |= last_free && walk.pool == pool;
        }
        last_free = !walk.used;
        pool = walk.pool;
    }
    return sums;
}

/// Set while failures are expected, which then are not told in detail.
static bool fixture_is_quiet;

/// True if the statistics are what a walk over all blocks counts.
static inline bool figures_agree(const segfit_t *heap)
{
    const walk_sums sums = walk_sum(heap);
    segfit_stats_t stats;
    segfit_stats(heap, &stats);
    const bool agree =
        stats.used == sums.used && stats.free == sums.free &&
        stats.capacity == sums.used + sums.free && stats.used_blocks == sums.used_blocks &&
        stats.free_blocks == sums.free_blocks && stats.allocs - stats.frees == sums.used_blocks &&
        // Blocks that are held back are no longer used, and not yet merged.
        stats.peak_used >= stats.used &&
        (!sums.free_neighbours || segfit_layout.block_guard != 0) &&
        stats.largest_alloc == segfit_max_alloc(heap);
    if (!agree && !fixture_is_quiet) {
        printf("  figures: used %zu free %zu in %zu + %zu blocks; a walk: %zu %zu in %zu + %zu\n",
               stats.used, stats.free, stats.used_blocks, stats.free_blocks, sums.used, sums.free,
               sums.used_blocks, sums.free_blocks);
    }
    return agree;
}

static inline bool heap_is_intact(const segfit_t *heap)
{
    segfit_fault_t fault = {0};
    if (segfit_check(heap, &fault)) {
        return true;
    }
    if (!fixture_is_quiet) {
        printf("  invariant %u at %p of the heap at %p: %s\n", fault.invariant, fault.where,
               (const void *)heap, segfit_invariant_text(fault.invariant));
    }
    return false;
}

/// True if every invariant holds and the statistics agree with the blocks.
static inline bool heap_is_sound(const segfit_t *heap)
{
    return heap_is_intact(heap) && figures_agree(heap);
}

static inline segfit_stats_t stats_of(const segfit_t *heap)
{
    segfit_stats_t stats;
    segfit_stats(heap, &stats);
    return stats;
}

/// True if nothing is in use and each of `pools` pools is one free block.
static inline bool heap_is_whole(const segfit_t *heap, size_t pools)
{
    const segfit_stats_t stats = stats_of(heap);
    return heap_is_sound(heap) && stats.used == 0 && stats.free_blocks == pools &&
           stats.free == stats.capacity;
}

/// The size of the block at `ptr`, header included, as a walk finds it; 0 if it finds none in use.
static inline size_t block_size_at(const segfit_t *heap, const void *ptr)
{
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        if (walk.ptr == ptr) {
            return walk.used ? walk.size : 0;
        }
    }
    return 0;
}

/// True if no part of the block at `ptr` could have stayed free: less than a block is spare.
static inline bool block_is_tight(const segfit_t *heap, const void *ptr, size_t size)
{
    const size_t needed = segfit_block_size_for(heap, size);
    const size_t got = block_size_at(heap, ptr);
    return got >= needed && got - needed < SEGFIT_MIN_BLOCK &&
           segfit_usable_size(heap, ptr) == got - SEGFIT_BLOCK_OVERHEAD;
}

#endif
