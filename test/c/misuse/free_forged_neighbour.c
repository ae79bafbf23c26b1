// SPDX-License-Identifier: MIT
/// Frees a block that claims a free neighbour in front which is none.
#include "crime.h"
#include "segfit/inspect.h"

CRIME(free_forged_neighbour)
{
    segfit_t *const heap = crime_heap();
    crime_block(heap, 100);
    unsigned char *const block = crime_block(heap, 100);
    size_t header = 0;
    memcpy(&header, block - sizeof header, sizeof header);
    header |= segfit_layout.header_prev_free;
    memcpy(block - sizeof header, &header, sizeof header);
    COMMIT(segfit_free(heap, block));
}
