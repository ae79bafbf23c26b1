// SPDX-License-Identifier: MIT
/// Inspecting a heap: draws the heap as text, one character for each 64 bytes, and prints its
/// statistics, which take constant time.
///
///     cc -Iinclude docs/examples/inspect.c src/core/*.c
///
///     ####....##############....####............  '#' used, '.' free, '+' both
#include "segfit/inspect.h"

#include <assert.h>
#include <stdio.h>

enum {
    MEMORY = 8192,
    BYTES_A_CHARACTER = 64,
    CHARACTERS = MEMORY / BYTES_A_CHARACTER
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// Prints one character for each 64 bytes of the memory.
static void draw(const segfit_t *heap)
{
    char map[CHARACTERS + 1] = {0};
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        const size_t first = (size_t)((unsigned char *)walk.ptr - memory.bytes);
        for (size_t at = first; at < first + walk.size && at < MEMORY; at++) {
            char *const drawn = &map[at / BYTES_A_CHARACTER];
            const char mark = walk.used ? '#' : '.';
            *drawn = *drawn == 0 || *drawn == mark ? mark : '+';
        }
    }
    for (size_t i = 0; i < CHARACTERS; i++) {
        putchar(map[i] == 0 ? ' ' : map[i]);
        if (i % 64 == 63) {
            putchar('\n');
        }
    }
}

static void print_statistics(const segfit_t *heap)
{
    segfit_stats_t stats;
    segfit_stats(heap, &stats);
    printf("used %zu of %zu bytes (peak %zu), %zu used and %zu free blocks, ", stats.used,
           stats.capacity, stats.peak_used, stats.used_blocks, stats.free_blocks);
    printf("%zu bytes guaranteed\n\n", stats.largest_alloc);
}

int main(void)
{
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    assert(heap != NULL);

    void *blocks[12];
    for (size_t i = 0; i < 12; i++) {
        blocks[i] = segfit_alloc(heap, 100 + 60 * i);
    }
    draw(heap);
    print_statistics(heap);

    for (size_t i = 0; i < 12; i += 3) {
        segfit_free(heap, blocks[i]);
    }
    draw(heap);
    print_statistics(heap);

    segfit_fault_t fault;
    if (!segfit_check(heap, &fault)) {
        printf("broken: %s\n", segfit_invariant_text(fault.invariant));
        return 1;
    }
    return 0;
}
