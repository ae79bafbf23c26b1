// SPDX-License-Identifier: MIT
/// Looks into malloc's heap and into one of its own by the library's functions, whatever settings
/// the two were compiled with.
#include <segfit/growable.h>
#include <segfit/malloc.h>

#include <stdio.h>
#include <stdlib.h>

enum {
    SIZE = 1000
};

static max_align_t memory[2048];

static void fail(int line)
{
    printf("inspects.c:%d fails\n", line);
    exit(1);
}

#define EXPECT(condition) ((condition) ? (void)0 : fail(__LINE__))

static void *no_more(void *context, size_t min_size, size_t *size)
{
    (void)context;
    (void)min_size;
    (void)size;
    return NULL;
}

/// True if a walk over the heap finds `ptr` in use with at least SIZE bytes, and blocks of all its
/// capacity.
static bool walk_finds(const segfit_t *heap, const void *ptr)
{
    segfit_stats_t stats;
    segfit_stats(heap, &stats);
    size_t bytes = 0;
    bool found = false;
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        bytes += walk.size;
        found |= walk.ptr == ptr && walk.used && walk.size > SIZE;
    }
    return found && bytes == stats.capacity;
}

static void look_into(const segfit_t *heap, const segfit_layout_t *layout, void *ptr)
{
    const size_t usable = segfit_usable_size(heap, ptr);
    segfit_fault_t fault = {0, NULL};
    if (!segfit_check(heap, &fault)) {
        printf("invariant %u\n", fault.invariant);
    }
    EXPECT(fault.invariant == 0);
    EXPECT(walk_finds(heap, ptr));
    EXPECT(usable >= SIZE && usable < SIZE + 64);
    EXPECT(segfit_pointer_fault(heap, ptr) == SEGFIT_OK);
    EXPECT(segfit_pointer_fault(heap, (char *)ptr + 1) != SEGFIT_OK);
    EXPECT(segfit_max_alloc(heap) > 0 && segfit_max_alloc(heap) <= segfit_max_request(heap));
    const size_t block = segfit_block_size_for(heap, SIZE);
    EXPECT(block >= SIZE + layout->word_size + layout->block_guard && block % layout->align == 0);
    EXPECT(segfit_class_size(heap, segfit_class_of(heap, block)) <= block);
    EXPECT(segfit_pool_size_to_contain(heap, SIZE, 64) > SIZE);
    EXPECT(!segfit_pool_is_empty(heap, ptr));
    EXPECT((uintptr_t)ptr % layout->align == 0);
    EXPECT(((const unsigned char *)heap)[layout->control_rows] > 0);
}

int main(void)
{
    segfit_t *const own = segfit_init(memory, sizeof memory, NULL);
    const segfit_source_t source = {.grow = no_more};
    segfit_growable_t growable = SEGFIT_GROWABLE_INITIALIZER(own, &source);
    EXPECT(own != NULL);
    void *const ptr = segfit_growable_alloc(&growable, SIZE);
    void *const other = segfit_alloc(own, SIZE);
    EXPECT(ptr != NULL && other != NULL);
    segfit_free(own, other);
    look_into(own, &segfit_layout, ptr);
    segfit_free(own, ptr);
    EXPECT(segfit_layout.align == SEGFIT_ALIGN);

    void *volatile const bytes = malloc(SIZE);
    void *volatile const more = malloc(100 * SIZE);
    EXPECT(bytes != NULL && more != NULL);
    free(more);
    look_into(segfit_malloc_heap(), segfit_malloc_layout(), bytes);
    EXPECT(segfit_malloc_check(NULL));
    segfit_reset_peaks((segfit_t *)(uintptr_t)segfit_malloc_heap());
    segfit_stats_t stats;
    segfit_stats(segfit_malloc_heap(), &stats);
    EXPECT(stats.peak_request == 0);
    free(bytes);
    puts("all is seen");
    return 0;
}
