// SPDX-License-Identifier: MIT
/// A program that links malloc and the library beside it, and walks the heap of the one with the
/// functions of the other.
#define TEST_MAIN
#include "../test.h"

#include <segfit/malloc.h>
#include <stdlib.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

/// How many blocks of the heap begin at `ptr` and are in use.
static size_t used_blocks_at(const void *ptr)
{
    size_t found = 0;
    for (segfit_walk_t walk = {0}; segfit_walk_next(segfit_malloc_heap(), &walk);) {
        found += walk.ptr == ptr && walk.used;
    }
    return found;
}

TEST(the_library_walks_the_heap_of_malloc)
{
    void *const block = call_malloc(1000);
    CHECK(used_blocks_at(block) == 1);
    CHECK(segfit_pointer_fault(segfit_malloc_heap(), block) == SEGFIT_OK);
    CHECK(segfit_usable_size(segfit_malloc_heap(), block) >= 1000);
    call_free(block);
    segfit_malloc_flush();
    CHECK(used_blocks_at(block) == 0);
    CHECK(segfit_pointer_fault(segfit_malloc_heap(), block) == SEGFIT_FREED);
}

TEST(the_library_checks_and_counts_the_heap_of_malloc)
{
    segfit_stats_t theirs;
    segfit_stats_t ours;
    segfit_fault_t fault = {0, NULL};
    void *const block = call_malloc(1000);
    segfit_malloc_flush();
    segfit_stats(segfit_malloc_heap(), &theirs);
    segfit_malloc_stats(&ours);
    CHECK(theirs.used == ours.used && theirs.capacity == ours.capacity);
    CHECK(theirs.largest_alloc == ours.largest_alloc);
    CHECK(segfit_check(segfit_malloc_heap(), &fault));
    CHECK(fault.invariant == 0);
    call_free(block);
}

TEST(the_library_has_heaps_of_its_own_beside_malloc)
{
    static max_align_t memory[1000];
    segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    void *const block = segfit_alloc(heap, 100);
    CHECK(block != NULL);
    CHECK(used_blocks_at(block) == 0);
    segfit_free(heap, block);
}
