// SPDX-License-Identifier: MIT
// Replays a list of operations natively, in memory at the same address as the pool of
// differential.test.ts: `replay base size < operations > memory`.
//
// Each operation is a line: a letter, a slot of the table of pointers, an alignment, a size. The
// results go to stderr, a line each; at the end the whole memory goes to stdout.
#define _GNU_SOURCE
#include <segfit.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/// The bytes that a pool stores before its heap.
enum {
    PREFIX = 64,
    SLOTS = 256
};

static unsigned long replay(segfit_t *heap, void **slot, char kind, size_t alignment, size_t size)
{
    void *ptr = NULL;
    switch (kind) {
    case 'a':
        ptr = segfit_alloc_aligned(heap, alignment, size);
        break;
    case 'r':
        ptr = segfit_realloc_aligned(heap, *slot, alignment, size);
        ptr = ptr == NULL ? *slot : ptr;
        break;
    case 's':
        return segfit_resize(heap, *slot, size);
    case 'f':
        segfit_free(heap, *slot);
        break;
    default:
        exit(2);
    }
    *slot = ptr;
    return (unsigned long)ptr;
}

int main(int count, char **words)
{
    if (count != 3) {
        return 2;
    }
    const size_t base = strtoul(words[1], NULL, 10);
    const size_t size = strtoul(words[2], NULL, 10);
    char *const memory = mmap((void *)base, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory != (void *)base) {
        perror("mmap");
        return 1;
    }
    const segfit_options_t options = {.largest = size - PREFIX};
    segfit_t *const heap = segfit_init(memory + PREFIX, size - PREFIX, &options);
    static void *slots[SLOTS];
    char kind = 0;
    unsigned slot = 0;
    unsigned long alignment = 0;
    unsigned long bytes = 0;
    while (scanf(" %c %u %lu %lu", &kind, &slot, &alignment, &bytes) == 4) {
        fprintf(stderr, "%lu\n", replay(heap, &slots[slot % SLOTS], kind, alignment, bytes));
    }
    return fwrite(memory, 1, size, stdout) == size ? 0 : 1;
}
