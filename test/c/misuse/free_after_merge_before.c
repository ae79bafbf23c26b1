// SPDX-License-Identifier: MIT
/// Frees a block again after it was merged into the free block before it.
#include "crime.h"

CRIME(free_after_merge_before)
{
    segfit_t *const heap = crime_heap();
    void *const before = crime_block(heap, 100);
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, before);
    segfit_free(heap, block);
    COMMIT(segfit_free(heap, block));
}
