// SPDX-License-Identifier: MIT
/// A heap of the library, of segfit.h, in a program without a C library, compiled without
/// -ffreestanding.
#include <segfit.h>

static unsigned char memory[100000];

__attribute__((export_name("run"))) int run(void);

/// The number of the first check that fails, or 0.
int run(void)
{
    segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    if (heap == NULL) {
        return 1;
    }
    unsigned char *const block = segfit_calloc(heap, 10, 100);
    void *const other = segfit_alloc(heap, 100);
    if (block == NULL || other == NULL || block[999] != 0) {
        return 2;
    }
    block[999] = 7;
    unsigned char *const longer = segfit_realloc(heap, block, 50000);
    if (longer == NULL || longer[999] != 7) {
        return 3;
    }
    segfit_free(heap, other);
    segfit_free(heap, longer);
    return 0;
}
