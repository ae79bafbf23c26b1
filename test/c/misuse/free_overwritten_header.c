// SPDX-License-Identifier: MIT
/// Frees a block whose header a write before its begin destroyed.
#include "crime.h"

CRIME(free_overwritten_header)
{
    segfit_t *const heap = crime_heap();
    unsigned char *const block = crime_block(heap, 100);
    memset(block - sizeof(size_t), 0x40, sizeof(size_t));
    COMMIT(segfit_free(heap, block));
}
