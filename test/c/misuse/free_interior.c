// SPDX-License-Identifier: MIT
/// Frees an aligned address inside a block.
#include "crime.h"

CRIME(free_interior)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 200);
    COMMIT(segfit_free(heap, block + 64));
}
