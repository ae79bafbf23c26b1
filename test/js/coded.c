// SPDX-License-Identifier: MIT
// Writes a heap with encoded headers as a dump: segfit_layout and the memory on standard output; on
// standard error the memory's address, the heap's, and each block that segfit_walk_next finds.
#include <stdio.h>

#include <segfit.h>
#include <segfit/inspect.h>

enum {
    MEMORY = 1 << 14,
    BLOCKS = 60
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

int main(void)
{
    segfit_set_key((size_t)0xC0FFEE1234567890U);
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = segfit_alloc(heap, i * 37 % 300);
    }
    for (size_t i = 0; i < BLOCKS; i += 3) {
        segfit_free(heap, blocks[i]);
    }
    fprintf(stderr, "%zu %zu\n", (size_t)memory.bytes, (size_t)heap);
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        fprintf(stderr, "%zu %zu %d\n", (size_t)walk.ptr, walk.size, walk.used);
    }
    fwrite(&segfit_layout, sizeof segfit_layout, 1, stdout);
    fwrite(memory.bytes, sizeof memory.bytes, 1, stdout);
    return 0;
}
