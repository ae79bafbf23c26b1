// SPDX-License-Identifier: MIT
/// Frees static memory that no heap was given.
#include "crime.h"

CRIME(free_foreign)
{
    segfit_t *const heap = crime_heap();
    static max_align_t elsewhere[16];
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, &elsewhere[4]));
}
