// SPDX-License-Identifier: MIT
/// Frees the heap itself.
#include "crime.h"

int main(void)
{
    segfit_t *const heap = crime_heap();
    crime_block(heap, 100);
    COMMIT(segfit_free(heap, heap));
}
