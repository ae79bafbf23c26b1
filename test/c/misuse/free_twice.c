// SPDX-License-Identifier: MIT
/// Frees a block twice.
#include "crime.h"

CRIME(free_twice)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_free(heap, block));
}
