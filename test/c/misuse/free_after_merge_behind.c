// SPDX-License-Identifier: MIT
/// Frees a block again after a block behind it was merged into it.
#include "crime.h"

CRIME(free_after_merge_behind)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    void *const behind = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    segfit_free(heap, behind);
    COMMIT(segfit_free(heap, behind));
}
