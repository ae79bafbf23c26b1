// SPDX-License-Identifier: MIT
/// The freed small blocks that malloc caches: that they are served again, that statistics and
/// checks see through them, that they are there for whatever else needs the memory, and how many
/// heap operations one call can cause. Built with several sizes of the cache, it knows the knobs
/// that it is built with.
#define TEST_MAIN
#include "../test.h"

#include <malloc.h>
#include <segfit/malloc.h>
#include <string.h>

#if !defined(SEGFIT_THREADS)
#if defined(__wasm_atomics__) || !defined(__wasm__)
#define SEGFIT_THREADS 1
#else
#define SEGFIT_THREADS 0
#endif
#endif
#if !defined(SEGFIT_CACHE)
#define SEGFIT_CACHE 128
#define SEGFIT_CACHE_LARGEST 512
#define SEGFIT_CACHE_BYTES 8192
#define SEGFIT_CACHE_REFILL (SEGFIT_THREADS ? 2048 : 512)
#endif
#if !defined(SEGFIT_CACHE_BATCH)
#define SEGFIT_CACHE_BATCH (SEGFIT_THREADS ? 32 : 1)
#endif

/// The alignment and the smallest block of this malloc; libsegfit's may differ.
enum {
    unit = _Alignof(max_align_t),
    smallest = 4 * sizeof(size_t) > unit ? 4 * sizeof(size_t) : unit,
};

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
static void *(*volatile call_aligned_alloc)(size_t, size_t) = aligned_alloc;
static size_t (*volatile call_usable_size)(void *) = malloc_usable_size;

/// Returns the heap's own statistics, in which cached blocks are used.
static const segfit_t *heap(void)
{
    return segfit_malloc_heap();
}

static segfit_stats_t figures(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats;
}

/// Returns how many bytes are cached.
static size_t kept(void)
{
    return heap()->used - figures().used;
}

/// The heap operations since there were `before`: blocks that it handed out and took back.
static size_t operations_since(size_t before)
{
    return heap()->allocs + heap()->frees - before;
}

static size_t operations(void)
{
    return operations_since(0);
}

/// Returns the most blocks of `block_size` bytes that are cached.
static size_t limit(size_t block_size)
{
    const size_t by_bytes = (size_t)SEGFIT_CACHE_BYTES / block_size;
    const size_t least = by_bytes < SEGFIT_CACHE ? by_bytes : SEGFIT_CACHE;
    return least == 0 ? 1 : least;
}

/// The most blocks in the cache, and with threads among the deferred frees.
static size_t limit_of_all(void)
{
    size_t blocks = SEGFIT_THREADS * (SEGFIT_CACHE_BATCH - 1);
    for (size_t size = smallest; size <= SEGFIT_CACHE_LARGEST; size += unit) {
        blocks += limit(size);
    }
    return blocks;
}

/// Blocks that malloc_settled passed over.
static void *others[20000];
static size_t others_count;

/// Returns a block for `size` bytes whose header says that the block before it is used: such a
/// block is cached.
static void *malloc_settled(size_t size)
{
    void *block = call_malloc(size);
    while (block != NULL && others_count < 20000 && (((const size_t *)block)[-1] & 2U) != 0) {
        others[others_count++] = block;
        block = call_malloc(size);
    }
    return block;
}

/// The same, and its block has no byte too many.
static void *malloc_exact(size_t size)
{
    void *block = malloc_settled(size);
    while (block != NULL && others_count < 20000 && call_usable_size(block) != size) {
        others[others_count++] = block;
        block = malloc_settled(size);
    }
    return block;
}

static void free_others(void)
{
    while (others_count > 0) {
        call_free(others[--others_count]);
    }
}

/// Allocates and frees so many blocks of every size that each bin is full. Requests stay below what
/// makes a block of the largest size.
static void fill_all_bins(void)
{
    static void *blocks[300];
    for (size_t size = 1; size <= SEGFIT_CACHE_LARGEST - sizeof(size_t); size += unit) {
        for (size_t i = 0; i < 300; i++) {
            blocks[i] = call_malloc(size);
            REQUIRE(blocks[i] != NULL);
        }
        // Backwards, so that the block before each one is in use.
        for (size_t i = 300; i-- > 0;) {
            call_free(blocks[i]);
        }
    }
}

