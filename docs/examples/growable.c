// SPDX-License-Identifier: MIT
/// A heap that grows: it starts without memory and asks a source when a request does not fit. The
/// source of this example is malloc and free.
///
///     cc -Iinclude docs/examples/growable.c src/core/*.c
#include "segfit/growable.h"
#include "segfit/inspect.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REGION = 16384
};

/// Returns a region of at least `min_size` bytes, and of at least `REGION`, or NULL.
static void *take_region(void *context, size_t min_size, size_t *size)
{
    (void)context;
    *size = min_size < REGION ? REGION : min_size;
    return malloc(*size);
}

static void give_region_back(void *context, void *memory, size_t size)
{
    (void)context;
    (void)size;
    free(memory);
}

static const segfit_source_t source = {.grow = take_region, .release = give_region_back};

SEGFIT_STATIC_HEAP(storage, 24, 16);

int main(void)
{
    segfit_growable_t heap = SEGFIT_GROWABLE_INITIALIZER(&storage.heap, &source);

    char *lines[200];
    for (int i = 0; i < 200; i++) {
        lines[i] = segfit_growable_alloc(&heap, 400);
        assert(lines[i] != NULL);
        snprintf(lines[i], 400, "line %d", i);
    }
    lines[0] = segfit_growable_realloc(&heap, lines[0], 50000);
    assert(lines[0] != NULL && strcmp(lines[0], "line 0") == 0);

    segfit_stats_t stats;
    segfit_stats(heap.heap, &stats);
    printf("%zu bytes in %zu blocks, grown %zu times\n", stats.used, stats.used_blocks,
           stats.grows + 1);

    for (int i = 0; i < 200; i++) {
        segfit_growable_free(&heap, lines[i]);
    }
    const size_t released = segfit_growable_trim(&heap);
    printf("%zu bytes returned to the source\n", released);
    assert(released == stats.capacity + stats.overhead - sizeof storage);

    segfit_growable_destroy(&heap);
    return 0;
}
