// SPDX-License-Identifier: MIT
/// A program that frees a bad pointer: the number of the fault chooses which. With REPORTS it
/// prints the arguments of segfit_panic; otherwise the library's own segfit_panic traps.
#include <segfit.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = 100
};

#ifdef REPORTS
void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)heap;
    (void)ptr;
    printf("code %d\n", (int)code);
    exit(0);
}
#endif

static union {
    max_align_t align;
    unsigned char bytes[SIZE];
} outside;

/// In a volatile, so that no compiler knows what is freed.
static unsigned char *volatile block;

/// The word before a block says what stands in its header.
static void spoil_header(unsigned char *payload, size_t with)
{
    size_t header = 0;
    memcpy(&header, payload - sizeof header, sizeof header);
    header ^= with;
    memcpy(payload - sizeof header, &header, sizeof header);
}

static unsigned char *bad_pointer(int code)
{
    switch (code) {
    case SEGFIT_OUTSIDE:
        return outside.bytes;
    case SEGFIT_MISALIGNED:
        return block + 1;
    case SEGFIT_FREED:
        free(block);
        return block;
    case SEGFIT_NOT_A_BLOCK:
        memset(block, 0, SIZE);
        return block + SEGFIT_ALIGN * 2;
    default:
        // Says that a free block lies before it, where a used one does.
        memset(block - 4 * sizeof(size_t), 0, 3 * sizeof(size_t));
        spoil_header(block, 2);
        return block;
    }
}

int main(int count, char **words)
{
    static unsigned char *volatile before;
    before = malloc(SIZE);
    block = malloc(SIZE);
    if (count < 3 || before == NULL || block == NULL) {
        return 2;
    }
    unsigned char *const ptr = bad_pointer(atoi(words[2]));
    if (strcmp(words[1], "free") == 0) {
        free(ptr);
    } else {
        block = realloc(ptr, 2 * (size_t)SIZE);
    }
    puts("went on");
    return 0;
}