TEST(a_freed_block_is_the_next_of_its_size)
{
    for (size_t size = 0; size <= SEGFIT_CACHE_LARGEST - sizeof(size_t); size++) {
        void *const block = malloc_settled(size);
        REQUIRE(block != NULL);
        const size_t usable = call_usable_size(block);
        const size_t before = operations();
        call_free(block);
        // A block may be larger than the request, and then too large for the cache.
        if (usable + sizeof(size_t) <= SEGFIT_CACHE_LARGEST) {
            CHECK(call_malloc(usable) == block);
            CHECK(operations_since(before) <= 1);
            call_free(block);
        }
        segfit_malloc_flush();
    }
    free_others();
    CHECK(segfit_malloc_check(NULL));
}

TEST(calloc_clears_a_cached_block)
{
    segfit_malloc_flush();
    unsigned char *const block = malloc_settled(40);
    memset(block, 0xEE, 40);
    call_free(block);
    unsigned char *const again = call_calloc(4, 10);
    CHECK(again == block);
    for (int i = 0; i < 40; i++) {
        CHECK(again[i] == 0);
    }
    call_free(again);
    free_others();
}

TEST(an_aligned_request_takes_an_aligned_cached_block)
{
    segfit_malloc_flush();
    // Three units a block: side by side they begin at every multiple of a unit.
    const size_t size = 3 * unit - sizeof(size_t);
    void *block = malloc_settled(size);
    for (int tries = 0; tries < 1000 && (uintptr_t)block % 64 != 0; tries++) {
        block = malloc_settled(size);
    }
    REQUIRE((uintptr_t)block % 64 == 0);
    call_free(block);
    const size_t before = operations();
    void *const again = call_aligned_alloc(64, size);
    CHECK(again == block);
    CHECK(operations_since(before) == 0);
    free_others();
    void *const other = call_aligned_alloc(4096, size);
    CHECK(other != NULL && (uintptr_t)other % 4096 == 0);
    call_free(again);
    call_free(other);
}

TEST(an_aligned_request_finds_an_aligned_cached_block_behind_others)
{
    segfit_malloc_flush();
    enum {
        most = 4
    };
    const size_t size = 3 * unit - sizeof(size_t);
    void *aligned = malloc_settled(size);
    for (int tries = 0; tries < 1000 && (uintptr_t)aligned % 64 != 0; tries++) {
        aligned = malloc_settled(size);
    }
    void *rest[most];
    // As many others as the bin holds beside it.
    const size_t room = limit(size + sizeof(size_t)) - 1;
    const size_t others_kept = room < most ? room : most;
    for (size_t i = 0; i < others_kept; i++) {
        do {
            rest[i] = malloc_settled(size);
        } while (rest[i] != NULL && (uintptr_t)rest[i] % 64 == 0);
        REQUIRE(rest[i] != NULL);
    }
    call_free(aligned);
    for (size_t i = 0; i < others_kept; i++) {
        call_free(rest[i]);
    }
    const size_t before = operations();
    void *const again = call_aligned_alloc(64, size);
    CHECK(again == aligned && operations_since(before) == 0);
    CHECK(segfit_malloc_check(NULL));
    call_free(again);
    free_others();
}

TEST(a_growing_block_moves_into_a_cached_one)
{
    segfit_malloc_flush();
    const size_t small = 2 * unit - sizeof(size_t);
    const size_t large = 3 * unit - sizeof(size_t);
    segfit_malloc_flush();
    unsigned char *const block = malloc_exact(small);
    void *const target = malloc_exact(large);
    REQUIRE(call_usable_size(block) == small && call_usable_size(target) == large);
    memset(block, 0x5A, small);
    call_free(target);
    const segfit_stats_t figured = figures();
    const size_t before = operations();
    unsigned char *const grown = call_realloc(block, large);
    CHECK(grown == target && operations_since(before) == 0);
    for (size_t i = 0; i < small; i++) {
        CHECK(grown[i] == 0x5A);
    }
    CHECK(figures().used_blocks == figured.used_blocks && segfit_malloc_check(NULL));
    // The block that it left is cached in turn.
    CHECK(call_malloc(small) == block && operations_since(before) == 0);
    CHECK(call_realloc(grown, large - 1) == grown && operations_since(before) == 0);
    call_free(grown);
    call_free(block);
    free_others();
}

