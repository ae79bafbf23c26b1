// SPDX-License-Identifier: MIT
/// Frees the heap itself.
#include "crime.h"

CRIME(free_heap)
{
    segfit_t *const heap = crime_heap();
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, heap));
}
