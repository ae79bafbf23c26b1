// SPDX-License-Identifier: MIT
/// Frees a block of another heap.
#include "crime.h"

CRIME(free_other_heap)
{
    segfit_t *const heap = crime_heap();
    static max_align_t other_memory[512];
    segfit_t *const other = segfit_init(other_memory, sizeof other_memory, NULL);
    void *const block = crime_block(other, 100);
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, block));
}