TEST(statistics_count_cached_blocks_as_free)
{
    segfit_malloc_flush();
    const segfit_stats_t before = figures();
    void *const block = call_malloc(50);
    void *const other = call_malloc(50);
    const segfit_stats_t during = figures();
    CHECK(during.used ==
          before.used + call_usable_size(block) + call_usable_size(other) + 2 * sizeof(size_t));
    CHECK(during.used_blocks == before.used_blocks + 2);
    CHECK(during.allocs == before.allocs + 2 && during.frees == before.frees);
    call_free(block);
    call_free(other);
    CHECK(kept() > 0);
    const segfit_stats_t after = figures();
    CHECK(after.used == before.used && after.free == after.capacity - after.used);
    CHECK(after.used_blocks == before.used_blocks);
    CHECK(after.allocs == before.allocs + 2 && after.frees == before.frees + 2);
    segfit_malloc_flush();
    const segfit_stats_t flushed = figures();
    CHECK(flushed.used == after.used && flushed.allocs == after.allocs);
    CHECK(flushed.frees == after.frees && flushed.free_blocks == before.free_blocks);
}

TEST(a_bin_is_bounded)
{
    segfit_malloc_flush();
    fill_all_bins();
    CHECK(segfit_malloc_check(NULL));
    CHECK(kept() > 0);
    size_t most = (size_t)SEGFIT_THREADS * (SEGFIT_CACHE_BATCH - 1) * SEGFIT_CACHE_LARGEST;
    for (size_t size = smallest; size <= SEGFIT_CACHE_LARGEST; size += unit) {
        most += limit(size) * size;
    }
    CHECK(kept() <= most);
    CHECK(heap()->allocs - heap()->frees - figures().used_blocks <= limit_of_all());
}

TEST(a_flush_leaves_nothing_behind)
{
    fill_all_bins();
    segfit_malloc_flush();
    CHECK(kept() == 0);
    CHECK(figures().used_blocks == heap()->allocs - heap()->frees);
    const size_t before = operations();
    segfit_malloc_flush();
    CHECK(operations_since(before) == 0);
    CHECK(segfit_malloc_check(NULL));
}

TEST(cached_blocks_merge_before_the_heap_grows)
{
    enum {
        most = 50000
    };
    static void *blocks[most];
    size_t count = 0;
    call_free(call_malloc(200000));
    segfit_malloc_flush();
    const size_t together = figures().largest_alloc;
    const size_t capacity = figures().capacity;
    void *const whole = call_malloc(together);
    const uintptr_t begin = (uintptr_t)whole;
    call_free(whole);
    while (count < most && figures().largest_alloc > 100) {
        blocks[count] = call_malloc(40);
        REQUIRE(blocks[count] != NULL);
        count++;
    }
    CHECK(figures().largest_alloc < together);
    // Frees the blocks beside it first, so that the cache holds some of this thread's own.
    for (int own = 0; own < 2; own++) {
        segfit_malloc_flush();
        for (size_t i = count; i-- > 0;) {
            if ((int)((uintptr_t)blocks[i] - begin < together) == own) {
                call_free(blocks[i]);
            }
        }
    }
    CHECK(kept() > 0);
    CHECK(figures().largest_alloc < together);
    void *const merged = call_malloc(together);
    CHECK(merged != NULL && figures().capacity == capacity);
    CHECK(kept() == 0);
    call_free(merged);
    CHECK(segfit_malloc_check(NULL));
}

