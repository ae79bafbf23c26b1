// SPDX-License-Identifier: MIT
/// Resizes a freed block.
#include "crime.h"

CRIME(resize_freed)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_resize(heap, block, 50));
}
