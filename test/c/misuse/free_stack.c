// SPDX-License-Identifier: MIT
/// Frees an object on the stack.
#include "crime.h"

CRIME(free_stack)
{
    segfit_t *const heap = crime_heap();
    max_align_t object[16] = {0};
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, &object[4]));
}