TEST(no_call_causes_more_heap_operations_than_documented)
{
    enum {
        slots = 3000
    };
    static void *blocks[slots];
    uint64_t random = test_seed();
    size_t most_to_free = 0;
    size_t most_to_alloc = 0;
    for (int step = 0; step < 200000; step++) {
        // Long runs of one size make bins empty and full.
        const size_t size = test_random_below(&random, 8) == 0 ? 5000 : (size_t)(step / 5000 * 16);
        const size_t slot = test_random_below(&random, slots);
        size_t before = operations();
        call_free(blocks[slot]);
        const size_t to_free = operations_since(before);
        most_to_free = to_free > most_to_free ? to_free : most_to_free;
        before = operations();
        const size_t at_hand = heap()->allocs - heap()->frees - figures().used_blocks;
        blocks[slot] = test_random_below(&random, 5) == 0 ? NULL : call_malloc(size);
        const size_t to_alloc = operations_since(before);
        // A malloc takes blocks from the heap once, and returns at most the cached blocks.
        const size_t refill = SEGFIT_CACHE_REFILL / smallest;
        // With threads one more may be tried, and be too large.
        CHECK(to_alloc <= at_hand + (refill < 1 ? 1 : refill) + 2 * SEGFIT_THREADS);
        most_to_alloc = to_alloc > most_to_alloc ? to_alloc : most_to_alloc;
    }
    // With threads, the frees of a batch of others are deferred until the heap is locked.
    CHECK(most_to_free >= 1 && most_to_free <= SEGFIT_CACHE_BATCH * (1 + SEGFIT_THREADS));
    CHECK(most_to_alloc >= 1 && most_to_alloc <= limit_of_all() + 1 + SEGFIT_CACHE_BATCH);
    for (size_t i = 0; i < slots; i++) {
        call_free(blocks[i]);
    }
}

/// A block that a random program holds.
typedef struct held {
    unsigned char *bytes;
    size_t size;
    unsigned char value;
} held_t;

/// True if the block holds what was written, is aligned, and is as large as was asked.
static bool is_intact(const held_t *held)
{
    for (size_t i = 0; i < held->size; i++) {
        if (held->bytes[i] != held->value) {
            return false;
        }
    }
    return (uintptr_t)held->bytes % unit == 0 &&
           (held->bytes == NULL || call_usable_size(held->bytes) >= held->size);
}

/// Gives the slot another block in a random way. Returns whether it has one.
static bool change(held_t *held, uint64_t *random, size_t size)
{
    switch (test_random_below(random, 6)) {
    case 0:
        held->bytes = call_realloc(held->bytes, size);
        break;
    case 1:
        call_free(held->bytes);
        held->bytes = call_calloc(1, size);
        break;
    case 2:
        call_free(held->bytes);
        held->bytes = call_aligned_alloc((size_t)8 << test_random_below(random, 6), size);
        break;
    default:
        call_free(held->bytes);
        held->bytes = call_malloc(size);
    }
    held->size = size;
    held->value = (unsigned char)test_random(random);
    if (held->bytes != NULL) {
        memset(held->bytes, held->value, size);
    }
    return held->bytes != NULL;
}

TEST(a_random_program_keeps_its_bytes_and_the_statistics_are_right)
{
    enum {
        slots = 2000
    };
    static held_t all[slots];
    uint64_t random = test_seed();
    segfit_malloc_flush();
    const size_t used_before = figures().used_blocks;
    size_t held_blocks = 0;
    for (int step = 0; step < 120000; step++) {
        held_t *const held = &all[test_random_below(&random, step / 20000 % 2 == 0 ? slots : 20)];
        const size_t bound = (size_t)16 << test_random_below(&random, 10);
        CHECK(is_intact(held));
        held_blocks += held->bytes == NULL;
        REQUIRE(change(held, &random, test_random_below(&random, bound)));
        if (step % 1000 == 0) {
            CHECK(segfit_malloc_check(NULL));
            CHECK(figures().used_blocks == used_before + held_blocks);
        }
        if (step % 7919 == 0) {
            segfit_malloc_flush();
        }
    }
    for (size_t i = 0; i < slots; i++) {
        CHECK(is_intact(&all[i]));
        call_free(all[i].bytes);
    }
    CHECK(figures().used_blocks == used_before);
    CHECK(segfit_malloc_check(NULL));
}

TEST(a_check_finds_an_overwritten_cached_block)
{
    segfit_malloc_flush();
    segfit_fault_t fault = {99, NULL};
    unsigned char *const block = malloc_settled(24);
    call_free(block);
    CHECK(segfit_malloc_check(&fault));
    volatile unsigned char *const mark = block + sizeof(void *);
    const unsigned char before = *mark;
    *mark = (unsigned char)(before ^ 1U);
    CHECK(!segfit_malloc_check(&fault));
    CHECK(fault.invariant == 0 && fault.where == block);
    *mark = before;
    CHECK(segfit_malloc_check(&fault));
    free_others();
}
