// SPDX-License-Identifier: MIT
/// A heap over a static array, without code at start-up and without other memory.
///
/// This is rlsf's first example in C: the same pool of 65,536 bytes, the same geometry of 12 rows
/// and 16 columns, the same two allocations and assertions.
///
///     cc -Iinclude docs/examples/static_pool.c src/core/*.c
#include "segfit.h"

#include <assert.h>

static unsigned char pool[65536];

// 12 rows and 16 columns, fixed at compile time.
SEGFIT_STATIC_HEAP(tlsf, 12, 16);

int main(void)
{
    segfit_t *const heap = &tlsf.heap;
    const size_t taken = segfit_add_pool(heap, pool, sizeof pool);
    assert(taken > 65536 - 64);

    uint64_t *const ptr1 = segfit_alloc(heap, sizeof *ptr1);
    uint64_t *const ptr2 = segfit_alloc(heap, sizeof *ptr2);
    assert(ptr1 != NULL && ptr2 != NULL);

    *ptr1 = 42;
    *ptr2 = 56;
    assert(*ptr1 == 42);
    assert(*ptr2 == 56);

    segfit_free(heap, ptr1);
    segfit_free(heap, ptr2);
    assert(segfit_pool_is_empty(heap, pool));
    return 0;
}
