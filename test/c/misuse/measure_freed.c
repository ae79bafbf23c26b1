// SPDX-License-Identifier: MIT
/// Asks for the usable size of a freed block.
#include "crime.h"

CRIME(measure_freed)
{
    segfit_t *const heap = crime_heap();
    void *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    segfit_free(heap, block);
    COMMIT(segfit_usable_size(heap, block));
}
