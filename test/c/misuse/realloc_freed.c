// SPDX-License-Identifier: MIT
/// Reallocates a freed block.
#include "crime.h"

CRIME(realloc_freed)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_realloc(heap, block, 200));
}
