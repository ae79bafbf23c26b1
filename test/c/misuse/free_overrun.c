// SPDX-License-Identifier: MIT
/// Frees a block after a write past its end changed the next header.
#include "crime.h"

CRIME(free_overrun)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 100);
    crime_block(heap, 100);
    memset(block, 0xFF, segfit_usable_size(heap, block) + sizeof(size_t));
    COMMIT(segfit_free(heap, block));
}
