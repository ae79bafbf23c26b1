// SPDX-License-Identifier: MIT
/// Frees an address one byte into a block.
#include "crime.h"

CRIME(free_misaligned)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 200);
    COMMIT(segfit_free(heap, block + 1));
}
