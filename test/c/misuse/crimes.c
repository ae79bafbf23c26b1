// SPDX-License-Identifier: MIT
/// Crimes: mistakes that must trap. `crimes free_twice` commits the one that its argument names. A
/// crime announces itself, commits the mistake, and prints a line if it survives. must_trap.cmake
/// decides.
#include "segfit.h"
#include "segfit/inspect.h"

#include <stdio.h>
#include <string.h>

static union {
    max_align_t align;
    unsigned char bytes[16384];
} crime_memory;

/// A heap for the crime, in memory of zeros.
static segfit_t *crime_heap(void)
{
    return segfit_init(crime_memory.bytes, sizeof crime_memory.bytes, NULL);
}

/// A block of zeros.
static unsigned char *crime_block(segfit_t *heap, size_t size)
{
    unsigned char *const block = segfit_alloc(heap, size);
    memset(block, 0, size);
    return block;
}

/// Commits the crime. It is the last statement of its function.
#define COMMIT(crime)         \
    do {                      \
        puts("committing");   \
        (void)fflush(stdout); \
        crime;                \
        puts("survived");     \
    } while (0)

/// Frees a block twice.
static void free_twice(void)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_free(heap, block));
}

/// Frees a block again after it was merged into the free block before it.
static void free_after_merge_before(void)
{
    segfit_t *const heap = crime_heap();
    void *const before = crime_block(heap, 100);
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, before);
    segfit_free(heap, block);
    COMMIT(segfit_free(heap, block));
}

/// Frees a block again after a block behind it was merged into it.
static void free_after_merge_behind(void)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    void *const behind = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    segfit_free(heap, behind);
    COMMIT(segfit_free(heap, behind));
}

/// Frees an aligned address inside a block.
static void free_interior(void)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 200);
    COMMIT(segfit_free(heap, block + 64));
}

/// Frees an address one byte into a block.
static void free_misaligned(void)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 200);
    COMMIT(segfit_free(heap, block + 1));
}

/// Frees static memory that no heap was given.
static void free_foreign(void)
{
    segfit_t *const heap = crime_heap();
    static max_align_t elsewhere[16];
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, &elsewhere[4]));
}

/// Frees an object on the stack.
static void free_stack(void)
{
    segfit_t *const heap = crime_heap();
    max_align_t object[16] = {0};
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, &object[4]));
}

/// Frees the heap itself.
static void free_heap(void)
{
    segfit_t *const heap = crime_heap();
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, heap));
}

/// Frees a block of another heap.
static void free_other_heap(void)
{
    segfit_t *const heap = crime_heap();
    static max_align_t other_memory[512];
    segfit_t *const other = segfit_init(other_memory, sizeof other_memory, NULL);
    void *const block = crime_block(other, 100);
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, block));
}

/// Frees an address near the end of the address space.
static void free_wild(void)
{
    segfit_t *const heap = crime_heap();
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, (void *)(UINTPTR_MAX - 15U)));
}

/// Frees a block after a write past its end changed the next header.
static void free_overrun(void)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    memset(block, 0xFF, segfit_usable_size(heap, block) + sizeof(size_t));
    COMMIT(segfit_free(heap, block));
}

/// Frees a block whose header a write before its begin destroyed.
static void free_overwritten_header(void)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 100);
    memset(block - sizeof(size_t), 0x40, sizeof(size_t));
    COMMIT(segfit_free(heap, block));
}

/// Frees a block whose header says that the block before it is free, which it is not.
static void free_forged_neighbour(void)
{
    segfit_t *const heap = crime_heap();
    crime_block(heap, 100);
    unsigned char *const block = crime_block(heap, 100);
    size_t header = 0;
    memcpy(&header, block - sizeof header, sizeof header);
    header |= segfit_layout.header_prev_free;
    memcpy(block - sizeof header, &header, sizeof header);
    COMMIT(segfit_free(heap, block));
}

/// Asks for the usable size of a freed block.
static void measure_freed(void)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_usable_size(heap, block));
}

/// Reallocates a freed block.
static void realloc_freed(void)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_realloc(heap, block, 200));
}

/// Resizes a freed block.
static void resize_freed(void)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_resize(heap, block, 50));
}

static const struct {
    const char *name;
    void (*commit)(void);
} crimes[] = {
    {"free_twice", free_twice},
    {"free_after_merge_before", free_after_merge_before},
    {"free_after_merge_behind", free_after_merge_behind},
    {"free_interior", free_interior},
    {"free_misaligned", free_misaligned},
    {"free_foreign", free_foreign},
    {"free_stack", free_stack},
    {"free_heap", free_heap},
    {"free_other_heap", free_other_heap},
    {"free_wild", free_wild},
    {"free_overrun", free_overrun},
    {"free_overwritten_header", free_overwritten_header},
    {"free_forged_neighbour", free_forged_neighbour},
    {"measure_freed", measure_freed},
    {"realloc_freed", realloc_freed},
    {"resize_freed", resize_freed},
};

int main(int argc, char **argv)
{
    const char *const name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof crimes / sizeof crimes[0]; i++) {
        if (strcmp(crimes[i].name, name) == 0) {
            crimes[i].commit();
            return 0;
        }
    }
    (void)fprintf(stderr, "no crime is named \"%s\"\n", name);
    return 2;
}
