// SPDX-License-Identifier: MIT
/// Frees an address that is none.
#include "crime.h"

CRIME(free_wild)
{
    segfit_t *const heap = crime_heap();
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, (void *)(UINTPTR_MAX - 15U)));
}
